"""Build the library of vocal bursts (voiceact/bursts/data/bursts.npz and bursts.json). Run once by hand:

    python -m voiceact.bursts.build DATA

DATA is EmoGator's clips for the actor at 24 kHz, a folder with `manifest.jsonl`. Clips are measured one by one; left out are
those that are clipped, noisy or cut at either end, that rumble, or that are shorter than 0.2 s or longer than 2.5 s. For each
kind (`KINDS`), the clips with one of its labels and within its measures are ordered by signal-to-noise ratio, and the best of
different contributors are analysed. Nobody listens: what a clip sounds like is taken from its label and its measures. Needs
the extra `plot` (swift-f0).
"""

import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import read
from voiceact.bursts.kinds import KINDS, Kind, count_rises
from voiceact.bursts.library import ORIGINS, PARAMETERS, pack
from voiceact.bursts.parameters import BurstParameters, analyse, power_spectra
from voiceact.engines.embedded.stages import BIN_HZ, FRAME_SECONDS, HOP, SAMPLE_RATE
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.atomic_files import write_whole

CLIPPED = 0.985
LEAST_SNR_DB = 25.0
EDGE_FRAMES, EDGE_DB = 3, 18.0
"""frames at either end that must lie this far below the loudest, or the clip is cut"""
ACTIVE_DB = 32.0
"""frames this far below the loudest are no part of the burst"""
RUMBLE_HZ, MOST_RUMBLE = 150.0, 0.25
VARIANTS = 2
SECONDS = (0.2, 2.5)
VOICED_CONFIDENCE = 0.8
SILENT_CONTRIBUTOR = "000160"

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Measures:
    """Measures of a clip.

    Attributes:
        path: within the folder
        speaker, label: contributor and label of the corpus
        first, last: active frames, the last one excluded
        snr: level of the loud frames over that of the quietest, in dB
        clipped, cut: whether it is; such a clip is not used
        voiced: share of voiced frames within the active ones
        pulses: rises of the level by 6 dB
        rumble: share of power below 150 Hz in the unvoiced active frames; breath that hits the microphone rumbles
        f0: float32 [frames], Hz, 0 where unvoiced
    """

    path: str
    speaker: str
    label: str
    first: int
    last: int
    snr: float
    clipped: bool
    cut: bool
    voiced: float
    pulses: int
    rumble: float
    f0: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """Duration of the active part."""
        return (self.last - self.first) * FRAME_SECONDS

    @property
    def sound(self) -> bool:
        """Whether the signal is good enough."""
        clean = not self.clipped and not self.cut and self.snr >= LEAST_SNR_DB and self.rumble <= MOST_RUMBLE
        return clean and SECONDS[0] <= self.seconds <= SECONDS[1]


