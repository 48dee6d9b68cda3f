"""What people change when they act: `python benchmarks/human_moves.py DATA DEV [--json FILE] [--markdown FILE]`.

DATA holds emodb/ and emogator_actor/, DEV emotale/ and ased/ (whole or not at all: DEV may be left out). Every acted clip is
compared with the neutral reading of the same text by the same speaker; where a speaker of EmoDB has no neutral reading of a
text, with the speaker's other neutral readings plus what the text itself is worth for those who read both. EmoGator's
bursts have no text: they are compared with the contributor's neutral burst. For each measure: the mean over speakers, their
standard deviation, and the share of speakers whose own mean has the sign of the mean. The measures are the product's
functionals and a few more; each names the move of `voiceact/acting/moves.py` that controls it.

Nothing that ships is learned from emotale or ased: their figures are printed beside the others.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import read
from voiceact.estimators.features.features import compute_functionals, feature_names
from voiceact.estimators.features.functionals import segments
from voiceact.estimators.features.low_level_descriptors import FFT, FRAME_RATE, Tracks, extract_descriptors
from voiceact.estimators.features.signal import SAMPLE_RATE, Samples, prepare
from voiceact.estimators.features.timing import PAUSE_DB, PAUSE_SECONDS

CURVE_HZ = np.array([125, 180, 250, 350, 500, 700, 1000, 1400, 2000, 2800, 4000, 5600, 7200], np.float64)
"""centres of the bands in which the envelope of the harmonics is read"""

TABLE: dict[str, tuple[str, str, str]] = {
    "level": ("level, dB", "energy", "clips of one gain alone"),
    "f0_p50": ("F0 median, semitones", "pitch", ""),
    "f0_range": ("F0 range, 5th to 95th percentile, semitones", "range", ""),
    "f0_speed": ("F0 movement within voiced stretches, semitones/s", "glide", ""),
    "f0_end": ("F0 of the last fifth, semitones", "final", ""),
    "f0_slope": ("F0 slope, semitones/s", "slope", ""),
    "speech_log": ("time without pauses, log ratio", "rate", ""),
    "pause_share": ("share of pauses", "pause", ""),
    "consonant_seconds": ("length of stretches without voice, s", "articulation, attack", ""),
    "vowel_seconds": ("length of voiced stretches, s", "hold", ""),
    "consonant_db": ("level of sounds without voice beside vowels, dB", "attack", ""),
    "onset_db": ("rise of level in 30 ms at onsets of voice after silence, dB", "attack", ""),
    "level_std": ("spread of level, dB", "dynamics", ""),
    "level_end": ("level of the last fifth, dB", "fade", ""),
    "alpha_mean": ("1-5 kHz beside below 1 kHz, voiced, dB", "effort, tilt", ""),
    "alpha_unvoiced": ("the same, sounds without voice, dB", "tilt", ""),
    "h1_h2_mean": ("first beside second harmonic, dB", "effort, breath", ""),
    "hnr_mean": ("harmonics to noise, dB", "breath, rough", ""),
    "cpp_mean": ("cepstral peak prominence, dB", "breath", ""),
    "cpp_std": ("its spread: how unevenly periodic", "waver", ""),
    "jitter_cycles": ("jitter, % of the period", "rough, waver", ""),
    "shimmer": ("shimmer, dB", "rough", ""),
    "first_formant_mean": ("first formant, semitones", "tract, shout", ""),
    "first_formant_std": ("its spread", "articulation", ""),
    "second_formant_mean": ("second formant, semitones", "tract", ""),
    "second_formant_std": ("its spread", "articulation", ""),
    "modulation1_4hz": ("modulation of level at 4-7 Hz, dB", "stress", ""),
    "modulation1_7hz": ("modulation of level at 7-12 Hz, dB", "tremor", ""),
}
"""measure -> (what it is, moves that control it, restriction)"""

LABELS = {
    "happiness": "elation", "fear": "fear", "sadness": "sadness", "disgust": "disgust", "anger": "anger",
    "boredom": "emotional_numbness",
}  # fmt: skip
"""label of the speech corpora -> category"""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a corpus: who speaks, which text, which label, its file."""

    speaker: str
    text: str
    label: str
    path: Path


