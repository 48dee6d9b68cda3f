/* What is shown at each step. A view draws itself and returns {press(key) -> taken, stop()}; the item's view is in item.js. */
"use strict";
(function () {
  const { el, t, button, paragraphs, show } = voiceact.page;
  const still = { press: () => false, stop() {} };

  voiceact.views = {
    consent(state, { act, language }) {
      const number = state.listener || "–";
      const decline = () => show([el("h1", null, t("title")), el("p", null, t("declined"))]);
      show([el("h1", null, t("consent_title")),
        ...paragraphs(t("consent_text", { items: state.progress.of, minutes: state.minutes, listener: number })),
        el("div", { class: "actions" }, button(t("consent_agree"), () => act((backend) => backend.consent(language()))),
          button(t("consent_decline"), decline, { class: "quiet" }))]);
      return still;
    },

    headphones(state, tools) {
      const { trials, tries } = state.headphones;
      const first = tools.failed ? [el("p", { class: "panel" }, t("headphones_failed"))] : paragraphs(t("headphones_text", { trials }));
      let view = still;
      const begin = () => { view = trial(0, []); };
      show([el("h1", null, t("headphones_title")), ...first,
        el("div", { class: "actions" }, button(t(tools.failed ? "try_again" : "start"), begin))]);

      function trial(number, answers) {
        const form = voiceact.choiceForm([1, 2, 3].map((place) => ({ value: place, label: t("headphones_" + place), key: String(place) })),
          t("headphones_question"), () => { next.disabled = false; });
        const players = voiceact.players([{ id: number, name: "" }], {
          load: tools.tones, heard: false, plays: 0, lost: tools.lost, changed: () => form.enable(true) });
        const next = button([t("next"), el("kbd", { "aria-hidden": "true" }, "Enter")], go, { disabled: true });
        show([el("p", { class: "soft" }, t("progress", { done: number + 1, of: trials })), el("h1", null, t("headphones_question")),
          players.node, form.node, el("div", { class: "actions" }, next)]);

        function go() {
          if (form.value() === null) return;
          players.stop();
          const all = [...answers, form.value()];
          if (all.length < trials) view = trial(number + 1, all);
          else tools.act((backend) => backend.headphones(all), { checked: true, last: tries <= 1 });
        }
        return { stop: players.stop, press: (key) => key === " " ? (players.toggle(), true) : key === "Enter" ? (go(), true) : form.press(key) };
      }

      return { press: (key) => view.press(key), stop: () => view.stop() };
    },

    instructions(state, { act, told }) {
      show([el("h1", null, t("instructions_title")), told ? el("p", { class: "panel" }, told) : null, ...paragraphs(t("instructions")),
        el("div", { class: "actions" }, button(t("start"), () => act((backend) => backend.ready()))), voiceact.keysHelp(state.form)].filter(Boolean));
      return still;
    },

    wait(state, { again }) {
      const timer = setInterval(again, 30000);
      show([el("h1", null, t("waiting_title")), el("p", null, t("waiting_text"))]);
      return { press: () => false, stop: () => clearInterval(timer) };
    },

    done(state) {
      show([el("h1", null, t("done_title")), el("p", null, t("done_text"))]);
      return still;
    },

    withdrawn() {
      show([el("h1", null, t("withdrawn_title")), el("p", null, t("withdrawn"))]);
      return still;
    },

    /* A link that is not good, or something nobody thought of. */
    refused(error) {
      const known = voiceact.page.has(error.code);
      show([el("h1", null, t("error_title")), el("p", null, known ? t(error.code) : error.message),
        known ? null : el("div", { class: "actions" }, button(t("reload"), () => location.reload()))].filter(Boolean));
      return still;
    },
  };

  voiceact.keysHelp = function (form) {
    const keys = form.choices.map((choice) => choice.key);
    const told = keys.length > 3 ? keys[0] + "–" + keys[keys.length - 1] : keys.join(" ");
    return el("p", { class: "keys by-keyboard" }, t("keys_help", { keys: told }));
  };
})();
