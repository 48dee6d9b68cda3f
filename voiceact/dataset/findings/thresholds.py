"""Find the scores from which a run's judge calls a category present: from the judge itself, or from the run's records."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voiceact.clip.verdict import VerdictRecord
from voiceact.errors import VoiceactError
from voiceact.estimators.base import TWIN, Estimator, verdict_mode
from voiceact.estimators.ensemble.spec import DEFAULT_RULE, judge_text, parse_judges
from voiceact.estimators.registry import load_estimator, stated_estimator
from voiceact.recipe.requirements import JUDGE, MODELS
from voiceact.runs.cohort import centre_run_judge
from voiceact.store.reader import Run
from voiceact.vocabulary import EMOTION_CHECK

CARD = ".card.json"


@dataclass(frozen=True)
class Thresholds:
    """Scores from which a judge calls a category present.

    Attributes:
        by_category: category id -> score, 0 to 7; empty if nothing is known
        judge: the estimator itself, if the one installed here is the one of the run
        source: where the thresholds are from, as a sentence
        mode: what the judge knew of the voices, as figures of people are kept: every take was heard beside its twin
    """

    by_category: Mapping[str, float]
    judge: Estimator | None
    source: str
    mode: str = TWIN


def find_thresholds(run: Run, categories: frozenset[str]) -> Thresholds:
    """Find the thresholds of the run's judge.

    Args:
        run: the run
        categories: requested categories; the search through the records ends when each of them has a threshold
    """
    judge = installed_judge(run)
    name, revision = run.file.judge.get("name"), run.file.judge.get("revision")
    if judge is not None:
        mode = verdict_mode("neutral", cohort_of(run) != "none")
        return Thresholds(judge.thresholds, judge, f"of judge {name}, revision {revision}", mode)
    recorded = _recorded_thresholds(run, categories)
    if recorded:
        source = f"as the records have them (judge {name}, revision {revision}, is not installed here)"
        return Thresholds(recorded, None, source)
    return Thresholds({}, None, f"judge {name}, revision {revision}, is not installed here and no record has its thresholds")


def installed_judge(run: Run) -> Estimator | None:
    """Load the judge of the run if it is here in the same revision: by name, or the model that the run keeps.

    Where the run's judge centred its scores on a cohort, it does so here; None where the cohort is gone or damaged.
    """
    for name in _judge_names(run):
        try:
            # Models that the run keeps lie in its folder; whatever else it names may be from anywhere.
            judge = load_estimator(stated_estimator(name, source=f"{run.store.url}/run.json", folder=run.store.folder))
        except (VoiceactError, OSError):
            continue
        if judge.revision == run.file.judge.get("revision"):
            try:
                return centre_run_judge(judge, cohort_of(run), run.store)
            except VoiceactError:
                return None
    return None


def cohort_of(run: Run) -> str:
    """Return which cohort the recipe of a run names ("none", "pilot", "panel")."""
    return str(run.file.recipe.get("verify", {}).get("cohort", "none"))


def _judge_names(run: Run) -> list[str]:
    """List what the judge may be loaded from: its name, the recipe's wording, and the models that the run keeps."""
    # The recipe's wording: with options, or as one of several judges.
    verify, name = run.file.recipe.get("verify", {}), run.file.judge.get("name")
    judge = verify.get("judge", name)
    wording = judge if isinstance(judge, str) else judge_text(judge, verify.get("agree", DEFAULT_RULE))

    # Models and calibrations in a local run folder, as names within it.
    names = [name for suffix in MODELS for name in run.store.names(JUDGE, suffix) if not name.endswith(CARD)]
    models = names if run.store.folder else []

    # Several judges: each by its model, where that is kept.
    kept = {Path(model).name: model for model in models}
    several = parse_judges(wording)
    if several:
        wording = judge_text([kept.get(Path(member).name, member) for member in several.members], several.rule)
    return list(dict.fromkeys((str(name), wording, *models)))


def _recorded_thresholds(run: Run, categories: frozenset[str]) -> dict[str, float]:
    """Read the thresholds from the verdicts in the run's records."""
    thresholds: dict[str, float] = {}
    ids = set(categories)
    for row in run.rows(["id", "category", "evidence", "tar", "record_start", "record_length", "reasons"]):
        if not ids:
            break
        category = row["category"]
        if category not in ids or row["tar"] is None:
            continue
        threshold = _threshold(run.record(row).verdict, category)
        if threshold is not None or row["evidence"] == "none":
            ids.discard(category)
        if threshold is not None:
            thresholds[category] = threshold
    return thresholds


def _threshold(verdict: VerdictRecord | None, category: str) -> float | None:
    """Return the threshold that a verdict's emotion check had for a category; None if it made no such check."""
    checks = verdict.checks_named(EMOTION_CHECK) if verdict else ()
    return next((check.threshold for check in checks if check.details.get("category") == category), None)