def read_corpus(folder: Path) -> list[Clip]:
    """List the clips of a corpus that have a text in common with neutral ones (all of a corpus of bursts)."""
    clips = []
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row.get("text") or row.get("sentence") or ""
        if folder.name == "emotale":
            # Language and number of the sentence: DK_001_A_1.ogg
            parts = Path(row["path"]).stem.split("_")
            text = f"{parts[0]}-{parts[-1]}"
        if folder.name == "ased" and not text.startswith("common"):
            continue
        clips.append(Clip(row["speaker"], text, row["emotion"].lower(), folder / row["path"]))
    return clips


def measure_clip(samples: NDArray[np.floating], rate: int, *, cycles: bool = True) -> dict[str, float]:
    """Measure a clip: the functionals by name, the measures of `TABLE` that are none, and the curve (`CURVE_HZ`, dB).

    Without `cycles` single cycles and onsets, which take longest, are not measured.
    """
    audio = prepare(samples, rate)
    tracks = extract_descriptors(audio)
    measured = dict(zip(_names(), compute_functionals(tracks).tolist(), strict=True))
    measured["level"] = float(10 * np.log10(np.mean(np.square(audio, dtype=np.float64))))

    # Time: speech without pauses, stretches with voice and without.
    inside = np.flatnonzero(tracks.active)
    quiet = np.zeros(len(tracks.level), bool)
    for start, end in segments(tracks.level < PAUSE_DB):
        quiet[start:end] = end - start >= PAUSE_SECONDS * FRAME_RATE
    spoken = np.zeros(len(quiet), bool)
    spoken[inside] = ~quiet[inside]
    measured["speech_log"] = float(np.log(max(spoken.sum(), 1) / FRAME_RATE))
    silent_sounds = spoken & ~tracks.voiced
    runs = [end - start for start, end in segments(silent_sounds)]
    measured["consonant_seconds"] = float(np.mean(runs) / FRAME_RATE) if runs else float("nan")
    runs = [end - start for start, end in segments(tracks.voiced)]
    measured["vowel_seconds"] = float(np.mean(runs) / FRAME_RATE) if runs else float("nan")
    if silent_sounds.sum() >= 3 and tracks.voiced.sum() >= 3:
        measured["consonant_db"] = float(
            np.percentile(tracks.level[silent_sounds], 75) - np.percentile(tracks.level[tracks.voiced], 75)
        )
    else:
        measured["consonant_db"] = float("nan")
    if cycles:
        measured["onset_db"] = _onset_db(audio, tracks)
        measured["jitter_cycles"] = _jitter(audio, tracks)
    measured |= {f"curve_{hz:g}": db for hz, db in zip(CURVE_HZ, harmonic_curve(tracks), strict=True)}
    return measured


@lru_cache(maxsize=1)
def _names() -> list[str]:
    return feature_names()


def harmonic_curve(tracks: Tracks) -> NDArray[np.float64]:
    """Compute the mean level of the harmonics around `CURVE_HZ`, dB beside their mean; NaN below the lowest harmonic.

    Read at the harmonics, so that a higher F0 does not by itself take level from the low bands.
    """
    if tracks.voiced.sum() < 3:
        return np.full(len(CURVE_HZ), np.nan)
    rows = []
    for frame in np.flatnonzero(tracks.voiced):
        f0 = 27.5 * 2 ** (float(tracks.f0[frame]) / 12)
        hertz = f0 * np.arange(1, int(7600 / f0) + 1)
        bins = np.clip(np.round(hertz * FFT / SAMPLE_RATE).astype(int), 1, tracks.power.shape[1] - 2)
        level = 10 * np.log10(np.maximum(np.maximum(tracks.power[frame, bins - 1], tracks.power[frame, bins]),
                                         tracks.power[frame, bins + 1]))  # fmt: skip
        rows.append(np.interp(np.log(CURVE_HZ), np.log(hertz), level, left=np.nan))
    seen = np.asarray(rows)
    enough = np.isfinite(seen).mean(axis=0) > 0.3
    curve = np.full(len(CURVE_HZ), np.nan)
    curve[enough] = np.nanmean(seen[:, enough], axis=0)
    return curve - np.nanmean(curve[2:])


