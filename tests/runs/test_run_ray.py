"""A plan on a Ray cluster of two nodes: the same bytes, whoever dies."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hum import TESTS, bytes_of, hum, install, lines, recipe  # noqa: F401
from msgspec import structs
from ray_nodes import no_longer, two_nodes

from voiceact.errors import UsageError, VoiceactError
from voiceact.recipe.schema import Scripts, Verify
from voiceact.recipe.source import Source
from voiceact.runs.progress import RunProgress, read_status
from voiceact.runs.run import RunSettings, run_recipe
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.reader import open_run

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.cluster
RAY = RunSettings(executor="ray", workers=2)


@pytest.fixture(autouse=True)
def in_time(cluster) -> Iterator[None]:
    with no_longer():
        yield


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two nodes with a processor each, each with processes of its own, as on two machines with a shared folder."""
    plugin = install(tmp_path_factory.mktemp("plugin"))
    with two_nodes(plugin, TESTS, TESTS.parent, HUM_SECONDS="0.03") as nodes:
        yield nodes


@pytest.fixture
def alone(cluster, tmp_path) -> Path:
    """The same recipe, run in one process."""
    run_recipe(recipe(takes=4), tmp_path / "alone")
    return tmp_path / "alone"


class Heard(RunProgress):
    """What is told while Ray works."""

    def __init__(self) -> None:
        self.takes = self.complete = 0
        self.shards: list[int] = []

    def add_takes(self, counts) -> None:
        self.takes += sum(sum(count.levels.values()) for count in counts)

    def add_cells(self, count: int) -> None:
        self.complete += count

    def add_shard(self, shard: int) -> None:
        self.shards.append(shard)


def test_two_nodes_make_the_same_bytes_and_tell_what_they_make(alone, tmp_path) -> None:
    assert [node["Resources"]["CPU"] for node in ray.nodes() if node["Alive"]] == [1, 1]
    heard = Heard()
    report = run_recipe(recipe(takes=4), tmp_path / "run", RAY, progress=heard)
    assert (report.finished, report.made) == (True, 64)
    assert (heard.takes, heard.complete, sorted(heard.shards)) == (64, 16, list(range(8)))
    assert bytes_of(tmp_path / "run") == bytes_of(alone)


def ray_workers() -> list[int]:
    """Processes of this test's cluster that are at a task of ours."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_bytes().startswith(b"ray::_make") and descends(int(entry.parent.name)):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def descends(process: int) -> bool:
    """Whether a process was begun by this one, or by one that was."""
    while process not in (0, os.getpid()):
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return process != 0


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc to find a worker in")
def test_a_worker_killed_in_mid_run_costs_nothing(alone, tmp_path) -> None:
    run, killed, over = tmp_path / "run", [], threading.Event()

    def kill() -> None:
        while not killed and not over.is_set():
            if len(list(run.glob("work/*/*.journal"))) > 1 and (workers := ray_workers()):
                os.kill(workers[0], signal.SIGKILL)
                killed.append(workers[0])
            time.sleep(0.01)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        report = run_recipe(recipe(takes=4), run, RAY)
    finally:
        over.set()
        killer.join(5)
    assert killed and report.finished
    assert bytes_of(run) == bytes_of(alone)
    assert all(row["verdict"] != "failed" for row in open_run(run).rows())


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopped_and_resumed_by_another_executor(alone, tmp_path, sent) -> None:
    class Stopping(Heard):
        def add_shard(self, shard: int) -> None:
            if not self.shards:
                signal.raise_signal(sent)
            super().add_shard(shard)

    report = run_recipe(recipe(takes=4), tmp_path / "run", RAY, progress=Stopping())
    assert not report.finished and report.made > 0 and report.signal == sent
    assert run_recipe(recipe(takes=4), tmp_path / "run").finished
    assert bytes_of(tmp_path / "run") == bytes_of(alone)


def test_a_take_that_kills_its_worker_again_and_again_is_entered_as_failed(cluster, tmp_path) -> None:
    lines(tmp_path / "odd.csv", "Here I am.", "Then crashnow.")
    odd = recipe(
        personas=("nurse",),
        categories=("Anger",),
        takes=4,
        scripts=Scripts(evocative=0, neutral=1, files=("odd.csv",), shipped=False),
    )
    assert run_recipe(Source(odd, "here", tmp_path), tmp_path / "run", RAY).finished
    rows = list(open_run(tmp_path / "run").rows())
    assert [row["verdict"] == "failed" for row in rows] == ["crashnow" in row["text"] for row in rows]
    assert len(rows) == 8


def test_what_ends_a_run_is_told_from_the_worker(cluster, tmp_path) -> None:
    lines(tmp_path / "odd.csv", "Some extranow.")
    odd = recipe(scripts=Scripts(evocative=0, neutral=1, files=("odd.csv",), shipped=False))
    with pytest.raises(VoiceactError, match=r"pip install .*\[loud\]"):
        run_recipe(Source(odd, "here", tmp_path), tmp_path / "run", RAY)
    assert read_status(tmp_path / "run").run.sessions[0].executor == "ray"


def test_a_store_that_no_other_process_sees_is_refused(cluster) -> None:
    with pytest.raises(UsageError, match="only this process can see that store"):
        run_recipe(recipe(), "memory://ray-run", RAY)


def test_ray_is_an_extra(monkeypatch, tmp_path, hum) -> None:  # noqa: F811
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[ray\]"):
        run_recipe(recipe(), tmp_path / "run", RAY)


def test_a_run_beside_its_cohort_is_the_same_on_a_cluster(tmp_path) -> None:
    """The cohort is made once, by the driver; tasks judge beside what travels with the plan."""
    centred = structs.replace(
        recipe(personas=("nurse",), takes=3), verify=Verify(checks=("emotion",), cohort="pilot", evidence="none")
    )
    run_recipe(centred, tmp_path / "alone")
    assert run_recipe(centred, tmp_path / "run", RAY).finished
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "alone")
    assert (tmp_path / "run" / "cohort.json").is_file()