def main(arguments: Sequence[str]) -> int:
    """Build the library from the folder named; return the exit status."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        build(Path(arguments[0]))
    except (VoiceactError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def build(folder: Path, into: Path = PARAMETERS.parent) -> None:
    """Measure the clips of a folder, choose, analyse and write the library.

    Raises:
        UsageError: if the folder has no manifest, or a kind no clip
    """
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise UsageError(f"{folder} holds no manifest.jsonl; expected EmoGator's clips for the actor")
    rows = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
    labels = {label for kind in KINDS.values() for label in kind.labels} | {"Neutral"}
    rows = [row for row in rows if row["emotion"] in labels and row["speaker"] != SILENT_CONTRIBUTOR]
    measured = []
    for number, row in enumerate(rows):
        if number % 200 == 0:
            print(f"measuring {number} of {len(rows)}", file=sys.stderr, flush=True)
        measured.append(measure(folder, row))
    own = speaker_f0(measured)

    bursts: list[BurstParameters] = []
    origins: list[dict[str, Any]] = []
    for kind, chosen in choose(measured, own).items():
        if not chosen:
            raise UsageError(f"no clip is within the measures of {kind!r}; widen them in voiceact/bursts/kinds.py")
        for clip in chosen:
            bursts.append(analyse_clip(folder, clip))
            origins.append(
                {
                    "kind": kind,
                    "corpus": "EmoGator",
                    "licence": "Apache-2.0",
                    "contributor": clip.speaker,
                    "path": clip.path,
                    "label": clip.label,
                    "seconds": round(clip.seconds, 3),
                    "snr_db": round(clip.snr, 1),
                    "contributor_f0_hz": round(own[clip.speaker], 1),
                }
            )
    write_whole(into / PARAMETERS.name, pack(bursts))
    write_whole(into / ORIGINS.name, (json.dumps(origins, indent=1) + "\n").encode())
    print(f"{len(bursts)} bursts of {len(KINDS)} kinds", file=sys.stderr)


def measure(folder: Path, row: Mapping[str, Any]) -> Measures:
    """Measure one clip of the manifest."""
    samples = read_clip(folder / row["path"])
    level = frame_levels(samples)
    loud = float(level.max())
    active = np.flatnonzero(level > loud - ACTIVE_DB)
    first, last = int(active[0]), int(active[-1]) + 1
    f0 = track_f0(samples)
    power = power_spectra(samples)[first:last][f0[first:last] == 0].sum(0)
    edges = max(level[:EDGE_FRAMES].max(), level[-EDGE_FRAMES:].max())
    return Measures(
        row["path"],
        row["speaker"],
        row["emotion"],
        first,
        last,
        float(np.percentile(level, 95) - np.percentile(level, 2)),
        bool((np.abs(samples) >= CLIPPED).sum() > 2),
        bool(edges > loud - EDGE_DB),
        float((f0[first:last] > 0).mean()),
        count_rises(level[first:last]),
        float(power[: int(RUMBLE_HZ / BIN_HZ) + 1].sum() / max(power.sum(), 1e-12)),
        f0,
    )


def read_clip(path: Path) -> NDArray[np.float32]:
    """Read a clip as whole frames at 24 kHz (float32 [300 F])."""
    samples, rate = read(path)
    if rate != SAMPLE_RATE:
        raise UsageError(f"{path} has {rate} Hz; expected {SAMPLE_RATE}")
    return samples[: len(samples) // HOP * HOP]


def frame_levels(samples: Floats) -> NDArray[np.float64]:
    """Return the level of each frame, smoothed over three, in dB (float64 [F])."""
    power = np.convolve((samples.reshape(-1, HOP).astype(np.float64) ** 2).mean(1), np.ones(3) / 3, mode="same")
    level: NDArray[np.float64] = 10 * np.log10(power + 1e-9)
    return level


def track_f0(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Track F0 in the frames of the renderer: Hz, 0 where unvoiced (float32 [F])."""
    import soxr
    from swift_f0 import SwiftF0

    global _tracker
    if _tracker is None:
        _tracker = SwiftF0(threads=1)
    estimate = _tracker.detect(soxr.resample(samples, SAMPLE_RATE, 16000), 16000, fmin=55, fmax=1500)
    times, hertz = np.asarray(estimate.timestamps), np.asarray(estimate.pitch_hz)
    frames = np.arange(len(samples) // HOP) * FRAME_SECONDS
    nearest = np.abs(times[None] - frames[:, None]).argmin(1)
    voiced = np.asarray(estimate.confidence)[nearest] >= VOICED_CONFIDENCE
    tracked: NDArray[np.float32] = np.where(voiced, np.interp(frames, times, hertz), 0).astype(np.float32)
    return tracked


_tracker: Any = None


def speaker_f0(clips: Sequence[Measures]) -> dict[str, float]:
    """Return the median F0 of each contributor over the clips, 180 Hz where none is voiced."""
    tracks: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for clip in clips:
        tracks[clip.speaker].append(clip.f0[clip.f0 > 0])
    joined = {speaker: np.concatenate(parts) for speaker, parts in tracks.items()}
    return {speaker: float(np.median(track)) if len(track) else 180.0 for speaker, track in joined.items()}


def fits(clip: Measures, kind: Kind, own: float) -> bool:
    """Whether a clip is within the measures of a kind.

    Args:
        clip: measured
        kind: whose measures are asked
        own: median F0 of the contributor in Hz
    """
    within = (
        clip.label in kind.labels
        and kind.seconds[0] <= clip.seconds <= kind.seconds[1]
        and kind.voiced[0] <= clip.voiced <= kind.voiced[1]
        and kind.pulses[0] <= clip.pulses <= kind.pulses[1]
    )
    voiced_f0 = clip.f0[clip.first : clip.last]
    voiced_f0 = voiced_f0[voiced_f0 > 0]
    if not within or kind.voiced[1] < 0.5 or not len(voiced_f0):
        return within
    semitones = 12 * float(np.log2(float(np.median(voiced_f0)) / own))
    return kind.pitch[0] <= semitones <= kind.pitch[1]


def choose(clips: Sequence[Measures], own: Mapping[str, float]) -> dict[str, list[Measures]]:
    """Choose the clips of each kind, of different contributors, the best signal first; no clip serves two kinds."""
    sound = sorted((clip for clip in clips if clip.sound), key=lambda clip: (-clip.snr, clip.path))
    candidates = {name: [clip for clip in sound if fits(clip, kind, own[clip.speaker])] for name, kind in KINDS.items()}
    used: set[str] = set()
    chosen: dict[str, list[Measures]] = {}
    # The kind with the fewest clips chooses first.
    for name in sorted(candidates, key=lambda name: len(candidates[name])):
        speakers: set[str] = set()
        chosen[name] = []
        for clip in candidates[name]:
            if len(chosen[name]) < VARIANTS and clip.path not in used and clip.speaker not in speakers:
                chosen[name].append(clip)
                speakers.add(clip.speaker)
                used.add(clip.path)
        print(f"{name}: {len(candidates[name])} clips fit", file=sys.stderr)
    return {name: chosen[name] for name in KINDS}


def analyse_clip(folder: Path, clip: Measures) -> BurstParameters:
    """Analyse the active part of a clip, its background subtracted."""
    samples = read_clip(folder / clip.path)
    power = power_spectra(samples)
    quiet = np.argsort(power.sum(1))[: max(len(power) // 20, 3)]
    whole = analyse(samples, clip.f0, power[quiet].mean(0) * 1.5)
    part = slice(max(clip.first - 1, 0), clip.last + 1)
    return BurstParameters(whole.f0[part], whole.envelope[part], whole.noise[part])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
