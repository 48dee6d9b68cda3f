"""How the embedded engine's six feelings are heard by the judge and by ears that met neither engine nor EmoDB.

`python benchmarks/heard.py --dev DEV [--cache FILE] [--words] [--json FILE]`. Personas that show feelings at about their full
strength, neutral lines, intensities 5 and 7, the neutral twin as reference. Columns: share that the shipped judge calls present;
the shipped judge's choice among its seven classes; the choice of an outside ear; DNSMOS overall; words understood.

The outside ear is a linear discriminant on what the judge's encoder hears, trained on emotale and ased (DEV) and on nothing
else, beside neutral clips of the speaker; its own rate for people, with a fold of speakers left out, is printed first. It is
made anew at each call and never stored: those corpora may be measured with, not shipped from.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from loop import open_personas, texts

from voiceact import direct, load_engine, load_persona
from voiceact.audio import read
from voiceact.estimators import load_estimator
from voiceact.estimators.base import people_heard
from voiceact.estimators.ears import load_ears
from voiceact.estimators.features.signal import prepare
from voiceact.estimators.human.voice_space import learn_space
from voiceact.verify.pass_rate import is_present

Floats = NDArray[np.float64]

CATEGORIES = ("anger", "elation", "fear", "sadness", "disgust", "emotional_numbness")
LABELS = {
    "anger": "anger", "happiness": "elation", "fear": "fear", "sadness": "sadness", "boredom": "emotional_numbness",
    "neutral": "neutral",
}  # fmt: skip


class OutsideEar:
    """A discriminant trained on other corpora than the judge's."""

    def __init__(self, rows: Floats, labels: NDArray[np.str_], voices: NDArray[np.str_]) -> None:
        self.space = learn_space(rows, voices, 60)
        points = self.space.project(rows)
        beside = np.vstack([self._beside(points[k], points, labels, voices, voices[k]) for k in range(len(rows))])
        self.classes = sorted(set(labels))
        means = np.array([beside[labels == name].mean(axis=0) for name in self.classes])
        inside = beside - means[[self.classes.index(name) for name in labels]]
        covariance = inside.T @ inside / len(inside)
        covariance = 0.8 * covariance + 0.2 * np.eye(len(covariance)) * np.trace(covariance) / len(covariance)
        self.weights = np.linalg.solve(covariance, means.T)
        self.bias = -0.5 * np.einsum("cd,dc->c", means, self.weights)

    def _beside(self, point: Floats, points: Floats, labels: NDArray[np.str_], voices: NDArray[np.str_], voice: str) -> Floats:
        neutral = points[(voices == voice) & (labels == "neutral")]
        return self.space.relative_to_neutral(point, neutral.mean(axis=0), min(len(neutral), 3))

    def choose(self, row: Floats, neutral: Floats) -> dict[str, float]:
        """Return the score of each class of a clip beside one neutral clip of its voice."""
        points = self.space.project(np.vstack([row, neutral]))
        beside = self.space.relative_to_neutral(points[0], points[1:].mean(axis=0), len(points) - 1)
        return dict(zip(self.classes, (beside @ self.weights + self.bias).tolist(), strict=True))


def describe(samples: NDArray[np.floating], rate: int) -> Floats:
    """Return what the judge's encoder hears."""
    return np.asarray(load_ears().describe(prepare(samples, rate), 16000), np.float64)


def read_outside(dev: Path, cache: Path | None) -> tuple[Floats, NDArray[np.str_], NDArray[np.str_]]:
    """Return descriptions, labels and voices of the clips of emotale and ased."""
    if cache and cache.exists():
        stored = np.load(cache)
        return stored["rows"].astype(np.float64), stored["labels"], stored["voices"]
    rows, labels, voices = [], [], []
    for name in ("emotale", "ased"):
        for number, line in enumerate((dev / name / "manifest.jsonl").read_text(encoding="utf-8").splitlines()):
            if number % 200 == 0:
                print(f"{name}: {number}", flush=True)
            entry = json.loads(line)
            rows.append(describe(*read(dev / name / entry["path"])))
            labels.append(LABELS[entry["emotion"]])
            voices.append(f"{name}-{entry['speaker']}")
    table, kinds, who = np.array(rows), np.array(labels), np.array(voices)
    read_neutrally = np.array([(kinds[who == voice] == "neutral").any() for voice in who])
    table, kinds, who = table[read_neutrally], kinds[read_neutrally], who[read_neutrally]
    if cache:
        np.savez(cache, rows=table.astype(np.float32), labels=kinds, voices=who)
    return table, kinds, who


def people_of_outside(rows: Floats, labels: NDArray[np.str_], voices: NDArray[np.str_], folds: int = 6) -> dict[str, float]:
    """Return how often the outside ear hears people of a fold of voices that it was not trained on."""
    fold = np.array([sorted(set(voices)).index(voice) % folds for voice in voices])
    right: dict[str, list[bool]] = {}
    for number in range(folds):
        ear = OutsideEar(rows[fold != number], labels[fold != number], voices[fold != number])
        for k in np.flatnonzero((fold == number) & (labels != "neutral")):
            neutral = rows[(voices == voices[k]) & (labels == "neutral")][:1]
            scores = ear.choose(rows[k], neutral)
            right.setdefault(labels[k], []).append(max(scores, key=lambda name: scores[name]) == labels[k])
    return {label: float(np.mean(values)) for label, values in right.items()}


