/* The server behind the page. Any object with these methods will do; the static bundle has one that keeps answers in the browser.
     about()                   -> {languages}
     words(language)           -> {key: text}
     open()                    -> state, of whoever the address names; throws Refused for a link that is not good
     state()                   -> state
     consent(language), setLanguage(language), headphones([places]), ready() -> state
     answer({item, nonce, value, plays, seconds}) -> {receipt, state}; the same nonce may be sent again
     audio(clip), tones(trial) -> an address for an <audio> element, of a whole sound
     withdraw()                -> nothing; all data of this listener is deleted
   state: {listener, step: consent | headphones | instructions | items | wait | done, language, languages, minutes,
           progress: {done, of}, headphones: {trials, tries}, form: {protocol, question, clips, many, choices: [{value, label, key}]},
           item: null | {item, position, clips: [id], asked: [category], instruct, instruct_category}}
   Throws Refused (final: its code and message say why) or Offline (try again, after .wait seconds if given). */
"use strict";
var voiceact = window.voiceact || (window.voiceact = {});

voiceact.Refused = class extends Error {
  constructor(status, code, message) { super(message); this.status = status; this.code = code; }
};
voiceact.Offline = class extends Error {
  constructor(wait) { super("no connection"); this.wait = wait || 0; }
};

voiceact.httpBackend = function () {
  let listener = null;

  async function call(method, path, body) {
    let reply;
    try {
      reply = await fetch("api/" + path, { method, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(20000),
        headers: body === undefined ? { "X-Voiceact": "1" } : { "X-Voiceact": "1", "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body) });
    } catch {
      throw new voiceact.Offline();
    }
    if (reply.ok) return reply;
    if (reply.status === 429 || reply.status >= 500) throw new voiceact.Offline(Number(reply.headers.get("Retry-After")));
    const told = await reply.json().catch(() => ({}));
    throw new voiceact.Refused(reply.status, told.error || "refused", told.message || reply.statusText);
  }

  async function json(method, path, body) {
    try {
      return await (await call(method, path, body)).json();
    } catch (error) {
      if (error instanceof voiceact.Refused || error instanceof voiceact.Offline) throw error;
      throw new voiceact.Offline();
    }
  }

  /* The token stands in the fragment, which browsers never send; it is traded for a cookie that no script can read, and the
     address keeps only the listener's number, so that a reload finds the way back. */
  async function open() {
    const [kind, word] = location.hash.slice(1).split("=");
    if (kind === "listener" && word) listener = word;
    else listener = (await json("POST", kind ? "enter" : "join", kind ? { token: kind } : {})).listener;
    history.replaceState(null, "", "#listener=" + listener);
    return state();
  }

  const mine = (path) => "listener/" + encodeURIComponent(listener) + "/" + path;
  const state = () => json("GET", mine("state"));

  async function sound(path) {
    const whole = await (await call("GET", mine(path))).blob().catch(() => { throw new voiceact.Offline(); });
    return URL.createObjectURL(whole);
  }

  return {
    open, state,
    about: () => json("GET", "about"),
    audio: (clip) => sound("audio/" + encodeURIComponent(clip)),
    tones: (trial) => sound("headphones/" + trial),
    words: (language) => json("GET", "words/" + language),
    consent: (language) => json("POST", mine("consent"), { language }),
    setLanguage: (language) => json("POST", mine("language"), { language }),
    headphones: (answers) => json("POST", mine("headphones"), { answers }),
    ready: () => json("POST", mine("ready"), {}),
    answer: (answer) => json("POST", mine("answer"), answer),
    withdraw: () => call("DELETE", mine("data")),
  };
};
