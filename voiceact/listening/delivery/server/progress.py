"""Measure the progress of a test, for its administrator."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from voiceact.listening.assignment import Ledger, schedule
from voiceact.listening.delivery.server.assignment_cache import StoredDraw, read_draws
from voiceact.listening.delivery.server.database import check_served, for_reading
from voiceact.listening.delivery.server.models import EventRow, ListenerRow
from voiceact.listening.delivery.server.stored import iso
from voiceact.listening.loading import ListeningTest
from voiceact.listening.model import ASKED, KINDS

HOUR = 3600
LAST_EVENTS = 20


def measure_progress(test: ListeningTest, engine: Engine, *, now: float) -> dict[str, Any]:
    """Measure the progress of a test as JSON-able figures; nothing of it goes to a listener.

    Args:
        test: what is served
        engine: of its database
        now: seconds since 1970

    Raises:
        UsageError: if the database holds the answers of another test
    """
    check_served(engine, test)
    with Session(for_reading(engine)) as session:
        draws = read_draws(session, test)
        listeners = list(session.scalars(select(ListenerRow).order_by(ListenerRow.created, ListenerRow.id)))
        counted = session.execute(select(EventRow.kind, func.count()).group_by(EventRow.kind).order_by(EventRow.kind))
        event_counts = {kind: count for kind, count in counted}  # noqa: C416
        events = list(session.scalars(select(EventRow).order_by(EventRow.id.desc()).limit(LAST_EVENTS)))
    ledger = Ledger(test, [stored.draw for stored in draws])
    times = [stored.at for stored in draws if stored.at is not None]

    # Items of each kind: how many there are, have an answer, and need no more (of those the test is about).
    kinds = [
        {
            "kind": kind,
            "items": len(items),
            "answered": sum(bool(ledger.values(item)) for item in items),
            "complete": sum(not ledger.lacking(item) for item in items) if kind in ASKED else None,
            "answers": sum(len(ledger.values(item)) for item in items),
        }
        for kind in KINDS
        if (items := test.of_kind(kind))
    ]
    given = Counter(stored.draw.stage for stored in draws)
    answered = Counter(stored.draw.stage for stored in draws if stored.is_answered)
    return {
        "test": test.id,
        "protocol": test.protocol.name,
        "at": iso(now),
        "clips": len(test.clips),
        "items": len(test.items),
        "answers": len(times),
        "missing": ledger.missing(),
        "answers_last_hour": sum(at > now - HOUR for at in times),
        "seconds": _median(draws),
        "gold": _right(test, draws, "gold"),
        "attention": _right(test, draws, "attention"),
        "kinds": kinds,
        "stages": [{"stage": stage, "given": given[stage], "answers": answered[stage]} for stage in sorted(given)],
        "listeners": listener_progress(test, listeners, draws),
        "events": event_counts,
        "last_events": [
            {"at": iso(event.at), "kind": event.kind, "listener": event.listener_id, "detail": event.detail} for event in events
        ],
    }


def listener_progress(
    test: ListeningTest, listeners: Sequence[ListenerRow], draws: Sequence[StoredDraw]
) -> list[dict[str, Any]]:
    """Measure how far each listener is, as JSON-able figures."""
    of_listener: dict[str, list[StoredDraw]] = {}
    for stored in draws:
        of_listener.setdefault(stored.draw.listener, []).append(stored)
    figures = []
    for listener in listeners:
        own = of_listener.get(listener.id, [])
        times = [stored.at for stored in own if stored.at is not None]
        figures.append(
            {
                "id": listener.id,
                "language": listener.language,
                "qualified": listener.qualified,
                "created": iso(listener.created),
                "consented": iso(listener.consented),
                "done": iso(listener.done),
                "deleted": iso(listener.deleted),
                "expires": iso(listener.expires),
                "answers": len(times),
                "of": len(schedule(test, listener.seed)),
                "last": iso(max(times, default=None)),
                "seconds": _median(own),
                "gold": _right(test, own, "gold"),
                "attention": _right(test, own, "attention"),
            }
        )
    return figures


def _median(draws: Sequence[StoredDraw]) -> float | None:
    seconds = [stored.seconds for stored in draws if stored.seconds is not None]
    return round(median(seconds), 2) if seconds else None


def _right(test: ListeningTest, draws: Sequence[StoredDraw], kind: str) -> dict[str, int]:
    """Count the right answers to items of a kind whose answer is known."""
    known = [
        (stored.draw.value, item.expected)
        for stored in draws
        if stored.is_answered and (item := test.item(stored.draw.item)).kind == kind and item.expected is not None
    ]
    return {"right": sum(value in expected for value, expected in known), "of": len(known)}