def main() -> None:
    """Print a line a category and intensity."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--personas", type=int, default=6)
    parser.add_argument("--skip", type=int, default=0, help="personas nearest to full strength that are left out")
    parser.add_argument("--lines", type=int, default=2)
    parser.add_argument("--intensities", type=float, nargs="+", default=[5.0, 7.0])
    parser.add_argument("--variants", action="store_true", help="every variant of the categories too")
    parser.add_argument("--words", action="store_true", help="words understood by Whisper base (extra whisper-base)")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows, labels, voices = read_outside(arguments.dev, arguments.cache)
    print("outside ear, people of unmet voices:", {k: round(v, 2) for k, v in people_of_outside(rows, labels, voices).items()})
    ear, judge = OutsideEar(rows, labels, voices), load_estimator()
    names = open_personas(arguments.personas + arguments.skip)[arguments.skip :]
    print(", ".join(names))
    stages = [(load_persona(name), text) for name in names for text in texts(arguments.lines)]
    twins = [speak(persona, text, ()) for persona, text in stages]
    heard_twins = [describe(twin, 24000) for twin in twins]
    references = [judge.reference([(twin, 24000)]) for twin in twins]
    found: dict[str, Any] = {}
    print(
        "category            at  judge people  judge first  outside first  DNSMOS  words   judge's choices; outside's choices"
    )
    for category in CATEGORIES:
        for variant in readings(category) if arguments.variants else [""]:
            for level in arguments.intensities:
                takes = [speak(persona, text, [(category, level)], variant) for persona, text in stages]
                profiles = [judge.profile(t, 24000, reference=r) for t, r in zip(takes, references, strict=True)]
                choices = [max(p.classes, key=lambda name: p.classes[name]) for p in profiles]
                scores = [ear.choose(describe(t, 24000), n[None]) for t, n in zip(takes, heard_twins, strict=True)]
                outside = [max(one, key=lambda name: one[name]) for one in scores]
                row = {
                    "pass": float(np.mean([bool(is_present(judge, p, category)) for p in profiles])),
                    "people": (people_heard(judge, category) or {}).get("value"),
                    "first": float(np.mean([c == category for c in choices])),
                    "outside_first": float(np.mean([c == category for c in outside])) if category in ear.classes else None,
                    "dnsmos": float(np.mean([rate_naturalness(t) for t in takes])),
                    "words": float(np.mean([understood(t, s[1]) for t, s in zip(takes, stages, strict=True)]))
                    if arguments.words
                    else None,
                }
                found[f"{category} {variant} {level:g}".replace("  ", " ")] = row
                print(
                    f"{(category + ' ' + variant).strip():19} {level:g}  {row['pass']:.2f} {_shown(row['people'])}    "
                    f"{row['first']:.2f}         {_shown(row['outside_first'])}           {row['dnsmos']:.2f}   "
                    f"{_shown(row['words'])}  {_counts(choices)}; {_counts(outside)}",
                    flush=True,
                )
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


def readings(category: str) -> list[str]:
    """Return the names of a category's variants, "" for its usual reading."""
    from voiceact.acting.variants import variants

    return ["", *(variant.name for variant in variants(category))]


def speak(persona: Any, text: str, mix: Any, variant: str = "") -> NDArray[np.float32]:
    """Return the samples of one take."""
    asked = direct(persona, mix, variants={mix[0][0]: variant}) if variant else direct(persona, mix)
    return load_engine().perform(text, persona, asked).samples


def rate_naturalness(samples: NDArray[np.float32]) -> float:
    """Return DNSMOS overall."""
    from voiceact.verify.naturalness import dnsmos

    return dnsmos(samples, 24000)


_WHISPER: list[Any] = []


def understood(samples: NDArray[np.float32], text: str) -> float:
    """Return the share of words that Whisper base hears rightly."""
    from voiceact.verify.text_normalization import align, normalised

    if not _WHISPER:
        from voiceact.verify.backends.asr.whisper_base import WhisperBase

        _WHISPER.append(WhisperBase())
    said = normalised(text)
    heard = _WHISPER[0].hear(samples, 24000, language="en")
    wrong = sum(step.kind != "same" for step in align(said, normalised(heard)))
    return 1 - min(wrong / len(said), 1.0)


def _shown(value: float | None) -> str:
    return " -  " if value is None else f"{value:.2f}"


def _counts(names: list[str]) -> str:
    counted = sorted(((names.count(name), name) for name in set(names)), reverse=True)
    return " ".join(f"{name[:7]} {count}" for count, name in counted[:3])


if __name__ == "__main__":
    main()
