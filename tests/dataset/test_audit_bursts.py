"""The audit of a run whose lines hold bursts: words and bursts are judged apart as the run's verdict says they were."""

import json
from pathlib import Path

import pytest

from voiceact.dataset.audit import audit
from voiceact.dataset.audit.audit import audit_run
from voiceact.estimators import burst_spans
from voiceact.recipe.schema import Recipe, Scripts, Verify
from voiceact.runs.run import run_recipe
from voiceact.store.reader import open_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One take of the embedded engine that begins with a sigh."""
    folder = tmp_path_factory.mktemp("bursts")
    (folder / "own.csv").write_text("id,text\nsigh,[sighs] The cup is over there.\n")
    recipe = Recipe(
        name="sighs",
        description="For tests.",
        personas=("nurse",),
        categories=("Relief",),
        scripts=Scripts(evocative=0, shipped=False, files=(str(folder / "own.csv"),)),
        verify=Verify(checks=("emotion",), evidence="none"),
    )
    run_recipe(recipe, folder / "run")
    return folder / "run"


def test_the_verdict_says_what_was_judged_as_words_and_what_as_bursts(run: Path) -> None:
    kept = open_run(run)
    [record] = [kept.record(row) for row in kept.rows()]
    assert record.verdict and record.verdict.profile and record.verdict.profile.spans
    spans = record.verdict.profile.spans
    assert [span.kind for span in spans][0] == "burst" and {span.kind for span in spans} == {"speech", "burst"}
    assert all(span.start < span.end <= record.audio.duration + 0.02 for span in spans)
    assert all(before.end <= after.start for before, after in zip(spans, spans[1:], strict=False))


def test_the_audit_judges_by_what_the_verdict_says_not_by_the_ears(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*arguments: object) -> None:
        pytest.fail("the verdict says what was judged apart")

    monkeypatch.setattr(burst_spans, "_by_ears", find)
    report = audit_run(run)
    assert report.clean and report.checked["verdicts"] == 1


def test_a_verdict_of_a_version_that_did_not_say_so_is_no_fault_but_not_checked(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = audit.ClipAudit.record

    def read_without_spans(self, data, row, tar):  # type: ignore[no-untyped-def]
        document = json.loads(data)
        del document["verdict"]["profile"]["spans"]
        return read(self, json.dumps(document).encode(), row, tar)

    monkeypatch.setattr(audit.ClipAudit, "record", read_without_spans)
    report = audit_run(run)
    assert "verdict" not in report.faults.counts and report.checked["verdicts"] == 0
    assert "does not say which parts were judged as words and which as bursts" in report.unchecked["verdicts"]


def test_spans_that_differ_from_those_judged_are_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = audit.ClipAudit.record

    def read_other_spans(self, data, row, tar):  # type: ignore[no-untyped-def]
        document = json.loads(data)
        document["verdict"]["profile"]["spans"] = []
        return read(self, json.dumps(document).encode(), row, tar)

    monkeypatch.setattr(audit.ClipAudit, "record", read_other_spans)
    assert audit_run(run).faults.counts["verdict"] >= 1
