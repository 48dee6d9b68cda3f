/* Small tools: making elements, words in the listener's language, telling screen readers, the notice bar. */
"use strict";
(function () {
  let words = {};

  const page = voiceact.page = {
    byId: (id) => document.getElementById(id),

    /* el("p", {class: "soft", onclick: f}, "text", node): attributes, listeners and children in one go. */
    el(name, attributes, ...children) {
      const node = document.createElement(name);
      for (const [key, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) continue;
        if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
        else node.setAttribute(key, value === true ? "" : value);
      }
      node.append(...children.flat().filter((child) => child !== null && child !== undefined));
      return node;
    },

    setWords(found) { words = found; },

    /* The text of a key with its {places} filled; the key itself where a language lacks it, so that nothing is ever blank. */
    t(key, values) {
      return (key in words ? words[key] : key).replace(/\{(\w+)\}/g, (whole, name) => values && name in values ? values[name] : whole);
    },
    has: (key) => key in words,

    /* As t, with what was filled in set off. */
    rich(key, values) {
      return (key in words ? words[key] : key).split(/(\{\w+\})/).map((part) => {
        const name = part.slice(1, -1);
        return part.startsWith("{") && name in values ? page.el("strong", null, values[name]) : part;
      });
    },

    /* A text of several lines as paragraphs; lines that begin with "- " as a list. */
    paragraphs(text) {
      const nodes = [];
      let list = null;
      for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
        if (!line.startsWith("- ")) { nodes.push(page.el("p", null, line)); list = null; continue; }
        if (!list) nodes.push(list = page.el("ul"));
        list.append(page.el("li", null, line.slice(2)));
      }
      return nodes;
    },

    speak(text) {
      const live = page.byId("spoken");
      live.textContent = "";
      setTimeout(() => { live.textContent = text; }, 60);
    },

    notice(text) {
      const bar = page.byId("notice");
      bar.hidden = !text;
      if (bar.textContent !== (text || "")) bar.textContent = text || "";
    },

    /* Replaces what is shown, moves the focus to its heading (or to `focus`) and scrolls to the top. */
    show(nodes, focus) {
      page.byId("main").replaceChildren(...nodes);
      page.byId("spoken").textContent = "";
      window.scrollTo(0, 0);
      const target = focus || page.byId("main").querySelector("h1");
      if (target) {
        if (!focus) target.tabIndex = -1;
        target.focus({ preventScroll: true });
      }
    },

    progress(done, of) {
      page.byId("progress").hidden = !of;
      if (!of) return;
      page.byId("progress-bar").max = of;
      page.byId("progress-bar").value = done;
      page.byId("progress-text").textContent = page.t("progress", { done: Math.min(done + 1, of), of });
    },

    /* A number with its noun: 1 take, 1,200 takes. */
    counted: (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`,

    button: (text, onclick, more) => page.el("button", { type: "button", onclick, ...more }, text),
  };
})();
