/* The arc of a scene: intensity over its lines. */
import { get } from "./api.js";
import { store } from "./store.js";
import { svg } from "./marks.js";
const { counted, el, byId } = voiceact.page;

let scene = null, chosen = null, open = () => {}, dirty = true, found = null;

export function makeArc(openLine) {
  open = openLine;
  byId("arc").addEventListener("toggle", () => refreshArc());
}

export function setScene(line) {
  chosen = line.key;
  const folder = line.cells.id.includes("/") ? line.cells.id.slice(0, line.cells.id.lastIndexOf("/")) : "";
  if (folder !== scene) { scene = folder; dirty = true; }
  refreshArc();
}

export function arcChanged() { dirty = true; refreshArc(); }

async function refreshArc() {
  if (!byId("arc").open) return;
  if (dirty) {
    dirty = false;
    try { found = await get("arc", scene === null ? {} : { scene }); } catch { dirty = true; return; }
    scene = found.scene;
  }
  if (found) draw();
}

function draw() {
  const points = found.points, wide = 1000, high = 100, left = 14;
  const at = (number) => (points.length > 1 ? left + number / (points.length - 1) * (wide - 2 * left) : wide / 2);
  const up = (intensity) => 88 - intensity / 7 * 76;
  const strongest = points.reduce((most, one) => (!most || one.intensity > most.intensity ? one : most), null);
  const about = points.length ? `Intensity over ${counted(points.length, "line")} of ${found.scene || "the script"}; strongest ${strongest.intensity} of 7 at ${strongest.id || "a line without id"}` : "No lines";
  const drawing = svg("svg", { viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", role: "img", "aria-label": about });
  for (const step of [0, 3.5, 7]) drawing.append(svg("line", { class: "step", x1: 0, x2: wide, y1: up(step), y2: up(step) }));
  if (points.length) drawing.append(svg("polyline", { class: "curve", points: points.map((one, number) => `${at(number)},${up(one.intensity)}`).join(" ") }));
  if (points.length <= 400) points.forEach((one, number) => {
    const dot = svg("ellipse", { cx: at(number), cy: up(one.intensity), rx: one.key === chosen ? 6 : 4, ry: one.key === chosen ? 7 : 5, class: one.key === chosen ? "here" : "dot" },
      svg("title", {}, `${one.id}: ${one.category || "neutral"} ${one.intensity}`));
    dot.addEventListener("click", () => open(one.key));
    drawing.append(dot);
  });
  const choice = el("select", { "aria-label": "Scene" }, found.scenes.map((name) => el("option", { value: name, selected: name === found.scene }, name || "(no folder)")));
  choice.addEventListener("change", () => { scene = choice.value; dirty = true; refreshArc(); });
  const old = byId("arc").querySelector(".drawing");
  if (old) old.remove();
  byId("arc").append(el("div", { class: "drawing" }, choice, drawing));
  store.arc = about;
}
