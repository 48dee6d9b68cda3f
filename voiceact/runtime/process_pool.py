"""Run jobs in several processes: a process that dies loses its own job and no other, and Ctrl-C ends in order.

>>> from voiceact.runtime.signals import Stop
>>> from voiceact.runtime.process_pool import run_jobs
>>> list(run_jobs(abs, [-1, 2], workers=1, stop=Stop()))
[(-1, 1), (2, 2)]
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.signals import Stop

STOP_POLL_SECONDS = 0.2
"""between two looks at whether a run is to stop"""

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True)
class WorkerError:
    """An error of another process: its sentence and exit status, which can be sent where the exception cannot."""

    sentence: str
    status: int

    def to_exception(self) -> VoiceactError:
        """Return an exception of the same kind, to be raised here."""
        return UsageError(self.sentence) if self.status == UsageError.exit_status else VoiceactError(self.sentence)


class Died:
    """Result of a job whose process died (out of memory, a crash in native code).

    Args:
        reason: what is known of it, in words; may be empty
    """

    def __init__(self, reason: str = ""):
        self.reason = reason


DIED: Final = Died()
PROCESS_DIED: Final = "its process died (out of memory, or a crash of the engine)"
"""why a take has no sound, in the words of a report"""


def catch_errors(work: Callable[[], Result]) -> Result | WorkerError:
    """Do some work in a process that is not the user's, and return the error that ends it as one that can be sent."""
    try:
        return work()
    except VoiceactError as error:
        return WorkerError(str(error), error.exit_status)
    except OSError as error:
        return WorkerError(f"a worker failed: {error}", 1)


class JobQueue(Generic[Job]):
    """Jobs, one after another; one that has to be repeated comes before those that were not begun.

    Args:
        jobs: in their order; taken as they are needed
    """

    def __init__(self, jobs: Iterable[Job]):
        self._jobs, self._again = iter(jobs), deque[Job]()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Job:
        return self._again.popleft() if self._again else next(self._jobs)

    def repeat(self, job: Job) -> None:
        """Hand a job out once more."""
        self._again.append(job)


@contextmanager
def stop_file(stop: Stop) -> Iterator[Path]:
    """Yield the path of a file that appears once the run is asked to stop, for processes that cannot see `stop`."""
    over = threading.Event()
    with TemporaryDirectory(prefix="voiceact-") as folder:
        path = Path(folder, "stop")

        def watch() -> None:
            while not over.wait(STOP_POLL_SECONDS):
                if stop.asked:
                    path.touch()
                    return

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield path
        finally:
            over.set()
            thread.join()


def run_jobs(
    work: Callable[[Job], Result], jobs: Iterable[Job], *, workers: int, stop: Stop
) -> Iterator[tuple[Job, Result | Died]]:
    """Run a function on each job and yield each job with its result, as they complete.

    Args:
        work: the function, picklable if there are several workers; its errors are raised here
        jobs: its arguments, picklable likewise
        workers: number of processes; 1 runs the jobs in this process, in order
        stop: once it is requested, jobs that have begun are finished and no other is started
    """
    if workers <= 1:
        for job in jobs:
            if stop.asked:
                return
            yield job, work(job)
        return

    waiting = iter(jobs)
    lost: list[Job] | None = []
    while lost is not None:
        with _Pool(work, workers) as pool:
            lost = yield from pool.run(waiting, stop)
        # Which of the lost jobs killed its process shows only when each runs in a process of its own.
        for job in lost or ():
            if stop.asked:
                continue
            with _Pool(work, 1) as pool:
                try:
                    result: Result | Died = pool.begin(job).result()
                except BrokenProcessPool:
                    result = DIED
            yield job, result


class _Pool(Generic[Job, Result]):
    """A process pool that does not receive Ctrl-C and leaves no process behind."""

    def __init__(self, work: Callable[[Job], Result], workers: int):
        self._work, self._ahead = work, 2 * workers
        self._others = set(multiprocessing.active_children())
        # Not forked: onnxruntime's threads do not survive a fork.
        self._executor = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _prepare_process)
        self._begun: dict[Future[Result], Job] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None and not issubclass(kind, Exception):
            for child in set(multiprocessing.active_children()) - self._others:
                child.terminate()
        self._executor.shutdown(cancel_futures=True)

    def begin(self, job: Job) -> "Future[Result]":
        """Submit a job."""
        # A new process inherits the blocked SIGINT, so only this process receives the terminal's Ctrl-C.
        if not hasattr(signal, "pthread_sigmask"):
            return self._executor.submit(self._work, job)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return self._executor.submit(self._work, job)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def run(self, jobs: Iterator[Job], stop: Stop) -> "Generator[tuple[Job, Result | Died], None, list[Job] | None]":
        """Yield each job with its result; return the jobs that were lost with a process, None when all are done."""
        try:
            while self._fill(jobs, stop):
                done, _ = wait(self._begun, return_when=FIRST_COMPLETED)
                for future in done:
                    if not future.cancelled():
                        yield self._begun[future], future.result()
                    del self._begun[future]
        except BrokenProcessPool:
            return list(self._begun.values())
        return None

    def _fill(self, jobs: Iterator[Job], stop: Stop) -> bool:
        """Submit jobs until every process is busy; return whether any job is under way."""
        while not stop.asked and len(self._begun) < self._ahead:
            job = next(jobs, None)
            if job is None:
                break
            try:
                future = self.begin(job)
            except BrokenProcessPool as error:
                future = Future()  # a job that finds the pool broken counts as begun, so that it is not lost
                future.set_exception(error)
            self._begun[future] = job
        if stop.asked:
            for future in self._begun:
                future.cancel()
        return bool(self._begun)


def _prepare_process() -> None:
    """Prepare a new process of the pool: ignore Ctrl-C, which the parent handles, and end when the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        # A parent that is killed sends no message; its processes would wait for work without end.
        parent = multiprocessing.parent_process()
        if parent is not None:
            connection.wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