def _onset_db(audio: Samples, tracks: Tracks) -> float:
    """Measure how far level rises within 30 ms where voice begins after silence (median), dB."""
    hop = SAMPLE_RATE // 200
    power = np.convolve(audio.astype(np.float64) ** 2, np.ones(2 * hop) / (2 * hop), mode="same")[::hop]
    level = 10 * np.log10(power + 10 ** ((10 * np.log10(power.max() + 1e-12) - 50) / 10))
    rises = []
    for start, end in segments(tracks.voiced):
        before = tracks.level[max(start - 8, 0) : start]
        if end - start < 4 or not len(before) or before.min() > PAUSE_DB:
            continue
        at = int(start / FRAME_RATE * 200)
        span = level[max(at - 6, 0) : at + 14]
        if len(span) > 6:
            rises.append(float((span[6:] - span[:-6]).max()))
    return float(np.median(rises)) if rises else float("nan")


def _jitter(audio: Samples, tracks: Tracks) -> float:
    """Measure the mean difference of consecutive periods, % of the period, by matching each period with the next."""
    periods: list[float] = []
    differences: list[float] = []
    for start, end in segments(tracks.voiced):
        if end - start < 4:
            continue
        at, stop, last = int((start + 1) / FRAME_RATE * SAMPLE_RATE), int((end - 1) / FRAME_RATE * SAMPLE_RATE), 0.0
        while at < stop:
            expected = SAMPLE_RATE / (27.5 * 2 ** (float(tracks.f0[min(int(at / SAMPLE_RATE * FRAME_RATE), end - 1)]) / 12))
            found = _next_period(audio, at, expected)
            if not found:
                last = 0.0
                at += int(expected)
                continue
            if last and abs(found - last) < 0.2 * last:
                differences.append(abs(found - last))
                periods.append(found)
            last = found
            at += round(found)
    return float(100 * np.mean(differences) / np.mean(periods)) if len(differences) >= 10 else float("nan")


def _next_period(audio: Samples, at: int, expected: float) -> float:
    """Find the lag, within 15 % of what is expected, at which the signal repeats itself best; 0 where it does not."""
    low, high, size = int(expected * 0.85), int(expected * 1.15) + 2, int(expected * 1.5)
    piece = audio[at : at + size].astype(np.float64)
    if at + high + size > len(audio) or len(piece) < 8 or low < 4:
        return 0.0
    later = np.lib.stride_tricks.sliding_window_view(audio[at + low : at + high + size].astype(np.float64), size)
    score = later @ piece / (np.sqrt((later**2).sum(axis=1) * (piece @ piece)) + 1e-12)
    best = int(score.argmax())
    if score[best] < 0.6 or not 0 < best < len(score) - 1:
        return 0.0
    a, b, c = score[best - 1], score[best], score[best + 1]
    return low + best + 0.5 * (a - c) / min(a - 2 * b + c, -1e-9)


def measure_corpus(clips: Sequence[Clip]) -> dict[str, NDArray[np.float64]]:
    """Measure all clips: name -> float64 [clips]."""
    rows = []
    for number, clip in enumerate(clips):
        if number % 200 == 0:
            print(f"{clip.path.parts[-3]}: {number} of {len(clips)}", flush=True)
        samples, rate = read(clip.path)
        try:
            rows.append(measure_clip(samples, rate))
        except ValueError as error:
            print(f"{clip.path.name}: {error}")
            rows.append({})
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: np.array([row.get(name, np.nan) for row in rows], np.float64) for name in names}


