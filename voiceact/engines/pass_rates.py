"""Measured pass rates of an engine: how often the judge hears in its takes what was asked.

An engine's package may ship `pass_rates.json`, which `benchmarks/loop.py --shipped` writes. A pass rate says little without
that of people: `voiceact engine show` prints both side by side (docs/judge.md).
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

FORMAT = "voiceact-pass-rates/1"
FILE = "pass_rates.json"


def load_pass_rates(engine: object) -> Mapping[str, Any] | None:
    """Load the pass rates that an engine's package ships.

    Args:
        engine: an engine, or its class

    Returns:
        `{judge: {name, revision}, directions, reference, personas, lines, categories: {id: {intensity: {value, low, high,
        n}}}}`, where directions is the digest of the table that was spoken by. None where its package ships none, or of
        another format.
    """
    module = (engine if isinstance(engine, type) else type(engine)).__module__
    package = module.rpartition(".")[0]
    if not package:
        return None
    file = files(package) / FILE
    if not file.is_file():
        return None
    document: dict[str, Any] = json.loads(file.read_bytes())
    return document if document.get("format") == FORMAT else None


def people_beside(rates: Mapping[str, Any]) -> dict[str, Any]:
    """Return how often the judge of these pass rates hears people: category id -> figure, None where nobody measured it."""
    from voiceact.estimators.base import people_heard
    from voiceact.estimators.registry import load_estimator

    judge = load_estimator()
    if (judge.name, judge.revision) != (rates["judge"]["name"], rates["judge"]["revision"]):
        return dict.fromkeys(rates["categories"])
    return {category: people_heard(judge, category, rates["reference"]) for category in rates["categories"]}
