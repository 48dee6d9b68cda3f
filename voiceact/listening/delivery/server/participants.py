"""Manage listeners: their links, their steps through the test, and the deletion of their data."""

from collections.abc import Callable
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from voiceact.listening.assignment import listener_seed
from voiceact.listening.delivery.headphones import make_trials, passes_check
from voiceact.listening.delivery.server import sessions
from voiceact.listening.delivery.server.models import AnswerRow, AssignmentRow, EventRow, ListenerRow
from voiceact.listening.loading import ListeningTest
from voiceact.web.security import Refused

Change = Callable[["ListenerRow", float], None]
"""of a listener, at a time"""
Step = Literal["consent", "headphones", "instructions", "items", "done"]
GONE = "this link does not work: it was mistyped, or was never given out; ask for a new one"


def add_listener(
    session: Session, test: ListeningTest, secret: bytes, *, now: float, expires: float | None = None
) -> tuple[ListenerRow, str]:
    """Add a listener; return them and the token of their link, of which only the hash is stored.

    Args:
        session: of the database
        test: what is served
        secret: of the database; the listener's order follows from it, so that nobody can compute it from their id
        now: seconds since 1970
        expires: when the link expires; None never
    """
    listener_id, token = sessions.new_listener_id(), sessions.new_token()
    while session.get(ListenerRow, listener_id) is not None:
        listener_id = sessions.new_listener_id()
    listener = ListenerRow(
        id=listener_id,
        token_hash=sessions.token_hash(token),
        seed=listener_seed(test, listener_id, secret),
        tries=0,
        created=now,
        expires=expires,
    )
    session.add(listener)
    return listener, token


def listener_of_token(session: Session, token: str, *, now: float) -> ListenerRow:
    """Return the listener of a link.

    Raises:
        Refused: 404 if nobody's, 403 if it has expired
    """
    listener = session.scalar(select(ListenerRow).where(ListenerRow.token_hash == sessions.token_hash(token)))
    if listener is None:
        raise Refused(404, "unknown_link", GONE, event="unknown link")
    check_expiry(listener, now)
    return listener


def listener_of_cookie(session: Session, listener_id: str, token: str | None, *, now: float) -> ListenerRow:
    """Return the listener of that id, if the cookie is theirs.

    Raises:
        Refused: 404 if the cookie is missing or another's (as if there were no such listener), 403 if expired
    """
    listener = session.get(ListenerRow, listener_id) if token else None
    if listener is None or listener.token_hash is None or not sessions.same_token(token or "", listener.token_hash):
        raise Refused(404, "unknown_link", GONE, event="no session")
    check_expiry(listener, now)
    return listener


def check_expiry(listener: ListenerRow, now: float) -> None:
    """Raise Refused if the listener's link has expired."""
    if listener.expires is not None and now > listener.expires:
        raise expired()


def expired() -> Refused:
    """Make the refusal of a link that has expired."""
    return Refused(
        403, "expired_link", "this link has expired; ask for a new one. What was answered is kept", event="expired link"
    )


def current_step(listener: ListenerRow, test: ListeningTest) -> Step:
    """Return what comes next for a listener."""
    if listener.consented is None:
        return "consent"
    if listener.done is not None:
        return "done"
    if test.settings.headphones and listener.qualified is None:
        return "headphones"
    return "items" if listener.ready is not None else "instructions"


def forget_listener(session: Session, listener: ListenerRow, *, now: float) -> None:
    """Delete all that is known of a listener; that there was one, from when to when, is kept for the count."""
    for table in (AnswerRow, AssignmentRow, EventRow):
        session.execute(delete(table).where(table.listener_id == listener.id))
    for name in ("token_hash", "language", "qualified", "consented", "ready", "done", "expires"):
        setattr(listener, name, None)
    listener.tries, listener.deleted = 0, now


def count_listeners(session: Session) -> int:
    """Count the listeners who have a link and were not deleted."""
    return session.scalar(select(func.count()).select_from(ListenerRow).where(ListenerRow.deleted.is_(None))) or 0


# --- Steps, each done once: what was done already stays as it is


def give_consent(listener: ListenerRow, language: str, now: float) -> None:
    """Enter that the listener agreed, reading `language`."""
    listener.language = language
    listener.consented = listener.consented or now


def check_headphones(listener: ListenerRow, answers: list[int], most_tries: int) -> None:
    """Enter a try at the headphone check; the last one that fails ends it.

    Raises:
        Refused: 409 if consent is missing
    """
    _need_consent(listener)
    if listener.qualified is None:
        right = passes_check(make_trials(listener.seed + listener.tries), answers)
        listener.tries += 1
        listener.qualified = True if right else False if listener.tries >= most_tries else None


def get_ready(listener: ListenerRow, test: ListeningTest, now: float) -> None:
    """Enter that the listener has read the instructions.

    Raises:
        Refused: 409 if a step before it is missing
    """
    _need_consent(listener)
    if test.settings.headphones and listener.qualified is None:
        raise Refused(409, "not_now", "the headphone check comes first", event="step skipped")
    listener.ready = listener.ready or now


def _need_consent(listener: ListenerRow) -> None:
    if listener.consented is None:
        raise Refused(409, "not_now", "consent comes first", event="step skipped")
