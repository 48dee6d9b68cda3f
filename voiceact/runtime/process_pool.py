"""Work spread over processes: a process that dies takes its own job with it and no other, and Ctrl-C ends cleanly.

>>> from voiceact.runtime.signals import Stop
>>> from voiceact.runtime.process_pool import spread
>>> list(spread(abs, [-1, 2], workers=1, stop=Stop()))
[(-1, 1), (2, 2)]
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from voiceact.runtime.signals import Stop

Job = TypeVar("Job")
Result = TypeVar("Result")


class Died:
    """Stands for the result of a job whose process died (out of memory, a crash in native code)."""


DIED: Final = Died()


def spread(work: Callable[[Job], Result], jobs: Iterable[Job], *, workers: int, stop: Stop
           ) -> Iterator[tuple[Job, Result | Died]]:
    """Each job with its result, as they come; with one worker in this process and in order.

    work, jobs: with more than one worker both must be picklable; what `work` raises is raised here
    stop: when it is asked, the jobs begun are finished and no other
    """
    if workers > 1:
        yield from _pooled(work, iter(jobs), workers, stop)
        return
    for job in jobs:
        if stop.asked:
            return
        yield job, work(job)


def _pooled(work: Callable[[Job], Result], jobs: Iterator[Job], workers: int, stop: Stop
            ) -> Iterator[tuple[Job, Result | Died]]:
    lost: list[Job] | None = []
    while lost is not None:
        with _Pool(work, workers) as pool:
            lost = yield from pool.run(jobs, stop)
        # Which of the lost jobs killed its process is only known when each has one of its own.
        for job in lost or ():
            if not stop.asked:
                yield job, _alone(work, job)


def _alone(work: Callable[[Job], Result], job: Job) -> Result | Died:
    with _Pool(work, 1) as pool:
        try:
            return pool.begin(job).result()
        except BrokenProcessPool:
            return DIED


class _Pool(Generic[Job, Result]):
    """A process pool that Ctrl-C does not reach into, and that leaves no process behind."""

    def __init__(self, work: Callable[[Job], Result], workers: int):
        self._work, self._ahead = work, 2 * workers
        self._others = set(multiprocessing.active_children())
        # Not forked: onnxruntime's threads do not survive a fork.
        self._executor = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _settle)
        self._begun: dict[Future[Result], Job] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        if kind is not None and not issubclass(kind, Exception):
            for child in set(multiprocessing.active_children()) - self._others:
                child.terminate()
        self._executor.shutdown(cancel_futures=True)

    def begin(self, job: Job) -> "Future[Result]":
        """Hand one job over."""
        with _interrupt_held():
            return self._executor.submit(self._work, job)

    def run(self, jobs: Iterator[Job], stop: Stop) -> "Generator[tuple[Job, Result | Died], None, list[Job] | None]":
        """Yields each job with its result; returns the jobs lost with a process, None when all are done."""
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
        """Keep every process busy; whether anything is under way."""
        while not stop.asked and len(self._begun) < self._ahead:
            job = next(jobs, None)
            if job is None:
                break
            self._begun[self._held(job)] = job
        if stop.asked:
            for future in self._begun:
                future.cancel()
        return bool(self._begun)

    def _held(self, job: Job) -> "Future[Result]":
        """As `begin`; a job that finds the pool broken is kept among those begun."""
        try:
            return self.begin(job)
        except BrokenProcessPool as error:
            failed: Future[Result] = Future()
            failed.set_exception(error)
            return failed


def _settle() -> None:
    """In a new process of the pool: Ctrl-C is the parent's matter, and the end of the parent is its own end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed can tell nobody; its processes would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _interrupt_held() -> Iterator[None]:
    """Hold Ctrl-C back while a process is begun: it inherits that, so the terminal's Ctrl-C is ours alone."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
