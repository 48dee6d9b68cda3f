"""A run beside a cohort of its own: made once, kept, the same after any interruption, and refused where it would hide a feeling."""

import hashlib
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hum import bytes_of, hum, recipe, run_whole  # noqa: F401
from msgspec import structs

from voiceact.acting.taxonomy import categories
from voiceact.dataset.audit.audit import audit_run
from voiceact.dataset.audit.report import AuditReport
from voiceact.dataset.findings.thresholds import find_thresholds
from voiceact.errors import UsageError
from voiceact.estimators import load_estimator
from voiceact.estimators.cohort import decode_cohort
from voiceact.estimators.human.estimator import CohortJudge
from voiceact.recipe.cohort import list_cohort_takes
from voiceact.recipe.plan import make_plan
from voiceact.recipe.schema import Recipe, Verify
from voiceact.runs.cohort import add_cohort
from voiceact.runs.pilot import open_performer
from voiceact.runs.progress import RunProgress
from voiceact.runs.run import RunSettings, resume_run, run_recipe
from voiceact.runs.take import load_performer
from voiceact.store.filesystem import Store
from voiceact.store.reader import open_run
from voiceact.synthesis.cohort import judge_beside

pytestmark = pytest.mark.usefixtures("hum")

PILOT = Verify(checks=("emotion",), cohort="pilot", evidence="none")


def centred(cohort="pilot", **changes) -> Recipe:
    """The tiny recipe, judged by the shipped judge beside a cohort: 24 takes, of which all are its pilot."""
    changes = {"twins": True, "personas": ("nurse",), "takes": 3} | changes
    return structs.replace(recipe(**changes), verify=structs.replace(PILOT, cohort=cohort))


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """That recipe, run in one go by one process."""
    return run_whole(centred(), tmp_path_factory.mktemp("whole"))


class Interrupted(RunProgress):
    """Ctrl-C after some takes, or while the cohort is made."""

    def __init__(self, takes: int = 1000, cohort: int = 1000):
        self.takes, self.cohort = takes, cohort

    def add_cohort(self, done: int, total: int) -> None:
        assert total == 24
        if done == self.cohort:
            raise KeyboardInterrupt

    def add_takes(self, counts) -> None:
        self.takes -= sum(sum(count.levels.values()) for count in counts)
        if self.takes <= 0:
            raise KeyboardInterrupt


def test_every_verdict_and_the_run_say_beside_what_they_were_judged(whole: Path) -> None:
    run = open_run(whole)
    [name] = {run.record(row).verdict.profile.cohort for row in run.rows()}
    assert name == "pilot of tiny (24 clips)" == json.loads((whole / "run.json").read_text())["judge"]["cohort"]
    checks = [check for row in run.rows() for check in run.record(row).verdict.checks_named("emotion")]
    assert {check.details["cohort"] for check in checks if check.outcome != "not judged"} <= {name}
    thresholds = find_thresholds(run, frozenset({"fear"}))
    assert thresholds.mode == "twin+cohort" and isinstance(thresholds.judge, CohortJudge)


def test_the_cohort_is_that_of_the_clips_the_run_holds(whole: Path) -> None:
    """All takes are its pilot here, so what `verify --cohort` makes of the finished run is the same to the last digit."""
    kept = decode_cohort((whole / "cohort.json").read_bytes(), "cohort.json")
    again = judge_beside(load_estimator("human"), whole)
    assert isinstance(again, CohortJudge) and (kept.clips, kept.regime) == (24, "neutral")
    assert np.allclose(kept.mean, again.cohort.mean, atol=1e-6) and np.allclose(kept.spread, again.cohort.spread, atol=1e-6)


def test_an_interrupted_run_goes_on_to_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_recipe(centred(), tmp_path / "run", progress=Interrupted(cohort=3))
    assert not (tmp_path / "run" / "run.json").exists() and not (tmp_path / "run" / "cohort.json").exists()
    with pytest.raises(KeyboardInterrupt):
        run_recipe(centred(), tmp_path / "run", progress=Interrupted(takes=5))
    kept = (tmp_path / "run" / "cohort.json").read_bytes()
    report = resume_run(tmp_path / "run", RunSettings(workers=2), progress=Interrupted(cohort=0))
    assert report.finished and (tmp_path / "run" / "cohort.json").read_bytes() == kept
    assert bytes_of(tmp_path / "run") == bytes_of(whole)


def test_a_cohort_that_a_killed_session_left_without_a_run_is_made_again(whole: Path, tmp_path: Path) -> None:
    """run.json comes last: what lies there without it may be of another recipe."""
    written = (whole / "cohort.json").read_bytes()
    document = json.loads(written)
    document["mean"] = [level + 1.5 for level in document["mean"]]
    (tmp_path / "cohort.json").write_text(json.dumps(document))
    assert add_cohort(make_plan(centred()), Store(tmp_path)).frozen_inputs["cohort.json"] == written


