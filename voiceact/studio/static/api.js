/* Talk to the server: reads are asked for, changes go through an outbox and are sent until the server has them. */
const API = "api/";
const HEADERS = { "Content-Type": "application/json", "X-Voiceact": "1" };

/* What the server refused: `code` for the page, the message for people, `body` with all it sent. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body.message || "the server refused this");
    this.status = status;
    this.code = body.error || "";
    this.body = body;
  }
}

async function answer(response) {
  let body = {};
  try { body = await response.json(); } catch { body = { message: "the server answered with something that this page does not know" }; }
  if (!response.ok) throw new Refusal(response.status, body);
  return body;
}

export async function get(path, values) {
  const query = values ? "?" + new URLSearchParams(values) : "";
  return answer(await fetch(API + path + query, { headers: { "X-Voiceact": "1" }, cache: "no-store" }));
}

export async function post(path, body) {
  return answer(await fetch(API + path, { method: "POST", headers: HEADERS, body: JSON.stringify(body) }));
}

export async function upload(path, values, data) {
  const query = "?" + new URLSearchParams(values);
  return answer(await fetch(API + path + query, { method: "POST", headers: { "X-Voiceact": "1" }, body: data }));
}

export const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/* Each tab is a client of its own, so that two of them do not overwrite each other unseen. */
function ownClient() {
  let client = sessionStorage.getItem("voiceact-client");
  if (!client) sessionStorage.setItem("voiceact-client", client = random());
  return client;
}

export const me = {
  client: ownClient(),
  get who() { return localStorage.getItem("voiceact-who") || ""; },
  set who(name) { localStorage.setItem("voiceact-who", name.slice(0, 60)); },
};
export const author = () => ({ nonce: random(), client: me.client, who: me.who });

const STORED = "voiceact-outbox";
const RETRY = [300, 1000, 2000, 4000];
const waiting = [];
let sending = false, tries = 0, tell = () => {};

/* state: "saved", "saving" or "away" (the server does not answer; what was typed is kept here and sent when it does). */
export function onOutbox(listener) { tell = listener; }

/* Sends a change; resolves with the reply. It is kept in the browser until the server has it, over a reload too. */
export function send(path, body) {
  return new Promise((resolve, reject) => {
    waiting.push({ path, body: { ...author(), ...body }, resolve, reject });
    keep();
    pump();
  });
}

export const unsent = () => waiting.length;

function keep() {
  const stored = readStored().filter((one) => one.client !== me.client);
  const own = waiting.map(({ path, body }) => ({ client: me.client, path, body }));
  localStorage.setItem(STORED, JSON.stringify([...stored, ...own]));
}

function readStored() {
  try { return JSON.parse(localStorage.getItem(STORED) || "[]"); } catch { return []; }
}

/* What a tab that was closed or reloaded could not send any more. The nonce keeps the server from doing it twice. */
export function resume() {
  for (const { path, body } of readStored()) waiting.push({ path, body, resolve() {}, reject() {} });
  localStorage.removeItem(STORED);
  keep();
  pump();
}

async function pump() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    tell(tries ? "away" : "saving");
    const one = waiting[0];
    try {
      const reply = await post(one.path, one.body);
      tries = 0;
      waiting.shift();
      keep();
      one.resolve(reply);
    } catch (error) {
      if (error instanceof Refusal && error.status < 500 && error.status !== 429) {
        tries = 0;
        waiting.shift();
        keep();
        one.reject(error);
        continue;
      }
      tell("away", error instanceof Refusal ? error.message : "");
      await new Promise((done) => setTimeout(done, RETRY[Math.min(tries++, RETRY.length - 1)]));
    }
  }
  sending = false;
  tell("saved");
}
