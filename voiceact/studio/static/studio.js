/* The studio: comes in with the link's key, reads the project, ties table, panel, takes and keys together. */
import { get, onOutbox, post, resume, send, unsent, Refusal } from "./api.js";
import { poll, reload, renew, store } from "./store.js";
import { choosePlace, draw, makeTable, pageOfRows, placeOf, playLine, redrawPlaying, setChosen } from "./table.js";
import { focusField, makePanel, refresh, showLine, shown } from "./panel.js";
import { compare, listed, makeTakes, redrawTakes, showTakes } from "./takes.js";
import { address, onPlaying, toggle } from "./player.js";
import { arcChanged, makeArc, setScene } from "./arc.js";
import { exportPicks, importScript, settings, showKeys } from "./dialogs.js";
const { counted, el, byId, button, notice, speak } = voiceact.page;

const KINDS = [["", "All lines"], ["missing", "Without a take"], ["stale", "Stale"], ["marked", "Marked retake"], ["faulty", "Cannot be spoken"], ["failed", "Failed"], ["unpicked", "Not picked"]];
const narrow = matchMedia("(max-width: 52rem)");
let buttons = {};

/* A change that was refused is told, not thrown. */
async function attempt(work) {
  try { notice(""); return await work(); } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    notice(error.message);
    return null;
  }
}

function openLine(key, byMouse) {
  setChosen(key);
  const line = store.line(key);
  if (!line) return;
  if (!narrow.matches || byMouse) showLine(key);
  setScene(line);
}

const actions = {
  back() { showLine(null); byId("grid").focus(); },
  grid() { byId("grid").focus(); },
  open(key) { openLine(key, true); },
  step(by) { choosePlace(placeOf(shown()) + by); openLine(store.at(Math.max(0, Math.min(store.total - 1, placeOf(shown()) + by)))?.key || shown(), true); },
  async take(key, count) {
    const found = await attempt(() => send("takes", { keys: [key], count }));
    if (found) speak(found.asked ? `${found.asked} asked for` : "this line cannot be spoken as it stands");
  },
  async retake(key) {
    const line = store.line(key);
    const found = await attempt(() => send(`line/${key}/mark`, { mark: line.mark === "retake" ? "" : "retake" }));
    if (found) { renew(found.line); speak(found.line.mark ? "marked for a retake" : "mark taken away"); }
  },
  async pick(key, take) {
    const found = await attempt(() => send(`line/${key}/pick`, { take }));
    if (found) { renew(found.line); speak(take ? "picked" : "not picked any more"); }
  },
  async add(after) {
    const before = after && store.line(after);
    const folder = before && before.cells.id.includes("/") ? before.cells.id.slice(0, before.cells.id.lastIndexOf("/") + 1) : "";
    const cells = { id: `${folder}line_${Date.now().toString(36)}`, persona: before ? before.cells.persona : "", character: before ? before.cells.character || "" : "", text: "" };
    const found = await attempt(() => send("lines", { after, lines: [cells] }));
    if (!found) return;
    await reload(placeOf(after));
    await poll();
    const place = placeOf(found.keys[0]);
    if (place >= 0) { choosePlace(place); openLine(found.keys[0], true); focusField("text"); }
  },
  async remove(key) {
    const place = placeOf(key), name = (store.line(key) || {}).cells.id;
    if (!(await attempt(() => send("delete", { keys: [key] })))) return;
    showLine(null);
    await reload(place);
    choosePlace(Math.min(place, store.total - 1));
    notice(`${name} was removed; Undo brings it back.`);
    byId("grid").focus();
  },
  async undo(again) {
    const found = await attempt(() => send("undo", { again: Boolean(again) }));
    if (!found) return;
    speak(again ? "made again" : "taken back");
    await poll();
    if (found.keys.length === 1 && placeOf(found.keys[0]) >= 0) { choosePlace(placeOf(found.keys[0])); refresh(true); }
  },
  async many(which) {
    const found = await attempt(() => send("takes", { which }));
    if (found) notice(found.asked ? `${counted(found.asked, "take")} asked for.` : "There is none to speak.");
  },
};

function tools() {
  buttons = {
    missing: button("Speak all without a take", () => actions.many("missing"), { class: "quiet small" }),
    stale: button("Redo stale", () => actions.many("stale"), { class: "quiet small" }),
    marked: button("Redo marked", () => actions.many("marked"), { class: "quiet small" }),
  };
  byId("tools").append(
    button("Import", () => importScript("", afterImport)), button("Export", exportPicks),
    button("Undo", () => actions.undo(false), { class: "quiet" }), button("Redo", () => actions.undo(true), { class: "quiet" }),
    button("Settings and cast", () => settings(() => arcChanged()), { class: "quiet" }), button("Keys", showKeys, { class: "quiet" }));
  const only = el("select", { "aria-label": "Show" }, KINDS.map(([value, words]) => el("option", { value }, words)));
  only.addEventListener("change", () => { store.only = only.value; byId("grid").scrollTop = 0; reload().then(() => choosePlace(0)); });
  const search = el("input", { type: "search", class: "search", placeholder: "Search", "aria-label": "Search the script", id: "search" });
  let typed = 0;
  search.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(() => { store.words = search.value; byId("grid").scrollTop = 0; reload(); }, 200); });
  byId("filters").append(only, search, ...Object.values(buttons), el("p", { class: "count", id: "count" }));
}

async function afterImport() {
  await poll();
  await reload();
  if (store.total) choosePlace(0);
}

