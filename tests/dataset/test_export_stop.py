"""An export that is stopped, killed or meets a full disk: nothing stands under its name, and the next one succeeds."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tiny_run import write_tiny_run

from voiceact.dataset.export.export import export
from voiceact.dataset.export.formats import format_names
from voiceact.errors import UsageError, VoiceactError

resource = pytest.importorskip("resource", reason="Windows has no limits of a process")

SLOW = """
import sys, time
from voiceact.cli import main
from voiceact.store.reader import TarReader

audio = TarReader.audio

def read_slowly(*arguments):
    print("begun", flush=True)
    time.sleep(0.2)
    return audio(*arguments)

TarReader.audio = read_slowly
main.main(["dataset", "export", *sys.argv[1:]])
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_tiny_run(tmp_path / "run")


def stopped(run: Path, out: Path, form: str, sent: signal.Signals) -> tuple[int, str]:
    """The status and last words of an export that gets a signal at its third clip."""
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, run, "--format", form, "--out", out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and [process.stdout.readline() for _ in range(3)] == ["begun\n"] * 3
        process.send_signal(sent)
        return process.wait(60), process.stderr.read().strip() if process.stderr else ""


@contextmanager
def small_files(most: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes: as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("form", format_names())
def test_a_stopped_export_leaves_nothing_and_a_killed_one_nothing_by_its_name(run: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    assert stopped(run, out, form, signal.SIGTERM) == (143, "voiceact: interrupted; nothing is left half-written")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert stopped(run, out, form, signal.SIGKILL)[0] == -signal.SIGKILL
    assert not out.exists()
    assert export(run, out, form).clips == 12


@pytest.mark.parametrize("form", format_names())
@pytest.mark.parametrize("most", [0, 700])
def test_a_full_disk_leaves_nothing(run: Path, tmp_path: Path, form: str, most: int) -> None:
    with small_files(most), pytest.raises(VoiceactError, match=r"cannot write .*out.*File too large"):
        export(run, tmp_path / "out", form)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert export(run, tmp_path / "out", form).clips == 12


@pytest.mark.parametrize("form", format_names())
def test_a_folder_that_may_not_be_written_is_told_before_anything(run: Path, tmp_path: Path, form: str, monkeypatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(UsageError, match="may not be written; choose another"):
        export(run, tmp_path / "out", form)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_disk_that_takes_no_file_away_either_is_told_for_what_it_is(tmp_path: Path, monkeypatch) -> None:
    from voiceact.runtime.atomic_files import write_whole

    monkeypatch.setattr("os.access", lambda path, mode: False)
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: pytest.fail("there is nothing to take away"))
    with pytest.raises(UsageError, match="may not be written"):
        write_whole(tmp_path / "x", b"x")
