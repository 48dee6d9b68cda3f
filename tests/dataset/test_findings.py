"""What is counted of a run: held against a run of which everything is known."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from exports import change_rows
from judges import ScriptedJudge, fixed
from tiny_run import CATEGORIES, PERSONAS, write_tiny_run

from voiceact.dataset.findings import thresholds, twins
from voiceact.dataset.findings.examples import choose_varied, draw_examples
from voiceact.dataset.findings.findings import Findings, collect_findings
from voiceact.dataset.findings.texts import cautions
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.stats.permutation import permutation_null
from voiceact.store.filesystem import Store
from voiceact.store.reader import open_run
from voiceact.store.run_file import read_run, write_run


def found(folder: Path, **settings) -> Findings:
    return collect_findings(open_run(folder), **settings)


def with_judge(monkeypatch: pytest.MonkeyPatch, judge: ScriptedJudge) -> None:
    # A scripted judge is registered nowhere; what a run may name is met by the test of a path below.
    monkeypatch.setattr(thresholds, "stated_estimator", lambda name, **settings: name)
    monkeypatch.setattr(thresholds, "load_estimator", lambda name: judge)


def change_run(folder: Path, **changes) -> None:
    store = Store(folder)
    write_run(store, msgspec.structs.replace(read_run(store), **changes))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_run(tmp_path_factory.mktemp("run") / "run")


# Counts


def test_takes_are_counted_by_what_became_of_them(tiny: Path) -> None:
    made = found(tiny).total
    assert made.levels == {"verified": 12, "consistent": 6, "rejected": 18} and (made.number, made.included) == (36, 12)
    rows = list(open_run(tiny).rows(["duration", "included"]))
    assert made.seconds == pytest.approx(sum(row["duration"] for row in rows))
    assert made.included_seconds == pytest.approx(sum(row["duration"] for row in rows if row["included"]))


def test_categories_stand_by_evidence_and_hold_their_takes(tiny: Path) -> None:
    categories = found(tiny).categories
    assert [(one.id, one.evidence) for one in categories] == [
        ("sadness", "category"),
        ("anger", "category"),
        ("distress", "dimension"),
    ]
    assert all(one.takes.number == 12 and one.presence.rate.n == 12 and one.presence.rate.value == 0.5 for one in categories)
    assert [one.takes.included for one in categories] == [6, 6, 0]


def test_scores_stand_by_intensity(tiny: Path) -> None:
    anger = next(one for one in found(tiny).categories if one.id == "anger")
    assert [(row.intensity, row.n, row.quartiles) for row in anger.scores] == [(3, 6, (0.5, 0.5, 3.0)), (5, 6, (0.5, 0.5, 5.0))]
    assert anger.correlation.n == 12 and anger.correlation.value > 0


def test_reasons_and_sounds_are_counted(tiny: Path) -> None:
    findings = found(tiny)
    assert findings.census.reasons == {"emotion:absent": 18}
    duration = findings.spread("duration")
    assert duration["n"] == sum(duration["counts"]) == 36
    assert duration["mean"] == pytest.approx(findings.total.seconds / 36)
    assert findings.spread("wer") is None


def test_a_run_is_counted_where_it_lies() -> None:
    write_tiny_run("memory://findings/run")
    assert collect_findings(open_run("memory://findings/run")).total.included == 12


# Chance


def test_the_null_is_that_of_the_rows_themselves(tiny: Path) -> None:
    findings = found(tiny)
    rows = list(open_run(tiny).rows())
    accepts = np.array([[row[f"score_{name}"] >= 2 for name in CATEGORIES] for row in rows])
    asked = np.array([CATEGORIES.index(row["category"]) for row in rows])
    expected = permutation_null(accepts, asked, groups=[row["persona"] for row in rows], draws=4000)
    null = findings.presence.null
    assert (null.observed, null.n) == (expected.observed, expected.n) == (0.5, 36)
    assert null.mean == pytest.approx(expected.mean, abs=0.01)
    assert null.p < 0.01


def test_thresholds_are_read_from_the_records_where_the_judge_is_not_here(tiny: Path) -> None:
    known = found(tiny).thresholds
    assert known.by_category == dict.fromkeys(CATEGORIES, 2.0) and known.judge is None
    assert "as the records have them" in known.source


def test_thresholds_are_the_judges_where_it_is_here(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_judge(monkeypatch, fixed(dict.fromkeys(CATEGORIES, "category")))
    known = found(tiny, twins=0).thresholds
    assert known.judge is not None and known.source == "of judge scripted, revision r1"


def test_a_judge_of_another_revision_is_not_the_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_tiny_run(tmp_path / "run")
    change_run(folder, judge={"name": "scripted", "revision": "r0"})
    with_judge(monkeypatch, fixed(dict.fromkeys(CATEGORIES, "category")))
    assert found(folder).thresholds.judge is None


def test_without_scores_there_is_no_null_and_that_is_said(tmp_path: Path) -> None:
    folder = write_tiny_run(tmp_path / "run")
    change_rows(folder, lambda row: {**row, **{f"score_{name}": None for name in CATEGORIES}, "evidence": "none"})
    findings = found(folder)
    assert findings.presence.null is None and all(one.presence.null is None for one in findings.categories)
    assert any("No pass rate could be held against chance" in sentence for sentence in cautions(findings))


def test_intensity_0_asks_nothing(tmp_path: Path) -> None:
    folder = write_tiny_run(tmp_path / "run", intensities=(0.0, 5.0))
    findings = found(folder)
    assert findings.total.number == 36 and findings.census.permutation.clips == 18


def test_takes_that_were_made_because_others_failed_are_not_counted_as_answers(tmp_path: Path) -> None:
    """A cell stops at its first included take: a rate over all takes would make good cells count less."""
    folder = write_tiny_run(tmp_path / "run", takes=3)
    change_run(folder, recipe=read_run(Store(folder)).recipe | {"stop": {"included": 1, "takes": 3}})
    findings = found(folder)
    assert findings.total.number == 54
    assert findings.presence.rate.n == 18 and findings.presence.rate.value == 1.0
    assert "first take of each cell" in findings.counting_rule


# Twins


def test_twins_are_judged_beside_other_twins_of_their_persona(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = fixed({"anger": "category", "sadness": "category", "distress": "dimension"}, anger=3.0, sadness=1.0)
    with_judge(monkeypatch, judge)
    findings = found(tiny, twins=12)
    assert findings.twins.number == 12 and findings.twins.judged.tolist() == [4, 4, 4]
    assert set(judge.references) == {3} and "at most 3 other" in findings.twins.sentence()
    rates = {one.id: one.presence.twins for one in findings.categories}
    assert (rates["anger"].value, rates["sadness"].value, rates["anger"].n) == (1.0, 0.0, 12)
    assert findings.presence.twins.value == pytest.approx(1 / 3)
    assert any("Anger" in sentence and "neutral twins" in sentence for sentence in cautions(findings))


def test_twins_that_were_not_kept_are_spoken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_tiny_run(tmp_path / "run", twins=False)
    with_judge(monkeypatch, fixed(dict.fromkeys(CATEGORIES, "category")))
    silent = found(folder, twins=6)
    assert silent.twins.number == 0 and "the engine that spoke them is not installed here" in silent.twins.why
    monkeypatch.setattr(twins, "can_speak", lambda run: True)
    monkeypatch.setattr(twins, "speak_twin", lambda run, row: (np.full(8000, 0.1, np.float32), 8000))
    assert found(folder, twins=6).twins.number == 6


def test_twins_can_be_left_out(tiny: Path) -> None:
    assert found(tiny, twins=0).twins.why == "none was asked for"


# What goes wrong


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no run folder"):
        open_run(tmp_path)


def test_a_run_without_a_finished_shard_is_told(tmp_path: Path) -> None:
    folder = write_tiny_run(tmp_path / "run")
    for path in (folder / "index").iterdir():
        path.unlink()
    with pytest.raises(VoiceactError, match="no shard is finished yet"):
        found(folder)


def test_a_damaged_index_is_told(tmp_path: Path) -> None:
    folder = write_tiny_run(tmp_path / "run")
    path = sorted((folder / "index").glob("*.parquet"))[0]
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(VoiceactError, match="shard-000000.parquet: is damaged"):
        found(folder)


def test_an_unfinished_run_is_told(tmp_path: Path) -> None:
    folder = write_tiny_run(tmp_path / "run")
    sorted((folder / "index").glob("*.parquet"))[1].unlink()
    findings = found(folder)
    assert findings.total.number == 18 and not findings.finished
    assert cautions(findings)[0].startswith("The run is unfinished: 1 of 2 shards")


def test_takes_that_failed_count_and_are_told(tmp_path: Path) -> None:
    folder = write_tiny_run(tmp_path / "run")
    gone = {
        "verdict": "failed",
        "tar": None,
        "duration": None,
        "included": False,
        "evidence": None,
        "reasons": ["RuntimeError: tensor"],
        **{f"score_{name}": None for name in CATEGORIES},
    }
    change_rows(folder, lambda row: {**row, **gone} if row["cell"] == 0 else row)
    # The sums of a shard stand in its footer, which `change_rows` leaves as it was.
    findings = found(folder, examples=2)
    assert findings.census.reasons["RuntimeError: tensor"] == 2 and findings.census.permutation.clips == 34
    assert all(row["cell"] for kind in findings.census.drawn.values() for rows in kind.rows().values() for row in rows)


# Examples


def test_the_same_seed_draws_the_same_examples(tiny: Path) -> None:
    def drawn(seed: int) -> list[str]:
        return [one.row["id"] for one in draw_examples(found(tiny, seed=seed), 6)]

    assert drawn(1) == drawn(1) and len(set(drawn(1))) == 6
    assert any(drawn(seed) != drawn(1) for seed in range(2, 6))


def test_examples_are_of_every_kind_and_sound(tiny: Path) -> None:
    shown = draw_examples(found(tiny), 6)
    assert [one.kind for one in shown] == ["included"] * 2 + ["held back"] * 2 + ["rejected"] * 2
    assert all(one.sound.startswith("data:audio/ogg;base64,") and one.twin for one in shown)
    assert {one.row["verdict"] for one in shown if one.kind == "held back"} == {"consistent"}
    assert all(one.checks[0][0] == "fail" for one in shown if one.kind == "rejected")
    assert shown[0].scores[0][0].casefold() == shown[0].row["category"]


def test_examples_end_where_they_would_fill_the_page(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = draw_examples(found(tiny), 6)
    monkeypatch.setattr("voiceact.dataset.findings.examples.MOST_BYTES", shown[0].bytes + 1)
    assert len(draw_examples(found(tiny), 6)) == 1


def test_examples_differ_as_much_as_there_is() -> None:
    rows = [
        {"id": f"{category}-{persona}", "category": category, "persona": persona, "reasons": []}
        for category in "ab"
        for persona in "xy"
    ]
    drawn = {"included": {"a": rows[:2], "b": rows[2:]}}
    assert [row["id"] for _, row in choose_varied(drawn, 2)] == ["a-x", "b-y"]


# As JSON


def test_all_of_it_is_json(tiny: Path) -> None:
    told = json.loads(json.dumps(found(tiny).as_dict(), allow_nan=False))
    assert told["takes"] == 36 and told["heard"]["rate"]["n"] == 36
    assert len(told["categories"]) == 3 and len(told["licences"]) == 5


def test_an_unknown_judge_is_no_error(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> None:
        raise UnknownNameError("estimator", name, [])

    monkeypatch.setattr(thresholds, "stated_estimator", lambda name, **settings: name)
    monkeypatch.setattr(thresholds, "load_estimator", unknown)
    assert found(tiny).thresholds.judge is None and len(PERSONAS) == 3


def test_a_judge_outside_the_run_folder_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_tiny_run(tmp_path / "run")
    outside = tmp_path / "judge.npz"
    outside.write_bytes(b"")
    change_run(folder, judge={"name": str(outside), "revision": "r1"})
    loaded: list[str] = []
    monkeypatch.setattr(thresholds, "load_estimator", loaded.append)
    assert found(folder).thresholds.judge is None
    assert loaded == []
