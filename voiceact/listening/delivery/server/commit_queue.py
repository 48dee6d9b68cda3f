"""Queue requests for the one thread that uses the database; those that wait together share a transaction.

One thread, because SQLite takes one writer at a time anyway, and queueing is quicker than retrying. One
transaction for many, because the disk is what takes long: with each answer a commit of its own, a hundred listeners who
answer at once wait for a hundred commits. No request is answered before its changes are on the disk.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from voiceact.web.security import Refused

MOST_TOGETHER = 64
RETRY_SECONDS = 2

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Request:
    work: Callable[[Session], Any]
    future: Future[Any]


class CommitQueue:
    """A thread that uses the database, and the queue of requests for it.

    Args:
        engine: of the database
        prepare: called in the thread before each transaction
        spoil: called after a transaction that failed: what is kept in memory may be ahead of the database
    """

    def __init__(self, engine: Engine, *, prepare: Callable[[], None], spoil: Callable[[], None]):
        self._engine, self._prepare, self._spoil = engine, prepare, spoil
        self._waiting: deque[_Request] = deque()
        self._thread = ThreadPoolExecutor(1, "commit-queue")

    async def run(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do `work(session, …)` in a transaction and wait until it is stored.

        Raises:
            Refused: what `work` refused; 503 if the database cannot be used now
        """
        return await asyncio.wrap_future(self._queue(work, *args, **kwargs))

    def run_blocking(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do the same as `run`, from a thread that may wait."""
        return self._queue(work, *args, **kwargs).result()

    def close(self) -> None:
        """Finish the queued requests and end the thread."""
        self._thread.shutdown()

    def _queue(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        self._waiting.append(_Request(lambda session: work(session, *args, **kwargs), future))
        self._thread.submit(self._turn)
        return future

    def _turn(self) -> None:
        """Serve all requests that wait; later turns of those served together find an empty queue."""
        together = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
        if together:
            self._serve(together)

    def _serve(self, requests: list[_Request]) -> None:
        """Do requests in one transaction; if it fails, in one each, so that no request fails because of another."""
        outcomes: list[Any] = []
        try:
            self._prepare()
            with Session(self._engine) as session, session.begin():
                for request in requests:
                    # A refusal is an outcome: work refuses before it changes anything.
                    try:
                        outcomes.append(request.work(session))
                    except Refused as refused:
                        outcomes.append(refused)
        except Exception as error:  # noqa: BLE001 - it goes to the caller, as in any executor
            self._spoil()
            if len(requests) > 1:
                for request in requests:
                    self._serve([request])
            elif isinstance(error, SQLAlchemyError):
                message = "answers cannot be stored just now; this page tries again"
                unavailable = Refused(503, "database", message, retry_after=RETRY_SECONDS)
                unavailable.__cause__ = error
                requests[0].future.set_exception(unavailable)
            else:
                requests[0].future.set_exception(error)
            return
        for request, outcome in zip(requests, outcomes, strict=True):
            if isinstance(outcome, Refused):
                request.future.set_exception(outcome)
            else:
                request.future.set_result(outcome)
