"""A run: the same bytes however they came about, nothing lost, what is missing made, what does not belong refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
from hum import Hum, bytes_of, hum, lines, recipe, run_whole  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st

from voiceact.dataset.audit.audit import audit_run
from voiceact.errors import UsageError, VoiceactError
from voiceact.recipe.plan import make_plan
from voiceact.recipe.schema import Scripts, StopRule
from voiceact.recipe.source import Source
from voiceact.runs.partition import Partition, list_held_partitions, lock_partition
from voiceact.runs.progress import RunProgress, read_status
from voiceact.runs.run import RunSettings, resume_run, run_recipe
from voiceact.runs.work_unit import next_takes
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.reader import open_run

pytestmark = pytest.mark.usefixtures("hum")

TWO = RunSettings(workers=2)


class Notes(RunProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.shards: list[int] = []
        self.takes = 0

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def add_shard(self, shard: int) -> None:
        self.shards.append(shard)

    def add_takes(self, counts) -> None:
        self.takes += sum(sum(count.levels.values()) for count in counts)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> Path:
    """The tiny recipe, run in one go by one process."""
    return run_whole(recipe(), tmp_path_factory.mktemp("undisturbed"))


# What a run leaves


def test_a_run_is_shards_by_level_an_index_and_what_it_needs_to_be_resumed(undisturbed) -> None:
    run = open_run(undisturbed)
    rows = list(run.rows())
    plan = make_plan(recipe())
    assert [row["id"] for row in rows] == [plan.take(plan.cell(cell), number).key for cell in range(16) for number in (1, 2)]
    assert {row["verdict"] for row in rows} == {"verified", "consistent", "undecided", "rejected"}
    assert all(row["tar"] == f"{row['verdict']}/shard-{row['cell'] // 4:06d}.tar" for row in rows)
    for row in rows:
        assert run.record(row).origin.cell == row["cell"]
        assert run.audio(row)[:4] == b"fLaC"
    assert sorted(path.name for path in undisturbed.iterdir()) == [
        "consistent",
        "index",
        "recipe.yaml",
        "rejected",
        "run.json",
        "undecided",
        "verified",
    ]
    assert [footer.plan for footer in run.footers()] == [plan.digest] * 4


def test_run_json_says_what_it_was_made_of(undisturbed) -> None:
    found = json.loads((undisturbed / "run.json").read_text())
    assert (found["name"], found["cells"], found["takes"], found["shards"]) == ("tiny", 16, 32, 4)
    assert found["engine"] == {
        "name": "hum",
        "version": "1",
        "model_sha256": "0" * 64,
        "deterministic": True,
        "license": {"code": "MIT", "weights": "MIT", "output": "MIT"},
    }
    assert found["judge"] == {"name": "lots", "revision": "r1"}
    (session,) = found["sessions"]
    assert (session["executor"], session["workers"], session["takes"]) == ("local", 1, 32)
    assert session["ended"] >= session["started"]


# The same bytes


def test_a_pool_makes_the_same_bytes(undisturbed, tmp_path) -> None:
    report = run_recipe(recipe(), tmp_path / "run", TWO)
    assert (report.finished, report.made) == (True, 32)
    assert bytes_of(tmp_path / "run") == bytes_of(undisturbed)


def test_shares_make_the_same_bytes_in_any_order(undisturbed, tmp_path) -> None:
    for number in (3, 1, 2):
        report = run_recipe(recipe(), tmp_path / "run", RunSettings(partition=Partition(number, 3)))
        assert report.finished
    assert bytes_of(tmp_path / "run") == bytes_of(undisturbed)
    assert read_status(tmp_path / "run").finished


def test_memory_holds_a_run(undisturbed) -> None:
    run_recipe(recipe(), "memory://tiny-run", TWO)
    run = open_run("memory://tiny-run")
    there = {name: run.store.read(name) for name in run.store.find("") if name != "run.json"}
    assert there == bytes_of(undisturbed)


def test_journals_may_lie_elsewhere(undisturbed, tmp_path) -> None:
    stop_after(3, tmp_path / "run", RunSettings(scratch=tmp_path / "scratch"))
    assert list((tmp_path / "scratch").rglob("*.journal"))
    assert not list((tmp_path / "run").rglob("*.journal"))
    run_recipe(recipe(), tmp_path / "run", RunSettings(scratch=tmp_path / "scratch"))
    assert bytes_of(tmp_path / "run") == bytes_of(undisturbed)
    assert not list((tmp_path / "scratch").rglob("*.*"))


def stop_after(takes: int, out, settings: RunSettings | None = None, **changes):
    """Run until so many takes are made and Ctrl-C is pressed."""

    class Stopping(Notes):
        def add_takes(self, counts) -> None:
            super().add_takes(counts)
            if self.takes == takes:
                signal.raise_signal(signal.SIGINT)

    return run_recipe(recipe(**changes), out, settings, progress=Stopping())


@pytest.mark.parametrize("takes", [1, 8, 13, 31])
def test_stopped_and_resumed_it_is_the_same(undisturbed, tmp_path, takes: int) -> None:
    report = stop_after(takes, tmp_path / "run")
    assert (report.finished, report.made) == (False, takes)
    report = resume_run(tmp_path / "run")
    assert (report.finished, report.made) == (True, 32 - takes)
    assert bytes_of(tmp_path / "run") == bytes_of(undisturbed)
    assert [session.takes for session in open_run(tmp_path / "run").file.sessions] == [takes, 32 - takes]


def test_another_executor_goes_on_where_one_stopped(undisturbed, tmp_path) -> None:
    stop_after(5, tmp_path / "run")
    assert run_recipe(recipe(), tmp_path / "run", TWO).made == 27
    assert bytes_of(tmp_path / "run") == bytes_of(undisturbed)


def test_a_finished_run_is_left_as_it_is(undisturbed, tmp_path) -> None:
    shutil.copytree(undisturbed, tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*.*") if path.name != "run.json"}
    report = run_recipe(recipe(), tmp_path / "run")
    assert (report.finished, report.made) == (True, 0)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_half_written_files_of_a_killed_run_are_swept_but_not_those_of_other_shares(undisturbed, tmp_path) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    for name in (
        "verified/.shard-000000.tar.0a.part",
        "index/._shard-000002.json.0a.part",
        "index/.shard-000001.parquet.0a.part",
        ".run.json.0a.part",
    ):
        (run / name).write_bytes(b"half")
    run_recipe(recipe(), run, RunSettings(partition=Partition(1, 2)))
    assert [path.name for path in run.rglob("*.part")] == [".shard-000001.parquet.0a.part"]
    run_recipe(recipe(), run)
    assert bytes_of(run) == bytes_of(undisturbed)


# The stop rule


def test_cells_end_when_enough_is_included(tmp_path) -> None:
    run_recipe(recipe(stop=StopRule(included=2, takes=6)), tmp_path / "run")
    cells: dict[int, list[bool]] = {}
    for row in open_run(tmp_path / "run").rows():
        cells.setdefault(row["cell"], []).append(row["included"])
    assert len(cells) == 16
    for included in cells.values():
        assert len(included) == 6 or (sum(included) == 2 and included[-1])
    assert {len(included) for included in cells.values()} > {2, 6}


def test_the_stop_rule_is_the_same_in_a_pool_and_after_a_stop(tmp_path) -> None:
    stop = StopRule(included=2, takes=6)
    run_recipe(recipe(stop=stop), tmp_path / "one")
    run_recipe(recipe(stop=stop), tmp_path / "two", TWO)
    stop_after(7, tmp_path / "three", stop=stop)
    resume_run(tmp_path / "three")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two") == bytes_of(tmp_path / "three")


@given(st.lists(st.booleans(), min_size=24, max_size=24), st.integers(0, 24))
def test_what_is_left_does_not_depend_on_where_it_was_cut(luck: list[bool], cut: int) -> None:
    class Four:
        recipe = recipe(stop=StopRule(included=2, takes=6))
        cell = staticmethod(lambda index: index)
        take = staticmethod(lambda cell, number: (cell, number))

    def went_on(done: list, most: int) -> list:
        while specs := next_takes(Four, range(4), done, most):
            assert len(specs) <= most
            done += [Lot(cell, number, luck[cell * 6 + number - 1]) for cell, number in specs]
        return done

    whole = went_on([], 1)
    assert went_on(whole[:cut], 1) == whole
    for begun, goes_on in ((1, 3), (3, 1), (4, 4)):
        assert sorted(went_on(went_on([], begun)[:cut], goes_on), key=lambda lot: (lot.cell, lot.take)) == whole
    assert all(sum(one.included for one in whole if one.cell == cell) <= 2 for cell in range(4))


class Lot(msgspec.Struct, frozen=True):
    cell: int
    take: int
    included: bool


# Damage


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (
            lambda run: (run / "rejected/shard-000001.tar").unlink(),
            "shard 1 is made again: rejected/shard-000001.tar is missing",
        ),
        (
            lambda run: os.truncate(run / "rejected/shard-000001.tar", 700),
            "shard 1 is made again: rejected/shard-000001.tar has 700 bytes instead of",
        ),
        (lambda run: os.truncate(run / "index/shard-000001.parquet", 700), "shard 1 is made again: index/shard-000001.parquet"),
        (
            lambda run: (run / "index/shard-000001.parquet").write_bytes(b""),
            "shard 1 is made again: index/shard-000001.parquet",
        ),
        (lambda run: (run / "index/shard-000001.parquet").unlink(), None),
    ],
    ids=["no tar", "short tar", "short index", "empty index", "no index"],
)
def test_what_was_taken_away_or_cut_short_is_made_again_and_nothing_else(undisturbed, tmp_path, harm, told) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*.*") if "000001" not in path.name}
    harm(run)
    status = read_status(run)
    assert list(status.inventory.damaged) == ([1] if told else [])
    assert not status.finished
    watch = Notes()
    report = resume_run(run, progress=watch)
    assert (report.made, watch.shards) == (8, [1])
    assert [note.startswith(told) for note in watch.notes] == ([True] if told else [])
    assert bytes_of(run) == bytes_of(undisturbed)
    assert {path: path.stat().st_mtime_ns for path in before if path.name != "run.json"} == {
        path: stamp for path, stamp in before.items() if path.name != "run.json"
    }


def test_a_damaged_shard_keeps_its_whole_tars_until_it_is_made_again(undisturbed, tmp_path) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    (run / "rejected/shard-000001.tar").unlink()
    stop_after(3, run)
    assert (run / "verified/shard-000001.tar").read_bytes() == (undisturbed / "verified/shard-000001.tar").read_bytes()


# What does not belong together


def test_a_changed_recipe_is_refused_with_the_difference(undisturbed, tmp_path) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    with pytest.raises(UsageError) as refused:
        run_recipe(recipe(takes=3, personas=("nurse",)), run)
    told = str(refused.value).splitlines()
    assert "was begun with something else" in told[0]
    assert '-personas: ["nurse","farmer"]' in told and '+personas: ["nurse"]' in told
    assert "-takes: 2" in told and "+takes: 3" in told
    assert any(line.startswith("personas: ") for line in told)
    assert not any("engine" in line for line in told)
    assert "--fork" in told[-1]
    assert bytes_of(run) == bytes_of(undisturbed)


def test_another_engine_is_refused_by_name(undisturbed, tmp_path, monkeypatch) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    monkeypatch.setattr(Hum, "model_sha256", "1" * 64)
    with pytest.raises(UsageError, match="engine: hum 1 000000000000 -> hum 1 111111111111"):
        resume_run(run)


def test_fork_begins_beside_and_leaves_the_old_one(undisturbed, tmp_path) -> None:
    run, watch = tmp_path / "run", Notes()
    shutil.copytree(undisturbed, run)
    report = run_recipe(recipe(takes=1), run, RunSettings(fork=True), progress=watch)
    assert report.url == str(tmp_path / "run-2")
    assert "this run goes to" in watch.notes[0]
    assert report.made == 16
    assert bytes_of(run) == bytes_of(undisturbed)
    assert run_recipe(recipe(takes=1), run, RunSettings(fork=True)).made == 0
    assert run_recipe(recipe(takes=3, categories=("Anger",)), run, RunSettings(fork=True)).url == str(tmp_path / "run-3")


def test_another_description_is_the_same_run(undisturbed, tmp_path) -> None:
    shutil.copytree(undisturbed, tmp_path / "run")
    told = msgspec.structs.replace(recipe(), description="Said otherwise.")
    assert run_recipe(told, tmp_path / "run").made == 0


def test_shards_without_a_run_are_not_touched(undisturbed, tmp_path) -> None:
    shutil.copytree(undisturbed, tmp_path / "run")
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(UsageError, match="holds shards but no run.json"):
        run_recipe(recipe(), tmp_path / "run")
    with pytest.raises(UsageError, match="is no run folder"):
        resume_run(tmp_path / "run")


def test_resume_needs_nothing_but_the_folder(tmp_path) -> None:
    lines(tmp_path / "own.csv", "Mine is said.", "Mine is said too.")
    (tmp_path / "me.yaml").write_text(
        "name: me\ndescription: Myself.\ngender: female\nage: 40\nvoice: {f0_hz: 200, tract: 1.0}\n"
    )
    own = recipe(personas=("me.yaml", "nurse"), scripts=Scripts(evocative=0, neutral=1, files=("own.csv",)))
    source = Source(own, "here", tmp_path)
    run_recipe(source, tmp_path / "whole")

    class Stopping(Notes):
        def add_takes(self, counts) -> None:
            signal.raise_signal(signal.SIGINT)

    run_recipe(source, tmp_path / "run", progress=Stopping())
    (tmp_path / "own.csv").unlink()
    (tmp_path / "me.yaml").unlink()
    assert resume_run(tmp_path / "run").made == 31
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")
    assert {"scripts/own.csv", "personas/me.yaml"} <= bytes_of(tmp_path / "run").keys()


def test_the_licence_of_own_lines_stands_in_run_json_rows_and_records(tmp_path) -> None:
    lines(tmp_path / "own.csv", "Mine is said.", "Please raisenow.")
    own = recipe(personas=("nurse",), takes=60, scripts=Scripts(evocative=0, files=("own.csv",), license="CC-BY-4.0"))
    run_recipe(Source(own, "here", tmp_path), tmp_path / "run")
    run = open_run(tmp_path / "run")
    mine = frozenset(one.line.id for one in make_plan(Source(own, "here", tmp_path)).pools.own)
    rows = list(run.rows())
    assert run.file.recipe["scripts"]["license"] == "CC-BY-4.0"
    assert {(row["line"] in mine, row["line_license"]) for row in rows} == {(True, "CC-BY-4.0"), (False, "Apache-2.0")}
    assert any(row["verdict"] == "failed" and row["line_license"] == "CC-BY-4.0" for row in rows), "said of failed takes too"
    assert all(run.record(row).origin.line_license == row["line_license"] for row in rows if row["tar"])
    faults = audit_run(tmp_path / "run", sample=0).faults.counts
    assert not {"record", "plan", "row"} & set(faults), "an audit agrees"


# Takes and processes that fail


def odd_recipe(tmp_path: Path, *texts: str) -> Source:
    lines(tmp_path / "odd.csv", *texts)
    odd = recipe(
        personas=("nurse",),
        categories=("Anger", "Fear"),
        intensities=(3.0, 5.0),
        takes=4,
        scripts=Scripts(evocative=0, neutral=1, files=("odd.csv",), shipped=False),
    )
    return Source(odd, "here", tmp_path)


def test_a_take_that_fails_costs_itself(tmp_path) -> None:
    source = odd_recipe(tmp_path, "Here I am.", "Please raisenow.", "There I go.", "Please refusenow.")
    run_recipe(source, tmp_path / "run")
    rows = list(open_run(tmp_path / "run").rows())
    assert sum(row["verdict"] == "failed" for row in rows) == 8
    assert {row["reasons"][0] for row in rows if row["verdict"] == "failed"} == {
        "nothing can be spoken",
        "RuntimeError: tensor of a bad shape",
    }
    run_recipe(source, tmp_path / "two", TWO)
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "two")


def test_a_take_that_kills_its_process_is_entered_as_failed_and_costs_no_other(tmp_path) -> None:
    source = odd_recipe(tmp_path, "Here I am.", "Then crashnow.", "There I go.", "And off.")
    report = run_recipe(source, tmp_path / "run", TWO)
    rows = list(open_run(tmp_path / "run").rows())
    assert report.finished
    assert [row["verdict"] == "failed" for row in rows] == ["crashnow" in row["text"] for row in rows]
    assert sum(row["verdict"] == "failed" for row in rows) == 4
    assert all("its process died" in row["reasons"][0] for row in rows if row["verdict"] == "failed")


def test_a_process_that_dies_once_costs_nothing(tmp_path, monkeypatch) -> None:
    source = odd_recipe(tmp_path, "Here I am.", "A fusenow.", "There I go.")
    run_recipe(source, tmp_path / "whole")
    fuse = tmp_path / "fuse"
    fuse.touch()
    monkeypatch.setenv("HUM_FUSE", str(fuse))
    run_recipe(source, tmp_path / "run", TWO)
    assert not fuse.exists()
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")


@pytest.mark.parametrize("settings", [RunSettings(), TWO], ids=["here", "pool"])
def test_a_missing_part_ends_the_run_with_its_sentence(tmp_path, settings) -> None:
    source = odd_recipe(tmp_path, "Here I am.", "Some extranow.")
    with pytest.raises(VoiceactError, match=r"pip install .*\[loud\]") as ended:
        run_recipe(source, tmp_path / "run", settings)
    assert settings is TWO or isinstance(ended.value, MissingExtraError)
    status = read_status(tmp_path / "run")
    assert status.run.sessions[0].ended
    assert status.inventory.counts.levels["failed"] == 0


def test_a_script_without_a_guard_is_told_so(tmp_path) -> None:
    code = (
        "import sys\nfrom hum import recipe\nfrom voiceact.runs.run import *\n"
        "run_recipe(recipe(), sys.argv[1], RunSettings(workers=2))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    found = subprocess.run([sys.executable, script, tmp_path / "run"], capture_output=True, text=True, timeout=120)
    assert "below `if __name__ == '__main__':`" in found.stderr.splitlines()[-1]
    assert read_status(tmp_path / "run").inventory.counts.takes == 0


# Two at once


def test_two_runs_on_one_folder_are_refused_but_shares_are_not(undisturbed, tmp_path) -> None:
    site_work = tmp_path / "run/work"
    with lock_partition(site_work, Partition(), "it"):
        with pytest.raises(UsageError, match="another process is making it; wait for it"):
            run_recipe(recipe(), tmp_path / "run")
        assert list_held_partitions(site_work) == [Partition()]
    with lock_partition(site_work, Partition(1, 2), "it"):
        for share in (Partition(1, 2), Partition(1, 4), Partition(3, 4), Partition(2, 3), Partition()):
            with pytest.raises(UsageError, match="is making its share 1/2"):
                run_recipe(recipe(), tmp_path / "run", RunSettings(partition=share))
        run_recipe(recipe(), tmp_path / "run", RunSettings(partition=Partition(2, 2)))
    run_recipe(recipe(), tmp_path / "run")
    assert bytes_of(tmp_path / "run") == bytes_of(undisturbed)


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_shares_meet_exactly_where_they_have_a_shard_in_common(n: int, m: int, data) -> None:
    one, other = Partition(data.draw(st.integers(1, n)), n), Partition(data.draw(st.integers(1, m)), m)
    assert one.overlaps(other) == bool(set(one.shards(1000)) & set(other.shards(1000)))


@given(st.integers(1, 9), st.integers(0, 50))
def test_shares_are_a_division_of_the_whole(count: int, shards: int) -> None:
    found = [shard for number in range(1, count + 1) for shard in Partition(number, count).shards(shards)]
    assert sorted(found) == list(range(shards))


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/4", ""])
def test_a_share_is_written_as_one_of_so_many(text: str) -> None:
    with pytest.raises(UsageError, match="expected the number of a share and how many there are"):
        Partition.parse(text)
    assert Partition.parse("2/8") == Partition(2, 8)


def test_more_shares_than_shards_are_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="the plan has 4 shards; expected at most as many shares"):
        run_recipe(recipe(), tmp_path / "run", RunSettings(partition=Partition(1, 5)))
    assert not (tmp_path / "run").exists()


def test_of_two_that_come_at_once_one_gets_the_lock(tmp_path) -> None:
    won, lost = [], []
    gate = threading.Barrier(4)

    def come() -> None:
        gate.wait()
        try:
            with lock_partition(tmp_path, Partition(), "it"):
                won.append(1)
                while len(lost) < 3:
                    time.sleep(0.01)
        except UsageError:
            lost.append(1)

    threads = [threading.Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(won), len(lost)) == (1, 3)


# Before anything is written


def test_what_cannot_be_written_is_told_before_anything_is_made(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is not a folder"):
        run_recipe(recipe(), tmp_path / "file" / "run")
    with pytest.raises(UsageError, match="unknown engine 'hmm'"):
        run_recipe(msgspec.structs.replace(recipe(), engine="hmm"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_without_sidecars_is_read_as_it_is_and_gets_them_when_it_goes_on(undisturbed: Path, tmp_path) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    for path in run.glob("index/*.json"):
        path.unlink()
    bare = bytes_of(run)
    assert read_status(run).as_dict() == {**read_status(undisturbed).as_dict(), "folder": str(run)}
    assert list(open_run(run).footers()) == list(open_run(undisturbed).footers())
    assert bytes_of(run) == bare, "reading writes nothing"
    assert resume_run(run).made == 0
    assert bytes_of(run) == bytes_of(undisturbed) and len(bytes_of(run)) == len(bare) + 4


def test_a_sidecar_that_belongs_to_no_parquet_file_is_replaced(undisturbed: Path, tmp_path) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    (run / "index/shard-000001.parquet").unlink()
    (run / "index/_shard-000001.json").write_bytes((run / "index/_shard-000002.json").read_bytes())
    assert not read_status(run).finished
    assert resume_run(run).made == 8
    assert bytes_of(run) == bytes_of(undisturbed)
