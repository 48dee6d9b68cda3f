"""A table of lines in, named files out; one line that fails shifts and stops no other."""

import errno
import hashlib
import json
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from acted_lines import THREE, FakeEngine, Untimed, manifest, names, run, stamps

from voiceact import audio
from voiceact.clip.record import LineOrigin, load_record
from voiceact.lines.plan import Settings, make_plan, seed_of
from voiceact.lines.run import DISK_FULL, INTERRUPTED, Outcome, perform_plan
from voiceact.lines.table import Line


def test_files_are_named_by_id_with_a_record_and_a_manifest(table, tmp_path) -> None:
    out = tmp_path / "deep" / "out"
    report = run(table(THREE), out)
    assert names(out) == ["a.json", "a.wav", "c.json", "c.wav", "lines.jsonl", "scene/b.json", "scene/b.wav"]
    assert (report.made, report.count("done"), report.stopped) == (3, 3, None)
    first, second, third = manifest(out)
    assert second == {
        "id": "scene/b",
        "take": 1,
        "status": "done",
        "reason": None,
        "path": "scene/b.wav",
        "persona": "nurse",
        "text": "The second one.",
        "seed": seed_of(Line(0, "scene/b", ""), 1),
        "duration": 0.15,
        "sha256": hashlib.sha256((out / "scene/b.wav").read_bytes()).hexdigest(),
    }
    record = load_record(out / "scene/b.json")
    assert (record.category, record.intensity, record.seed) == ("sadness", 5.0, second["seed"])
    assert record.origin == LineOrigin(line="scene/b", take=1)
    assert third["seed"] == 7


@pytest.mark.parametrize("suffix", [".flac", ".ogg"])
def test_other_formats(table, tmp_path, suffix: str) -> None:
    run(table("id,persona,text\na,nurse,A line to be written.\n"), tmp_path / "out", suffix=suffix)
    samples, rate = audio.read(tmp_path / f"out/a{suffix}")
    assert (len(samples), rate) == (80 * 21, 8000)
    assert run(tmp_path / "lines.csv", tmp_path / "out", suffix=suffix).made == 0


