"""The closed loop, honestly: what the engine performs, the judge hears. `python benchmarks/loop.py [--json FILE]`

For every category and intensity: how often the judge says yes (pass), how often it denies, how often it says yes to the
neutral twin and to clips of the farthest category (null), how often to people who perform it (human parity), what it chooses
among the classes of speech (confusion), and whether more is heard where more was asked (Spearman). Half of the personas show
feelings at about their full strength, half mask some of them. The judge never heard synthetic speech and steers nothing here.

With every persona, intensity and line it speaks some 4,000 clips, an hour or more on a core; --personas, --intensities,
--lines and --evidence make it smaller, and the number of takes a cell is printed. --shipped writes the file that
`voiceact engine show embedded` prints: the pass rates of the categories with category evidence, with their intervals.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from voiceact import categories, direct, load_engine, load_persona
from voiceact.acting.persona import Persona, persona_names
from voiceact.acting.script import load_lines
from voiceact.acting.taxonomy import contrast
from voiceact.estimators import Estimator, Profile, Reference, load_estimator
from voiceact.estimators.base import people_heard
from voiceact.stats.proportions import wilson
from voiceact.verify.emotion import decide_presence
from voiceact.verify.pass_rate import is_present

INTENSITIES = (1.0, 3.0, 5.0, 7.0)
MASKING = ("nurse", "news-anchor", "farmer", "radio-host")


def open_personas(count: int) -> list[str]:
    """Names of the personas whose mean strength over the categories lies nearest to 1."""

    def distance(name: str) -> float:
        persona = load_persona(name)
        return abs(float(np.mean([persona.strength(category.id) for category in categories()])) - 1)

    grown = [name for name in persona_names() if name not in MASKING and load_persona(name).age >= 18]
    return sorted(grown, key=lambda name: (distance(name), name))[:count]


def texts(count: int) -> list[str]:
    """Neutral lines: the words say nothing of the feeling."""
    return [line.text for line in load_lines("en") if line.kind == "neutral"][-count:]


class Stage:
    """One persona before one judge."""

    def __init__(self, judge: Estimator, persona: Persona, text: str):
        self.judge, self.persona, self.text = judge, persona, text
        self.twin = self._speak(None, 0.0)
        self.reference: Reference = judge.reference([(self.twin, 24000)])

    def _speak(self, category: str | None, intensity: float) -> np.ndarray:
        asked = direct(self.persona, [(category, intensity)] if category else ())
        return load_engine().perform(self.text, self.persona, asked, language="en", seed=0).samples

    def heard(self, category: str | None, intensity: float) -> Profile:
        """What the judge hears, compared with the twin."""
        return self.judge.profile(self._speak(category, intensity), 24000, reference=self.reference)


def loop(names: Sequence[str], intensities: Sequence[float], lines: int, evidence: Sequence[str] = ()) -> dict[str, Any]:
    """Pass rate, nulls, confusion and rank correlation of every category that the judge scores at all, or with such evidence."""
    judge = load_estimator()
    known = judge.evidence("neutral")
    asked = [category for category in categories() if not evidence or known[category.id] in evidence]
    far = {contrast(category).id for category in asked} - {category.id for category in asked}
    casts = [[Stage(judge, load_persona(name), text) for text in texts(lines)] for name in names]
    stages = [stage for cast in casts for stage in cast]
    twins = [profile for cast in casts for profile in _other_twins(judge, cast)]
    heard = {
        category.id: [[stage.heard(category.id, level) for stage in stages] for level in intensities] for category in asked
    } | {name: [[stage.heard(name, intensities[-1]) for stage in stages]] for name in far}
    return {category.id: _figures(judge, category.id, heard, twins, intensities) for category in asked}


def write_shipped(found: dict[str, Any], intensities: Sequence[float], personas: int, lines: int, path: Path) -> None:
    """Write the pass rates of the categories with category evidence, with Wilson's intervals, as the engine's page shows them."""
    judge, takes = load_estimator(), personas * lines

    def figure(share: float) -> dict[str, Any]:
        low, high = wilson(round(share * takes), takes)
        return {"value": round(share, 4), "low": round(low, 4), "high": round(high, 4), "n": takes}

    document = {
        "format": "voiceact-pass-rates/1",
        "judge": {"name": judge.name, "revision": judge.revision},
        "reference": "neutral",
        "personas": personas,
        "lines": lines,
        "categories": {
            name: {f"{level:g}": figure(share) for level, share in zip(intensities, row["pass"], strict=True)}
            for name, row in found.items()
            if row["evidence"] == "category"
        },
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def _other_twins(judge: Estimator, cast: Sequence[Stage]) -> list[Profile]:
    """What is heard in each neutral reading against the others: against itself it lies at zero and shows nothing."""
    return [
        judge.profile(
            stage.twin, 24000, reference=judge.reference([(other.twin, 24000) for other in cast if other is not stage])
        )
        for stage in cast
    ]


def _figures(
    judge: Estimator,
    category: str,
    heard: dict[str, list[list[Profile]]],
    twins: Sequence[Profile],
    intensities: Sequence[float],
) -> dict[str, Any]:
    evidence = twins[0].evidence[category]
    if category not in judge.thresholds:
        return {"evidence": evidence, "pass": None, "why": "the judge has no threshold for it"}
    far = contrast(next(c for c in categories() if c.id == category)).id
    scores = [
        (level, profile.scores[category])
        for level, row in zip(intensities, heard[category], strict=True)
        for profile in row
        if profile.scores[category] is not None
    ]
    return {
        "evidence": evidence,
        "pass": [_yes(judge, row, category) for row in heard[category]],
        "denied": [_no(judge, row, category) for row in heard[category]],
        "people": (people_heard(judge, category) or {}).get("value"),
        "chosen": Counter(max(one.classes, key=lambda name: one.classes[name]) for one in heard[category][-1]).most_common(3),
        "null_twins": _yes(judge, twins, category),
        "null_contrast": _yes(judge, heard[far][-1], category),
        "contrast": far,
        "spearman": float(spearmanr(*zip(*scores, strict=True)).statistic) if len(intensities) > 1 else None,
    }


def _yes(judge: Estimator, profiles: Sequence[Profile], category: str) -> float:
    """Share of profiles whose score reaches the threshold."""
    return float(np.mean([bool(is_present(judge, profile, category)) for profile in profiles]))


def _no(judge: Estimator, profiles: Sequence[Profile], category: str) -> float:
    """Share of profiles under which the category is denied."""
    return float(np.mean([decide_presence(judge, profile, category) == "absent" for profile in profiles]))


def main() -> None:
    """Print a line a category."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--shipped", type=Path, help="voiceact/engines/embedded/pass_rates.json")
    parser.add_argument("--evidence", nargs="+", default=(), help="categories with this evidence alone: category, burst, …")
    parser.add_argument("--lines", type=int, default=3)
    parser.add_argument("--personas", type=int, default=8, help="half of them masking")
    parser.add_argument("--intensities", type=float, nargs="+", default=INTENSITIES)
    arguments = parser.parse_args()
    half = arguments.personas // 2
    names = [*MASKING[:half], *open_personas(arguments.personas - half)]
    found = loop(names, arguments.intensities, arguments.lines, arguments.evidence)
    print(f"{', '.join(names)}; {len(names) * arguments.lines} takes a cell")
    print(f"{'category':46} evidence    pass at {arguments.intensities}  denied  people  twins  far  Spearman  chosen")
    for name, row in found.items():
        if row["pass"] is None:
            print(f"{name:46} {row['evidence']:10} {row['why']}")
            continue
        shares = [[f"{share:.2f}" for share in row[key]] for key in ("pass", "denied")]
        people = "  - " if row["people"] is None else f"{row['people']:.2f}"
        rho = "" if row["spearman"] is None else f"{row['spearman']:+.2f}"
        print(
            f"{name:46} {row['evidence']:10} {'/'.join(shares[0])}  {'/'.join(shares[1])}  {people}  "
            f"{row['null_twins']:.2f}  {row['null_contrast']:.2f}  {rho}  {dict(row['chosen'])}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    if arguments.shipped:
        write_shipped(found, arguments.intensities, len(names), arguments.lines, arguments.shipped)


if __name__ == "__main__":
    main()
