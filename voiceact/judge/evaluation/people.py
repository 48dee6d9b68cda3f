"""Human parity: how often people are heard as what they perform, by a judge that never met them.

An engine's pass rate says little without it: 40 % is much where people reach 45 %, and little where they reach 90 %. The
figures are pooled over corpora the judge was not trained on, and a judge carries them in a file beside its weights.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.errors import UsageError
from voiceact.estimators.base import COHORT
from voiceact.estimators.human.estimator import PEOPLE_FORMAT
from voiceact.judge.evaluation.judged import Judged, category_at
from voiceact.judge.evaluation.regimes import REFERENCE_MODES
from voiceact.runtime.atomic_files import write_text_whole
from voiceact.stats.proportions import rate


def people_heard(judged: Mapping[tuple[str, str], Judged], *, draws: int, seed: int) -> dict[str, dict[str, Any]]:
    """Measure how often each category is heard of people who perform it.

    Args:
        judged: (corpus, regime of the report) -> what was said, of corpora that the judge was not trained on
        draws, seed: of the intervals over speakers

    Returns:
        Mode ("twin", "neutral", "neutral+cohort") -> category id -> figure, with the corpora it rests on.
    """
    rates: dict[str, dict[str, Any]] = {}
    for regime, mode in REFERENCE_MODES.items():
        for suffix in ("", COHORT):
            heard = {corpus: result for (corpus, key), result in judged.items() if key == regime + suffix}
            places = sorted({place for result in heard.values() for place in result.asked})
            figures = {category_at(place).id: _heard(heard, place, draws, seed) for place in places}
            if figures := {name: figure for name, figure in figures.items() if figure}:
                rates[mode + suffix] = figures
    return rates


def _heard(heard: Mapping[str, Judged], place: int, draws: int, seed: int) -> dict[str, Any]:
    yes: list[bool] = []
    speakers: list[str] = []
    corpora = []
    for corpus, judged in heard.items():
        rows = np.flatnonzero((judged.performed == place) & judged.judged[:, place])
        if len(rows):
            yes += [bool(accepted) for accepted in judged.accepts[rows, place]]
            speakers += [f"{corpus}/{speaker}" for speaker in judged.of(rows)]
            corpora.append(corpus)
    if not yes:
        return {}
    return rate(yes, speakers=speakers, draws=draws, seed=seed).to_dict() | {"corpora": corpora}


def write_people(report: Mapping[str, Any], card: Mapping[str, Any], path: Path) -> None:
    """Write the human parity of a report for the judge it is of, to lie beside its weights as model.people.json.

    Raises:
        UsageError: a judge without a model file, or a report without a corpus that the judge never met
    """
    if "weights_sha256" not in card:
        raise UsageError(f"judge {report['judge']['estimator']} is no model file; human parity is written for one")
    if not report["people"]:
        raise UsageError("no corpus of the report is one that the judge never met; human parity needs one")
    document = {
        "format": PEOPLE_FORMAT,
        "weights_sha256": card["weights_sha256"],
        "bound": report["judge"]["bound"],
        "corpora": {
            name: {key: source[key] for key in ("clips", "speakers", "languages", "manifest_sha256")}
            for name, source in report["sources"].items()
            if not source["trained_on"]
        },
        "regimes": report["people"],
    }
    write_text_whole(path, json.dumps(document, indent=1, sort_keys=True) + "\n")
