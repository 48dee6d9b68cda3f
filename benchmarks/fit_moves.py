"""Fit the moves of a feeling to what people change: `python benchmarks/fit_moves.py EMODB [--cache FILE] [--only NAME …]`.

The target of a feeling is the mean change of its clips of EmoDB beside the same speaker's neutral reading
(`benchmarks/human_moves.py`), in F0, time, level, the curve of the harmonics and the quality of the voice. The engine's answer
to the moves is first a linear model of random moves, then corrected by speaking what was found and looking again. Each
measure of `WEIGHTS` counts in standard deviations of people's changes within a feeling, and the directions that tell the
feelings apart (a linear discriminant of the same measures) count once more; each move pulls back to where the literature put
it (`PULL`), and stays inside `BOX`, which is what a person would take for speech, and `GENTLE`, where DNSMOS falls. No judge is asked, and no
corpus but EmoDB: what an independent ear hears of the result is measured elsewhere (`benchmarks/heard.py`).
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

sys.path.insert(0, str(Path(__file__).parent))
from human_moves import CURVE_HZ, LABELS, changes, measure_clip, measure_corpus, read_corpus

from voiceact import load_engine, load_persona
from voiceact.acting.direction import Direction, vector
from voiceact.acting.moves import MULTIPLIERS, NEUTRAL, Moves
from voiceact.acting.script import load_lines

Floats = NDArray[np.float64]

AMOUNT = 1.2
"""intensity 7 is so many times the mean of the actors, who were asked for everyday sentences and not for the utmost"""
PULL = 0.35
"""weight of a move's distance from its prior, in its own unit (`BOX`), against a standard deviation of people's changes"""
BOX: dict[str, tuple[float, float, float]] = {
    "rate": (0.72, 1.4, 1.12), "pause": (0.5, 2.0, 1.5), "pitch": (-4.0, 7.0, 2.0), "range": (0.5, 1.9, 1.3),
    "slope": (-4.0, 4.0, 2.0), "final": (-4.0, 4.0, 2.0), "dynamics": (0.7, 1.5, 1.2), "tilt": (-2.0, 3.0, 1.0),
    "breath": (0.0, 0.5, 0.2), "rough": (0.0, 0.4, 0.12), "creak": (0.0, 0.45, 0.2), "tremor": (0.0, 0.45, 0.15),
    "tract": (0.93, 1.06, 1.04), "articulation": (0.76, 1.3, 1.12), "hold": (0.0, 0.6, 0.2), "sob": (0.0, 0.35, 0.15),
    "shout": (0.0, 0.5, 0.2), "effort": (-0.9, 1.3, 0.4), "attack": (0.0, 0.8, 0.3), "stress": (0.0, 0.9, 0.3),
    "glide": (0.6, 2.0, 1.3), "fade": (-8.0, 4.0, 2.0), "waver": (0.0, 0.5, 0.2),
}  # fmt: skip
"""move -> least and most at intensity 7, and the unit in which its distance from the prior counts"""
GENTLE: dict[str, tuple[float, float]] = {
    "rough": (0.0, 0.12), "range": (0.5, 1.55), "pitch": (-3.0, 6.5), "sob": (0.0, 0.2), "slope": (-2.0, 2.0),
    "final": (-1.5, 3.0), "attack": (0.0, 0.4),
}  # fmt: skip
"""narrower limits of what is found: DNSMOS overall of single readings fell by .1 to .4 beyond those of roughness, range and
pitch; `slope`, `final` and `attack` would otherwise work against each other and against what was measured of them"""
TELLING = 0.4
"""weight of the directions that tell the feelings apart, against a measure of weight 1"""
_NONE = (0.0, 0.0)
ALLOWED: dict[str, dict[str, tuple[float, float]]] = {
    "anger": {"sob": _NONE, "rate": (1.13, 1.4)},
    "elation": {"sob": _NONE, "creak": _NONE, "rate": (1.13, 1.4)},
    "fear": {"attack": _NONE, "rate": (1.13, 1.4)},
    "sadness": {"attack": _NONE, "stress": _NONE, "shout": _NONE},
    "disgust": {"sob": _NONE},
    "emotional_numbness": {
        "attack": _NONE,
        "stress": _NONE,
        "shout": _NONE,
        "sob": _NONE,
        "rate": (0.72, 0.81),
        "creak": _NONE,
    },
}
"""what a kind of feeling allows: without it a fit ends in what measures alike and nobody would call so. The rates hold the
contrast of high and low arousal (`arousal_contrast`), on which reviews agree more than EmoDB does"""
NAMES = tuple(BOX)
PERSONAS = ("nurse", "museum-guide", "weary-detective", "thrilling-storyteller")
WEIGHTS: dict[str, float] = {
    "f0_p50": 1.5, "f0_range": 1.0, "f0_speed": 1.0, "f0_segment_std": 0.7, "f0_end": 0.8, "f0_slope": 0.8,
    "f0_between_segments": 0.5, "speech_log": 1.5, "pause_share": 0.8, "consonant_seconds": 0.7, "vowel_seconds": 0.7,
    "consonant_db": 0.7, "level_std": 0.7, "level_end": 0.8, "alpha_mean": 1.0, "alpha_unvoiced": 0.7, "h1_h2_mean": 0.5,
    "h1_a3_mean": 0.5, "slope_low_mean": 0.5, "hnr_mean": 0.7, "cpp_mean": 0.5, "cpp_std": 0.5, "shimmer": 0.5, "jitter": 0.4,
    "first_formant_mean": 0.8, "first_formant_std": 0.6, "second_formant_mean": 0.4, "second_formant_std": 0.5,
    "modulation0_4hz": 0.4, "modulation1_4hz": 0.5, "modulation2_4hz": 0.4, "modulation1_7hz": 0.4, "modulation2_7hz": 0.4,
    "flux_mean": 0.4, "cepstrum2_std": 0.3, "cepstrum3_std": 0.3, "cepstrum4_std": 0.3, "brilliance_mean": 0.4,
} | {f"curve_{hz:g}": 0.5 for hz in CURVE_HZ if hz >= 250}  # fmt: skip
"""measure -> its weight; the level of a recording is none of them, for EmoDB's clips are of no common level"""


