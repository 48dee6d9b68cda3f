"""Processes that speak, one a core, for a server's event loop: what is due first is done first.

    pool = SynthesisPool(workers=2)
    await pool.start()
    take = await pool.synthesize(SynthesisRequest(persona="nurse", emotions="Concern", text="Sit down."), verify=True)
    async for passage in pool.stream(SynthesisRequest(persona="nurse", text="Sit down. I'll get the doctor.")):
        ...
    await pool.close()

Cancelling whoever waits (a client that disconnects) takes a task off the queue, or stops it at its next step. A process that
dies loses the task it was at (`WorkerDiedError`) and is replaced.
"""

import asyncio
import contextlib
import itertools
import multiprocessing
import os
import pickle
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_uint64
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import RawValue
from typing import Any, TypeVar

from voiceact.audio import Samples
from voiceact.audio.words import Word
from voiceact.engines.registry import DEFAULT_ENGINE
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.serve.worker import (
    Asked,
    Failure,
    SpokenTake,
    begin_text,
    speak_passage,
    speak_take,
    work,
)
from voiceact.synthesis.joining import PassageJoiner, shift_words
from voiceact.text.passages import Passage, iterate_passages

Result = TypeVar("Result")

MOST_REQUESTS = 128
"""requests under way at once, unless said otherwise"""
STOP_SECONDS = 120.0
"""time in which a cancelled task must have reached its next step; a process that has not is killed. Loading the judge, which
has no steps, takes some seconds of processor time, and many more where others want the processor too"""
END_SECONDS = 10.0
"""time in which a process must have ended when the pool is closed"""
RESTART_SECONDS = 1.0
"""pause before a process that could not start is started again"""
FIRST_CHARACTERS = 60
"""length up to which a first sentence is spoken as a whole"""
FIRST_AHEAD_SECONDS = 4.0
"""by how much the first passage of a stream goes before what is due at the same moment; so a stream that has begun falls behind
by no more than this when many begin at once, and none waits for ever"""
SHORTEST_CLAUSE = 15
"""characters that are worth speaking alone"""
SECONDS_A_CHARACTER = 0.02
"""by which a stream whose first passage is longer begins later than one that came with it: where many come at once, most then
begin sooner, and one that came a second later still waits its turn"""
_CLAUSE_END = re.compile(r"[,;:—–]\s+")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s")
TYPICAL_SECONDS = 1.0
"""that a process is at a request, before any was measured"""
REQUESTS_REMEMBERED = 100
"""over about so many the mean time of a request is taken"""


@dataclass(frozen=True)
class SpokenPassage:
    """The sound of some sentences of a text that is spoken passage by passage.

    Attributes:
        text: what was said
        samples: float32 [n], with the silence before it
        rate: in Hz
        words: timed from the start of the whole text
        mix: category id -> intensity, of the whole request
        notes: of the whole request, one sentence each; with the first passage only
    """

    text: str
    samples: Samples
    rate: int
    words: tuple[Word, ...]
    mix: Mapping[str, float]
    notes: tuple[str, ...] = ()


class PoolBusyError(VoiceactError):
    """As many requests as allowed are under way; `retry_after` is after how many seconds one may be free."""

    def __init__(self, under_way: int, retry_after: int):
        self.retry_after = retry_after
        super().__init__(
            f"{count_noun(under_way, 'request')} under way, and no more are taken just now; try again in {retry_after} s"
        )


class WrongRequestError(UsageError):
    """What was asked cannot be done; `about` is what an unknown name was to name ("voice"), empty for all else."""

    def __init__(self, message: str, about: str = ""):
        self.about = about
        super().__init__(message)


class WorkerDiedError(VoiceactError):
    """The process that was at a task died (out of memory, a crash in native code) or had to be killed."""


class WorkFailedError(VoiceactError):
    """The engine or a check failed at a task."""


@dataclass(order=True)
class _Task:
    due: float
    number: int
    call: bytes = field(compare=False)
    future: "asyncio.Future[Any]" = field(compare=False)
    worker: "_Worker | None" = field(default=None, compare=False)


