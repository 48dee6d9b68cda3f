/* Progress of a test for whoever runs it; asks again every few seconds. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const EVERY = 4000;

  function el(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  async function call(method, path, body) {
    const reply = await fetch("api/admin/" + path, { method, credentials: "same-origin", cache: "no-store",
      headers: { "X-Voiceact": "1", "Content-Type": "application/json" }, body: body ? JSON.stringify(body) : undefined });
    const told = await reply.json();
    if (!reply.ok) throw new Error(told.message);
    return told;
  }

  function table(id, head, rows) {
    if (!rows.length) { byId(id).replaceChildren(el("caption", {}, "Nothing so far.")); return; }
    const numbers = rows[0].map((cell) => typeof cell === "number");
    const cell = (kind) => (value, index) => value instanceof Node ? el(kind, {}, value)
      : el(kind, { class: numbers[index] ? "number" : "text" }, value === null ? "–" : String(value));
    byId(id).replaceChildren(el("thead", {}, el("tr", {}, ...head.map(cell("th")))), el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell("td"))))));
  }

  const share = ({ right, of }) => of ? `${right} of ${of}` : "–";
  const when = (time) => time ? new Date(time).toLocaleString([], { dateStyle: "short", timeStyle: "short" }) : "–";
  const seconds = (value) => value === null ? "–" : value.toFixed(1) + " s";

  function meter(done, of) {
    const bar = el("i", {});
    bar.style.width = (of ? 100 * done / of : 0) + "%";
    return el("span", {}, `${done} of ${of}`, el("span", { class: "meter", "aria-hidden": "true" }, bar));
  }

  function standing(row) {
    return row.deleted ? "deleted" : row.done ? "done" : row.answers ? "at work" : row.consented ? "consented" : "not begun";
  }

  function draw(found) {
    byId("about").textContent = `${found.protocol} · ${found.test}`;
    byId("headline").textContent = `${found.answers} answer${found.answers === 1 ? "" : "s"}, ${found.missing} still needed`;
    byId("bar").max = Math.max(1, found.answers + found.missing);
    byId("bar").value = found.answers;
    const tiles = { "Listeners": found.listeners.filter((one) => !one.deleted).length, "Done": found.listeners.filter((one) => one.done).length,
      "Answers in the last hour": found.answers_last_hour, "Median answer time": seconds(found.seconds), "Gold items right": share(found.gold),
      "Attention checks right": share(found.attention) };
    byId("tiles").replaceChildren(...Object.entries(tiles).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
    table("kinds", ["Kind", "Items", "With an answer", "Complete", "Answers"], found.kinds.map((row) =>
      [row.kind, row.items, row.answered, row.complete === null ? "–" : meter(row.complete, row.items), row.answers]));
    table("stages", ["Round", "Handed out", "Answered"], found.stages.map((row) => [String(row.stage), row.given, row.answers]));
    table("listeners", ["Listener", "State", "Answered", "Median time", "Gold", "Attention", "Headphones", "Language", "Last seen", ""],
      found.listeners.map((row) => [row.id, standing(row), meter(row.answers, row.of), seconds(row.seconds), share(row.gold), share(row.attention),
        row.qualified === null ? "–" : row.qualified ? "passed" : "failed", row.language, when(row.last || row.created), remover(row)]));
    table("events", ["When", "What", "Listener", "Detail"], found.last_events.slice().reverse().map((row) => [when(row.at), row.kind, row.listener, row.detail]));
    byId("main").hidden = false;
  }

  function remover(row) {
    if (row.deleted) return "";
    return el("button", { type: "button", class: "quiet", "aria-label": "Delete all data of listener " + row.id, onclick: async () => {
      if (!confirm(`Delete all data of listener ${row.id}? This cannot be undone.`)) return;
      try { await call("DELETE", "listeners/" + row.id); await look(); } catch (error) { tell(error); }
    } }, "Delete");
  }

  function tell(error) {
    byId("notice").hidden = !error;
    byId("notice").textContent = error ? error.message : "";
  }

  async function look() {
    draw(await call("GET", "status"));
    byId("live").textContent = "Updated " + new Date().toLocaleTimeString();
  }

  /* A table is not drawn anew under a hand that holds something in it. */
  const busy = () => byId("main").contains(document.activeElement) && document.activeElement.closest("td");

  async function watch() {
    try {
      if (!document.hidden && !busy()) await look();
      tell(null);
    } catch (error) {
      tell(error instanceof TypeError ? new Error("The server does not answer; trying again.") : error);
    }
    setTimeout(watch, EVERY);
  }

  byId("add").addEventListener("click", async () => {
    try {
      const { token } = await call("POST", "listeners", {});
      byId("link").hidden = false;
      byId("link-text").value = new URL("./#" + token, location.href).href;
      byId("link-text").select();
      await look();
    } catch (error) { tell(error); }
  });

  async function start() {
    const token = location.hash.slice(1);
    if (token) {
      history.replaceState(null, "", location.pathname);
      try { await call("POST", "enter", { token }); } catch (error) { tell(error); return; }
    }
    watch();
  }
  start();
})();