function showCounts() {
  const { lines, stale, missing, marked, faulty, picked, unchecked, waiting, judging } = store.project.counts;
  const parts = [counted(lines, "line"), `${picked} picked`];
  if (faulty) parts.push(`${faulty} cannot be spoken`);
  if (waiting) parts.push(`${waiting} to be spoken`);
  if (judging) parts.push(`${judging} to be judged`);
  if (unchecked) parts.push(`${unchecked.toLocaleString("en")} to be checked`);
  byId("count").textContent = parts.join(" · ");
  for (const [name, count] of Object.entries({ missing, stale, marked })) {
    buttons[name].hidden = !count;
    buttons[name].textContent = { missing: `Speak ${count} without a take`, stale: `Redo ${count} stale`, marked: `Redo ${count} marked` }[name];
  }
  byId("empty").hidden = lines > 0;
  if (store.project.notes.length) notice(store.project.notes.join("  "));
}

const KEYS = {
  ArrowDown: () => choosePlace(placeOf(current()) + 1), ArrowUp: () => choosePlace(Math.max(0, placeOf(current()) - 1)),
  PageDown: () => choosePlace(placeOf(current()) + pageOfRows()), PageUp: () => choosePlace(placeOf(current()) - pageOfRows()),
  Home: () => choosePlace(0), End: () => choosePlace(store.total - 1),
  Enter: () => { showLine(current()); focusField("text"); }, " ": () => playLine(current()),
  t: () => actions.take(current(), 1), r: () => actions.retake(current()), n: () => actions.add(current()), Delete: () => actions.remove(current()),
  p: () => { const line = store.line(current()); if (line && line.current) actions.pick(line.key, line.pick ? null : line.current.key); },
  x: () => compare(), "?": showKeys, "/": () => byId("search").focus(),
  w: () => { const line = store.line(current()); if (line && line.current) toggle(`${line.current.key} twin`, address(line.current.key, true)); },
};
let chosenKey = null;
const current = () => chosenKey;

function listen() {
  byId("grid").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "BUTTON") return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key, number = Number(name);
    if (number >= 1) {
      const take = listed().find((one) => one.number === number && one.text !== undefined);
      if (take) toggle(take.key, address(take.key));
    } else if (!KEYS[name] || (!current() && !["Home", "End", "ArrowDown", "?", "/"].includes(name))) return;
    else KEYS[name]();
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const writing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if ((event.ctrlKey || event.metaKey) && !writing && event.key.toLowerCase() === "z") { event.preventDefault(); actions.undo(event.shiftKey); }
    if ((event.ctrlKey || event.metaKey) && !writing && event.key.toLowerCase() === "y") { event.preventDefault(); actions.undo(true); }
    if (event.key === "Escape" && byId("panel").contains(event.target)) { if (narrow.matches) actions.back(); else byId("grid").focus(); }
  });
  document.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    if (/^(INPUT|TEXTAREA)$/.test(event.target.tagName) || !text.trim()) return;
    event.preventDefault();
    importScript(text, afterImport);
  });
  addEventListener("beforeunload", (event) => { if (unsent()) event.preventDefault(); });
  onPlaying((name, place) => { redrawTakes(name, place || 0); redrawPlaying(); });
  onOutbox((state, why) => {
    const saved = byId("saved");
    saved.classList.toggle("bad", state === "away");
    const words = { saved: "All is saved", saving: "Saving…", away: why || "The server does not answer; what you type is kept here" }[state];
    if (saved.textContent !== words) saved.textContent = words;
  });
  store.listeners.add((what, line) => {
    if (what === "line" && line.key === shown()) { refresh(false); showTakes(line.key, false); }
    if (what === "line" || what === "all") arcChanged();
    if (what === "all" && shown()) { if (store.line(shown())) refresh(false); }
    if (what === "counts") showCounts();
    if (what === "trouble") notice(store.trouble || "");
  });
}

async function keepUp() {
  let wait = 1200;
  try {
    await poll();
    const { waiting, judging, unchecked } = store.project.counts;
    wait = document.hidden ? 4000 : waiting ? 500 : judging || unchecked ? 1000 : 1200;
    if (byId("saved").dataset.away) { delete byId("saved").dataset.away; byId("saved").classList.remove("bad"); byId("saved").textContent = "All is saved"; }
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) { notice(error.message); return; }
    byId("saved").dataset.away = "1";
    byId("saved").classList.add("bad");
    byId("saved").textContent = "The server does not answer; what you type is kept here";
    wait = 1500;
  }
  setTimeout(keepUp, wait);
}

async function start() {
  const key = location.hash.slice(1);
  if (key) {
    try { await post("enter", { key }); } catch (error) { if (!(error instanceof Refusal)) throw error; }
  }
  try { store.project = await get("project"); } catch (error) {
    notice(error instanceof Refusal ? error.message : "The server does not answer; reload this page when it does.");
    return;
  }
  document.title = `${store.project.name} – studio`;
  byId("name").textContent = store.project.name;
  tools();
  makePanel(actions);
  makeTakes(actions);
  makeArc((line) => { if (placeOf(line) >= 0) choosePlace(placeOf(line)); openLine(line, true); });
  makeTable((line, byMouse) => { chosenKey = line; openLine(line, byMouse); });
  listen();
  byId("empty").append(el("h2", null, "No lines yet"), el("p", null, "Import a script: Excel, CSV, Ren'Py, Fountain, subtitles or plain text; or paste cells from a spreadsheet."),
    el("p", null, button("Import", () => importScript("", afterImport)), " ", button("Write the first line", () => actions.add(null), { class: "quiet" })));
  await reload();
  draw();
  showCounts();
  performance.mark("studio-ready");
  document.body.dataset.ready = "1";
  if (store.total) choosePlace(0);
  resume();
  keepUp();
}

start();
