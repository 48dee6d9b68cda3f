/* What a listener answers with: one choice, or a scale for each of many categories. Real radio buttons, so that keyboards,
   screen readers and voice control know them. A form: {node, value(), restore(value), left() questions without an answer, enable(on), press(key) -> taken}. */
"use strict";
(function () {
  const { el, t } = voiceact.page;

  /* values: [{value, label, key}], label a text; the legend repeats the question for screen readers. */
  voiceact.choiceForm = function (values, question, changed) {
    const inputs = values.map(({ value }) => el("input", { type: "radio", name: "answer", value: String(value), onchange: changed }));
    const fieldset = el("fieldset", { disabled: true, "aria-describedby": "hint" }, el("legend", { class: "unseen" }, question),
      el("div", { class: "choices" }, values.map(({ label, key }, index) =>
        el("label", { class: "choice" }, inputs[index], el("span", null, label), el("kbd", { "aria-hidden": "true" }, key)))));
    const pick = (index) => { inputs[index].checked = true; inputs[index].focus(); changed(); };
    return {
      node: fieldset,
      left: () => (inputs.some((input) => input.checked) ? 0 : 1),
      value: () => { const index = inputs.findIndex((input) => input.checked); return index < 0 ? null : values[index].value; },
      restore(value) { const index = values.findIndex((one) => one.value === value); if (index >= 0) inputs[index].checked = true; },
      enable(on) { fieldset.disabled = !on; },
      press(key) {
        const index = values.findIndex((one) => one.key === key);
        if (index < 0 || fieldset.disabled) return false;
        pick(index);
        return true;
      },
    };
  };

  /* categories: [{id, name, about}]; values as above. A key answers the category at hand and goes on to the next. */
  voiceact.scalesForm = function (categories, values, question, changed) {
    const steps = values.map((one) => one.value), keys = values.map((one) => one.key);
    const rows = categories.map(({ id, name, about }) => {
      const inputs = values.map(({ value, label }) => el("input", { type: "radio", name: "answer-" + id, value: String(value), "aria-label": label, onchange: changed }));
      const node = el("fieldset", null, el("legend", null, name, about ? el("small", null, about) : null),
        el("div", { class: "steps" }, inputs.map((input, index) => el("label", null, input, el("span", { "aria-hidden": "true" }, String(steps[index]))))),
        el("p", { class: "ends", "aria-hidden": "true" }, el("span", null, t("lowest")), el("span", null, t("highest"))));
      node.addEventListener("focusin", () => at(rows.findIndex((row) => row.node === node), false));
      return { id, node, inputs };
    });
    const all = el("fieldset", { disabled: true, "aria-describedby": "hint" }, el("legend", { class: "unseen" }, question),
      el("div", { class: "scales" }, rows.map((row) => row.node)));
    let current = 0;
    const chosen = (row) => row.inputs.findIndex((input) => input.checked);

    function at(index, focus) {
      current = Math.max(0, Math.min(rows.length - 1, index));
      rows.forEach((row, place) => row.node.classList.toggle("current", place === current));
      if (!focus) return;
      rows[current].inputs[Math.max(0, chosen(rows[current]))].focus({ preventScroll: true });
      rows[current].node.scrollIntoView({ block: "nearest" });
    }

    return {
      node: all,
      left: () => rows.filter((row) => chosen(row) < 0).length,
      value() {
        const found = {};
        for (const row of rows) {
          if (chosen(row) < 0) return null;
          found[row.id] = steps[chosen(row)];
        }
        return found;
      },
      restore(value) {
        for (const row of rows) { const index = steps.indexOf(value[row.id]); if (index >= 0) row.inputs[index].checked = true; }
      },
      enable(on) { all.disabled = !on; if (on) at(0, false); },
      press(key) {
        const index = keys.indexOf(key);
        if (all.disabled || index < 0) return false;
        rows[current].inputs[index].checked = true;
        changed();
        at(current + 1, true);
        return true;
      },
    };
  };
})();
