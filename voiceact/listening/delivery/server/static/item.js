/* One question: hear, answer, go on. What was heard and chosen is kept in the browser, so that a reload loses nothing. */
"use strict";
(function () {
  const { el, t, rich, has, button, show } = voiceact.page;
  const about = (category) => has("about_" + category) ? t("about_" + category) : "";

  voiceact.itemView = function (state, { backend, deliver, lost, keep }) {
    const { item, form: asked } = state;
    const draft = kept(keep.get(), item.item);
    const values = asked.choices.map(({ value, label, key }) => ({ value, label: t(label), key }));
    const category = asked.many || !item.asked.length ? null : item.asked[0];
    const question = t(asked.question, { category: category && t("category_" + category) });
    const names = item.clips.length > 1 ? [t("clip_a"), t("clip_b")] : [""];
    let sending = false;

    const form = asked.many
      ? voiceact.scalesForm(item.asked.map((id) => ({ id, name: t("category_" + id), about: about(id) })), values, question, changed)
      : voiceact.choiceForm(values, question, changed);
    const players = voiceact.players(item.clips.map((id, index) => ({ id, name: names[index] })),
      { load: backend.audio, heard: draft.heard, plays: draft.plays, changed: played, lost });
    const need = el("p", { class: "soft need", role: "status" });
    const next = button([t("next"), el("kbd", { "aria-hidden": "true" }, "Enter")], send);
    if (draft.value !== null) form.restore(draft.value);

    show([
      el("h1", null, el("span", { class: "unseen" }, t("progress", { done: item.position, of: state.progress.of }) + ". "),
        ...rich(asked.question, { category: category && t("category_" + category) })),
      el("p", { class: "soft", id: "hint" }, [category && about(category) ? t("category_" + category) + ": " + about(category) + "." : "",
        has("hint_" + asked.protocol) ? t("hint_" + asked.protocol) : ""].filter(Boolean).join(" ")),
      instruction(), players.node, form.node, el("div", { class: "actions" }, next, need), voiceact.keysHelp(asked),
    ].filter(Boolean));
    form.enable(draft.heard);
    update();

    function instruction() {
      if (item.instruct === null) return null;
      const choice = values.find((one) => one.value === item.instruct).label;
      const told = item.instruct_category
        ? t("attention_category", { choice, category: t("category_" + item.instruct_category) }) : t("attention", { choice });
      return el("p", { class: "panel" }, told);
    }

    function played() {
      if (players.heard() && !draft.ended) draft.ended = Date.now();
      const opened = players.heard() && !draft.heard;
      draft.heard = players.heard();
      draft.plays = players.plays();
      form.enable(draft.heard);
      if (opened && form.left()) voiceact.page.speak(t(asked.many ? "not_all_chosen" : "not_chosen", { left: form.left() }));
      update();
    }

    function changed() {
      draft.value = form.value();
      update();
    }

    function update() {
      keep.set(draft);
      const left = form.left();
      next.disabled = sending || !draft.heard || left > 0;
      need.textContent = sending ? t("sending") : !draft.heard ? t("not_heard") : left ? t(asked.many ? "not_all_chosen" : "not_chosen", { left }) : "";
    }

    async function send() {
      if (next.disabled) return;
      sending = true;
      form.enable(false);
      update();
      players.stop();
      await deliver({ item: item.item, nonce: draft.nonce, value: draft.value, plays: draft.plays,
        seconds: Math.min(86400, Math.max(0, (Date.now() - draft.ended) / 1000)) });
    }

    return {
      stop: players.stop,
      press(key) {
        if (sending) return false;
        if (key === " ") { players.toggle(); return true; }
        if (key === "Enter") { send(); return true; }
        if (item.clips.length > 1 && (key === "a" || key === "b")) { players.choose(key === "a" ? 0 : 1); return true; }
        return form.press(key);
      },
    };
  };

  /* What was kept of this item before a reload, or a fresh start. */
  function kept(found, item) {
    if (found && found.item === item) return found;
    const random = crypto.getRandomValues(new Uint8Array(16));
    return { item, nonce: Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join(""), heard: false, plays: 0, ended: 0, value: null };
  }
})();
