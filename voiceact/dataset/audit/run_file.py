"""Compare what run.json says of a run as a whole with the folder's own recipe and with what is installed here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from voiceact.dataset.audit.issues import Faults
from voiceact.errors import VoiceactError
from voiceact.recipe.schema import Recipe
from voiceact.runs.session import engine_entry, judge_entry, persona_entries
from voiceact.store.run_file import RUN_FILE, RunFile

if TYPE_CHECKING:
    from voiceact.estimators.base import Estimator
    from voiceact.recipe.plan import Plan

RECIPE = "recipe.yaml"
TOTALS = ("cells", "most_takes", "takes", "shards")


def check_recipe(recipe: Recipe, plan: "Plan", faults: Faults) -> None:
    """Compare the recipe in run.json with recipe.yaml: they are read by different people and must say the same.

    Args:
        recipe: Of run.json; a key that the run was made before has its default.
        plan: Of recipe.yaml.
        faults: Differences are added here.
    """
    stated, derived = (_plain(read.as_dict()) for read in (recipe, plan.recipe))
    for key in dict.fromkeys((*stated, *derived)):
        if stated.get(key) != derived.get(key):
            faults.add("run", RECIPE, f"its {key} is {derived.get(key)}; run.json says {stated.get(key)}")


def check_plan(run: RunFile, plan: "Plan", faults: Faults) -> None:
    """Compare run.json with what follows from the plan: totals, parts, and the terms of engine and personas.

    Args:
        run: the run's run.json
        plan: the plan of the run, by its digest
        faults: differences are added here
    """
    _compare("", {name: getattr(run, name) for name in TOTALS}, {name: getattr(plan, name) for name in TOTALS}, faults)
    _compare("fingerprint", run.fingerprint, plan.fingerprint, faults)
    _compare("", {"voiceact": run.voiceact}, {"voiceact": plan.fingerprint["voiceact"]}, faults)
    _compare("personas", run.personas, persona_entries(plan.personas), faults)
    _check_engine(run, plan, faults)


def _check_engine(run: RunFile, plan: "Plan", faults: Faults) -> None:
    from voiceact.engines.registry import load_engine

    try:
        engine = load_engine(plan.recipe.engine)
    except VoiceactError:
        return  # a plan needs its name and version, and no more
    _compare("engine", run.engine, engine_entry(engine), faults)


def check_judge(run: RunFile, judge: "Estimator", faults: Faults) -> None:
    """Compare run.json with the judge, which is that of the run by name and revision."""
    _compare("judge", run.judge, judge_entry(judge), faults)


def _compare(part: str, stated: Mapping[str, Any], expected: Mapping[str, Any], faults: Faults) -> None:
    plain = _plain(dict(expected))
    for key in dict.fromkeys((*stated, *plain)):
        if stated.get(key) != plain.get(key):
            name = f"{part} {key}".strip().replace("_", " ")
            faults.add("run", RUN_FILE, f"its {name} is {_short(stated.get(key))}; expected {_short(plain.get(key))}")


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:120]}…"
