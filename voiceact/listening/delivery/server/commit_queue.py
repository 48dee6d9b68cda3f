"""Requests stand in line for the one thread that uses the database; those that wait together share a transaction.

One thread, because SQLite takes one writer at a time anyway, and standing in line is quicker than trying again. One
transaction for many, because the disk is what takes long: with each answer a commit of its own, a hundred listeners who
answer at once wait for a hundred commits. Nobody is answered before what they asked for is on the disk.
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

from voiceact.listening.delivery.server.security import Refused

MOST_TOGETHER = 64
RETRY_SECONDS = 2

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Asked:
    work: Callable[[Session], Any]
    future: Future[Any]


class CommitQueue:
    """The thread and its line.

    Args:
        engine: of the database
        prepare: called in the thread before each transaction
        spoil: called after a transaction that failed: what is kept in memory may be ahead of the database
    """

    def __init__(self, engine: Engine, *, prepare: Callable[[], None], spoil: Callable[[], None]):
        self._engine, self._prepare, self._spoil = engine, prepare, spoil
        self._waiting: deque[_Asked] = deque()
        self._thread = ThreadPoolExecutor(1, "commit-queue")

    async def run(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do `work(session, …)` in a transaction and wait until it is stored.

        Raises:
            Refused: what `work` refused; 503 if the database cannot be used now
        """
        return await asyncio.wrap_future(self._queue(work, *args, **kwargs))

    def run_blocking(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `run`, from a thread that may wait."""
        return self._queue(work, *args, **kwargs).result()

    def close(self) -> None:
        """Let what stands in line be done."""
        self._thread.shutdown()

    def _queue(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        self._waiting.append(_Asked(lambda session: work(session, *args, **kwargs), future))
        self._thread.submit(self._turn)
        return future

    def _turn(self) -> None:
        """Serve all who wait; the turns of those who were served with others find nobody."""
        together = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
        if together:
            self._serve(together)

    def _serve(self, together: list[_Asked]) -> None:
        """One transaction for all; if it fails, one for each, so that nobody fails for another's sake."""
        try:
            told = self._transaction(together)
        except Exception as error:  # noqa: BLE001 - it goes to who asked, as in any executor
            self._spoil()
            if len(together) == 1:
                together[0].future.set_exception(_explained(error))
            else:
                for one in together:
                    self._serve([one])
            return
        for one, outcome in zip(together, told, strict=True):
            if isinstance(outcome, Refused):
                one.future.set_exception(outcome)
            else:
                one.future.set_result(outcome)

    def _transaction(self, together: list[_Asked]) -> list[Any]:
        self._prepare()
        with Session(self._engine) as session, session.begin():
            return [_outcome(one, session) for one in together]


def _outcome(asked: _Asked, session: Session) -> Any:
    """What the work gives, or its refusal: whoever refuses does so before changing anything."""
    try:
        return asked.work(session)
    except Refused as refused:
        return refused


def _explained(error: Exception) -> Exception:
    if not isinstance(error, SQLAlchemyError):
        return error
    told = Refused(503, "database", "answers cannot be stored just now; this page tries again", retry_after=RETRY_SECONDS)
    told.__cause__ = error
    return told
