/* The chosen line: its cells to edit, each fault under its cell, and what to do with it. */
import { get, send, Refusal } from "./api.js";
import { renew, store } from "./store.js";
import { STEPS, marked } from "./marks.js";
import { pickEmotion } from "./dialogs.js";
import { showTakes } from "./takes.js";
const { el, byId, button, speak, notice } = voiceact.page;

const TYPING = 700;
const fields = {};
let key = null, built = false, after = {};

export function makePanel(actions) { after = actions; }
export const shown = () => key;

/* Shows a line; what is being typed into the one before is sent first. */
export function showLine(next) {
  if (key && key !== next) Object.values(fields).forEach((field) => field.commit());
  if (!built) build();
  const fresh = key !== next;
  key = next;
  byId("panel").hidden = !key;
  if (!key) return;
  if (fresh) { byId("conflict").hidden = true; byId("panel").scrollTop = 0; }
  refresh(fresh);
  showTakes(key, fresh);
}

/* Brings what is shown up to date; a field that is being typed into keeps what was typed. */
export function refresh(all) {
  const line = key && store.line(key);
  if (!line) return;
  byId("panel-name").textContent = line.cells.id || "Line without id";
  for (const field of Object.values(fields)) field.show(line, all);
  byId("mark-retake").setAttribute("aria-pressed", line.mark === "retake" ? "true" : "false");
  byId("mark-retake").textContent = line.mark === "retake" ? "Retake: marked" : "Mark for retake";
  if (["id", "seed", "language", "character", "gap", "description"].some((name) => ((line.checked || {}).faults || {})[name])) byId("rest").open = true;
  const faulty = Object.keys((line.checked || {}).faults || {}).length > 0;
  byId("speak").disabled = faulty;
  byId("speak").textContent = line.state === "stale" ? "Speak it anew" : line.current ? "Speak another take" : "Speak it";
  byId("told").replaceChildren(...((line.checked || {}).notes || []).map((note) => el("p", { class: "told" }, note)));
}

export const focusField = (name) => { if (fields[name]) { if (fields[name].input.closest("details")) byId("rest").open = true; fields[name].input.focus(); if (fields[name].input.select && name !== "text") fields[name].input.select(); } };

