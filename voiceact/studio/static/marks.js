/* Small drawings and texts that table and panel share. */
const { el } = voiceact.page;
const SVG = "http://www.w3.org/2000/svg";
export const PLAY = "M6 4 L20 12 L6 20 Z", PAUSE = "M5 4h5v16H5z M14 4h5v16h-5z";
export const STEPS = ["absent", "trace", "slight", "mild", "moderate", "strong", "intense", "overwhelming"];

export function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function playButton(label, onclick) {
  const path = svg("path", { d: PLAY });
  const button = el("button", { type: "button", class: "play", "aria-label": label, onclick }, svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, path));
  button.shape = path;
  return button;
}

/* A text as nodes, its tags set off; `tags` are [start, end, kind], counted in code points as the server does. */
export function marked(text, tags) {
  if (!tags || !tags.length) return [text];
  const letters = Array.from(text), nodes = [];
  let at = 0;
  for (const [start, end, kind] of tags) {
    if (start < at) continue;
    nodes.push(letters.slice(at, start).join(""), el("span", { class: "tag " + kind }, letters.slice(start, end).join("")));
    at = end;
  }
  nodes.push(letters.slice(at).join(""));
  return nodes;
}

export function stepsBar(intensity) {
  const bar = el("span", { class: "steps-bar", "aria-hidden": "true" });
  for (let step = 1; step <= 7; step++) bar.append(el("i", { class: step <= Math.round(intensity) ? "on" : null }));
  return bar;
}

/* What a line's row says of its state: [kind, words, more]. */
export function stateOf(line) {
  if (line.busy === "speaking") return ["", "speaking…", ""];
  if (line.busy === "waiting") return ["", "waiting", ""];
  if (line.checked && Object.keys(line.checked.faults).length) return ["warn", "faulty", Object.keys(line.checked.faults).join(", ")];
  if (line.failed) return ["warn", "failed", line.failed];
  if (line.mark === "retake") return ["warn", "retake", line.current ? `take ${line.current.number}` : ""];
  if (line.state === "stale") return ["warn", "stale", line.stale.join(", ") + " changed"];
  if (!line.current) return ["", "no take", ""];
  const which = `take ${line.current.number}${line.takes > 1 ? "/" + line.takes : ""}`;
  const verdict = line.current.level || (line.current.state === "judging" ? "being judged" : "not judged");
  return [line.pick ? "good" : "", line.pick ? "picked" : "spoken", `${which} · ${verdict}`];
}

export const seconds = (value) => `${(value || 0).toFixed(1)} s`;