class _Worker:
    """A process with the pool's end of its pipe."""

    def __init__(self, engines: Sequence[str], personas: Sequence[str]):
        # Not forked: onnxruntime's threads do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.cancelled = RawValue(c_uint64, 0)
        self.task, self.loaded = 0, False
        self.process = context.Process(target=work, args=(theirs, self.cancelled, engines, personas), daemon=True)
        self.process.start()
        theirs.close()

    def exchange(self, call: bytes) -> Any:
        """Send a pickled task and wait for its reply.

        Raises:
            EOFError, OSError: if the process dies
        """
        self.pipe.send_bytes(call)
        return self.pipe.recv()[1]

    def stop(self, number: int) -> None:
        """Stop a task at its next step, if it is the one that is done."""
        if self.task == number:
            self.cancelled.value = number

    def kill_at(self, number: int) -> None:
        """Kill the process, if it is still at that task."""
        if self.task == number:
            self.process.kill()

    def end(self) -> None:
        """Tell the process to end, wait a little until it has, and kill it otherwise."""
        self.cancelled.value = self.task
        with contextlib.suppress(OSError):
            self.pipe.send_bytes(b"")
        # One that still loads its engines reads no message.
        self.process.join(END_SECONDS if self.loaded else 0)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class SynthesisPool:
    """Runs tasks of `voiceact.serve.worker` in processes of their own, for one event loop.

    Args:
        engines: names with options, loaded by every process
        workers: number of processes; None is one a core
        personas: folders in which personas are looked up first
        most_requests: that `admit` lets in at once
        most_seconds: expected wait from which on it lets nobody in

    Attributes:
        restarts: processes that died and were replaced
        under_way: requests that were let in and are not done
    """

    def __init__(
        self,
        *,
        engines: Sequence[str] = (DEFAULT_ENGINE,),
        workers: int | None = None,
        personas: Sequence[str] = (),
        most_requests: int = MOST_REQUESTS,
        most_seconds: float = 60.0,
    ):
        self.engines, self.personas = tuple(engines), tuple(map(str, personas))
        self.workers = workers or len(os.sched_getaffinity(0))
        self.most_requests, self.most_seconds = most_requests, most_seconds
        self.restarts, self.under_way, self.ready = 0, 0, 0
        self._busy_seconds, self._answered = TYPICAL_SECONDS, 1.0
        self._numbers = itertools.count(1)
        self._queue: asyncio.PriorityQueue[_Task] = asyncio.PriorityQueue()
        self._runners: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="pool")

    @property
    def waiting(self) -> int:
        """Number of tasks that no process has begun."""
        return self._queue.qsize()

    async def start(self) -> None:
        """Start the processes and wait until each has loaded its engines.

        Raises:
            VoiceactError: if a process ends while it loads them
        """
        begun = [asyncio.get_running_loop().create_future() for _ in range(self.workers)]
        self._runners = [asyncio.create_task(self._run_worker(future)) for future in begun]
        try:
            await asyncio.gather(*begun)
        except VoiceactError:
            await self.close()
            raise

    async def close(self) -> None:
        """End the processes; tasks that were not done raise CancelledError."""
        for runner in self._runners:
            runner.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)
        self._runners = []
        while not self._queue.empty():
            self._queue.get_nowait().future.cancel()
        self._threads.shutdown(wait=False)

    @contextlib.contextmanager
    def admit(self) -> Iterator[None]:
        """Let a request in, and count it until the context ends; servers hold one for each request.

        Raises:
            PoolBusyError: if as many as allowed are under way, or they will take longer than any may
        """
        seconds = self._busy_seconds / self._answered * self.under_way / self.workers
        if self.under_way >= self.most_requests or seconds > self.most_seconds:
            raise PoolBusyError(self.under_way, max(1, round(seconds)))
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
            self._answered += 1
            if self._answered > REQUESTS_REMEMBERED:
                # What the last requests took counts most.
                self._busy_seconds, self._answered = self._busy_seconds / 2, self._answered / 2

    async def run(self, function: Callable[..., Result], *arguments: Any, due: float | None = None, **keywords: Any) -> Result:
        """Run a function of a module in a process of the pool.

        Args:
            function: is pickled, as are its arguments and result
            arguments: of the function
            due: when its result is needed, in the seconds of `time.monotonic`; what is due first is done first. None is now
            keywords: of the function

        Raises:
            WrongRequestError: in place of the UsageError that the function raised
            WorkFailedError: if the engine or a check failed
            WorkerDiedError: if the process died
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        call = pickle.dumps((number, function, arguments, keywords))
        task = _Task(time.monotonic() if due is None else due, number, call, future)
        self._queue.put_nowait(task)
        try:
            return await future
        except asyncio.CancelledError:
            if task.worker is not None:
                task.worker.stop(task.number)
                asyncio.get_running_loop().call_later(STOP_SECONDS, task.worker.kill_at, task.number)
            raise

    async def synthesize(
        self, asked: Asked, *, verify: bool = False, twin: bool = False, speed: float = 1.0, due: float | None = None
    ) -> SpokenTake:
        """Speak a request as one take: the samples that `voiceact synth` writes.

        Args:
            asked: the request
            verify: whether it is judged; the verdict stands in the record
            twin: whether the neutral reading is returned too
            speed: at which the samples are returned, at the same pitch
            due: as in `run`

        Raises:
            WrongRequestError, WorkFailedError, WorkerDiedError: as `run` does
        """
        return await self.run(speak_take, asked, verify=verify, twin=twin, speed=speed, due=due)

    async def stream(self, asked: Asked, *, speed: float = 1.0, opening: int = 0) -> AsyncGenerator[SpokenPassage, None]:
        """Speak a text sentence by sentence; each is yielded once it is spoken, and the next begun when it is asked for.

        The first one goes ahead of what others are due now, so that under load, when everything is late, streams still begin
        soon; of several that came together the shortest goes first. A first sentence that is long is cut at a clause, so that
        its beginning is heard sooner (`cut_text`).

        Args:
            asked: the request
            speed: at which the samples are returned, at the same pitch
            opening: characters of the first passage, as far as known (`count_opening`)

        Raises:
            WrongRequestError, WorkFailedError, WorkerDiedError: as `run` does
        """
        due = time.monotonic() - FIRST_AHEAD_SECONDS + SECONDS_A_CHARACTER * opening
        begun = await self.run(begin_text, asked, cut_text, speed=speed, due=due)
        joiner, take = PassageJoiner(begun.rate, pause=begun.pause), begun.first
        started = time.monotonic()
        for number, passage in enumerate(begun.passages):
            if number:
                # It is due when what was sent before has been heard.
                due = started + joiner.length / begun.rate
                take = await self.run(speak_passage, begun.resolved, passage, speed=speed, due=due)
            samples, start = joiner.append(passage, take)
            words, notes = shift_words(take.words, start), () if number else begun.notes
            yield SpokenPassage(passage.text, samples, begun.rate, words, begun.mix, notes)

    async def _run_worker(self, begun: "asyncio.Future[None]") -> None:
        """Keep one process running, and give it task after task."""
        loop = asyncio.get_running_loop()
        while True:
            worker = _Worker(self.engines, self.personas)
            try:
                try:
                    await loop.run_in_executor(self._threads, worker.pipe.recv)
                    worker.loaded = True
                except (EOFError, OSError):
                    if not begun.done():
                        names = ", ".join(self.engines)
                        begun.set_exception(VoiceactError(f"a process could not load {names}; the reason stands above"))
                        return
                    await asyncio.sleep(RESTART_SECONDS)
                    continue
                if not begun.done():
                    begun.set_result(None)
                self.ready += 1
                try:
                    await self._feed(worker)
                finally:
                    self.ready -= 1
                self.restarts += 1
            finally:
                await asyncio.to_thread(worker.end)

    async def _feed(self, worker: _Worker) -> None:
        """Give a process the task that is due first, again and again, until it dies."""
        loop = asyncio.get_running_loop()
        while True:
            task = await self._queue.get()
            if task.future.done():
                continue
            task.worker, worker.task = worker, task.number
            began = time.monotonic()
            try:
                reply = await loop.run_in_executor(self._threads, worker.exchange, task.call)
            except (EOFError, OSError):
                if not task.future.done():
                    task.future.set_exception(WorkerDiedError("the process that was at this request died; send it again"))
                return
            except asyncio.CancelledError:
                task.future.cancel()
                raise
            finally:
                worker.task = 0
                self._busy_seconds += time.monotonic() - began
            if task.future.done():
                continue
            if not isinstance(reply, Failure):
                task.future.set_result(reply)
            elif reply.kind == "usage":
                task.future.set_exception(WrongRequestError(reply.message, reply.about))
            else:
                task.future.set_exception(WorkFailedError(reply.message))


def count_opening(text: str) -> int:
    """Return about how many characters `cut_text` leaves in the first passage of a text, at most `FIRST_CHARACTERS`.

    Nothing is read: an event loop has no time for that. An abbreviation counts as the end of a sentence here.
    """
    beginning = text.lstrip()[: FIRST_CHARACTERS + 1]
    end = _SENTENCE_END.search(beginning)
    if end or len(beginning) <= FIRST_CHARACTERS:
        return len(beginning[: end.end() if end else None].rstrip())
    cut = next((match.end() for match in _CLAUSE_END.finditer(beginning) if match.end() >= SHORTEST_CLAUSE), None)
    return min(len(beginning[:cut].rstrip()), FIRST_CHARACTERS)


def cut_text(text: str, language: str) -> list[Passage]:
    """Cut a text into sentences; a first one of more than `FIRST_CHARACTERS` is cut behind its clauses too."""
    passages = list(iterate_passages(text, language, longest=1)) or [Passage(text, 0, len(text))]
    first = passages[0]
    cut = next((match.end() for match in _CLAUSE_END.finditer(first.text) if match.end() >= SHORTEST_CLAUSE), None)
    if len(first.text) <= FIRST_CHARACTERS or cut is None:
        return passages
    head = first.text[:cut].rstrip()
    tail = first.text[cut:].lstrip()
    return [
        Passage(head, first.start, first.start + len(head)),
        Passage(tail, first.end - len(tail), first.end, first.pause),
        *passages[1:],
    ]