def test_the_order_of_the_table_changes_no_file(table, tmp_path) -> None:
    head, *rows = THREE.splitlines(keepends=True)
    run(table(THREE), tmp_path / "one")
    run(table(head + "".join(reversed(rows))), tmp_path / "two")
    for name in ("a.wav", "scene/b.wav", "c.wav"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_takes_lie_side_by_side_and_adding_some_leaves_the_first(table, tmp_path) -> None:
    path, out = table("id,persona,text\nx/a,nurse,Hello there.\n"), tmp_path / "out"
    run(path, out)
    before = stamps(out)
    assert run(path, out, takes=3).made == 2
    assert [row["path"] for row in manifest(out)] == ["x/a.wav", "x/a__t02.wav", "x/a__t03.wav"]
    assert {name: stamps(out)[name] for name in before} == before
    assert len({row["sha256"] for row in manifest(out)}) == 3
    assert make_plan(path, out, Settings(engine=FakeEngine(), takes=2)).orphans == ("x/a__t03.wav",)


def test_word_timings_lie_beside_the_audio(table, tmp_path) -> None:
    path, out = table("id,persona,text\na,nurse,At 3 o’clock. Fine!\n"), tmp_path / "out"
    run(path, out, sidecars=("srt", "vtt", "words"))
    assert names(out) == ["a.json", "a.srt", "a.vtt", "a.wav", "a.words.json", "lines.jsonl"]
    assert (out / "a.srt").read_text("utf-8").splitlines()[2] == "At 3 o’clock."
    assert [word["text"] for word in json.loads((out / "a.words.json").read_text("utf-8"))] == ["At", "3", "o’clock.", "Fine!"]
    assert run(path, out, sidecars=("srt", "vtt", "words")).made == 0
    (out / "a.srt").unlink()
    assert run(path, out, sidecars=("srt",)).made == 1
    assert (out / "a.srt").is_file()


def test_an_edited_line_renews_word_timings_that_lie_there(table, tmp_path) -> None:
    out = tmp_path / "out"
    run(table("id,persona,text\na,nurse,Old words.\n"), out, sidecars=("words",))
    run(table("id,persona,text\na,nurse,New words.\n"), out)
    assert json.loads((out / "a.words.json").read_text())[0]["text"] == "New"


def test_an_engine_without_timings_is_told(table, tmp_path) -> None:
    report = run(table("id,persona,text\na,nurse,Hello.\n"), tmp_path / "out", engine=Untimed(), sidecars=("srt",))
    assert report.rows[0].reason == "engine 'fake' gives no word timings; leave --srt out"
    assert names(tmp_path / "out") == ["lines.jsonl"]


def test_mouth_shapes_lie_beside_the_audio_of_an_engine_that_tells_its_sounds(table, tmp_path) -> None:
    out, path = tmp_path / "out", table("id,persona,text\na,nurse,My papa.\n")
    perform_plan(make_plan(path, out, Settings(sidecars=("visemes",))))
    rows = json.loads((out / "a.visemes.json").read_text())
    assert [row["viseme"] for row in rows if row["viseme"] != "sil"] == ["PP", "aa", "ih", "PP", "aa", "PP", "E"]

    report = run(path, tmp_path / "other", sidecars=("visemes",))
    assert report.rows[0].reason == "engine 'fake' times words but not their sounds; leave --visemes out"


# --- When things go wrong


@pytest.mark.parametrize("workers", [1, 2])
def test_a_line_that_fails_stops_and_shifts_no_other(table, tmp_path, workers: int) -> None:
    path, out = (
        table("id,persona,text\na,nurse,One.\nb,nurse,We raise it.\nc,nurse,I refuse.\nd,nurse,Four.\n"),
        tmp_path / "out",
    )
    report = run(path, out, workers=workers)
    assert [(row.id, row.status, row.reason) for row in report.rows] == [
        ("a", "done", None),
        ("b", "failed", "RuntimeError: tensor of a bad shape"),
        ("c", "failed", "nothing can be spoken"),
        ("d", "done", None),
    ]
    assert [row["path"] for row in manifest(out)] == ["a.wav", None, None, "d.wav"]
    assert [item.line.id for item in make_plan(path, out, Settings(engine=FakeEngine())).todo] == ["b", "c"]


def test_a_process_that_dies_takes_only_its_own_line(table, tmp_path) -> None:
    rows = "".join(f"l{n},nurse,Line {n}.\n" for n in range(6))
    report = run(table(f"id,persona,text\n{rows}x,nurse,We crash.\ny,nurse,The end.\n"), tmp_path / "out", workers=2)
    assert [row.id for row in report.rows if row.status == "failed"] == ["x"]
    assert report.rows[6].reason.startswith("its process died")
    assert report.count("done") == 7


def test_a_full_disk_stops_the_run(table, tmp_path, monkeypatch) -> None:
    path, out = table(THREE), tmp_path / "out"
    plan = make_plan(path, out, Settings(engine=FakeEngine()))
    write_bytes = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if ".wav" in self.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    report = perform_plan(plan)
    assert report.stopped == DISK_FULL
    assert "the disk is full" in report.rows[0].reason
    assert [row.status for row in report.rows] == ["failed", "skipped", "skipped"]
    assert names(out) == ["lines.jsonl"]


def test_a_folder_in_the_way_fails_one_line(table, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "scene").write_text("a file")
    report = run(table(THREE), out)
    assert [row.status for row in report.rows] == ["done", "failed", "done"]
    assert report.rows[1].reason.startswith("cannot make the folder")


def test_the_first_interrupt_finishes_the_line_and_the_next_run_goes_on(table, tmp_path) -> None:
    before = signal.getsignal(signal.SIGINT)
    path, out = table(THREE), tmp_path / "out"
    told = []

    def interrupt(item, outcome: Outcome) -> None:
        signal.raise_signal(signal.SIGINT)

    plan = make_plan(path, out, Settings(engine=FakeEngine()))
    report = perform_plan(plan, progress=interrupt, interrupted=lambda: told.append("stopping"))
    assert (report.stopped, told) == (INTERRUPTED, ["stopping"])
    assert [(row.status, row.reason) for row in report.rows] == [
        ("done", None),
        ("skipped", "interrupted"),
        ("skipped", "interrupted"),
    ]
    assert names(out) == ["a.json", "a.wav", "lines.jsonl"]
    assert run(path, out).made == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_interrupt_drops_the_line(table, tmp_path) -> None:
    class Interrupted(FakeEngine):
        def perform(self, *arguments, **options):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    report = run(table(THREE), tmp_path / "out", engine=Interrupted())
    assert (report.stopped, report.made) == (INTERRUPTED, 0)
    assert names(tmp_path / "out") == ["lines.jsonl"]


def test_the_second_interrupt_ends_processes_that_are_at_work(table, tmp_path) -> None:
    path = table("id,persona,text\na,nurse,One.\nb,nurse,We tarry.\nc,nurse,They tarry.\n")

    def press_twice() -> None:
        for _ in range(2):
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGINT)

    plan = make_plan(path, tmp_path / "out", Settings(engine=FakeEngine()))
    report = perform_plan(plan, workers=2, progress=lambda item, outcome: threading.Thread(target=press_twice).start())
    assert (report.stopped, report.made) == (INTERRUPTED, 1)
    assert names(tmp_path / "out") == ["a.json", "a.wav", "lines.jsonl"]
    assert multiprocessing.active_children() == []


