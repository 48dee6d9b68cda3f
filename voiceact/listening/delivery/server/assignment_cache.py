"""What is known in memory of listeners and their items; the database has it all.

The ledger of the assignment needs everything at once, and a cookie is checked with every request: both are read from the
database when the server starts, and again after a transaction that failed.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session

from voiceact.listening.answers.answer import check_answer, ledger_value, make_answers
from voiceact.listening.assignment import Draw, Ledger, schedule
from voiceact.listening.delivery.server.database import for_reading
from voiceact.listening.delivery.server.models import Answer, Assignment, Listener
from voiceact.listening.model import Test


@dataclass(frozen=True, slots=True)
class Given:
    """An item that was handed out, and what is stored of its answer; `draw` holds the value as the ledger counts it."""

    draw: Draw
    shown: float | None = None
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
               Assignment.shown, Answer.value, Answer.seconds, Answer.plays, Answer.at)
        .join(Listener, Listener.id == Assignment.listener_id)
        .outerjoin(Answer, (Answer.listener_id == Assignment.listener_id) & (Answer.item == Assignment.item))
        .order_by(Assignment.listener_id, Assignment.position))
    return [_given(test, Draw(*row[:6]), *row[6:]) for row in rows]


def _given(test: Test, draw: Draw, shown: float | None, value: Any, seconds: float | None, plays: int | None,
           at: float | None) -> Given:
    return Given(draw if at is None else answered(test, draw, value, at), shown, value, seconds, plays, at)


def answered(test: Test, draw: Draw, value: object, at: float) -> Draw:
    """A draw with its answer, as the ledger counts it."""
    return replace(draw, at=at, value=ledger_value(test, make_answers(test, draw, value, at="")))


class Blocks:
    """What was handed out to whom.

    `may_hear` can be asked from any thread; all else belongs to the thread that uses the database.
    """

    def __init__(self, test: Test, engine: Engine):
        self.test, self._engine = test, engine
        self._lengths: dict[int, int] = {}
        self.reload()

    def reload(self) -> None:
        """Read everything."""
        with Session(for_reading(self._engine)) as session:
            given = stored_draws(session, self.test)
        self.ledger = Ledger(self.test, [one.draw for one in given])
        self._shown = {(one.draw.listener, one.draw.item): one.shown for one in given if one.shown is not None}
        self._audible: dict[str, tuple[str, ...]] = {}
        for one in reversed(given):
            if one.shown is not None and not one.is_answered:
                self._audible[one.draw.listener] = self.test.item(one.draw.item).clips
        self.stale = False

    def spoil(self) -> None:
        """Note that memory may be ahead of the database."""
        self.stale = True

    def refresh(self) -> None:
        """Read everything again if need be."""
        if self.stale:
            self.reload()

    def length(self, seed: int) -> int:
        """Items in a listener's block."""
        if seed not in self._lengths:
            self._lengths[seed] = len(schedule(self.test, seed))
        return self._lengths[seed]

    def draw_of(self, who: str, item: str) -> Draw | None:
        """What the listener was given under that id, if they were."""
        return next((draw for draw in self.ledger.draws(who) if draw.item == item), None)

    def shown_at(self, draw: Draw) -> float | None:
        """When an item was first sent to the page; None if it was not."""
        return self._shown.get((draw.listener, draw.item))

    def may_hear(self, who: str, clip: str) -> bool:
        """Whether a clip is in the item that the listener is at; what was answered is not played again."""
        return clip in self._audible.get(who, ())

    def advance(self, session: Session, listener: Listener, *, now: float) -> Draw | None:
        """The item the listener is at, drawn, shown and stored if it was not; None if there is none for them now."""
        self.ledger.seen(listener.id, now)
        pending = self.ledger.pending(listener.id)
        draws = pending or self.ledger.assign(listener.id, seed=listener.seed, now=now)
        if draws and not pending:
            session.execute(insert(Assignment), [_row(draw) for draw in draws])
        if draws and self.shown_at(draws[0]) is None:
            self._show(session, draws[0], now)
        return draws[0] if draws else None

    def _show(self, session: Session, draw: Draw, now: float) -> None:
        session.execute(update(Assignment).where(Assignment.listener_id == draw.listener, Assignment.item == draw.item)
                        .values(shown=now).execution_options(synchronize_session=False))
        self._shown[draw.listener, draw.item] = now
        self._audible[draw.listener] = self.test.item(draw.item).clips

    def answer(self, draw: Draw, value: object, *, now: float) -> None:
        """Enter an answer that is stored."""
        self.ledger.put(answered(self.test, draw, value, now))

    def check(self, draw: Draw, value: object) -> object:
        """`value` as an answer to a draw; raises UsageError."""
        return check_answer(self.test, draw.item, value)

    def forget(self, who: str) -> None:
        """Drop a listener."""
        for draw in self.ledger.draws(who):
            self._shown.pop((who, draw.item), None)
        self._audible.pop(who, None)
        self.ledger.forget(who)


def _row(draw: Draw) -> dict[str, Any]:
    return {"listener_id": draw.listener, "item": draw.item, "position": draw.position, "stage": draw.stage, "given": draw.at,
            "shown": None}