def changes(clips: Sequence[Clip], measured: dict[str, NDArray[np.float64]], neutral: str = "neutral"):
    """Compare every clip with its speaker's neutral reading of its text: name -> float64 [clips], NaN for the neutral ones."""
    by_speaker: dict[str, list[int]] = defaultdict(list)
    by_both: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, clip in enumerate(clips):
        if clip.label == neutral:
            by_speaker[clip.speaker].append(index)
            by_both[clip.speaker, clip.text].append(index)
    result = {}
    for name, values in measured.items():
        # What a text is worth: its neutral readings beside the same speakers' mean.
        worth: dict[str, list[float]] = defaultdict(list)
        for (speaker, text), places in by_both.items():
            worth[text].append(np.nanmean(values[places]) - np.nanmean(values[by_speaker[speaker]]))
        change = np.full(len(clips), np.nan)
        for index, clip in enumerate(clips):
            if clip.label == neutral or clip.speaker not in by_speaker:
                continue
            if places := by_both.get((clip.speaker, clip.text)):
                base = np.nanmean(values[places])
            else:
                base = np.nanmean(values[by_speaker[clip.speaker]]) + (
                    np.nanmean(worth[clip.text]) if clip.text in worth else 0
                )
            change[index] = values[index] - base
        result[name] = change
    return result


def summarize(
    clips: Sequence[Clip], change: dict[str, NDArray[np.float64]], label: str, names: Iterable[str]
) -> dict[str, Any]:
    """Mean over speakers, standard deviation of speakers, and share of speakers with the sign of the mean."""
    speakers = sorted({clip.speaker for clip in clips if clip.label == label})
    rows = {}
    for name in names:
        means = []
        for speaker in speakers:
            values = change[name][[i for i, clip in enumerate(clips) if clip.label == label and clip.speaker == speaker]]
            values = values[np.isfinite(values)]
            if len(values):
                means.append(values.mean())
        if means:
            mean = float(np.mean(means))
            rows[name] = {
                "mean": mean,
                "sd": float(np.std(means)),
                "share": float(np.mean(np.sign(means) == np.sign(mean))),
                "speakers": len(means),
            }
    return rows


def main() -> None:
    """Measure the corpora and write the figures, and the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("dev", type=Path, nargs="?")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--bursts", type=int, default=0, help="contributors of emogator_actor that are measured too (118)")
    parser.add_argument("--speech", action=argparse.BooleanOptionalAction, default=True, help="measure the corpora of speech")
    arguments = parser.parse_args()
    folders = [arguments.data / "emodb"] if arguments.speech else []
    if arguments.dev:
        folders += [arguments.dev / "emotale", arguments.dev / "ased"]
    if arguments.bursts:
        folders.append(arguments.data / "emogator_actor")
    found: dict[str, Any] = {}
    for folder in folders:
        clips = read_corpus(folder)
        if folder.name == "emogator_actor":
            kept = sorted({clip.speaker for clip in clips})[: arguments.bursts]
            clips = [clip for clip in clips if clip.speaker in kept]
        change = changes(clips, measure_corpus(clips))
        labels = sorted({clip.label for clip in clips} - {"neutral"})
        found[folder.name] = {label: summarize(clips, change, label, change) for label in labels}
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    page = as_markdown(found)
    print(page)
    if arguments.markdown:
        arguments.markdown.write_text(page)


def as_markdown(found: dict[str, Any]) -> str:
    """Write a table a corpus of speech: measures down, labels across; mean ± SD of speakers (share with that sign)."""
    parts = []
    for corpus in ("emodb", "emotale", "ased"):
        if corpus not in found:
            continue
        labels = list(found[corpus])
        parts.append(f"\n**{corpus}**\n\n| measure | move | {' | '.join(labels)} |\n|---|---|{'---|' * len(labels)}")
        curve = {f"curve_{hz:g}": (f"harmonics at {hz:g} Hz, dB", "effort", "") for hz in CURVE_HZ}
        for name, (title, move, _) in (TABLE | curve).items():
            cells = []
            for label in labels:
                row = found[corpus][label].get(name)
                cells.append(f"{row['mean']:+.2f} ± {row['sd']:.2f} ({round(100 * row['share'])} %)" if row else "–")
            parts.append(f"| {title} | {move} | {' | '.join(cells)} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
