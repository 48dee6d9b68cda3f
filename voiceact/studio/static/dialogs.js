/* Import, export, settings and cast, keys, and the picker of emotions. */
import { author, get, me, post, send, upload, Refusal } from "./api.js";
import { store } from "./store.js";
const { counted, el, button } = voiceact.page;

/* Opens a dialog; Escape and Close end it. */
function open(title, ...content) {
  const heading = el("h2", { id: "dialog-title" }, title);
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" }, heading, ...content,
    el("div", { class: "actions" }, button("Close", () => dialog.close(), { class: "quiet" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const told = () => el("div", { role: "status", class: "outcome" });
const lines = (nodes) => nodes.map((text) => el("p", { class: "soft" }, text));

function wrong(error) {
  if (!(error instanceof Refusal)) return el("p", { class: "wrong" }, "The server does not answer; try again when it does.");
  return el("div", null, error.message.split("; ").map((part) => el("p", { class: "wrong" }, part)));
}

export function importScript(pasted, done) {
  const status = told();
  const file = el("input", { type: "file", id: "import-file", accept: store.project.kinds.join(",") });
  const text = el("textarea", { id: "import-text", placeholder: "MARA: Sit down.\n\nor cells copied from a spreadsheet" });
  text.value = pasted || "";
  const add = async (name, data) => {
    status.replaceChildren(el("p", null, "Reading…"));
    try {
      const found = await upload("import", { ...author(), name }, data);
      status.replaceChildren(el("p", null, `${found.added} ${found.added === 1 ? "line was" : "lines were"} added at the end.`), ...lines(found.notes));
      text.value = "";
      done(found);
    } catch (error) { status.replaceChildren(wrong(error)); }
  };
  file.addEventListener("change", () => file.files[0] && add(file.files[0].name, file.files[0]));
  const drop = el("div", { class: "drop" }, el("label", { for: "import-file" }, "A file: Excel (.xlsx), CSV, TSV, Ren'Py dialogue.tab, plain text, Fountain, SRT"), file);
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); const one = event.dataTransfer.files[0]; if (one) add(one.name, one); });
  open("Import a script", drop,
    el("label", { for: "import-text" }, "Or paste: text, or a range of a spreadsheet"), text,
    el("div", { class: "does" }, button("Add what was pasted", () => add("", new Blob([text.value])))), status);
}

export function exportPicks() {
  const status = told();
  const format = el("select", { id: "export-format" }, [".wav", ".flac", ".ogg"].map((one) => el("option", { value: one }, one.slice(1).toUpperCase())));
  const check = (id, words, on) => { const input = el("input", { type: "checkbox", id }); input.checked = on; return [input, el("label", { class: "check", for: id }, input, words)]; };
  const [unpicked, unpickedLabel] = check("export-unpicked", "Lines without a pick: their newest take", true);
  const [stale, staleLabel] = check("export-stale", "Stale takes too", false);
  const [scenes, scenesLabel] = check("export-scenes", "Each scene joined to one file as well", false);
  const [srt, srtLabel] = check("export-srt", "Subtitles (SRT)", true);
  const [vtt, vttLabel] = check("export-vtt", "Subtitles (WebVTT)", false);
  const [words, wordsLabel] = check("export-words", "Word timings (JSON)", false);
  const [visemes, visemesLabel] = check("export-visemes", "Mouth shapes (visemes, JSON)", false);
  const gap = el("input", { type: "number", id: "export-gap", min: 0, max: 10, step: 0.1, value: 0.4 });
  const ask = (folder) => ({
    ...author(), suffix: format.value, unpicked: unpicked.checked, stale: stale.checked, scenes: scenes.checked, gap: Number(gap.value), folder,
    captions: [["srt", srt], ["vtt", vtt], ["words", words], ["visemes", visemes]].filter(([, input]) => input.checked).map(([kind]) => kind),
  });
  const listed = (lines, words) => (lines && lines.length ? [el("details", null, el("summary", null, `${lines.length} ${words}`),
    el("ul", null, lines.map(([id, reason]) => el("li", null, `${id}: ${reason}`))))] : []);
  const leftOut = (found) => [...listed(found.left_out, "lines were left out"), ...listed(found.lacking, "lines lack something")];
  const run = async (folder) => {
    status.replaceChildren(el("p", null, "Writing…"));
    try {
      const found = await post("export", ask(folder));
      if (folder) status.replaceChildren(el("p", null, `${found.written} files were written into ${found.folder}/ of the project.`), ...leftOut(found));
      else {
        const link = el("a", { class: "button", href: `api/archive/${found.file}`, download: found.file, id: "export-link" }, `Save ${found.file} (${(found.bytes / 1e6).toFixed(1)} MB)`);
        status.replaceChildren(el("p", null, `${counted(found.lines, "line")} in the archive.`), el("p", null, link), ...leftOut(found));
        link.focus();
      }
    } catch (error) { status.replaceChildren(wrong(error)); }
  };
  open("Export", el("div", { class: "field" }, el("label", { for: "export-format" }, "Format of the audio"), format), unpickedLabel, staleLabel, scenesLabel,
    el("div", { class: "field" }, el("label", { for: "export-gap" }, "Seconds of silence between lines of a scene, where the table names none"), gap), srtLabel, vttLabel, wordsLabel, visemesLabel,
    el("div", { class: "does" }, button("Make the ZIP", () => run(false), { id: "export-zip" }), button("Write into voice/, for voiceact lines", () => run(true), { class: "quiet" })), status);
}

export async function settings(done) {
  const now = store.project.settings, status = told();
  const input = (id, value, more) => { const node = el("input", { id, ...more }); node.value = value; return node; };
  const who = input("set-who", me.who), persona = input("set-persona", now.persona, { list: "personas" });
  const language = input("set-language", now.language), seed = input("set-seed", now.seed, { inputmode: "numeric" });
  const engine = el("select", { id: "set-engine" }, [...new Set([now.engine, ...store.project.engines])].map((name) => el("option", { value: name, selected: name === now.engine }, name)));
  const aboutEngine = el("a", { target: "_blank", rel: "noopener" });
  const tellEngine = () => { const name = engine.value.split(":")[0]; aboutEngine.href = `engine/${encodeURIComponent(name)}`; aboutEngine.textContent = `What ${name} can do`; };
  engine.addEventListener("change", tellEngine);
  tellEngine();
  const cast = new Map();
  const table = el("table", { class: "cast-table" });
  const row = (label, node, about) => el("div", { class: "field" }, el("label", { for: node.id }, label), node, about ? el("p", { class: "told" }, about) : null);
  const save = async () => {
    const chosen = { ...now.cast };
    for (const [name, node] of cast) { if (node.value.trim()) chosen[name] = node.value.trim(); else delete chosen[name]; }
    me.who = who.value.trim();
    try {
      const reply = await send("settings", { persona: persona.value, language: language.value.trim() || "en", engine: engine.value, seed: Number(seed.value) || 0, cast: chosen });
      store.project.settings = reply.settings;
      status.replaceChildren(el("p", null, "Stored; every line is checked anew."));
      done();
    } catch (error) { status.replaceChildren(wrong(error)); }
  };
  open("Settings and cast", row("Your name, as others see it", who), row("Persona of lines that name none", persona), row("Language", language), row("Engine", engine, aboutEngine), row("Seed of the whole table", seed),
    el("h3", null, "Cast"), el("p", { class: "soft" }, "A character of your script is spoken by a persona: choose one, or describe the voice in words."), table,
    el("div", { class: "does" }, button("Store", save, { id: "set-store" })), status);
  try {
    const found = await get("cast");
    table.append(el("thead", null, el("tr", null, ["Character", "Lines", "Spoken by"].map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", null, found.filter((one) => one.name).map((one) => {
        const node = el("input", { list: "personas", "aria-label": `Persona of ${one.name}`, placeholder: one.known ? one.name : "a persona, or a description", "aria-invalid": one.known || one.persona ? null : "true" });
        node.value = one.persona;
        cast.set(one.name, node);
        return el("tr", null, el("td", null, one.name), el("td", null, String(one.lines)), el("td", null, node));
      })));
  } catch (error) { table.replaceWith(wrong(error)); }
}

