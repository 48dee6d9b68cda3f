"""How a test is going: for whoever runs it."""

from collections import Counter
from statistics import median
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from voiceact.listening.assignment import Ledger, schedule
from voiceact.listening.delivery.server.assignment_cache import Given, stored_draws
from voiceact.listening.delivery.server.database import check_served, for_reading
from voiceact.listening.delivery.server.models import Event, Listener
from voiceact.listening.delivery.server.stored import iso
from voiceact.listening.model import ASKED, KINDS, Test

HOUR = 3600
LAST_EVENTS = 20


def status(test: Test, engine: Engine, *, now: float) -> dict[str, Any]:
    """Progress as JSON-able figures; nothing of it goes to a listener.

    Raises:
        UsageError: if the database holds the answers of another test
    """
    check_served(engine, test)
    with Session(for_reading(engine)) as session:
        given = stored_draws(session, test)
        listeners = list(session.scalars(select(Listener).order_by(Listener.created, Listener.id)))
        counted = session.execute(select(Event.kind, func.count()).group_by(Event.kind).order_by(Event.kind))
        kinds = {kind: count for kind, count in counted}  # noqa: C416
        events = list(session.scalars(select(Event).order_by(Event.id.desc()).limit(LAST_EVENTS)))
    of_listener: dict[str, list[Given]] = {}
    for one in given:
        of_listener.setdefault(one.draw.listener, []).append(one)
    ledger = Ledger(test, [one.draw for one in given])
    return {"test": test.id, "protocol": test.protocol.name, "at": iso(now), **_totals(test, ledger, given, now),
            "kinds": _kinds(test, ledger), "stages": _stages(given),
            "listeners": [_listener(test, one, of_listener.get(one.id, [])) for one in listeners], "events": kinds,
            "last_events": [{"at": iso(event.at), "kind": event.kind, "listener": event.listener_id, "detail": event.detail}
                            for event in events]}


def _totals(test: Test, ledger: Ledger, given: list[Given], now: float) -> dict[str, Any]:
    times = [one.at for one in given if one.at is not None]
    return {"clips": len(test.clips), "items": len(test.items), "answers": len(times), "missing": ledger.missing(),
            "answers_last_hour": sum(at > now - HOUR for at in times), "seconds": _median(given),
            "gold": _right(test, given, "gold"), "attention": _right(test, given, "attention")}


def _kinds(test: Test, ledger: Ledger) -> list[dict[str, Any]]:
    """Items of each kind: how many there are, how many have an answer, how many of those that are asked need no more."""
    return [{"kind": kind, "items": len(items), "answered": sum(bool(ledger.values(item)) for item in items),
             "complete": sum(not ledger.lacking(item) for item in items) if kind in ASKED else None,
             "answers": sum(len(ledger.values(item)) for item in items)}
            for kind in KINDS if (items := test.of_kind(kind))]


def _stages(given: list[Given]) -> list[dict[str, int]]:
    handed = Counter(one.draw.stage for one in given)
    answered = Counter(one.draw.stage for one in given if one.is_answered)
    return [{"stage": stage, "given": handed[stage], "answers": answered[stage]} for stage in sorted(handed)]


def _listener(test: Test, listener: Listener, given: list[Given]) -> dict[str, Any]:
    times = [one.at for one in given if one.at is not None]
    return {"id": listener.id, "language": listener.language, "qualified": listener.qualified, "created": iso(listener.created),
            "consented": iso(listener.consented), "done": iso(listener.done), "deleted": iso(listener.deleted),
            "expires": iso(listener.expires), "answers": len(times), "of": len(schedule(test, listener.seed)),
            "last": iso(max(times, default=None)), "seconds": _median(given),
            "gold": _right(test, given, "gold"), "attention": _right(test, given, "attention")}


def _median(given: list[Given]) -> float | None:
    seconds = [one.seconds for one in given if one.seconds is not None]
    return round(median(seconds), 2) if seconds else None


def _right(test: Test, given: list[Given], kind: str) -> dict[str, int]:
    """Of the answers to items whose answer is known: how many were right."""
    known = [(one.draw.value, item.expected) for one in given
             if one.is_answered and (item := test.item(one.draw.item)).kind == kind and item.expected is not None]
    return {"right": sum(value in expected for value, expected in known), "of": len(known)}