function build() {
  built = true;
  const persona = el("input", { list: "personas", autocomplete: "off", spellcheck: "false" });
  const about = el("p", { class: "told" });
  const text = el("textarea", { rows: 3 });
  const behind = el("div", { class: "behind", "aria-hidden": "true" });
  const emotion = el("input", { autocomplete: "off", list: "emotions" });
  const range = el("input", { type: "range", min: 0, max: 7, step: 0.5 });
  const sound = el("select", { "aria-label": "Insert a sound", class: "sound-choice" }, el("option", { value: "" }, "Insert a sound…"),
    store.project.bursts.map((name) => el("option", { value: name }, name)));
  sound.addEventListener("change", () => {
    if (!sound.value) return;
    const at = text.selectionStart === undefined ? text.value.length : text.selectionStart;
    text.setRangeText(`[burst:${sound.value}] `, at, at, "end");
    sound.value = "";
    text.dispatchEvent(new Event("input"));
    text.focus();
  });
  const meaning = el("p", { class: "told", id: "meaning", "aria-live": "polite" });
  const strength = el("output", { id: "strength" });

  byId("panel").append(
    el("div", { class: "panel-head" }, button("Back", after.back, { class: "small back quiet" }), el("h2", { id: "panel-name" }),
      button("Previous", () => after.step(-1), { class: "small quiet" }), button("Next", () => after.step(1), { class: "small quiet" })),
    el("div", { class: "conflict", id: "conflict", role: "alert", hidden: true }),
    field("text", "Line", text, { wrap: el("div", { class: "writing" }, behind, text), more: sound }),
    field("persona", "Persona", persona, { more: about }),
    field("emotion", "Emotion", emotion, { wrap: el("div", { class: "with" }, emotion,
      button("Choose", () => pickEmotion((name) => { emotion.value = emotion.value.trim() ? `${emotion.value.trim()}; ${name}` : name; fields.emotion.commit(); emotion.focus(); }), { class: "quiet", "aria-label": "Choose an emotion" })), more: meaning }),
    field("intensity", "Intensity", range, { label: strength, read: () => (range.dataset.unset ? "" : String(Number(range.value))) }),
    field("direction", "Direction", el("input", { placeholder: "whispering, slower" }), {}),
    el("details", { id: "rest", class: "rest" }, el("summary", null, "Character, id, seed, language, gap"),
      el("div", { class: "pair" }, field("character", "Character", el("input", {}), {}), field("gap", "Silence before it (s)", el("input", { inputmode: "decimal" }), {})),
      field("description", "Description of the character", el("input", {}), {}),
      field("id", "Id (name of the file)", el("input", { spellcheck: "false" }), {}),
      el("div", { class: "pair" }, field("seed", "Seed", el("input", { inputmode: "numeric" }), {}), field("language", "Language", el("input", { placeholder: store.project.settings.language }), {}))),
    el("div", { id: "told" }),
    el("div", { class: "does" },
      button("Speak it", () => after.take(key, 1), { id: "speak" }), button("Three takes", () => after.take(key, 3), { class: "quiet" }),
      button("Mark for retake", () => after.retake(key), { id: "mark-retake", class: "quiet", "aria-pressed": "false" }),
      button("New line below", () => after.add(key), { class: "quiet" }), button("Remove line", () => after.remove(key), { class: "quiet" })),
    el("div", { id: "takes", class: "takes" }),
  );
  const colour = () => {
    const line = store.line(key), known = line && line.cells.text === text.value ? (line.checked || {}).tags : roughTags(text.value);
    behind.replaceChildren(...marked(text.value, known), "\u200b");
    behind.scrollTop = text.scrollTop;
  };
  text.addEventListener("input", colour);
  text.addEventListener("scroll", () => { behind.scrollTop = text.scrollTop; });
  const plain = fields.text.show;
  fields.text.show = (line, all) => { plain(line, all); colour(); };

  /* The slider: without a value of its own it shows what the line comes to. */
  const tellStrength = () => { strength.textContent = `${Number(range.value)} ${STEPS[Math.round(range.value)]}${range.dataset.unset ? " (default)" : ""}`; range.setAttribute("aria-valuetext", strength.textContent); };
  range.addEventListener("input", () => { delete range.dataset.unset; tellStrength(); });
  fields.intensity.set = (value, line) => {
    const own = (line.cells.emotion || "").includes(":"), mix = (line.checked || {}).mix || [];
    const step = STEPS.indexOf(value.trim().toLowerCase());
    const number = value === "" ? (mix.length ? Math.max(...mix.map((one) => one[2])) : 5) : step >= 0 ? step : Number(value);
    range.value = Number.isFinite(number) ? number : 5;
    if (value === "") range.dataset.unset = "1"; else delete range.dataset.unset;
    range.disabled = own || !line.cells.emotion.trim();
    tellStrength();
    if (own) strength.textContent = "each emotion states its own";
  };

  /* What the words for an emotion are taken to mean, while they are typed. */
  let asked = 0;
  emotion.addEventListener("input", () => {
    clearTimeout(asked);
    asked = setTimeout(async () => {
      try {
        const found = await get("reading", { words: emotion.value });
        meaning.textContent = found.mix.length ? "means " + found.mix.map((one) => `${one[1]} ${one[2]}`).join(", ") : "neutral";
      } catch (error) { meaning.textContent = error instanceof Refusal ? error.message : ""; }
    }, 250);
  });
  // A persona that has a name has a page; one that is described has none.
  const tellAbout = () => {
    const name = persona.value.trim();
    about.replaceChildren(...(store.project.personas.some((one) => one.name === name)
      ? [el("a", { href: `voice/${encodeURIComponent(name)}`, target: "_blank", rel: "noopener" }, `Hear ${name}`)] : []));
  };
  persona.addEventListener("input", tellAbout);
  const showPersona = fields.persona.show;
  fields.persona.show = (line, all) => { showPersona(line, all); tellAbout(); };
  const showEmotion = fields.emotion.show;
  fields.emotion.show = (line, all) => {
    showEmotion(line, all);
    const mix = (line.checked || {}).mix || [];
    if (document.activeElement !== emotion) meaning.textContent = mix.length ? "means " + mix.map((one) => `${one[1]} ${one[2]}`).join(", ") : "";
  };
  for (const [id, names] of [["personas", store.project.personas.map((one) => [one.name, one.description])], ["emotions", store.project.emotions.map((one) => [one.name, one.group])]]) {
    document.body.append(el("datalist", { id }, names.map(([value, about]) => el("option", { value }, about))));
  }
}