export function pickEmotion(chosen) {
  const groups = new Map();
  for (const one of store.project.emotions) groups.set(one.group, [...(groups.get(one.group) || []), one]);
  const search = el("input", { type: "search", "aria-label": "Find an emotion", placeholder: "Find: joy, fed up, proud" });
  const shelf = el("div", { class: "groups" });
  const draw = () => {
    const words = search.value.trim().toLowerCase();
    shelf.replaceChildren(...[...groups].map(([name, all]) => {
      const found = all.filter((one) => !words || [one.name, ...one.keywords].some((word) => word.toLowerCase().includes(words)));
      return found.length ? el("section", null, el("h3", null, name), found.map((one) => button(one.name, () => { dialog.close(); chosen(one.name); }, { title: one.keywords.join(", ") }))) : null;
    }).filter(Boolean));
    if (!shelf.children.length) shelf.append(el("p", { class: "soft" }, "None of the 40 is called so; the Emotion field reads plain words too."));
  };
  search.addEventListener("input", draw);
  const dialog = open("Choose an emotion", search, shelf);
  draw();
  search.focus();
}

export const KEYS = [
  ["↑ ↓", "choose a line"], ["Page ↑ ↓, Home, End", "move further"], ["Enter", "edit the line; Escape goes back to the table"], ["Space", "play, or stop"],
  ["T", "speak a new take"], ["R", "mark for a retake"], ["P", "pick the newest take, or take the pick back"], ["1 … 9", "play that take"], ["X", "compare two takes at one loudness"], ["W", "play the neutral twin"],
  ["N", "new line below"], ["Delete", "remove the line"], ["Ctrl Z, Ctrl Shift Z", "undo, redo"], ["/", "search"], ["?", "this list"],
];

export function showKeys() {
  open("Keys", el("p", { class: "soft" }, "In the table:"), el("dl", { class: "keys-list" }, KEYS.flatMap(([keys, what]) => [el("dt", null, el("kbd", null, keys)), el("dd", null, what)])));
}

