/* The takes of a line, side by side: waveform and F0, moves, verdict; two can be compared at one loudness. */
import { get, Refusal } from "./api.js";
import { store } from "./store.js";
import { PAUSE, PLAY, playButton, seconds, svg } from "./marks.js";
import { address, matched, playing, switchTo, toggle } from "./player.js";
const { el, byId, button } = voiceact.page;

const pictures = new Map(), cards = new Map();
const pair = { a: null, b: null };
let shown = null, takes = [], after = {}, asking = 0;

export function makeTakes(actions) { after = actions; }
export const listed = () => takes;

/* Reads the takes of a line and shows them; called again whenever the line changes. */
export async function showTakes(key, fresh) {
  if (fresh) { pair.a = pair.b = null; takes = []; byId("takes").replaceChildren(); }
  shown = key;
  const mine = ++asking;
  let found;
  try { found = await get(`line/${key}/takes`); } catch (error) { if (error instanceof Refusal) return; setTimeout(() => shown === key && showTakes(key), 1500); return; }
  if (mine !== asking || shown !== key) return;
  takes = found;
  draw();
  for (const take of takes) if (take.text !== undefined && !pictures.has(take.key)) drawPicture(take);
}

function draw() {
  const line = store.line(shown);
  if (!line) return;
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.focus : null;
  const open = new Set([...cards].filter(([, card]) => card.more && card.more.open).map(([key]) => key));
  cards.clear();
  const nodes = takes.map((take) => (take.text === undefined ? pending(take) : card(take, line, open.has(take.key))));
  byId("takes").replaceChildren(el("h3", null, takes.length ? `Takes (${takes.length})` : "No take yet"), comparison(), ...nodes);
  if (focused) { const again = byId("takes").querySelector(`[data-focus="${focused}"]`); if (again) again.focus({ preventScroll: true }); }
  redrawTakes(playing(), 0);
}

function pending(take) {
  const words = { waiting: "waits to be spoken", speaking: "is being spoken" }[take.state] || `failed: ${take.reason}`;
  return el("div", { class: "take" }, el("p", { class: take.state === "failed" ? "warn" : "soft" }, `Take ${take.number} ${words}`));
}

function card(take, line, open) {
  const picked = line.pick === take.key;
  const play = playButton(`Play take ${take.number}`, () => toggle(take.key, address(take.key)));
  play.dataset.focus = `play ${take.key}`;
  const stale = take.stale.length ? el("small", { class: "warn" }, `stale: ${take.stale.join(", ")} changed since`) : null;
  const drawing = pictures.has(take.key) ? picture(pictures.get(take.key), take) : el("div");
  const more = el("details", { open }, el("summary", null, "Verdict and moves"), verdict(take), moves(take));
  const twin = take.twin ? button("Neutral twin", () => toggle(`${take.key} twin`, address(take.key, true)), { class: "small quiet", "data-focus": `twin ${take.key}` }) : null;
  const node = el("div", { class: picked ? "take picked" : "take", role: "group", "aria-label": `Take ${take.number}${picked ? ", picked" : ""}` },
    el("div", { class: "take-head" }, play, el("p", null, `Take ${take.number} · ${seconds(take.seconds)} · `, badge(take), stale)),
    drawing,
    el("div", { class: "does" },
      button(picked ? "Picked" : "Pick", () => after.pick(line.key, picked ? null : take.key), { class: picked ? "small" : "small quiet", "aria-pressed": picked ? "true" : "false", "data-focus": `pick ${take.key}` }),
      twin, side("a", take), side("b", take)),
    more);
  cards.set(take.key, { play, more, needle: drawing.querySelector(".needle"), twin });
  return node;
}

function side(which, take) {
  const input = el("input", { type: "radio", name: `compare-${which}`, "data-focus": `${which} ${take.key}`, "aria-label": `Compare take ${take.number} as ${which.toUpperCase()}` });
  input.checked = pair[which] === take.key;
  input.addEventListener("change", () => { pair[which] = take.key; draw(); });
  return el("label", { class: "ab" }, input, which.toUpperCase());
}

function badge(take) {
  if (take.level) return el("span", { class: take.level === "verified" || take.level === "consistent" ? "good" : take.level === "rejected" ? "warn" : null }, take.level);
  return take.state === "judging" ? "being judged…" : take.reason || "not judged";
}

function verdict(take) {
  if (!take.verdict) return el("p", { class: "soft" }, take.reason || "The verdict follows: judging takes some seconds.");
  return el("ul", null, take.verdict.checks.map((check) => el("li", { class: check.outcome === "fail" ? "warn" : null }, `${check.name}: ${check.sentence}`)));
}

