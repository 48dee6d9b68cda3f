"""What a database holds, as the rows of the results."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from voiceact.listening.answers import answer, listener
from voiceact.listening.delivery.server.assignment_cache import stored_draws
from voiceact.listening.delivery.server.database import check_served, for_reading
from voiceact.listening.delivery.server.models import Listener
from voiceact.listening.model import Test


def iso(seconds: float | None) -> str | None:
    """Seconds since 1970 as UTC, ISO 8601, to the millisecond; None stays None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_answers(test: Test, engine: Engine) -> list[answer.Answer]:
    """All answers, in the order in which they came; one row for each category of an item that asks for many.

    Raises:
        UsageError: if the database holds the answers of another test
    """
    check_served(engine, test)
    with Session(for_reading(engine)) as session:
        found = [given for given in stored_draws(session, test) if given.is_answered]
    found.sort(key=lambda given: (given.draw.at, given.draw.listener, given.draw.position))
    return [row for given in found
            for row in answer.make_answers(test, given.draw, given.value, at=iso(given.at) or "", seconds=given.seconds,
                                           plays=given.plays)]


def read_listeners(engine: Engine) -> list[listener.Listener]:
    """All listeners, deleted ones with nothing but their id, numbered in the order in which their links were made."""
    with Session(for_reading(engine)) as session:
        rows = session.scalars(select(Listener).order_by(Listener.created, Listener.id))
        return [listener.Listener(id=row.id, number=number, language=row.language or "", qualified=row.qualified,
                                  consented_at=iso(row.consented), created=iso(row.created), done_at=iso(row.done),
                                  deleted=iso(row.deleted)) for number, row in enumerate(rows, 1)]
