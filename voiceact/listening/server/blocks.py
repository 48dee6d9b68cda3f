"""Which items a listener has and which is next: the ledger of the assignment, kept in step with the database."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from voiceact.listening.answer import check_answer, ledger_value, make_answers
from voiceact.listening.assignment import Draw, Ledger, schedule
from voiceact.listening.server.models import Answer, Assignment, Listener
from voiceact.listening.test import Test


@dataclass(frozen=True, slots=True)
class Given:
    """An item that was handed out, and what is stored of its answer; `draw` holds the value as the ledger counts it."""

    draw: Draw
    value: Any = None
    seconds: float | None = None
    plays: int | None = None
    at: float | None = None

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer."""
        return self.at is not None


def stored_draws(session: Session, test: Test) -> list[Given]:
    """All that was handed out, listener by listener in their order."""
    rows = session.execute(
        select(Assignment.listener_id, Assignment.item, Assignment.position, Assignment.stage, Listener.seed, Assignment.given,
               Answer.value, Answer.seconds, Answer.plays, Answer.at)
        .join(Listener, Listener.id == Assignment.listener_id)
        .outerjoin(Answer, (Answer.listener_id == Assignment.listener_id) & (Answer.item == Assignment.item))
        .order_by(Assignment.listener_id, Assignment.position))
    return [_given(test, Draw(*row[:6]), *row[6:]) for row in rows]


def _given(test: Test, draw: Draw, value: Any, seconds: float | None, plays: int | None, at: float | None) -> Given:
    return Given(draw) if at is None else Given(answered(test, draw, value, at), value, seconds, plays, at)


def answered(test: Test, draw: Draw, value: object, at: float) -> Draw:
    """A draw with its answer, as the ledger counts it."""
    return replace(draw, at=at, value=ledger_value(test, make_answers(test, draw, value, at="")))


class Blocks:
    """What was handed out to whom, in memory; the database has it all, and `reload` reads it again.

    One thread at a time.
    """

    def __init__(self, test: Test, engine: Engine):
        self.test, self._engine = test, engine
        self.reload()

    def reload(self) -> None:
        """Read everything again: at the start, and after a transaction that failed half-way."""
        with Session(self._engine) as session:
            self.ledger = Ledger(self.test, [given.draw for given in stored_draws(session, self.test)])
        self._lengths: dict[int, int] = {}
        self.stale = False
        """whether the database went away before it could be read again"""

    def length(self, seed: int) -> int:
        """Items in a listener's block."""
        if seed not in self._lengths:
            self._lengths[seed] = len(schedule(self.test, seed))
        return self._lengths[seed]

    def draw_of(self, who: str, item: str) -> Draw | None:
        """What the listener was given under that id, if they were."""
        return next((draw for draw in self.ledger.draws(who) if draw.item == item), None)

    def current(self, session: Session, listener: Listener, *, now: float) -> Draw | None:
        """The item the listener is at, drawn and stored if need be; None if there is none for them now."""
        draws = self.ledger.pending(listener.id)
        if draws:
            self.ledger.seen(listener.id, now)
            return draws[0]
        draws = self.ledger.assign(listener.id, seed=listener.seed, now=now)
        session.add_all(Assignment(listener_id=draw.listener, item=draw.item, position=draw.position, stage=draw.stage,
                                   given=draw.at, shown=None) for draw in draws)
        return draws[0] if draws else None

    def answer(self, draw: Draw, value: object, *, now: float) -> None:
        """Enter an answer that is stored."""
        self.ledger.put(answered(self.test, draw, value, now))

    def check(self, draw: Draw, value: object) -> object:
        """`value` as an answer to a draw; raises UsageError."""
        return check_answer(self.test, draw.item, value)

    def may_hear(self, who: str, clip: str) -> bool:
        """Whether a clip is in an item that the listener is asked now; what was answered is not played again."""
        return any(clip in self.test.item(draw.item).clips for draw in self.ledger.pending(who))
