"""Serve listeners: what each may do, and what the page shows next. What is acknowledged is on the disk."""

import math
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from voiceact.errors import UsageError
from voiceact.listening.assignment import Draw
from voiceact.listening.delivery import listener_view as blind
from voiceact.listening.delivery.headphones import TRIALS, encode_trial, make_trials
from voiceact.listening.delivery.server import participants as people
from voiceact.listening.delivery.server import sessions
from voiceact.listening.delivery.server.assignment_cache import AssignmentCache
from voiceact.listening.delivery.server.commit_queue import CommitQueue
from voiceact.listening.delivery.server.database import check_served, read_secret
from voiceact.listening.delivery.server.models import AnswerRow, EventRow, ListenerRow
from voiceact.listening.delivery.server.submission import Submission
from voiceact.listening.loading import ListeningTest
from voiceact.runtime.untrusted_text import clean_text
from voiceact.web.security import RateLimit, Refused

EARLY_SECONDS = 0.25
"""by which a clip's length and a browser's clock may differ"""
EVENTS_A_MINUTE = 120
HEADPHONE_TRIES = 2
THINKING_SECONDS = 5
"""between a clip and its answer, for the duration shown to listeners"""


class ListeningService:
    """All that listeners and the administrator can ask for, as functions of a database session: `queue.run(service.state, …)`.

    A function refuses before it changes anything.

    Args:
        test: what is served
        engine: of a database that `open_database` opened
        clock: seconds since 1970

    Raises:
        UsageError: if the database holds the answers of another test
    """

    def __init__(self, test: ListeningTest, engine: Engine, *, clock: Callable[[], float] = time.time):
        self.test, self.engine = test, engine
        self._clock, self._latest = clock, 0.0
        self._events = RateLimit(burst=EVENTS_A_MINUTE, rate=EVENTS_A_MINUTE / 60)
        check_served(engine, test, claim=True)
        self._secret = read_secret(engine)
        self.aliases = blind.Aliases(self._secret)
        self.cache = AssignmentCache(test, engine, self.aliases)
        self.queue = CommitQueue(engine, prepare=self.cache.refresh, spoil=self.cache.spoil)

    def close(self) -> None:
        """Let what is under way end, and close the database."""
        self.queue.close()
        self.engine.dispose()

    def now(self) -> float:
        """Return the seconds since 1970; never less than before, whatever happens to the clock."""
        self._latest = max(self._latest, self._clock())
        return self._latest

    # --- Coming in

    def enter(self, session: Session, token: str) -> str:
        """Return the id of the listener whose link it is."""
        return people.listener_of_token(session, token, now=self.now()).id

    def add_listener(self, session: Session, *, expires: float | None = None) -> tuple[str, str]:
        """Add a listener; return id and token."""
        listener, token = people.add_listener(session, self.test, self._secret, now=self.now(), expires=expires)
        self.cache.tokens[listener.id] = listener.token_hash or "", expires
        return listener.id, token

    def check(self, session: Session, listener_id: str, token: str | None) -> ListenerRow:
        """Return the listener, if the token is theirs."""
        return people.listener_of_cookie(session, listener_id, token, now=self.now())

    def check_cookie(self, listener_id: str, token: str | None) -> None:
        """Refuse a token that is not the listener's, from memory: any thread may call this.

        Raises:
            Refused: 404 if the cookie is missing or another's (as if there were no such listener), 403 if it has expired
        """
        token_hash, expires = self.cache.tokens.get(listener_id, ("", None))
        # The token is hashed whether there is such a listener or not: the time tells nothing.
        if not sessions.same_token(token or "", token_hash) or not token_hash:
            raise Refused(404, "unknown_link", people.GONE, event="no session")
        if expires is not None and self.now() > expires:
            raise people.expired()

    def is_listener(self, listener_id: str | None) -> bool:
        """Return whether there is a listener of that id; any thread may ask."""
        return listener_id in self.cache.tokens

    # --- How far a listener is

    def state(self, session: Session, listener_id: str, token: str | None) -> dict[str, Any]:
        """Return what the page shows next."""
        return self._state(session, self.check(session, listener_id, token))

    def change(self, session: Session, listener_id: str, token: str | None, change: people.Change) -> dict[str, Any]:
        """Change a listener; return what the page shows next."""
        listener = self.check(session, listener_id, token)
        change(listener, self.now())
        return self._state(session, listener)

    def _state(self, session: Session, listener: ListenerRow) -> dict[str, Any]:
        # Advance to the next item; where there will be none any more the listener is done.
        draw = None
        if people.current_step(listener, self.test) == "items":
            draw = self.cache.advance(session, listener, now=self.now())
            if draw is None and not self.cache.ledger.may_get_more(listener.id, seed=listener.seed):
                listener.done = self.now()
        step = people.current_step(listener, self.test)

        # The block is as long as what was given, where that is all there is for the listener.
        draws, block = self.cache.ledger.draws(listener.id), self.cache.length(listener.seed)
        given_whole = bool(draws) and (self.test.protocol.chunk is None or listener.done is not None)
        clips = self.test.clips.values()
        clip_seconds = self.test.protocol.clips_per_item * sum(clip.seconds for clip in clips) / max(1, len(clips))
        return {
            "listener": listener.id,
            "step": "wait" if step == "items" and draw is None else step,
            "language": listener.language,
            "qualified": listener.qualified,
            "languages": list(self.test.settings.languages),
            "progress": {
                "done": sum(draw.value is not None for draw in draws),
                "of": len(draws) if given_whole else block,
            },
            "minutes": max(2, math.ceil(block * (clip_seconds + THINKING_SECONDS) / 60)),
            "headphones": {"trials": TRIALS, "tries": HEADPHONE_TRIES - listener.tries},
            "form": blind.form(self.test),
            "item": blind.show_item(self.test, draw, self.aliases) if draw else None,
        }

    # --- Answering

    def answer(self, session: Session, listener_id: str, token: str | None, submission: Submission) -> dict[str, Any]:
        """Store an answer, or find that it is stored; return the receipt and what comes next.

        Raises:
            Refused: 403 if the item was not given, 409 if it was answered otherwise, was not shown or cannot have been heard,
                422 if the value is none that can be given
        """
        listener = self.check(session, listener_id, token)
        draw = self.cache.draw_of(listener_id, submission.item)
        if draw is None:
            raise Refused(403, "not_given", "this item was not given to this listener", event="item not given")
        if draw.value is None:
            value, at = self._store(session, listener, draw, submission)
        else:
            stored = session.get_one(AnswerRow, (listener_id, draw.item))
            value, at = stored.value, stored.at
            if value != submission.value:
                raise Refused(409, "answered", "this item is answered already; the first answer stands", event="changed answer")
        return {
            "receipt": {"item": submission.item, "position": draw.position, "value": value, "at": at},
            "state": self._state(session, listener),
        }

    def _store(self, session: Session, listener: ListenerRow, draw: Draw, submission: Submission) -> tuple[object, float]:
        now = self.now()
        value = self._checked(listener, draw, submission, now)
        row = {
            "listener_id": listener.id,
            "item": draw.item,
            "nonce": submission.nonce,
            "value": value,
            "plays": submission.plays,
            "seconds": submission.seconds,
            "at": now,
        }
        session.execute(insert(AnswerRow), row)
        self.cache.answer(draw, value, now=now)
        return value, now

    def _checked(self, listener: ListenerRow, draw: Draw, submission: Submission, now: float) -> object:
        clips = [self.test.clips[clip] for clip in self.test.item(draw.item).clips]
        shown = self.cache.shown_at(draw)
        if people.current_step(listener, self.test) != "items" or shown is None:
            raise Refused(409, "not_shown", "this item was not shown yet; reload the page", event="item not shown")
        if submission.plays < len(clips):
            raise Refused(409, "not_played", "play every sound to its end before you answer", event="not played")
        if now - shown < sum(clip.seconds for clip in clips) - EARLY_SECONDS:
            raise Refused(409, "too_soon", "this answer came before the sound could have been heard", event="too soon")
        try:
            return self.cache.check(draw, submission.value)
        except UsageError as error:
            raise Refused(422, "bad_value", str(error), event="bad value") from error

    def tones(self, session: Session, listener_id: str, token: str | None, number: int) -> bytes:
        """Return a trial of the headphone check, as WAV.

        Raises:
            Refused: 404 if there is no such trial
        """
        listener = self.check(session, listener_id, token)
        trials = make_trials(listener.seed + listener.tries)
        if not 0 <= number < len(trials):
            raise Refused(404, "no_sound", "there is no such sound", event="sound not given")
        return encode_trial(trials[number])

    # --- Leaving

    def withdraw(self, session: Session, listener_id: str, token: str | None) -> None:
        """Delete all data of a listener, at their wish."""
        self._forget(session, self.check(session, listener_id, token), "withdrawn by the listener")

    def delete(self, session: Session, listener_id: str) -> None:
        """Delete all data of a listener, by the administrator.

        Raises:
            Refused: 404 if there is no such listener
        """
        listener = session.get(ListenerRow, listener_id) if self.is_listener(listener_id) else None
        if listener is None or listener.deleted is not None:
            raise Refused(404, "no_listener", f"there is no listener {clean_text(listener_id, 40)!r}")
        self._forget(session, listener, "deleted by the administrator")

    def _forget(self, session: Session, listener: ListenerRow, why: str) -> None:
        people.forget_listener(session, listener, now=self.now())
        session.add(EventRow(at=self.now(), kind="deleted", listener_id=None, detail=why))
        self.cache.forget(listener.id)

    # --- What was refused

    def may_record(self) -> bool:
        """Return whether one more event is stored: a flood is cut, so that nobody fills the disk with refusals."""
        return self._events.wait("all") == 0

    def record(self, session: Session, kind: str, *, listener: str | None, detail: str) -> None:
        """Store an event."""
        listener_id = listener if self.is_listener(listener) else None
        session.add(EventRow(at=self.now(), kind=kind, listener_id=listener_id, detail=clean_text(detail, 200)))
