"""Where listeners are served, one after the other: every request of theirs is a transaction in one thread.

One thread, because SQLite takes one writer at a time anyway and waiting in line is quicker than trying again; a request
takes about a millisecond. What is acknowledged is on the disk.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from voiceact.errors import UsageError
from voiceact.listening import blind
from voiceact.listening.assignment import Draw
from voiceact.listening.headphones import TRIALS, encode_trial, make_trials
from voiceact.listening.server import people
from voiceact.listening.server.blocks import Blocks
from voiceact.listening.server.database import check_served
from voiceact.listening.server.models import Answer, Assignment, Event, Listener
from voiceact.listening.server.security import RateLimit, Refused
from voiceact.listening.server.submission import Submission
from voiceact.listening.test import Test

EARLY_SECONDS = 0.25
"""by which a clip's length and a browser's clock may differ"""
EVENTS_A_MINUTE = 120
HEADPHONE_TRIES = 2
THINKING_SECONDS = 5
"""between a clip and its answer, for the time told to listeners"""

P = ParamSpec("P")
R = TypeVar("R")


class Desk:
    """All that listeners and the administrator can ask for.

    Args:
        test: what is served
        engine: of a database that `open_database` opened
        clock: seconds since 1970

    Raises:
        UsageError: if the database holds the answers of another test
    """

    def __init__(self, test: Test, engine: Engine, *, clock: Callable[[], float] = time.time):
        self.test, self.engine = test, engine
        self._clock, self._latest = clock, 0.0
        self._thread = ThreadPoolExecutor(1, "desk")
        self._events = RateLimit(burst=EVENTS_A_MINUTE, rate=EVENTS_A_MINUTE / 60)
        check_served(engine, test, claim=True)
        self.blocks = Blocks(test, engine)

    async def ask(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do `work`, a method of the desk's, in the desk's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Let what is under way end, and close the database."""
        self._thread.shutdown()
        self.engine.dispose()

    def now(self) -> float:
        """Seconds since 1970; never less than before, whatever happens to the clock."""
        self._latest = max(self._latest, self._clock())
        return self._latest

    @contextmanager
    def _work(self) -> Iterator[Session]:
        """A transaction; after a failure what is kept in memory is read from the database again.

        Raises:
            Refused: 503 if the database cannot be used now
        """
        whole = False
        try:
            if self.blocks.stale:
                self.blocks.reload()
            with Session(self.engine) as session, session.begin():
                yield session
            whole = True
        except Refused:
            # Raised before anything was changed.
            whole = True
            raise
        except SQLAlchemyError as error:
            raise Refused(503, "database", "answers cannot be stored just now; this page tries again", retry_after=2) from error
        finally:
            self.blocks.stale = self.blocks.stale or not whole

    # --- Coming in

    def enter(self, token: str) -> str:
        """The id of the listener whose link it is."""
        with self._work() as session:
            return people.listener_of_token(session, token, now=self.now()).id

    def add_listener(self, *, expires: float | None = None) -> tuple[str, str]:
        """A new listener: id and token."""
        with self._work() as session:
            listener, token = people.add_listener(session, self.test, now=self.now(), expires=expires)
            return listener.id, token

    # --- How far a listener is

    def state(self, who: str, token: str | None) -> dict[str, Any]:
        """What the page shows next."""
        with self._work() as session:
            return self._state(session, people.listener_of_cookie(session, who, token, now=self.now()))

    def advance(self, who: str, token: str | None, change: Callable[[Listener, float], None]) -> dict[str, Any]:
        """Change a listener, then as `state`."""
        with self._work() as session:
            listener = people.listener_of_cookie(session, who, token, now=self.now())
            change(listener, self.now())
            return self._state(session, listener)

    def _state(self, session: Session, listener: Listener) -> dict[str, Any]:
        step = people.step(listener, self.test)
        draw = self._next(session, listener) if step == "items" else None
        if step == "items" and draw is None:
            step = people.step(listener, self.test)
        answered = sum(one.value is not None for one in self.blocks.ledger.draws(listener.id))
        return {"listener": listener.id, "step": "wait" if step == "items" and draw is None else step,
                "language": listener.language, "qualified": listener.qualified, "languages": list(self.test.settings.languages),
                "progress": {"done": answered, "of": self.blocks.length(listener.seed)},
                "minutes": self._minutes(listener), "headphones": {"trials": TRIALS, "tries": HEADPHONE_TRIES - listener.tries},
                "form": blind.form(self.test), "item": blind.shown(self.test, draw) if draw else None}

    def _minutes(self, listener: Listener) -> int:
        clips = self.test.clips.values()
        heard = self.test.protocol.clips_per_item * sum(clip.seconds for clip in clips) / max(1, len(clips))
        return max(2, math.ceil(self.blocks.length(listener.seed) * (heard + THINKING_SECONDS) / 60))

    def _next(self, session: Session, listener: Listener) -> Draw | None:
        draw = self.blocks.current(session, listener, now=self.now())
        if draw is None:
            full = len(self.blocks.ledger.draws(listener.id)) >= self.blocks.length(listener.seed)
            if full or not self.blocks.ledger.missing():
                listener.done = self.now()
            return None
        session.flush()
        given = session.get_one(Assignment, (listener.id, draw.item))
        if given.shown is None:
            given.shown = self.now()
        return draw

    # --- Answering

    def answer(self, who: str, token: str | None, submission: Submission) -> dict[str, Any]:
        """Store an answer, or find that it is stored; the receipt, and what comes next.

        Raises:
            Refused: 403 if the item was not given, 409 if it was answered otherwise, was not shown or cannot have been heard,
                422 if the value is none that can be given
        """
        with self._work() as session:
            listener = people.listener_of_cookie(session, who, token, now=self.now())
            draw = self.blocks.draw_of(who, submission.item)
            if draw is None:
                raise Refused(403, "not_given", "this item was not given to this listener", event="item not given")
            stored = session.get(Answer, (who, draw.item))
            if stored is None:
                stored = self._store(session, listener, draw, submission)
            elif stored.value != submission.value:
                raise Refused(409, "answered", "this item is answered already; the first answer stands", event="changed answer")
            return {"receipt": {"item": stored.item, "position": draw.position, "value": stored.value, "at": stored.at},
                    "state": self._state(session, listener)}

    def _store(self, session: Session, listener: Listener, draw: Draw, submission: Submission) -> Answer:
        now = self.now()
        value = self._checked(session, listener, draw, submission, now)
        stored = Answer(listener_id=listener.id, item=draw.item, nonce=submission.nonce, value=value, plays=submission.plays,
                        seconds=submission.seconds, at=now)
        session.add(stored)
        session.flush()
        self.blocks.answer(draw, value, now=now)
        return stored

    def _checked(self, session: Session, listener: Listener, draw: Draw, submission: Submission, now: float) -> object:
        clips = [self.test.clips[clip] for clip in self.test.item(draw.item).clips]
        shown = session.get_one(Assignment, (listener.id, draw.item)).shown
        if people.step(listener, self.test) != "items" or shown is None:
            raise Refused(409, "not_shown", "this item was not shown yet; reload the page", event="item not shown")
        if submission.plays < len(clips):
            raise Refused(409, "not_played", "play every sound to its end before you answer", event="not played")
        if now - shown < sum(clip.seconds for clip in clips) - EARLY_SECONDS:
            raise Refused(409, "too_soon", "this answer came before the sound could have been heard", event="too soon")
        try:
            return self.blocks.check(draw, submission.value)
        except UsageError as error:
            raise Refused(422, "bad_value", str(error), event="bad value") from error

    # --- Sounds

    def sound(self, who: str, token: str | None, clip: str) -> Path:
        """The file of a clip that the listener is asked about now.

        Raises:
            Refused: 404 for any other
        """
        with self._work() as session:
            people.listener_of_cookie(session, who, token, now=self.now())
        if not self.blocks.may_hear(who, clip):
            raise Refused(404, "no_sound", "there is no such sound", event="sound not given")
        return self.test.audio_path(clip)

    def tones(self, who: str, token: str | None, number: int) -> bytes:
        """A trial of the headphone check, as WAV.

        Raises:
            Refused: 404 if there is no such trial
        """
        with self._work() as session:
            listener = people.listener_of_cookie(session, who, token, now=self.now())
            trials = make_trials(listener.seed + listener.tries)
        if not 0 <= number < len(trials):
            raise Refused(404, "no_sound", "there is no such sound", event="sound not given")
        return encode_trial(trials[number])

    # --- Leaving

    def withdraw(self, who: str, token: str | None) -> None:
        """Delete all data of a listener, at their wish."""
        with self._work() as session:
            listener = people.listener_of_cookie(session, who, token, now=self.now())
            self._forget(session, listener, "withdrawn by the listener")

    def delete(self, who: str) -> None:
        """Delete all data of a listener, by the administrator.

        Raises:
            Refused: 404 if there is no such listener
        """
        with self._work() as session:
            listener = session.get(Listener, who)
            if listener is None or listener.deleted is not None:
                raise Refused(404, "no_listener", f"there is no listener {who!r}")
            self._forget(session, listener, "deleted by the administrator")

    def _forget(self, session: Session, listener: Listener, why: str) -> None:
        people.forget_listener(session, listener, now=self.now())
        session.add(Event(at=self.now(), kind="deleted", listener_id=None, detail=why))
        session.flush()
        self.blocks.ledger.forget(listener.id)

    # --- What was refused

    def record(self, kind: str, *, listener: str | None, detail: str) -> None:
        """Keep an event; a flood of them is cut, so that nobody can fill the disk with refusals."""
        if self._events.wait("all") > 0:
            return
        with self._work() as session:
            known = session.get(Listener, listener) if listener else None
            who = known.id if known and known.deleted is None else None
            session.add(Event(at=self.now(), kind=kind, listener_id=who, detail=detail[:200]))

