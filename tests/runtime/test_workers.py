"""Work spread over processes."""

import os
import signal
import subprocess
import sys
import time

import pytest

from voiceact.errors import VoiceactError
from voiceact.runtime.process_pool import DIED, run_jobs
from voiceact.runtime.signals import Stop


def _halved(number: int) -> float:
    if number < 0:
        os._exit(1)
    if number == 13:
        raise VoiceactError("thirteen")
    return number / 2


def test_work_in_processes_is_the_work_of_one() -> None:
    jobs = list(range(12))
    assert dict(run_jobs(_halved, jobs, workers=3, stop=Stop())) == dict(run_jobs(_halved, jobs, workers=1, stop=Stop()))


def test_a_dead_process_is_told_from_its_neighbours() -> None:
    found = dict(run_jobs(_halved, [4, -1, 6, -2, 8], workers=2, stop=Stop()))
    assert found == {4: 2.0, 6: 3.0, 8: 4.0, -1: DIED, -2: DIED}


def test_what_work_raises_is_raised() -> None:
    with pytest.raises(VoiceactError, match="thirteen"):
        list(run_jobs(_halved, [1, 13], workers=2, stop=Stop()))


@pytest.mark.parametrize("workers", [1, 2])
def test_no_job_is_begun_after_stop(workers: int) -> None:
    stop = Stop()
    found = []
    for job, _ in run_jobs(_halved, range(1000), workers=workers, stop=stop):
        stop.asked = True
        found.append(job)
    assert 1 <= len(found) <= 2 * workers


ORPHANS = """
import os, time
from voiceact.runtime.signals import Stop
from voiceact.runtime.process_pool import run_jobs

def work(job):
    print(f"{os.getpid()}\\n", end="", flush=True)
    time.sleep(job)

if __name__ == "__main__":
    list(run_jobs(work, [0, 0, 60], workers=2, stop=Stop()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL to send")
def test_processes_end_with_a_parent_that_is_killed(tmp_path) -> None:
    (tmp_path / "script.py").write_text(ORPHANS)
    with subprocess.Popen([sys.executable, tmp_path / "script.py"], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        for _ in range(3):
            assert int(parent.stdout.readline()) != parent.pid
        parent.send_signal(signal.SIGKILL)
        # The pipe closes when the last process that could write to it is gone: one sleeps, another has no work.
        began = time.monotonic()
        parent.stdout.read()
        assert time.monotonic() - began < 30
