"""From which score a run's judge calls a category present: asked of the judge, or read from the run's own records."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, load_estimator
from voiceact.estimators.ensemble.spec import DEFAULT_RULE, judge_text, parse_judges
from voiceact.recipe.requirements import JUDGE, MODELS
from voiceact.store.reader import Run
from voiceact.verify.base import EMOTION_CHECK

CARD = ".card.json"


@dataclass(frozen=True)
class Thresholds:
    """Where a judge begins to say yes.

    least: category id -> score; empty if nothing is known
    judge: the estimator itself, if the one installed here is the one of the run
    source: where they are from, as a sentence
    """

    least: Mapping[str, float]
    judge: Estimator | None
    source: str


def find_thresholds(run: Run, categories: frozenset[str]) -> Thresholds:
    """The thresholds of the run's judge.

    categories: that were asked; the search through the records ends when each of them is found
    """
    judge = installed_judge(run)
    name, revision = run.file.judge.get("name"), run.file.judge.get("revision")
    if judge is not None:
        return Thresholds(judge.thresholds, judge, f"of judge {name}, revision {revision}")
    found = _recorded(run, categories)
    if found:
        return Thresholds(found, None, f"as the records have them (judge {name}, revision {revision}, is not installed here)")
    return Thresholds({}, None, f"judge {name}, revision {revision}, is not installed here and no record has its thresholds")


def installed_judge(run: Run) -> Estimator | None:
    """The judge of the run, if it is here in the same revision: by name, or the model that the run keeps."""
    for source in _named(run):
        try:
            judge = load_estimator(source)
        except VoiceactError:
            continue
        if judge.revision == run.file.judge.get("revision"):
            return judge
    return None


def _named(run: Run) -> list[str]:
    """The judge by its name, as the recipe has it (with its options, or as one of several), and by the models that are kept."""
    asked, models = _asked(run), _kept_models(run)
    kept = {Path(model).name: model for model in models}
    several = parse_judges(asked)
    if several:
        asked = judge_text([kept.get(Path(name).name, name) for name in several.members], several.rule)
    return list(dict.fromkeys((str(run.file.judge.get("name")), asked, *models)))


def _asked(run: Run) -> str:
    verify = run.file.recipe.get("verify", {})
    judge = verify.get("judge", run.file.judge.get("name"))
    return judge if isinstance(judge, str) else judge_text(judge, verify.get("agree", DEFAULT_RULE))


def _kept_models(run: Run) -> list[str]:
    """Paths of the models and calibrations in a local run folder."""
    folder = run.store.folder
    names = [name for suffix in MODELS for name in run.store.names(JUDGE, suffix) if not name.endswith(CARD)]
    return [str(folder / name) for name in names] if folder else []


def _recorded(run: Run, categories: frozenset[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    wanted = set(categories)
    for row in run.rows(["id", "category", "evidence", "tar", "record_start", "record_length", "reasons"]):
        if not wanted:
            break
        if row["category"] not in wanted or row["tar"] is None:
            continue
        least = _threshold(run.record(row).verdict or {}, row["category"])
        if least is not None or row["evidence"] == "none":
            wanted.discard(row["category"])
        if least is not None:
            found[row["category"]] = least
    return found


def _threshold(verdict: Mapping[str, object], category: str) -> float | None:
    checks = verdict.get("checks")
    for check in checks if isinstance(checks, list) else ():
        if check["name"] == EMOTION_CHECK and check["details"].get("category") == category:
            least: float | None = check["threshold"]
            return least
    return None
