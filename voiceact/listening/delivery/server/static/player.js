/* Plays the clips of an item. A clip cannot be skipped through: there is a button, and no slider. */
"use strict";
(function () {
  const { el, t } = voiceact.page;
  const PLAY = "M6 4 L20 12 L6 20 Z", PAUSE = "M5 4h5v16H5z M14 4h5v16h-5z";

  function icon() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    return svg;
  }

  /* clips: [{id, name}] where name is "" for a lone clip; load(id) -> address.
     heard: whether all were heard to the end before (a reload); changed() is called whenever a clip ends. */
  voiceact.players = function (clips, { load, heard, plays, changed, lost }) {
    const players = clips.map((clip) => make(clip));
    let current = players[0], stopped = false;
    const node = el("div", { class: clips.length > 1 ? "players two" : "players" }, players.map((player) => player.node));
    mark();

    function make(clip) {
      const player = { clip, heard, plays: heard ? Math.max(1, Math.floor(plays / clips.length)) : 0, sound: new Audio(), ready: false };
      const svg = icon(), bar = el("i"), line = el("span", { class: "line" }), time = el("span", { class: "time", "aria-hidden": "true" });
      player.button = el("button", { type: "button", onclick: () => toggle(player), disabled: true }, svg);
      player.node = el("div", { class: "player" }, player.button,
        el("p", { class: "state" }, el("span", null, clip.name ? el("span", { class: "which" }, clip.name + " ") : null, line), time),
        el("div", { class: "track", "aria-hidden": "true" }, bar));
      player.draw = () => {
        const { sound } = player, playing = !sound.paused && !sound.ended, long = Number.isFinite(sound.duration) ? sound.duration : 0;
        svg.firstChild.setAttribute("d", playing ? PAUSE : PLAY);
        bar.style.transform = `scaleX(${long ? Math.min(1, sound.currentTime / long) : 0})`;
        time.textContent = long ? `${sound.currentTime.toFixed(1)} / ${long.toFixed(1)} s` : "";
        const told = !player.ready ? "loading" : playing ? "playing" : player.heard ? "play_again" : sound.currentTime > 0 ? "go_on" : "play_first";
        if (line.dataset.told !== told) { line.dataset.told = told; line.textContent = t(told); }
        player.button.setAttribute("aria-label", [t(playing ? "pause" : "play"), clip.name].filter(Boolean).join(" "));
      };
      const tick = () => { player.draw(); if (!player.sound.paused && !stopped) requestAnimationFrame(tick); };
      player.sound.preload = "auto";
      player.sound.addEventListener("play", tick);
      player.sound.addEventListener("pause", player.draw);
      player.sound.addEventListener("loadedmetadata", player.draw);
      player.sound.addEventListener("ended", () => { player.heard = true; player.plays++; player.draw(); next(); changed(); });
      player.draw();
      fetchSound(player);
      return player;
    }

    async function fetchSound(player) {
      try {
        player.sound.src = await load(player.clip.id);
      } catch (error) {
        if (!stopped) lost(error);
        return;
      }
      player.ready = true;
      player.button.disabled = false;
      player.draw();
      if (player === players[0] && !stopped && (document.activeElement === document.body || document.activeElement.tagName === "H1")) {
        player.button.focus({ preventScroll: true });
      }
    }

    function toggle(player) {
      if (!player.ready) return;
      current = player;
      mark();
      for (const other of players) if (other !== player) other.sound.pause();
      if (player.sound.paused) {
        player.sound.playbackRate = 1;
        player.sound.play().catch(player.draw);
      } else {
        player.sound.pause();
      }
    }

    /* After a clip the space bar plays the next one that was not heard. */
    function next() {
      const unheard = players.find((player) => !player.heard);
      if (unheard) { current = unheard; mark(); unheard.button.focus({ preventScroll: true }); }
    }

    function mark() { players.forEach((player) => player.node.classList.toggle("current", player === current && players.length > 1)); }

    return {
      node, toggle: () => toggle(current),
      choose: (index) => { if (players[index]) toggle(players[index]); },
      heard: () => players.every((player) => player.heard),
      plays: () => players.reduce((sum, player) => sum + player.plays, 0),
      redraw: () => players.forEach((player) => player.draw()),
      stop() {
        stopped = true;
        for (const { sound } of players) { sound.pause(); if (sound.src.startsWith("blob:")) URL.revokeObjectURL(sound.src); sound.removeAttribute("src"); }
      },
    };
  };
})();
