"""What is known in memory of listeners and their items; the database has it all.

The ledger of the assignment needs everything at once, and a cookie is checked with every request: both are read from the
database when the server starts, and again after a transaction that failed. Guessed cookies thus never reach the database,
and never cost a listener their turn.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session

from voiceact.listening.answers.answer import check_answer, deciding_value, values_of_answer
from voiceact.listening.assignment import Draw, Ledger, schedule
from voiceact.listening.delivery.listener_view import Aliases
from voiceact.listening.delivery.server.database import for_reading
from voiceact.listening.delivery.server.models import AnswerRow, AssignmentRow, ListenerRow
from voiceact.listening.loading import ListeningTest


@dataclass(frozen=True, slots=True)
class StoredDraw:
    """An item that was handed out, and the answer that is stored for it.

    Attributes:
        draw: what was handed out; once answered, with the value and time that the ledger counts
        shown: seconds since 1970 at which it was first sent to the page; None if it was not
        shown_value: the answer as the listener gave it: of a pair 1 is the clip that was shown first
        seconds: from the end of the first complete playing to the answer
        plays: how often clips were heard to their end
        at: seconds since 1970 at which it was answered; None if it was not
    """

    draw: Draw
    shown: float | None = None
    shown_value: Any = None
    seconds: float | None = None
    plays: int | None = None
    at: float | None = None

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer."""
        return self.at is not None


def read_draws(session: Session, test: ListeningTest) -> list[StoredDraw]:
    """Read all that was handed out, listener by listener in their order."""
    rows = session.execute(
        select(
            AssignmentRow.listener_id,
            AssignmentRow.item,
            AssignmentRow.position,
            AssignmentRow.stage,
            ListenerRow.seed,
            AssignmentRow.given,
            AssignmentRow.shown,
            AnswerRow.value,
            AnswerRow.seconds,
            AnswerRow.plays,
            AnswerRow.at,
        )
        .join(ListenerRow, ListenerRow.id == AssignmentRow.listener_id)
        .outerjoin(AnswerRow, (AnswerRow.listener_id == AssignmentRow.listener_id) & (AnswerRow.item == AssignmentRow.item))
        .order_by(AssignmentRow.listener_id, AssignmentRow.position)
    )
    draws = []
    for *fields, shown, shown_value, seconds, plays, at in rows:
        draw = Draw(*fields)
        if at is not None:
            draw = answer_draw(test, draw, shown_value, at)
        draws.append(StoredDraw(draw, shown, shown_value, seconds, plays, at))
    return draws


def answer_draw(test: ListeningTest, draw: Draw, shown_value: object, at: float) -> Draw:
    """Return a draw with the value that the ledger counts, from the answer as the listener gave it."""
    value = deciding_value(test.item(draw.item), values_of_answer(test, draw, shown_value))
    return replace(draw, at=at, value=value)


class AssignmentCache:
    """What was handed out to whom.

    `audible_clip` and `tokens` can be read from any thread; all else belongs to the thread that uses the database.

    Args:
        test: what is served
        engine: its database
        aliases: the ids that browsers see

    Attributes:
        tokens: id of each listener who was not deleted -> SHA-256 of their token, and when it expires (None: never)
    """

    tokens: dict[str, tuple[str, float | None]]

    def __init__(self, test: ListeningTest, engine: Engine, aliases: Aliases):
        self.test, self._engine, self.aliases = test, engine, aliases
        self._lengths: dict[int, int] = {}
        self.reload()

    def reload(self) -> None:
        """Read everything."""
        with Session(for_reading(self._engine)) as session:
            draws = read_draws(session, self.test)
            known = session.execute(select(ListenerRow.id, ListenerRow.token_hash, ListenerRow.expires)).all()
        self.tokens = {listener_id: (token_hash, expires) for listener_id, token_hash, expires in known if token_hash}
        self.ledger = Ledger(self.test, [stored.draw for stored in draws])
        self._shown = {(stored.draw.listener, stored.draw.item): stored.shown for stored in draws if stored.shown is not None}
        self._audible: dict[str, dict[str, str]] = {}
        for stored in reversed(draws):
            if stored.shown is not None and not stored.is_answered:
                self._audible[stored.draw.listener] = self.aliases.clips(self.test, stored.draw)
        self.stale = False

    def spoil(self) -> None:
        """Note that memory may be ahead of the database."""
        self.stale = True

    def refresh(self) -> None:
        """Read everything again if need be."""
        if self.stale:
            self.reload()

    def length(self, seed: int) -> int:
        """Return the number of items in a listener's block."""
        if seed not in self._lengths:
            self._lengths[seed] = len(schedule(self.test, seed))
        return self._lengths[seed]

    def draw_of(self, listener_id: str, alias: str) -> Draw | None:
        """Return the draw of the item with that alias; None if the listener was not given it."""
        return next(
            (draw for draw in self.ledger.draws(listener_id) if self.aliases.item(listener_id, draw.item) == alias), None
        )

    def shown_at(self, draw: Draw) -> float | None:
        """Return when an item was first sent to the page; None if it was not."""
        return self._shown.get((draw.listener, draw.item))

    def audible_clip(self, listener_id: str, alias: str) -> str | None:
        """Return the clip of that alias, if it is in the listener's current item; answered ones are not played again."""
        return self._audible.get(listener_id, {}).get(alias)

    def advance(self, session: Session, listener: ListenerRow, *, now: float) -> Draw | None:
        """Return the current item of a listener, after it is drawn, marked as shown and stored; None if there is none now."""
        self.ledger.seen(listener.id, now)
        pending = self.ledger.pending(listener.id)
        draws = pending or self.ledger.assign(listener.id, seed=listener.seed, now=now)
        if draws and not pending:
            rows = [
                {
                    "listener_id": draw.listener,
                    "item": draw.item,
                    "position": draw.position,
                    "stage": draw.stage,
                    "given": draw.at,
                    "shown": None,
                }
                for draw in draws
            ]
            session.execute(insert(AssignmentRow), rows)
        if draws and self.shown_at(draws[0]) is None:
            self._show(session, draws[0], now)
        return draws[0] if draws else None

    def _show(self, session: Session, draw: Draw, now: float) -> None:
        session.execute(
            update(AssignmentRow)
            .where(AssignmentRow.listener_id == draw.listener, AssignmentRow.item == draw.item)
            .values(shown=now)
            .execution_options(synchronize_session=False)
        )
        self._shown[draw.listener, draw.item] = now
        self._audible[draw.listener] = self.aliases.clips(self.test, draw)

    def answer(self, draw: Draw, shown_value: object, *, now: float) -> None:
        """Enter an answer that is stored, as the listener gave it."""
        self.ledger.put(answer_draw(self.test, draw, shown_value, now))

    def check(self, draw: Draw, shown_value: object) -> object:
        """Return the answer to a draw, checked; raise UsageError if it is none."""
        return check_answer(self.test, draw.item, shown_value)

    def forget(self, listener_id: str) -> None:
        """Drop a listener."""
        for draw in self.ledger.draws(listener_id):
            self._shown.pop((listener_id, draw.item), None)
        self._audible.pop(listener_id, None)
        self.tokens.pop(listener_id, None)
        self.ledger.forget(listener_id)
