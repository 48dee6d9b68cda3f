/* Holds the page together: words, where the listener is, what happens when the network or the server goes away. */
"use strict";
(function () {
  const { page, store, insist } = voiceact;
  const { byId, el, t } = page;
  const backend = (voiceact.makeBackend || voiceact.httpBackend)();
  let state = null, view = null, language = "en", outbox = null;

  const waiting = (on) => {
    page.notice(on ? (page.has("offline") ? t("offline") : "No connection. Trying again …") : "");
    if (!on) page.speak(t("online"));
  };
  const again = (work) => insist(work, waiting);
  const keep = { get: () => store.get("voiceact:" + state.listener + ":draft"), set: (draft) => store.set("voiceact:" + state.listener + ":draft", draft) };

  async function start() {
    const { languages } = await again(() => backend.about());
    await speakIn(choose(languages), languages);
    try {
      state = await again(() => backend.open());
      if (state.language && state.language !== language) await speakIn(state.language, languages);
      outbox = voiceact.outbox(backend, state.listener, waiting);
      const left = outbox.left();
      if (left) await deliver(left);
      else draw();
    } catch (error) {
      refuse(error);
    }
  }

  function choose(languages) {
    const wished = [store.get("voiceact:language"), ...navigator.languages.map((one) => one.slice(0, 2).toLowerCase())];
    return wished.find((one) => languages.includes(one)) || languages[0];
  }

  async function speakIn(chosen, languages) {
    page.setWords(await again(() => backend.words(chosen)));
    language = chosen;
    store.set("voiceact:language", chosen);
    document.documentElement.lang = chosen;
    document.title = t("title");
    byId("name").textContent = t("title");
    byId("skip").textContent = t("skip");
    byId("language-label").textContent = t("language");
    byId("progress-bar").setAttribute("aria-label", t("progress_label"));
    const names = languages.map((one) => el("option", { value: one, lang: one, selected: one === chosen },
      named(one)));
    byId("language").replaceChildren(...names);
    byId("language").value = chosen;
    byId("language").parentElement.hidden = languages.length < 2;
  }

  /* A language's own name; the dictionary has some of them in small letters. */
  function named(one) {
    const name = new Intl.DisplayNames([one], { type: "language" }).of(one);
    return name.charAt(0).toLocaleUpperCase(one) + name.slice(1);
  }

  async function changeLanguage(chosen) {
    await speakIn(chosen, state ? state.languages : [...byId("language").options].map((one) => one.value));
    if (!state) { location.reload(); return; }
    if (state.step !== "consent") state = await again(() => backend.setLanguage(chosen));
    draw();
  }

  /* Something a listener did: ask the server, show what comes next. `more` goes to the next view. */
  async function act(work, more) {
    try {
      const before = state.step;
      state = await again(() => work(backend));
      draw(told(before, more));
    } catch (error) {
      refuse(error);
    }
  }

  function told(before, more) {
    if (!more || !more.checked) return {};
    if (state.step === "headphones") return { failed: true };
    return { told: t(more.last && state.qualified === false ? "headphones_over" : "headphones_passed") };
  }

  async function deliver(answer) {
    try {
      state = (await outbox.deliver(answer)).state;
      store.drop("voiceact:" + state.listener + ":draft");
      page.notice("");
      draw();
    } catch (error) {
      await setRight(error);
    }
  }

  /* The answer was refused for good: say so, and show where the listener stands. */
  async function setRight(error) {
    if (!(error instanceof voiceact.Refused) || ["unknown_link", "expired_link"].includes(error.code)) { refuse(error); return; }
    try {
      if (error.code === "answered") store.drop("voiceact:" + state.listener + ":draft");
      state = await again(() => backend.state());
      draw();
      page.notice(page.has(error.code) ? t(error.code) : t("refused"));
    } catch (other) {
      refuse(other);
    }
  }

  async function lookAgain() {
    try {
      state = await again(() => backend.state());
      draw();
    } catch (error) {
      refuse(error);
    }
  }

  function draw(more) {
    if (view) view.stop();
    const tools = { act, backend, deliver, keep, again: lookAgain, language: () => language, tones: (trial) => again(() => backend.tones(trial)),
      lost: refuse, ...more };
    page.progress(state.progress.done, state.step === "items" ? state.progress.of : 0);
    footer(state.step !== "consent");
    if (state.step === "items") view = voiceact.itemView(state, { ...tools, backend: { audio: (clip) => again(() => backend.audio(clip)) } });
    else view = voiceact.views[state.step](state, tools);
  }

  function refuse(error) {
    if (!(error instanceof voiceact.Refused)) throw error;
    if (view) view.stop();
    page.progress(0, 0);
    footer(false);
    page.notice("");
    view = voiceact.views.refused(error);
  }

  // --- The right to withdraw

  function footer(on) {
    byId("footer").hidden = !on;
    if (on) byId("footer").replaceChildren(el("p", null, t("listener_number", { listener: state.listener })),
      page.button(t("withdraw"), askWithdrawal, { class: "link" }));
  }

  function askWithdrawal() {
    const dialog = el("dialog", { "aria-labelledby": "withdraw-ask" }, el("h2", { id: "withdraw-ask" }, t("withdraw")), el("p", null, t("withdraw_ask")),
      el("div", { class: "actions" }, page.button(t("withdraw_no"), () => dialog.close(), { class: "quiet", autofocus: true }),
        page.button(t("withdraw_yes"), () => { dialog.close(); withdraw(); }, { class: "warn" })));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  async function withdraw() {
    try {
      await again(() => backend.withdraw());
    } catch (error) {
      refuse(error);
      return;
    }
    for (const name of ["draft", "outbox"]) store.drop("voiceact:" + state.listener + ":" + name);
    if (view) view.stop();
    page.progress(0, 0);
    footer(false);
    view = voiceact.views.withdrawn();
  }

  // --- Keyboard

  document.addEventListener("keydown", (event) => {
    if (!view || event.ctrlKey || event.altKey || event.metaKey || event.repeat || document.querySelector("dialog[open]")) return;
    const at = document.activeElement, name = at ? at.tagName : "";
    if (["SELECT", "TEXTAREA", "A", "SUMMARY"].includes(name)) return;
    // A button does what it says; an unchecked radio button is chosen by the space bar, as everywhere.
    if (name === "BUTTON" && (event.key === " " || event.key === "Enter")) return;
    if (name === "INPUT" && event.key === " " && !at.checked) return;
    if (view.press(event.key)) event.preventDefault();
  });

  // The address keeps the listener's number, so the link moves the focus and nothing else.
  byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("main").focus(); });
  byId("language").addEventListener("change", (event) => changeLanguage(event.target.value));
  start();
})();
