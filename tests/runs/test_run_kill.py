"""Killed at any moment, and resumed: nothing lost, nothing left, the same bytes. Disks that are full or may not be written."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hum import at_work, bytes_of, hum, in_session, recipe, wait_until  # noqa: F401

from voiceact.errors import UsageError, VoiceactError
from voiceact.recipe.schema import Recipe, StopRule
from voiceact.runs.progress import read_status
from voiceact.runs.run import RunSettings, resume_run, run_recipe

pytestmark = [pytest.mark.usefixtures("hum"), pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL to send")]

KILLS = 4
A_TAKE = 0.02
"""seconds; sixteen cells of at most six take some two"""


def whole_recipe() -> Recipe:
    return recipe(stop=StopRule(included=2, takes=6), shard=30, twins=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("kill")


@pytest.fixture
def undisturbed(folder: Path, monkeypatch) -> Path:
    if not (folder / "run").exists():
        run_recipe(whole_recipe(), folder / "run")
        (folder / "recipe.json").write_bytes(msgspec.json.encode(whole_recipe()))
    monkeypatch.setenv("HUM_SECONDS", str(A_TAKE))
    return folder


CODE = """
import sys, msgspec
from voiceact.recipe.schema import Recipe
from voiceact.runs.run import RunSettings, run_recipe
if __name__ == "__main__":
    recipe = msgspec.json.decode(open(sys.argv[1], "rb").read(), type=Recipe)
    run_recipe(recipe, sys.argv[2], RunSettings(workers=int(sys.argv[3])))
"""


def begin(tmp_path: Path, recipe_file: Path, out: Path, workers: int) -> subprocess.Popen:
    (tmp_path / "go.py").write_text(CODE)
    return subprocess.Popen(
        [sys.executable, tmp_path / "go.py", recipe_file, out, str(workers)], start_new_session=True, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_random_moments_and_resumed_it_is_the_same(undisturbed, tmp_path, workers: int) -> None:
    run, draw, grown = tmp_path / "run", random.Random(workers), []
    for _ in range(KILLS):
        before = at_work(run)
        process = begin(tmp_path, undisturbed / "recipe.json", run, workers)
        wait_until(lambda before=before, process=process: at_work(run) > before + 1000 or process.poll() is not None)
        time.sleep(draw.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        grown.append(at_work(run) or len(list(run.glob("index/*"))))
        if Path("/proc/self/stat").exists():
            wait_until(lambda process=process: not in_session(process.pid), 20)
    assert grown[0] > 0
    sessions = read_status(run).run.sessions
    assert len(sessions) == KILLS and not any(session.ended for session in sessions[:2])
    resume_run(run, RunSettings(workers=workers))
    assert bytes_of(run) == bytes_of(undisturbed / "run")


def test_a_worker_that_is_killed_costs_nothing(undisturbed, tmp_path) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("there is no /proc to find the workers in")
    run = tmp_path / "run"
    process = begin(tmp_path, undisturbed / "recipe.json", run, 2)
    wait_until(lambda: len(list(run.glob("work/*/*.journal"))) >= 2)
    children = [
        pid
        for pid in in_session(process.pid)
        if pid != process.pid and b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    os.kill(children[0], signal.SIGKILL)
    _, told = process.communicate(timeout=120)
    assert (process.returncode, told) == (0, b"")
    assert bytes_of(run) == bytes_of(undisturbed / "run")


@pytest.mark.parametrize("workers", [1, 2])
def test_two_processes_on_one_folder(undisturbed, tmp_path, workers: int) -> None:
    run = tmp_path / "run"
    process = begin(tmp_path, undisturbed / "recipe.json", run, workers)
    wait_until(lambda: at_work(run) > 1000)
    assert [str(share) for share in read_status(run).at_work] == ["1/1"]
    with pytest.raises(UsageError, match="another process is making it"):
        run_recipe(whole_recipe(), run)
    assert process.wait(120) == 0
    assert bytes_of(run) == bytes_of(undisturbed / "run")
    assert read_status(run).at_work == ()


# Disks


def small_disk(path: Path, kilobytes: int) -> None:
    """A disk of that size at `path`, or the test is skipped."""
    path.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    found = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", path], capture_output=True)
    if found.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {found.stderr.decode().strip()}")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kilobytes", [300, 700, 1000])
def test_a_full_disk_is_told_and_nothing_is_lost(undisturbed, tmp_path, workers: int, kilobytes: int) -> None:
    disk = tmp_path / "disk"
    small_disk(disk, kilobytes)
    try:
        with pytest.raises(VoiceactError, match="the disk is full; free some space and run again, nothing that was finished"):
            run_recipe(whole_recipe(), disk / "run", RunSettings(workers=workers))
        made = read_status(disk / "run").inventory.counts.takes
        assert made > 0
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        report = resume_run(disk / "run")
        assert report.finished and report.made == read_status(undisturbed / "run").inventory.counts.takes - made
        assert bytes_of(disk / "run") == bytes_of(undisturbed / "run")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_disk_that_is_read_only_is_told_before_anything_is_made(undisturbed, tmp_path) -> None:
    disk = tmp_path / "disk"
    small_disk(disk, 300)
    try:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(UsageError, match="may not be written; choose another --out|permission denied"):
            run_recipe(whole_recipe(), disk / "run")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_folder_without_permission_is_told_before_anything_is_made(undisturbed, tmp_path, monkeypatch) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(UsageError, match="locked may not be written; choose another --out"):
        run_recipe(whole_recipe(), locked / "run")
    assert list(locked.iterdir()) == []