def to_scale(name: str, value: float) -> float:
    """Return a move as a distance from neutral, in its unit."""
    unit = BOX[name][2]
    return float(np.log(value) / np.log(unit)) if name in MULTIPLIERS else (value - NEUTRAL[name]) / unit


def from_scale(scaled: Floats) -> Moves:
    """Return the moves of distances from neutral, [moves]."""
    return Moves(
        **{
            name: float(BOX[name][2] ** x) if name in MULTIPLIERS else float(NEUTRAL[name] + x * BOX[name][2])
            for name, x in zip(NAMES, scaled, strict=True)
        }
    )


class Studio:
    """The engine, with the neutral readings it is compared with."""

    def __init__(self, names: list[str], lines: int) -> None:
        texts = [line.text for line in load_lines("en") if line.kind == "neutral"][:lines]
        self.names = names
        self.pairs = [(load_persona(persona), text) for persona in PERSONAS for text in texts]
        self.neutral = [self._measure(k, Moves()) for k in range(len(self.pairs))]

    def change(self, moves: Moves, which: list[int]) -> Floats:
        """Return the mean change of the measures by these moves, [measures]."""
        rows = [self._measure(k, moves) - self.neutral[k] for k in which]
        return np.nan_to_num(np.nanmean(rows, axis=0))

    def _measure(self, which: int, moves: Moves) -> Floats:
        persona, text = self.pairs[which]
        take = load_engine().perform(text, persona, Direction(moves, ""), seed=which)
        measured = measure_clip(take.samples, take.sample_rate, cycles=False)
        return np.array([measured[name] for name in self.names])


def targets(folder: Path, cache: Path | None) -> tuple[list[str], dict[str, Floats], Floats]:
    """Return the measures, the mean change of each label, and what turns changes into what counts, [rows, measures].

    The rows are each measure in standard deviations within a label, then the directions that tell labels apart, neutral
    included, in standard deviations within a label.
    """
    clips = read_corpus(folder)
    if cache and cache.exists():
        measured = dict(np.load(cache))
    else:
        measured = measure_corpus(clips)
        if cache:
            np.savez(cache, **measured)
    change = changes(clips, measured)
    names = list(WEIGHTS)
    table = np.column_stack([change[name] for name in names])
    labels = np.array([clip.label for clip in clips])
    speakers = np.array([clip.speaker for clip in clips])
    means, rest = {}, []
    for label in LABELS:
        rows = table[labels == label]
        by_speaker = [
            np.nanmean(table[(labels == label) & (speakers == one)], axis=0) for one in np.unique(speakers[labels == label])
        ]
        means[label] = np.nanmean(by_speaker, axis=0)
        rest.append(rows - means[label])
    inside = np.nan_to_num(np.vstack(rest))
    scale = inside.std(axis=0)
    units = np.diag(np.array([WEIGHTS[name] for name in names]) / scale)

    # A discriminant of the measures, its covariance shrunken by .3.
    covariance = np.corrcoef(inside.T) * 0.7 + 0.3 * np.eye(len(names))
    centres = np.array([*means.values(), np.zeros(len(names))]) / scale
    values, vectors = np.linalg.eigh(covariance)
    sphere = vectors / np.sqrt(values)
    _, _, apart = np.linalg.svd((centres - centres.mean(axis=0)) @ sphere, full_matrices=False)
    telling = apart[: len(means)] @ sphere.T / scale
    return names, means, np.vstack([units, TELLING * telling])


