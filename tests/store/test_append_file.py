"""A file that only grows: an append is whole or not there, and a lock keeps another process out."""

import subprocess
import sys
from pathlib import Path

import pytest

from voiceact.errors import VoiceactError
from voiceact.store.append_file import AppendFile, hold_lock


def test_what_lies_behind_the_end_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(b"whole|cut sho")
    with AppendFile(path, 6) as file:
        file.append(b"again")
        assert path.read_bytes() == b"whole|again", "nothing waits in a buffer"


@pytest.mark.skipif(sys.platform == "win32", reason="sizes of files cannot be limited")
def test_an_append_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "a.journal"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with AppendFile(path, 0) as file:
        file.append(b"x" * 60)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        try:
            with pytest.raises(VoiceactError, match=r"cannot write .*a\.journal: File too large"):
                file.append(b"y" * 60)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert path.read_bytes() == b"x" * 60
        file.append(b"z")
    assert path.read_bytes() == b"x" * 60 + b"z"


def test_a_lock_keeps_another_process_out_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    lock = tmp_path / "deep" / "a.lock"
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom voiceact.store.append_file import hold_lock\n"
        "with hold_lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, lock], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with (
            pytest.raises(VoiceactError, match=r"a\.lock: is held by another process; wait"),
            hold_lock(lock, seconds=0.01, advice="wait"),
        ):
            pass
        other.kill()
    with hold_lock(lock, seconds=5):
        pass


def test_a_lock_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(VoiceactError, match="one of its folders is a file"), hold_lock(tmp_path / "file" / "a.lock"):
        pass
