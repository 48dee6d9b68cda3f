"""Of several takes one is kept: ranked by their verdicts, with the reason."""

import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from acted_lines import FakeEngine, manifest, names, run

from voiceact.clip.record import Record, load_record
from voiceact.clip.verdict import CheckRecord, VerdictRecord
from voiceact.errors import UsageError
from voiceact.lines.picking import pick_take, rank_take
from voiceact.lines.plan import NOT_NEEDED, Settings, make_plan

TABLE = "id,persona,text,emotion\nx/a,nurse,Hello there.,Sadness:5\nb,nurse,Good night.,\n"


@pytest.fixture(autouse=True)
def only_quality(monkeypatch) -> None:
    """Judge takes by one quick check: how a verdict comes about is tested elsewhere."""
    monkeypatch.setattr("voiceact.lines.run.CHECKS", ("quality",))


def verdict(level: str, *failed: str, ratio: float | None = None) -> VerdictRecord:
    details = {} if ratio is None else {"likelihood_ratio": ratio}
    return VerdictRecord(
        level=level,
        reasons=[f"{name}:x" for name in failed],
        mix={"sadness": 5.0},
        evidence={},
        judge=None,
        reference="twin",
        checks=[CheckRecord("emotion", "pass", "", 4.0, 3.0, "", details)],
        profile=None,
    )


@pytest.fixture
def record(table, tmp_path) -> Record:
    run(table("id,persona,text\na,nurse,Hello.\n"), tmp_path / "one")
    return load_record(tmp_path / "one" / "a.json")


def test_the_level_counts_before_failed_checks_and_these_before_the_ratio(record) -> None:
    ranked = [
        verdict("verified", ratio=1.1),
        verdict("consistent", ratio=9.0),
        verdict("undecided", ratio=3.0),
        verdict("undecided", ratio=2.0),
        verdict("undecided", "intensity", ratio=9.0),
        verdict("rejected", "emotion", ratio=0.1),
        verdict("rejected", "emotion", "transcript", ratio=9.0),
    ]
    ranks = [rank_take(msgspec.structs.replace(record, verdict=one)) for one in ranked]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == len(ranks)
    assert rank_take(record) < min(ranks)  # not judged at all


def test_the_reason_names_what_decided(record) -> None:
    judged = [
        verdict("rejected", "transcript"),
        verdict("undecided", ratio=1.5),
        verdict("consistent", ratio=2.5),
        verdict("consistent", ratio=2.5),
    ]
    takes = {number: msgspec.structs.replace(record, verdict=one) for number, one in enumerate(judged, 1)}
    best = pick_take(takes)
    assert best.take == 3  # of equals the first
    assert best.reason == (
        "take 3, the best of 4: consistent, likelihood ratio 2.5 (take 1: rejected by transcript; "
        "take 2: undecided, likelihood ratio 1.5; take 4: consistent, likelihood ratio 2.5)"
    )
    first = pick_take(takes, pick="first")
    assert (first.take, first.reason[:40]) == (2, "take 2, the first that is not rejected o")
    assert pick_take({1: takes[1]}, pick="first").reason == "take 1, the only one: rejected by transcript"
    assert pick_take(takes, rank=lambda one: (float(one.verdict.level == "rejected"),)).take == 1


def test_the_best_take_is_the_line_and_the_others_lie_aside(table, tmp_path) -> None:
    path, out = table(TABLE), tmp_path / "out"
    report = run(path, out, takes=2, pick="best", sidecars=("words",))
    assert (report.made, [row.id for row in report.rows], len(report.takes)) == (4, ["x/a", "b"], 4)
    assert {"x/a.wav", "x/a.json", "x/a.words.json", "takes/x/a__t01.wav", "takes/x/a__t02.json"} <= set(names(out))
    first, _ = manifest(out)
    assert first["path"] == "x/a.wav"
    assert first["picked"].startswith(f"take {first['take']}, the best of 2: {first['level']}")
    kept = load_record(out / "x/a.json")
    assert (out / "x/a.wav").read_bytes() == (out / f"takes/x/a__t0{first['take']}.wav").read_bytes()
    assert (kept.audio.path, kept.audio.sha256, kept.seed) == ("a.wav", first["sha256"], first["seed"])
    # Again: nothing is made, and a file that was lost is copied back.
    (out / "b.wav").unlink()
    assert run(path, out, takes=2, pick="best").made == 0
    assert (out / "b.wav").is_file()
    assert make_plan(path, out, Settings(engine=FakeEngine(), takes=2, pick="best")).orphans == ()


