/* The part of the script that this page has seen: lines by their place, fetched as they are scrolled to. */
import { get } from "./api.js";

export const CHUNK = 100;

export const store = {
  project: null, total: 0, order: 0, revision: 0, only: "", words: "",
  rows: [], places: new Map(), asked: new Set(), listeners: new Set(),
  at(place) { return this.rows[place]; },
  line(key) { return this.rows[this.places.get(key)]; },
  tell(what, line) { for (const listener of this.listeners) listener(what, line); },
};

/* Forgets what is loaded and reads the beginning, or the part around `place`. */
export async function reload(place = 0) {
  store.rows = [];
  store.places.clear();
  store.asked.clear();
  await fetchChunk(Math.floor(place / CHUNK));
  store.tell("all");
}

/* Sees to it that these places are loaded. */
export function want(first, last) {
  for (let chunk = Math.floor(first / CHUNK); chunk <= Math.floor(last / CHUNK); chunk++) {
    if (!store.asked.has(chunk)) fetchChunk(chunk).then(() => store.tell("rows"), () => store.asked.delete(chunk));
  }
}

async function fetchChunk(chunk) {
  store.asked.add(chunk);
  const found = await get("lines", { first: chunk * CHUNK, count: CHUNK, only: store.only, words: store.words });
  store.total = found.total;
  if (!store.revision) { store.revision = found.revision; store.order = found.order; }
  found.lines.forEach((line, at) => put(found.first + at, line));
}

function put(place, line) {
  store.rows[place] = line;
  store.places.set(line.key, place);
}

/* A line as the server has it now. */
export function renew(line) {
  const place = store.places.get(line.key);
  if (place === undefined || (store.rows[place] && store.rows[place].revision > line.revision)) return;
  store.rows[place] = line;
  store.tell("line", line);
}

/* Asks what others, and the takes, have changed since. */
export async function poll() {
  const found = await get("changes", { since: store.revision });
  if (found.revision !== store.revision) {
    const moved = found.order !== store.order;
    store.revision = found.revision;
    store.order = found.order;
    if (found.counts) store.project.counts = found.counts;
    if (found.notes) store.project.notes = found.notes;
    if (moved || found.many) await reload(store.top || 0);
    else found.lines.forEach(renew);
    store.tell("counts");
  }
  if (found.trouble !== store.trouble) { store.trouble = found.trouble; store.tell("trouble"); }
}
