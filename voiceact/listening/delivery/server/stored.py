"""Read the answers and listeners of a database as rows of the results."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from voiceact.listening.answers.answer import Answer, Listener, make_answers
from voiceact.listening.delivery.server.assignment_cache import read_draws
from voiceact.listening.delivery.server.database import check_served, for_reading
from voiceact.listening.delivery.server.models import ListenerRow
from voiceact.listening.loading import ListeningTest


def iso(seconds: float | None) -> str | None:
    """Format seconds since 1970 as UTC, ISO 8601, to the millisecond; None stays None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_stored_answers(test: ListeningTest, engine: Engine) -> list[Answer]:
    """Read all answers, in the order in which they came; one row for each category of an item that asks for many.

    Raises:
        UsageError: if the database holds the answers of another test
    """
    check_served(engine, test)
    with Session(for_reading(engine)) as session:
        answered = [stored for stored in read_draws(session, test) if stored.is_answered]
    answered.sort(key=lambda stored: (stored.draw.at, stored.draw.listener, stored.draw.position))
    rows = []
    for stored in answered:
        at = iso(stored.at) or ""
        rows += make_answers(test, stored.draw, stored.shown_value, at=at, seconds=stored.seconds, plays=stored.plays)
    return rows


def read_listeners(engine: Engine) -> list[Listener]:
    """Read all listeners, deleted ones with nothing but their id, numbered in the order in which their links were made."""
    with Session(for_reading(engine)) as session:
        rows = session.scalars(select(ListenerRow).order_by(ListenerRow.created, ListenerRow.id))
        return [
            Listener(
                id=row.id,
                number=number,
                language=row.language or "",
                qualified=row.qualified,
                consented_at=iso(row.consented),
                created=iso(row.created),
                done_at=iso(row.done),
                deleted=iso(row.deleted),
            )
            for number, row in enumerate(rows, 1)
        ]