def test_a_run_without_its_cohort_is_refused(whole: Path, tmp_path: Path) -> None:
    for damage, words in (
        (None, "has no cohort.json any more, beside which its takes are judged; put it back, or make a new run"),
        ("{", "cohort.json: is no cohort"),
    ):
        folder = shutil.copytree(whole, tmp_path / f"run-{bool(damage)}")
        (folder / "cohort.json").write_text(damage) if damage else (folder / "cohort.json").unlink()
        with pytest.raises(UsageError, match=words):
            resume_run(folder)
        assert find_thresholds(open_run(folder), frozenset()).judge is None


def faults_of(folder: Path) -> tuple[dict[str, int], AuditReport]:
    """The faults by kind, but for the hum, which is too short for its texts; and the report."""
    report = audit_run(folder, sample=6)
    return {kind: count for kind, count in report.faults.counts.items() if kind != "text"}, report


def test_the_audit_judges_beside_the_cohort_that_the_run_keeps(whole: Path, tmp_path: Path) -> None:
    faults, report = faults_of(whole)
    assert faults == {} and report.checked["verdicts"] == 6
    folder = shutil.copytree(whole, tmp_path / "run")
    document = json.loads((folder / "cohort.json").read_text())
    document["mean"] = [level + 1.5 for level in document["mean"]]
    (folder / "cohort.json").write_text(json.dumps(document))
    assert faults_of(folder)[0].keys() == {"verdict"}
    (folder / "cohort.json").write_text("[]")
    faults, report = faults_of(folder)
    assert faults == {"run": 1} and report.faults.first["run"][0].shard == "cohort.json"
    assert report.unchecked["verdicts"] == "cohort.json is not the cohort of the run"


def test_a_pilot_judges_beside_the_cohort_too() -> None:
    plan = make_plan(centred())
    assert open_performer(plan)(plan.take(plan.cell(0), 1)).level in ("verified", "consistent", "undecided", "rejected")
    with pytest.raises(KeyError, match=r"cohort\.json"):
        load_performer(plan)


def test_a_recipe_whose_pilot_would_hide_its_feeling_is_refused_before_a_word_is_spoken(tmp_path: Path) -> None:
    narrow = centred(categories=("Anger", "Fear"), takes=6)
    with pytest.raises(UsageError, match=r"'pilot of tiny' holds 2 feelings \(anger, fear\).*; or set cohort: panel"):
        run_recipe(narrow, tmp_path / "run")
    small = centred(intensities=(5.0,))
    with pytest.raises(UsageError, match=r"the recipe has 12 takes; expected at least 24 .*: make more, or set cohort: panel"):
        run_recipe(small, tmp_path / "run")
    assert not (tmp_path / "run").exists() or not any((tmp_path / "run").iterdir())


def test_a_panel_is_read_over_all_categories_by_the_recipes_personas() -> None:
    plan = make_plan(centred("panel", categories=("Anger",), personas=("nurse", "big-brother")))
    whose, takes = list_cohort_takes(plan)
    asked = Counter(take.cell.category for take in takes)
    assert len(takes) == 120 and set(asked) == {category.id for category in categories()} and set(asked.values()) == {3}
    assert {take.cell.intensity for take in takes} == {3.0, 5.0} and {take.kind for take in takes} == {"neutral"}
    minor = {take.cell.category for take in takes if take.cell.persona == "big-brother"}
    assert minor and "sexual_lust" not in minor
    assert [take.seed for take in list_cohort_takes(plan)[1]] == [take.seed for take in takes]
    assert whose.digest == plan.digest


def test_a_panel_needs_lines_in_the_language() -> None:
    plan = make_plan(centred("panel"))
    plan = replace(plan, recipe=structs.replace(plan.recipe, languages=("tlh",)))
    with pytest.raises(UsageError, match="there are none in tlh; set cohort: pilot"):
        list_cohort_takes(plan)


def test_what_cannot_centre_its_scores_is_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: x\ndescription: y\nengine: hum\nverify: {judge: lots, cohort: pilot}\n")
    with pytest.raises(UsageError, match=r"x\.yaml, line 4: judge 'lots' cannot centre its scores on a cohort"):
        make_plan(tmp_path / "x.yaml")
    (tmp_path / "x.yaml").write_text(
        "name: x\ndescription: y\nengine: hum\nverify:\n  checks: [quality]\n  evidence: none\n  cohort: panel\n"
    )
    with pytest.raises(UsageError, match=r"x\.yaml, line 7: verify\.cohort is 'panel' and .* leaves out 'emotion'"):
        make_plan(tmp_path / "x.yaml")


def test_a_recipe_without_a_cohort_is_the_plan_it_was_before_there_were_cohorts() -> None:
    """So that runs begun before go on: the digest of its parts has no word of it."""
    document = recipe().as_dict()
    del document["description"], document["verify"]["cohort"], document["director"], document["bursts"], document["variants"]
    digest = hashlib.sha256(msgspec.json.encode(document, order="deterministic")).hexdigest()
    assert make_plan(recipe()).fingerprint["recipe"] == digest
