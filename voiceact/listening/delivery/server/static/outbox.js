/* Answers on their way: kept in the browser until the server has confirmed them, sent again with growing pauses. */
"use strict";
(function () {
  const PAUSES = [1, 2, 4, 8, 15, 30];

  /* A browser may forbid storage: then an answer lives as long as the page, and a lost network is still bridged. */
  const store = voiceact.store = {
    get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* lives in memory only */ } },
    drop(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
  };

  /* deliver(answer) posts `answer` until it is confirmed and gives the reply; refused for good, it throws Refused.
     waiting(true | false) is called when the network is lost and found again. */
  voiceact.outbox = function (backend, listener, waiting) {
    const key = "voiceact:" + listener + ":outbox";

    async function deliver(answer) {
      store.set(key, answer);
      try {
        const reply = await voiceact.insist(() => backend.answer(answer), waiting);
        store.drop(key);
        return reply;
      } catch (error) {
        if (error instanceof voiceact.Refused) store.drop(key);
        throw error;
      }
    }

    return { deliver, left: () => store.get(key), clear: () => store.drop(key) };
  };

  /* Does `work` until it no longer fails for want of a connection. */
  voiceact.insist = async function (work, waiting) {
    for (let tries = 0; ; tries++) {
      try {
        const found = await work();
        if (tries) waiting(false);
        return found;
      } catch (error) {
        if (!(error instanceof voiceact.Offline)) {
          if (tries) waiting(false);
          throw error;
        }
        waiting(true);
        await pause(Math.max(error.wait, PAUSES[Math.min(tries, PAUSES.length - 1)] * (0.75 + Math.random() / 2)));
      }
    }
  };

  /* Ends early when the browser says that the network is back. */
  function pause(seconds) {
    return new Promise((resolve) => {
      const end = () => { clearTimeout(timer); window.removeEventListener("online", end); resolve(); };
      const timer = setTimeout(end, seconds * 1000);
      window.addEventListener("online", end);
    });
  }
})();
