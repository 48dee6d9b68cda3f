"""How well plain words are understood: `benchmarks/prompting.py [feeling|voice] [--json FILE]`.

`feeling` reads the phrases of benchmarks/prompting (see its README) and prints every rate; misses are listed, of the
paraphrases those of the half that may be looked at alone. `voice` speaks 100 descriptions with the embedded engine and
measures from the samples whether F0, rate and formants move as the words say.
"""

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from voiceact.acting import taxonomy
from voiceact.acting.script import load_lines
from voiceact.errors import UsageError
from voiceact.estimators.features.low_level_descriptors import extract_descriptors
from voiceact.estimators.features.signal import prepare
from voiceact.prompting.feeling import read_feeling
from voiceact.prompting.person import read_person
from voiceact.synthesis.synthesize import synth

DATA = Path(__file__).parent / "prompting"
SEED = 18
KEYWORD_SENTENCES = (
    "she speaks with {} in her voice",
    "he can hardly hide his {}",
    "there is {} in every word",
    "a voice full of {}",
)


def rows(name: str) -> list[list[str]]:
    """Lines of a file of phrases, split at tabs."""
    return [line.split("\t") for line in (DATA / name).read_text("utf-8").splitlines() if line]


def halves() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Paraphrases that may be looked at, and those that may not: half of each category, drawn once."""
    rng = random.Random(SEED)
    by_category: dict[str, list[str]] = {}
    for category, phrase in rows("paraphrases.tsv"):
        by_category.setdefault(category, []).append(phrase)
    seen, unseen = [], []
    for category, phrases in by_category.items():
        drawn = set(rng.sample(range(len(phrases)), len(phrases) // 2))
        seen += [(category, phrase) for place, phrase in enumerate(phrases) if place in drawn]
        unseen += [(category, phrase) for place, phrase in enumerate(phrases) if place not in drawn]
    return seen, unseen


def felt(phrase: str) -> dict[str, float]:
    """Category id to intensity above 0, the strongest first; empty where nothing is understood."""
    try:
        pairs = read_feeling(phrase).mix.pairs()
    except UsageError:
        return {}
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def rate(name: str, right: list[bool]) -> tuple[str, float]:
    """Print and return a share."""
    share = sum(right) / len(right)
    print(f"{name:50} {sum(right):4} of {len(right):4}  {share:6.1%}")
    return name, share


def misses(cases: list[tuple[str, object, object]], right: list[bool]) -> None:
    for (phrase, wanted, got), good in zip(cases, right, strict=True):
        if not good:
            print(f"    {phrase!r}: expected {wanted}, got {got}")


def paraphrases(read: Callable[[str], dict[str, float]] = felt, *, show: bool = True) -> dict[str, float]:
    figures = {}
    seen, unseen = halves()
    for name, half in (("seen half", seen), ("unseen half", unseen)):
        found = [(taxonomy.get(category).id, read(phrase), phrase) for category, phrase in half]
        first = [next(iter(mix), None) == category for category, mix, _ in found]
        figures.update([rate(f"paraphrases, {name}: the strongest category", first)])
        figures.update([rate(f"paraphrases, {name}: among the mix", [category in mix for category, mix, _ in found])])
        if show and half is seen:
            misses([(phrase, category, mix) for category, mix, phrase in found], first)
    return figures


def feeling() -> dict[str, float]:
    figures = paraphrases()

    # Read while the lexicon was widened: a figure of what it holds, not of what strangers write
    notes = [(taxonomy.get(category).id, felt(phrase)) for category, phrase in rows("stage_notes.tsv")]
    figures.update([rate("stage notes: the strongest category", [next(iter(got), None) == wanted for wanted, got in notes])])

    # Names and keywords
    words = [(c, w) for c in taxonomy.categories() for w in (c.name, *c.keywords)]
    exact = [taxonomy.resolve(word).category.id == next(iter(felt(word)), None) for _, word in words]
    figures.update([rate("names and keywords, as before", exact)])
    cases, right = [], []
    for number, (category, word) in enumerate(words):
        sentence = KEYWORD_SENTENCES[number % len(KEYWORD_SENTENCES)].format(word.lower())
        wanted = {taxonomy.resolve(word).category.id, category.id}
        got = felt(sentence)
        cases.append((sentence, wanted, got))
        right.append(bool(wanted & {next(iter(got), "")}))
    figures.update([rate("keywords within a sentence", right)])
    misses(cases, right)

    plain = [line for (line,) in rows("plain.txt")]
    cases = [(line, "nothing", felt(line)) for line in plain]
    right = [not got for *_, got in cases]
    figures.update([rate("sentences without feeling that get none", right)])
    misses(cases, right)

    lines = [line.text for line in load_lines("en") if line.category is None]
    figures.update([rate("shipped neutral lines that get none", [not felt(line) for line in lines])])

    cases, right = [], []
    for wanted, forbidden, phrase in rows("negations.tsv"):
        got = felt(phrase)
        cases.append((phrase, f"{wanted} without {forbidden}", got))
        good = forbidden not in got and (not got if wanted == "-" else wanted in got)
        right.append(good)
    figures.update([rate("negations", right)])
    misses(cases, right)

    cases = [(phrase, wanted, felt(phrase)) for wanted, phrase in rows("degrees.tsv")]
    right = [got == {w.partition(":")[0]: float(w.partition(":")[2])} for _, w, got in cases]
    figures.update([rate("degree words, category and intensity", right)])
    misses(cases, right)

    cases, right = [], []
    for wanted, phrase in rows("mixes.tsv"):
        asked = {part.partition(":")[0] for part in wanted.split("|")}
        cases.append((phrase, wanted, felt(phrase)))
        right.append(set(felt(phrase)) == asked)
    figures.update([rate("two feelings at once", right)])
    misses(cases, right)
    start = time.perf_counter()
    for phrase in (all_phrases := [phrase for _, phrase in rows("paraphrases.tsv")]):
        felt(phrase)
    figures["milliseconds a phrase"] = (time.perf_counter() - start) / len(all_phrases) * 1000
    print(f"{'milliseconds a phrase':50} {figures['milliseconds a phrase']:.2f}")
    return figures


OCTAVE = 96
"""steps of the frequency axis on which two envelopes are laid over each other"""


def envelope(samples: np.ndarray, rate: int) -> np.ndarray:
    """Spectral envelope of the loud parts, 900 to 6500 Hz on a logarithmic axis, without its slope."""
    low = soxr.resample(samples.astype(np.float64), rate, 16_000)
    frames = np.lib.stride_tricks.sliding_window_view(low, 512)[::128] * np.hanning(512)
    power = np.abs(np.fft.rfft(frames)) ** 2
    level = power.sum(1)
    mean = np.log(power[level > np.percentile(level, 60)].mean(0) + 1e-12)
    # Smoothing over 300 Hz leaves formants and takes harmonics.
    kernel = np.exp(-0.5 * (np.arange(-30, 31) * 31.25 / 300) ** 2)
    smooth = np.convolve(np.pad(mean, 30, mode="edge"), kernel / kernel.sum(), mode="valid")
    octaves = np.arange(np.log2(900), np.log2(6500), 1 / OCTAVE)
    curve = np.interp(2**octaves, np.arange(257) * 31.25, smooth)
    return curve - np.polyval(np.polyfit(octaves, curve, 1), octaves)


def shift_ratio(above: np.ndarray, below: np.ndarray) -> float:
    """Factor by which the formants of one envelope lie above those of another: where the two fit best."""
    fits = {}
    for steps in range(-OCTAVE // 2, OCTAVE // 2 + 1):
        a = above[max(0, steps) : len(above) + min(0, steps)]
        b = below[max(0, -steps) : len(below) + min(0, -steps)]
        fits[steps] = float(np.corrcoef(a, b)[0, 1])
    return 2 ** (max(fits, key=lambda steps: fits[steps]) / OCTAVE)


def measured(description: str) -> dict[str, Any]:
    """Median F0, syllable pace and formants of a neutral line spoken by a described person, from the samples alone."""
    persona = read_person(description).persona
    clip = synth(persona=persona, text="The kettle stands on the second shelf next to the blue cup.")
    assert clip.samples is not None
    rate = clip.record.audio.sample_rate
    tracks = extract_descriptors(prepare(clip.samples, rate))
    level = np.abs(clip.samples)
    loud = np.flatnonzero(level > 0.02 * level.max())
    return {
        "f0": 27.5 * 2 ** (float(np.median(tracks.f0[tracks.voiced])) / 12),
        "rate": rate / (loud[-1] - loud[0]),
        "formants": envelope(clip.samples, rate),
    }


def voice() -> dict[str, float]:
    """Whether words for pitch, pace, age and gender move the measured voice as they say."""
    kept: dict[str, dict[str, Any]] = {}
    right: list[bool] = []
    by_kind: dict[str, list[bool]] = {}
    for base, description, wanted in rows("descriptions.tsv"):
        for text in (base, description):
            if text not in kept:
                kept[text] = measured(text)
        ratios = {key: float(kept[description][key] / kept[base][key]) for key in ("f0", "rate")}
        ratios["formants"] = shift_ratio(kept[description]["formants"], kept[base]["formants"])
        good = all((ratios[part.split()[0]] > 1) == (part.split()[1] == "up") for part in wanted.split(", "))
        right.append(good)
        by_kind.setdefault(wanted, []).append(good)
        if not good:
            print(f"    {description!r} against {base!r}: wanted {wanted}, measured {ratios}", flush=True)
    figures = dict(rate(f"voice: {kind}", goods) for kind, goods in by_kind.items())
    figures.update([rate("voice: all descriptions", right)])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="feeling", choices=["feeling", "voice"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = {"feeling": feeling, "voice": voice}[options.what]()
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
