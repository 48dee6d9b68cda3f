"""How a test is going: for whoever runs it."""

from collections import Counter
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


def status(test: ListeningTest, engine: Engine, *, now: float) -> dict[str, Any]:
    """Progress as JSON-able figures; nothing of it goes to a listener.

    Raises:
        UsageError: if the database holds the answers of another test
    """
    check_served(engine, test)
    with Session(for_reading(engine)) as session:
        draws = read_draws(session, test)
        listeners = list(session.scalars(select(ListenerRow).order_by(ListenerRow.created, ListenerRow.id)))
        counted = session.execute(select(EventRow.kind, func.count()).group_by(EventRow.kind).order_by(EventRow.kind))
        kinds = {kind: count for kind, count in counted}  # noqa: C416
        events = list(session.scalars(select(EventRow).order_by(EventRow.id.desc()).limit(LAST_EVENTS)))
    of_listener: dict[str, list[StoredDraw]] = {}
    for one in draws:
        of_listener.setdefault(one.draw.listener, []).append(one)
    ledger = Ledger(test, [one.draw for one in draws])
    return {
        "test": test.id,
        "protocol": test.protocol.name,
        "at": iso(now),
        **_totals(test, ledger, draws, now),
        "kinds": _kinds(test, ledger),
        "stages": _stages(draws),
        "listeners": [_listener(test, one, of_listener.get(one.id, [])) for one in listeners],
        "events": kinds,
        "last_events": [
            {"at": iso(event.at), "kind": event.kind, "listener": event.listener_id, "detail": event.detail} for event in events
        ],
    }


def _totals(test: ListeningTest, ledger: Ledger, draws: list[StoredDraw], now: float) -> dict[str, Any]:
    times = [one.at for one in draws if one.at is not None]
    return {
        "clips": len(test.clips),
        "items": len(test.items),
        "answers": len(times),
        "missing": ledger.missing(),
        "answers_last_hour": sum(at > now - HOUR for at in times),
        "seconds": _median(draws),
        "gold": _right(test, draws, "gold"),
        "attention": _right(test, draws, "attention"),
    }


def _kinds(test: ListeningTest, ledger: Ledger) -> list[dict[str, Any]]:
    """Items of each kind: how many there are, how many have an answer, how many of those that are asked need no more."""
    return [
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


def _stages(draws: list[StoredDraw]) -> list[dict[str, int]]:
    handed = Counter(one.draw.stage for one in draws)
    answered = Counter(one.draw.stage for one in draws if one.is_answered)
    return [{"stage": stage, "given": handed[stage], "answers": answered[stage]} for stage in sorted(handed)]


def _listener(test: ListeningTest, listener: ListenerRow, draws: list[StoredDraw]) -> dict[str, Any]:
    times = [one.at for one in draws if one.at is not None]
    return {
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
        "seconds": _median(draws),
        "gold": _right(test, draws, "gold"),
        "attention": _right(test, draws, "attention"),
    }


def _median(draws: list[StoredDraw]) -> float | None:
    seconds = [one.seconds for one in draws if one.seconds is not None]
    return round(median(seconds), 2) if seconds else None


def _right(test: ListeningTest, draws: list[StoredDraw], kind: str) -> dict[str, int]:
    """Of the answers to items whose answer is known: how many were right."""
    known = [
        (one.draw.value, item.expected)
        for one in draws
        if one.is_answered and (item := test.item(one.draw.item)).kind == kind and item.expected is not None
    ]
    return {"right": sum(value in expected for value, expected in known), "of": len(known)}
