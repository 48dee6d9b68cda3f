/* No server behind the page: what is asked stands in voiceact.bundle, answers are kept in the browser, and at the end there is a
   file to send back. The same methods as in backend_http.js. */
"use strict";
(function () {
  const { page, store } = voiceact;
  const { el, t, show, button, byId } = page;
  const data = voiceact.bundle;
  let who = null, memory = null;

  // --- What is kept

  const key = (name) => "voiceact:" + who.id + ":" + name;
  const blank = () => ({ language: null, qualified: null, tries: 0, consented_at: null, ready: false, done_at: null, answers: [] });
  /* Read anew each time: another tab may have gone on. */
  const kept = () => { const found = store.get(key("kept")); return memory = found && found.answers.length >= (memory ? memory.answers.length : 0) ? found : memory || blank(); };
  const keep = (changes) => { memory = { ...kept(), ...changes }; store.set(key("kept"), memory); return state(); };
  const lasting = () => { store.set("voiceact:probe", 1); const found = store.get("voiceact:probe") === 1; store.drop("voiceact:probe"); return found; };

  // --- Who is listening

  async function open() {
    const wished = data.listeners.length === 1 ? data.listeners[0].number : Number(location.hash.slice(1));
    who = numbered(wished) || await ask();
    location.hash = "#" + who.number;
    foot();
    return state();
  }

  const numbered = (number) => data.listeners.find((one) => one.number === number);

  function ask() {
    return new Promise((resolve) => {
      const input = el("input", { type: "number", inputmode: "numeric", id: "number", min: data.listeners[0].number, required: true,
        max: data.listeners[data.listeners.length - 1].number, style: "font: inherit; padding: .5rem; width: 8rem" });
      const form = el("form", { onsubmit: (event) => {
        event.preventDefault();
        const found = numbered(Number(input.value));
        if (found) resolve(found);
        else { page.notice(t("unknown_link")); input.focus(); }
      } }, el("p", null, el("label", { for: "number" }, t("choose_listener_text"))), el("p", null, input),
      el("div", { class: "actions" }, el("button", { type: "submit" }, t("start"))));
      show([el("h1", null, t("choose_listener")), form], input);
    });
  }

  // --- How far they are

  function step(mine) {
    if (!mine.consented_at) return "consent";
    if (data.tries && who.headphones.length && mine.qualified === null) return "headphones";
    if (!mine.ready) return "instructions";
    return mine.answers.length < who.items.length ? "items" : "done";
  }

  function next(mine) {
    const answered = new Set(mine.answers.map((one) => one.item));
    const [item, position, swapped] = who.items.find(([one]) => !answered.has(one));
    const { clips, asked, instruct, instruct_category } = data.items[item];
    return { item, position, clips: swapped ? [...clips].reverse() : clips, asked: data.asked[asked], instruct, instruct_category };
  }

  function state() {
    const mine = kept(), at = step(mine);
    return { listener: who.id, step: at, language: mine.language, languages: data.languages, minutes: who.minutes, qualified: mine.qualified,
      progress: { done: mine.answers.length, of: who.items.length }, headphones: { trials: data.trials, tries: data.tries - mine.tries },
      form: data.form, item: at === "items" ? next(mine) : null };
  }

  // --- What they do

  function headphones(places) {
    const mine = kept();
    const right = who.headphones[mine.tries].filter(([, place], index) => place === places[index]).length;
    const passed = right >= data.trials - 1, tries = mine.tries + 1;
    return keep({ tries, qualified: passed ? true : tries >= data.tries ? false : null });
  }

  function answer({ item, value, plays, seconds }) {
    const mine = kept(), before = mine.answers.find((one) => one.item === item), given = who.items.find(([one]) => one === item);
    if (before && JSON.stringify(before.value) !== JSON.stringify(value)) throw new voiceact.Refused(409, "answered", t("refused"));
    if (!given) throw new voiceact.Refused(403, "not_given", t("refused"));
    const at = new Date().toISOString();
    if (before) return { receipt: before, state: state() };
    const one = { item, position: given[1], value, seconds: Math.round(seconds * 1000) / 1000, plays, at };
    const answers = [...mine.answers, one];
    return { receipt: one, state: keep({ answers, done_at: answers.length === who.items.length ? at : null }) };
  }

  function withdraw() {
    for (const name of ["kept", "draft", "outbox"]) store.drop(key(name));
    memory = null;
    byId("kept").remove();
  }

  const wrapped = (work) => async (...given) => work(...given);
  voiceact.makeBackend = () => ({
    open, state: wrapped(state), answer: wrapped(answer), headphones: wrapped(headphones), withdraw: wrapped(withdraw),
    about: wrapped(() => ({ languages: data.languages })),
    words: wrapped((language) => data.words[language]),
    consent: wrapped((language) => keep({ language, consented_at: new Date().toISOString() })),
    setLanguage: wrapped((language) => keep({ language })),
    ready: wrapped(() => keep({ ready: true })),
    audio: wrapped((clip) => data.sounds[clip]),
    tones: wrapped((trial) => who.headphones[kept().tries][trial][0]),
  });

  // --- The file at the end

  voiceact.views.done = function () {
    show([el("h1", null, t("done_title")), el("p", null, t("done_file")), el("div", { class: "actions" }, button(t("download"), download))]);
    return { press: () => false, stop() {} };
  };

  /* Below everything: what is kept where, and a way to take what there is so far. */
  function foot() {
    const early = button(t("download_early"), download, { class: "link" });
    const text = el("p", { class: "soft" });
    const tell = () => { text.textContent = t(lasting() ? "kept_here" : "not_kept"); early.textContent = t("download_early"); };
    tell();
    new MutationObserver(tell).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
    byId("footer").after(el("footer", { id: "kept" }, text, early));
  }

  function download() {
    const mine = kept();
    const body = { format: "voiceact-answers/1", test: data.test, listener: who.id, number: who.number, language: mine.language || data.languages[0],
      qualified: mine.qualified, consented_at: mine.consented_at || "", done_at: mine.done_at, answers: mine.answers };
    const file = new Blob([JSON.stringify({ ...body, sha256: sha256(JSON.stringify(body)) }, null, 1) + "\n"], { type: "application/json" });
    const link = el("a", { href: URL.createObjectURL(file), download: `voiceact-${data.test}-${who.number}.json` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  /* FIPS 180-4. Browsers have their own only where they deem the page's origin safe, which a page from disk need not be. */
  function sha256(text) {
    const primes = [];
    for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
    const fraction = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
    const constants = primes.map((prime) => fraction(Math.cbrt(prime))), hash = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
    const bytes = new TextEncoder().encode(text), blocks = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
    blocks.set(bytes);
    blocks[bytes.length] = 0x80;
    const view = new DataView(blocks.buffer), turn = (x, by) => (x >>> by) | (x << (32 - by));
    view.setUint32(blocks.length - 8, Math.floor(bytes.length / 536870912));
    view.setUint32(blocks.length - 4, bytes.length << 3);
    for (let start = 0; start < blocks.length; start += 64) {
      const w = new Int32Array(64);
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(start + 4 * i);
      for (let i = 16; i < 64; i++) {
        const a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
      }
      let [a, b, c, d, e, f, g, h] = hash;
      for (let i = 0; i < 64; i++) {
        const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i]) | 0;
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => { hash[i] = (hash[i] + value) | 0; });
    }
    return hash.map((value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
  }
  voiceact.sha256 = sha256;
})();