function moves(take) {
  const found = (pictures.get(take.key) || {}).moves || {};
  return el("div", null, el("p", null, take.instruction || ""), el("ul", { class: "moves", "aria-label": "Moves beside the neutral reading" },
    Object.entries(found).map(([name, value]) => el("li", null, `${name} ${value}`))));
}

/* Waveform in grey, F0 over it, the F0 of the neutral twin dashed. */
function picture(found, take) {
  const wide = 480, high = 88, count = found.peaks.length;
  const loudest = Math.max(20, ...found.peaks), side = (sign) => found.peaks.map((peak, at) => `${(at / count * wide).toFixed(1)},${(high / 2 + sign * peak / loudest * high / 2.2).toFixed(1)}`);
  const top = side(-1), bottom = side(1).reverse();
  const tracks = [found.f0, found.twin || []], hertz = tracks.flat().map((one) => one[1]).filter(Boolean);
  const low = Math.log2(Math.min(...hertz, 400)) - 0.1, range = Math.log2(Math.max(...hertz, 80)) + 0.1 - low;
  const path = (track, length) => {
    let pen = false, d = "";
    for (const [time, value] of track) {
      if (!value) { pen = false; continue; }
      d += `${pen ? "L" : "M"}${(time / length * wide).toFixed(1)} ${(high - (Math.log2(value) - low) / range * high).toFixed(1)}`;
      pen = true;
    }
    return d;
  };
  const twinLength = found.twin && found.twin.length ? found.twin[found.twin.length - 1][0] || 1 : 1;
  const median = hertz.length ? [...found.f0.map((one) => one[1]).filter(Boolean)].sort((a, b) => a - b) : [];
  const label = `Waveform and F0 of take ${take.number}` + (median.length ? `, median ${Math.round(median[Math.floor(median.length / 2)])} Hz` : "");
  return el("div", null,
    svg("svg", { class: "sound", viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      svg("polygon", { class: "wave", points: [...top, ...bottom].join(" ") }),
      svg("path", { class: "twin-f0", d: found.twin ? path(found.twin, twinLength) : "" }),
      svg("path", { class: "f0", d: path(found.f0, found.seconds || 1) }),
      svg("line", { class: "needle", x1: 0, x2: 0, y1: 0, y2: high, visibility: "hidden" })),
    el("p", { class: "legend" }, el("b", null, "F0"), found.twin ? " over its neutral twin (dashed)" : "", hertz.length ? ` · ${Math.round(Math.min(...hertz))}–${Math.round(Math.max(...hertz))} Hz` : ""));
}

async function drawPicture(take) {
  try { pictures.set(take.key, await get(`picture/${take.key}`)); } catch { return; }
  if (takes.includes(take)) draw();
}

/* Two takes, the same place, the same loudness: X changes from one to the other. */
function comparison() {
  const a = takes.find((take) => take.key === pair.a), b = takes.find((take) => take.key === pair.b);
  if (!a || !b || a === b) return el("div", { hidden: true });
  const match = el("input", { type: "checkbox", id: "match" });
  match.checked = pair.match !== false;
  match.addEventListener("change", () => { pair.match = match.checked; });
  const volume = (one, other) => (pair.match === false ? 1 : matched(one.lufs, other.lufs));
  const start = (one, other) => switchTo(one.key, address(one.key), volume(one, other));
  pair.swap = () => (playing() === a.key ? start(b, a) : start(a, b));
  return el("div", { class: "compare", role: "group", "aria-label": "Compare two takes" },
    el("p", null, `A is take ${a.number}, B is take ${b.number}`),
    el("div", { class: "does" }, button("Play A", () => start(a, b), { class: "small", "data-focus": "a" }), button("Play B", () => start(b, a), { class: "small", "data-focus": "b" }),
      el("label", { class: "ab" }, match, "Same loudness")));
}

export function compare() {
  if (!pair.a || !pair.b) { const heard = takes.filter((take) => take.text !== undefined); if (heard.length > 1) { [pair.a, pair.b] = [heard[0].key, heard[1].key]; draw(); } }
  if (pair.swap && pair.a && pair.b) pair.swap();
}

export function redrawTakes(name, place) {
  for (const [key, { play, needle }] of cards) {
    play.shape.setAttribute("d", name === key ? PAUSE : PLAY);
    if (!needle) continue;
    needle.setAttribute("visibility", name === key || name === `${key} twin` ? "visible" : "hidden");
    needle.setAttribute("x1", place * 480);
    needle.setAttribute("x2", place * 480);
  }
}
