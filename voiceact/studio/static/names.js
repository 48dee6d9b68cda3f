/* The page kit of the listening test (kit.js) adds its tools here. */
"use strict";
window.voiceact = {};