def test_there_is_no_manifest_of_files_that_are_being_replaced(table, tmp_path) -> None:
    out = tmp_path / "out"
    run(table(THREE), out)
    plan = make_plan(table(THREE), out, Settings(engine=FakeEngine(), redo=("a",)))
    seen: list[bool] = []
    perform_plan(plan, progress=lambda item, outcome: seen.append((out / "lines.jsonl").exists()))
    assert seen == [False]
    assert len(manifest(out)) == 3


def test_what_a_killed_run_left_is_swept(table, tmp_path) -> None:
    out = tmp_path / "out"
    (out / "scene").mkdir(parents=True)
    forgotten, fresh, theirs = (out / name for name in (".a.wav.0123abcd.part", "scene/.b.wav.0123abcd.part", "x.part"))
    for path in (forgotten, fresh, theirs):
        path.write_bytes(b"half")
    for path in (forgotten, theirs):
        os.utime(path, (time.time() - 3600,) * 2)
    run(table(THREE), out)
    assert [path.exists() for path in (forgotten, fresh, theirs)] == [False, True, True]


# --- The embedded engine


def test_the_embedded_engine_acts_a_table_the_same_with_any_number_of_processes(table, tmp_path) -> None:
    path = table(
        "id,persona,text,emotion\nsad,nurse,The door is open.,Sadness:6\nmad,nurse,The door is open.,Anger:6\n"
        "plain,nurse,The door is open.,\n"
    )
    perform_plan(make_plan(path, tmp_path / "one", Settings(sidecars=("words",))))
    perform_plan(make_plan(path, tmp_path / "two", Settings(sidecars=("words",))), workers=2)
    found = {name: (tmp_path / "one" / f"{name}.wav").read_bytes() for name in ("sad", "mad", "plain")}
    assert len(set(found.values())) == 3
    for name, data in found.items():
        assert (tmp_path / "two" / f"{name}.wav").read_bytes() == data
    sad, mad, _ = manifest(tmp_path / "one")
    assert sad["duration"] > mad["duration"]
    words = json.loads((tmp_path / "one/sad.words.json").read_text())
    assert [word["text"] for word in words] == ["The", "door", "is", "open."]
    assert 0 < words[0]["start"] < words[-1]["end"] <= sad["duration"]
