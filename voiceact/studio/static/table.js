/* The script as a table: only the rows that are seen exist, so that a thousand lines scroll as ten do. */
import { store, want } from "./store.js";
import { marked, playButton, stateOf, stepsBar, PAUSE, PLAY } from "./marks.js";
import { address, playing, toggle } from "./player.js";
const { el, byId } = voiceact.page;

const HEADS = ["", "", "Persona, id", "Line", "Emotion", "State"];
const BEYOND = 6;
const rows = new Map();
let chosen = null, onChoose = () => {}, height = 0;

export function makeTable(choose) {
  onChoose = choose;
  byId("heads").append(...HEADS.map((text) => el("span", null, text)));
  byId("grid").addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  byId("space").addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row && !event.target.closest("button")) choose(row.dataset.key, true);
  });
  new ResizeObserver(() => { height = 0; draw(); }).observe(byId("grid"));
  store.listeners.add((what, line) => {
    if (what === "line") { const row = rows.get(store.places.get(line.key)); if (row) fill(row, line, store.places.get(line.key)); }
    else if (what === "all") { for (const row of rows.values()) row.remove(); rows.clear(); draw(); }
    else if (what === "rows") draw();
  });
}

function rowHeight() {
  if (!height) {
    const probe = el("div", { class: "row" });
    byId("space").append(probe);
    height = probe.getBoundingClientRect().height || 58;
    probe.remove();
  }
  return height;
}

/* Makes the rows that are seen, and some beyond; removes those that are not. */
export function draw() {
  const grid = byId("grid"), space = byId("space"), high = rowHeight();
  space.style.height = `${store.total * high}px`;
  grid.setAttribute("aria-rowcount", store.total);
  const first = Math.max(0, Math.floor(grid.scrollTop / high) - BEYOND);
  const last = Math.min(store.total - 1, Math.ceil((grid.scrollTop + grid.clientHeight) / high) + BEYOND);
  store.top = first;
  for (const [place, row] of rows) if (place < first || place > last) { row.remove(); rows.delete(place); }
  if (last >= first) want(first, last);
  for (let place = first; place <= last; place++) {
    let row = rows.get(place);
    const line = store.at(place);
    if (!row) {
      rows.set(place, row = makeRow());
      row.style.top = `${place * high}px`;
      space.append(row);
      fill(row, line, place);
    } else if (row.dataset.revision !== String(line ? line.revision : "")) fill(row, line, place);
    row.style.top = `${place * high}px`;
  }
  mark();
}

function makeRow() {
  const row = el("div", { class: "row", role: "row" });
  row.parts = {
    number: el("span", { class: "number", role: "rowheader" }),
    play: playButton("Play", () => playLine(row.dataset.key)),
    persona: el("span", { class: "who" }), id: el("span", { class: "id" }),
    text: el("span", { class: "cell words", role: "gridcell" }), emotion: el("span", { class: "cell feel", role: "gridcell" }),
    state: el("span", { class: "cell state", role: "gridcell" }),
  };
  row.parts.play.tabIndex = -1;
  const { number, play, persona, id, text, emotion, state } = row.parts;
  row.append(number, el("span", { class: "play-cell", role: "gridcell" }, play), el("span", { class: "cell where", role: "gridcell" }, persona, id), text, emotion, state);
  return row;
}

function fill(row, line, place) {
  const { number, play, id, persona, text, emotion, state } = row.parts;
  number.textContent = place + 1;
  row.id = `row-${place}`;
  row.setAttribute("aria-rowindex", place + 1);
  row.dataset.revision = line ? line.revision : "";
  row.dataset.key = line ? line.key : "";
  if (!line) { text.textContent = "…"; for (const part of [id, persona, emotion, state]) part.textContent = ""; play.disabled = true; return; }
  const faults = (line.checked || {}).faults || {};
  cell(id, line.cells.id || "no id", faults.id);
  cell(persona, line.cells.character || line.cells.persona || store.project.settings.persona || "no persona", faults.persona || faults.character);
  cell(text, marked(line.cells.text, (line.checked || {}).tags), faults.text || faults.direction || faults.gap || faults.description || faults.language || faults.seed);
  const mix = (line.checked || {}).mix || [], strongest = mix.reduce((most, one) => (!most || one[2] > most[2] ? one : most), null);
  cell(emotion, [el("span", { class: "feeling" }, line.cells.emotion || "neutral"), stepsBar(strongest ? strongest[2] : 0)], faults.emotion || faults.intensity);
  if (strongest) emotion.append(el("span", { class: "unseen" }, ` intensity ${strongest[2]} of 7`));
  const [kind, words, more] = stateOf(line);
  state.replaceChildren(el("span", { class: kind }, words), el("small", { title: more }, more));
  play.disabled = !line.current;
  play.setAttribute("aria-label", `Play ${line.cells.id || "line " + (place + 1)}`);
  play.shape.setAttribute("d", line.current && playing() === line.current.key ? PAUSE : PLAY);
}

function cell(node, content, fault) {
  node.replaceChildren(...[content].flat());
  node.classList.toggle("fault", Boolean(fault));
  node.title = fault || "";
  if (fault) node.append(el("span", { class: "unseen" }, ` wrong: ${fault}`));
}

export function playLine(key) {
  const line = store.line(key);
  if (line && line.current) toggle(line.current.key, address(line.current.key));
}

export function redrawPlaying() {
  for (const row of rows.values()) {
    const line = store.line(row.dataset.key);
    if (line) row.parts.play.shape.setAttribute("d", line.current && playing() === line.current.key ? PAUSE : PLAY);
  }
}

/* Chooses a line by its place; scrolls to it. */
export function choosePlace(place) {
  place = Math.max(0, Math.min(store.total - 1, place));
  const grid = byId("grid"), high = rowHeight(), top = place * high;
  if (top < grid.scrollTop) grid.scrollTop = top;
  else if (top + high > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + high - grid.clientHeight;
  draw();
  const line = store.at(place);
  if (line) onChoose(line.key, false);
  else setTimeout(() => store.at(place) && onChoose(store.at(place).key, false), 250);
}

export const placeOf = (key) => (store.places.has(key) ? store.places.get(key) : -1);
export const pageOfRows = () => Math.max(1, Math.floor(byId("grid").clientHeight / rowHeight()) - 1);

export function setChosen(key) { chosen = key; mark(); }

function mark() {
  const grid = byId("grid");
  grid.removeAttribute("aria-activedescendant");
  for (const row of rows.values()) {
    const here = row.dataset.key && row.dataset.key === chosen;
    row.classList.toggle("chosen", Boolean(here));
    row.setAttribute("aria-selected", here ? "true" : "false");
    if (here) grid.setAttribute("aria-activedescendant", row.id);
  }
}