def test_takes_that_were_not_judged_are_made_again_to_be_picked(table, tmp_path) -> None:
    path, out = table(TABLE), tmp_path / "out"
    run(path, out, takes=2, pick="best")
    record = out / "takes" / "b__t01.json"
    found = json.loads(record.read_text())
    found["verdict"] = None
    record.write_text(json.dumps(found))
    plan = make_plan(path, out, Settings(engine=FakeEngine(), takes=2, pick="best"))
    assert [(item.line.id, item.take, item.state) for item in plan.todo] == [("b", 1, "not judged yet")]


class Noisy(FakeEngine):
    """Noise that swells and fades, which is whole to the check of quality; silent for some texts of seed 7, which is not."""

    capabilities = replace(FakeEngine.capabilities, sample_rate=16_000)

    def perform(self, text, persona, direction, *, language, seed):
        take = super().perform(text, persona, direction, language=language, seed=seed)
        swell = 0.1 * np.hanning(9000) * (not text.startswith("Hush") or seed != 7)
        return replace(
            take, samples=(np.random.default_rng(seed).normal(size=9000) * swell).astype(np.float32), sample_rate=16_000
        )


def test_the_first_usable_take_ends_the_search(table, tmp_path) -> None:
    path, out = table("id,persona,text,seed\na,nurse,Hello there.,7\nb,nurse,Hush now.,7\n"), tmp_path / "out"
    report = run(path, out, engine=Noisy(), takes=3, pick="first")
    assert [(row.id, row.take, row.status, row.reason) for row in report.takes] == [
        ("a", 1, "done", None),
        ("a", 2, "skipped", NOT_NEEDED),
        ("a", 3, "skipped", NOT_NEEDED),
        ("b", 1, "done", None),
        ("b", 2, "done", None),
        ("b", 3, "skipped", NOT_NEEDED),
    ]
    assert [(row.take, row.level, row.picked) for row in report.rows] == [
        (1, "undecided", "take 1, the only one: undecided"),
        (2, "undecided", "take 2, the first that is not rejected of 2: undecided (take 1: rejected by quality)"),
    ]


class NoisyPairs(Noisy):
    """Speaks two lines at a time."""

    batch_size = 2

    def perform_batch(self, lines):
        return [self.perform(line.text, line.persona, line.direction, language=line.language, seed=line.seed) for line in lines]


def test_an_engine_with_batches_is_asked_for_no_take_too_many(table, tmp_path) -> None:
    path, out = table("id,persona,text,seed\na,nurse,Hello there.,7\nb,nurse,Hush now.,7\n"), tmp_path / "out"
    report = run(path, out, engine=NoisyPairs(), takes=2, pick="first")
    assert [(row.id, row.take, row.reason) for row in report.takes] == [
        ("a", 1, None),
        ("a", 2, NOT_NEEDED),
        ("b", 1, None),
        ("b", 2, None),
    ]
    assert report.made == 3


def test_once_a_take_is_usable_no_other_is_asked_for(table, tmp_path) -> None:
    path, out = table(TABLE), tmp_path / "out"
    run(path, out, takes=1, pick="first")
    record = out / "takes" / "b__t01.json"
    found = json.loads(record.read_text())
    found["verdict"] |= {"level": "undecided", "reasons": []}
    record.write_text(json.dumps(found))
    report = run(path, out, takes=3, pick="first")
    assert [(row.id, row.take, row.status) for row in report.takes if row.id == "b"] == [
        ("b", 1, "done"),
        ("b", 2, "skipped"),
        ("b", 3, "skipped"),
    ]
    assert report.takes[-1].reason == NOT_NEEDED
    assert [(row.take, row.level) for row in report.rows if row.id == "b"] == [(1, "undecided")]


def test_a_take_that_fails_leaves_the_others_to_choose_from(table, tmp_path) -> None:
    report = run(table("id,persona,text\na,nurse,We raise it.\n"), tmp_path / "out", takes=2, pick="best")
    assert [(row.status, row.path) for row in report.rows] == [("failed", None)]


def test_an_actor_s_recording_is_never_replaced_by_a_pick(table, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "b.wav").write_bytes(b"RIFF an actor")
    report = run(table(TABLE), out, takes=2, pick="best")
    assert (out / "b.wav").read_bytes() == b"RIFF an actor"
    assert [row.status for row in report.rows] == ["done", "skipped"]


def test_another_pick_is_refused(table, tmp_path) -> None:
    with pytest.raises(UsageError, match="pick is 'worst'; expected one of all, first, best"):
        make_plan(table(TABLE), tmp_path / "out", Settings(engine=FakeEngine(), pick="worst"))
