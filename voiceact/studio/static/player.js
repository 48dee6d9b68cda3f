/* One sound at a time; two can be compared at the same place and at the same loudness. */
const sound = new Audio(), other = new Audio();
let current = null, listener = () => {};
sound.preload = other.preload = "auto";

export const address = (take, twin) => `api/audio/${take}${twin ? "?twin=1" : ""}`;
export function onPlaying(call) { listener = call; }
export const playing = () => (current && !sound.paused && !sound.ended ? current : null);
export const position = () => (sound.duration ? sound.currentTime / sound.duration : 0);

/* Plays a take from its beginning, or stops it. name: what tells it apart, "KEY" or "KEY twin". */
export function toggle(name, source, volume = 1) {
  if (playing() === name) { stop(); return; }
  current = name;
  sound.src = source;
  sound.volume = volume;
  sound.play().catch(stop);
  tick();
}

export function stop() {
  sound.pause();
  current = null;
  listener(null);
}

/* Goes on with another sound where this one is. */
export function switchTo(name, source, volume) {
  const place = playing() ? position() : 0;
  current = name;
  sound.src = source;
  sound.volume = volume;
  sound.addEventListener("loadedmetadata", () => { sound.currentTime = place * sound.duration; }, { once: true });
  sound.play().catch(stop);
  tick();
}

/* The volume at which two sounds are equally loud: the louder one is turned down, for a browser cannot turn up. */
export function matched(lufs, beside) {
  if (typeof lufs !== "number" || typeof beside !== "number") return 1;
  return Math.min(1, 10 ** ((Math.min(lufs, beside) - lufs) / 20));
}

function tick() {
  listener(playing(), position());
  if (playing()) requestAnimationFrame(tick);
}
sound.addEventListener("ended", stop);
sound.addEventListener("playing", tick);