def start(category: str, table: Path | None) -> dict[str, float]:
    """Return the moves of a category from which the fit starts and to which it pulls back."""
    if table is None:
        return vector(category)
    moves = json.loads(table.read_text(encoding="utf-8"))["categories"][category]["moves"]
    return NEUTRAL | {name: float(value) for name, (value, _) in moves.items()}


def main() -> None:
    """Fit every label, print moves as they would stand in directions.json, and how far the target is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("emodb", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--only", nargs="+", default=list(LABELS))
    parser.add_argument("--draws", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument(
        "--prior", type=Path, help="table whose moves are the prior, a directions.json; the shipped one if none"
    )
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    names, means, units = targets(arguments.emodb, arguments.cache)
    studio = Studio(names, lines=3)
    low = np.array([to_scale(name, BOX[name][0]) for name in NAMES])
    high = np.array([to_scale(name, BOX[name][1]) for name in NAMES])

    # What the engine does with random moves, linearly; the draws are kept beside the cache.
    rng = np.random.default_rng(1)
    drawn = low + (high - low) * rng.beta(0.8, 1.2, (arguments.draws, len(NAMES)))
    drawn[rng.random(drawn.shape) < 0.5] = 0.0
    heard = []
    kept = arguments.cache.with_suffix(".draws.npy") if arguments.cache else None
    if kept and kept.exists():
        heard = list(np.load(kept))
    for number, row in enumerate(drawn[len(heard) :], start=len(heard)):
        if number % 40 == 0:
            print(f"random moves: {number} of {len(drawn)}", flush=True)
        heard.append(studio.change(from_scale(row), [number % len(studio.pairs), (number + 5) % len(studio.pairs)]))
    if kept:
        np.save(kept, np.asarray(heard))
    answers = np.asarray(heard) @ units.T
    slopes = np.linalg.solve(drawn.T @ drawn + 4.0 * np.eye(len(NAMES)), drawn.T @ answers).T

    found = {}
    for label in arguments.only:
        category = LABELS[label]
        limits = [ALLOWED[category].get(name, GENTLE.get(name, BOX[name])) for name in NAMES]
        low = np.array([to_scale(name, limit[0]) for name, limit in zip(NAMES, limits, strict=True)])
        high = np.array([to_scale(name, limit[1]) for name, limit in zip(NAMES, limits, strict=True)])
        target = AMOUNT * (units @ np.nan_to_num(means[label]))
        prior = np.clip([to_scale(name, start(category, arguments.prior)[name]) for name in NAMES], low, high)
        at, offset = prior.copy(), None
        best = (np.inf, at)
        everywhere = list(range(0, len(studio.pairs), 2))
        for number in range(arguments.rounds + 1):
            answer = units @ studio.change(from_scale(at), everywhere)
            missed = float(np.linalg.norm(answer - target))
            print(f"{label} round {number}: {missed:.2f} of {np.linalg.norm(target):.2f} left", flush=True)
            if missed < best[0]:
                best = (missed, at.copy())
            # The linear model, moved so that it is right where the engine was last heard.
            offset = answer - slopes @ at
            matrix = np.vstack([slopes, PULL * np.eye(len(NAMES))])
            wanted = np.concatenate([target - offset, PULL * prior])
            step = lsq_linear(matrix, wanted, bounds=(low - 1e-9, high + 1e-9)).x
            at = at + 0.7 * (step - at)
        moves = from_scale(best[1])
        shown = {name: round(getattr(moves, name), 2) for name in NAMES if abs(to_scale(name, getattr(moves, name))) > 0.3}
        found[category] = shown
        print(json.dumps({category: shown}))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