const roughTags = (text) => Array.from(text.matchAll(/\[[^\]]*\]|\{[^}]*\}|<[^>]*>/g), (found) => {
  const start = Array.from(text.slice(0, found.index)).length;
  return [start, start + Array.from(found[0]).length, "direction"];
});

/* One cell: sent when typing pauses or the field is left; `base` is the version of the line that its text was read at. */
function field(name, label, input, { wrap, more, label: told, read }) {
  const wrong = el("p", { class: "wrong", id: `wrong-${name}`, hidden: true });
  input.id = `field-${name}`;
  input.setAttribute("aria-describedby", wrong.id + (name === "emotion" ? " meaning" : ""));
  const one = fields[name] = {
    input, base: 0, sent: "", timer: 0, of: null,
    read: read || (() => input.value),
    set: (value) => { input.value = value; },
    show(line, all) {
      const typing = !all && one.of === line.key && (one.read() !== one.sent || one.timer);
      if (!typing) {
        one.of = line.key;
        one.sent = line.cells[name] || "";
        one.base = line.version;
        if (one.read() !== one.sent || all || name === "intensity") one.set(one.sent, line);
      }
      const fault = ((line.checked || {}).faults || {})[name];
      wrong.hidden = !fault;
      wrong.textContent = fault || "";
      if (fault) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    },
    commit() {
      clearTimeout(one.timer);
      one.timer = 0;
      const value = one.read(), line = store.line(one.of);
      if (one.of && line && value !== one.sent) { one.sent = value; change(one.of, one.base, { [name]: value }); }
    },
  };
  input.addEventListener("input", () => { clearTimeout(one.timer); one.timer = setTimeout(one.commit, TYPING); });
  input.addEventListener("change", one.commit);
  input.addEventListener("blur", one.commit);
  return el("div", { class: "field" }, el("label", { for: input.id }, label, told || null), wrap || input, wrong, more || null);
}

/* Sends cells of a line. Who was overtaken is told, with both texts, and chooses. */
export async function change(line, version, cells) {
  try {
    const reply = await send(`line/${line}/edit`, { version, cells });
    renew(reply.line);
    if (line === key) for (const name of Object.keys(cells)) fields[name].base = reply.line.version;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code !== "conflict") { notice(error.message); return; }
    renew(error.body.line);
    conflict(line, error, cells);
  }
}

function conflict(line, error, mine) {
  const box = byId("conflict"), theirs = error.body.line, who = error.body.by || "Somebody else";
  const texts = error.body.columns.map((name) => el("p", null, `${who} changed ${name} to “${theirs.cells[name]}”. Yours, “${mine[name]}”, was not stored.`));
  const done = () => { box.hidden = true; refresh(true); after.grid(); };
  const put = Object.fromEntries(error.body.columns.map((name) => [name, mine[name]]));
  box.replaceChildren(...texts, button("Use mine", () => { change(line, theirs.version, put); done(); }, { class: "small" }), " ", button("Keep theirs", done, { class: "small quiet" }));
  box.hidden = false;
  if (line !== key) after.open(line);
  refresh(true);
  box.hidden = false;
  speak(texts.map((one) => one.textContent).join(" "));
}
