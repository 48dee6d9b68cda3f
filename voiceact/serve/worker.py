"""What runs in a process of the pool: speaks, judges and listens, one task at a time, until the pool closes the pipe.

Tasks and results are plain values that are pickled; an engine, which holds a model, never leaves its process.
"""

import logging
import pickle
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any

from voiceact.acting.direction import direct
from voiceact.acting.persona import load_persona, persona_names
from voiceact.audio import Samples
from voiceact.audio.tempo import change_tempo
from voiceact.audio.words import Word
from voiceact.clip.clip import Clip
from voiceact.engines.base import CALIBRATION, ENGINE_FAILURES, Take
from voiceact.engines.registry import DEFAULT_ENGINE, close_engines, load_engine
from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.progress import watch_steps
from voiceact.synthesis.kernel import TakeMaker, perform_requests
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, resolve_request
from voiceact.text.passages import Passage
from voiceact.vocabulary import CHECKS

RESOLVED_KEPT = 64
"""requests of which a worker remembers what they resolved to, between two passages"""

Asked = SynthesisRequest | Callable[[], SynthesisRequest]
"""a request, or a picklable function that makes it in the worker: reading plain words takes time that an event loop lacks"""


@dataclass(frozen=True)
class SpokenTake:
    """A whole take.

    Attributes:
        clip: its record (with the verdict, where it was judged), samples and word timings; nothing is written. At a speed other
            than 1 samples and timings are changed, and the record describes the take before that
        twin: samples of the neutral reading, float32 [n]; None where none was wanted
        notes: what was read out of plain words or cannot be followed, one sentence each
        moves: acoustic moves of the direction that are not neutral
    """

    clip: Clip
    twin: Samples | None = None
    notes: tuple[str, ...] = ()
    moves: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class BegunText:
    """A text that is spoken passage by passage, after its first.

    Attributes:
        resolved: the pickled `ResolvedRequest`, which only a worker, where the engine is, may open; empty where the first
            passage is the only one
        passages: of the whole text
        first: take of the first passage
        rate: of all takes, in Hz
        pause: how much longer pauses are than usual
        mix: category id -> intensity
        notes: as in `SpokenTake`
    """

    resolved: bytes
    passages: Sequence[Passage]
    first: Take
    rate: int
    pause: float
    mix: Mapping[str, float]
    notes: tuple[str, ...]


# --- Tasks


def speak_take(asked: Asked, *, verify: bool = False, twin: bool = False, speed: float = 1.0) -> SpokenTake:
    """Speak a request as one take, as `voiceact synth` does, and judge it.

    Args:
        asked: the request
        verify: whether it is judged
        twin: whether its neutral reading is returned too
        speed: of what is returned; what is judged has the speed that it was acted at

    Raises:
        UsageError, VoiceactError: what resolving, the engine or a check raises
    """
    resolved = resolve_request(_request(asked), longest=None)
    [made] = TakeMaker(checks=CHECKS if verify else (), twins=twin).make([resolved])
    clip = made.clip()
    return SpokenTake(
        clip=replace(
            clip,
            samples=change_tempo(made.take.samples, made.take.sample_rate, speed),
            words=_at_speed(clip.words, speed),
        ),
        twin=made.twin.samples if twin and made.twin else None,
        notes=resolved.notes,
        moves=resolved.direction.moves.changed(),
    )


def begin_text(asked: Asked, cut: Callable[[str, str], Sequence[Passage]], *, speed: float = 1.0) -> BegunText:
    """Resolve a request, cut its text and speak the first passage.

    Args:
        asked: the request
        cut: text and language -> passages
        speed: of the samples and timings

    Raises:
        UsageError, VoiceactError: what resolving or the engine raises
    """
    resolved = resolve_request(_request(asked), longest=None)
    passages = cut(resolved.text, resolved.language)
    [first] = perform_requests([resolved.passage(passages[0])])
    return BegunText(
        resolved=pickle.dumps(resolved) if len(passages) > 1 else b"",
        passages=passages,
        first=_take_at_speed(first, speed),
        rate=resolved.engine.capabilities.sample_rate,
        pause=resolved.pause / speed,
        mix=resolved.mix.as_dict(),
        notes=resolved.notes,
    )


def speak_passage(resolved: bytes, passage: Passage, *, speed: float = 1.0) -> Take:
    """Speak one passage of a text that was begun in this process or another."""
    [take] = perform_requests([_restored(resolved).passage(passage)])
    return _take_at_speed(take, speed)


def _take_at_speed(take: Take, speed: float) -> Take:
    samples = change_tempo(take.samples, take.sample_rate, speed)
    return replace(take, samples=samples, words=_at_speed(take.words, speed))


def _at_speed(words: Sequence[Word], speed: float) -> tuple[Word, ...]:
    return tuple(word.at_speed(speed) for word in words)


def _request(asked: Asked) -> SynthesisRequest:
    return asked if isinstance(asked, SynthesisRequest) else asked()


@lru_cache(maxsize=RESOLVED_KEPT)
def _restored(data: bytes) -> ResolvedRequest:
    resolved: ResolvedRequest = pickle.loads(data)
    return resolved


# --- The process


@dataclass(frozen=True)
class Failure:
    """Why a task has no result.

    Attributes:
        kind: "usage" (what was asked cannot be done), "failed" (the engine or a check failed) or "cancelled"
        message: one sentence
        about: what an unknown name was to name ("voice"), where that is what is wrong
    """

    kind: str
    message: str
    about: str = ""


class Cancelled(BaseException):
    """Raised within a task that nobody waits for any more; not an Exception, so that no handler of an engine keeps it."""


def work(pipe: Connection, cancelled: Any, engines: Sequence[str], personas: Sequence[str]) -> None:
    """Load engines, then do tasks until the pipe is closed; the target of a worker process.

    A reply is `(number of the task, result or Failure)`; before the first comes `(0, None)`, when the engines are loaded.
    An error that no engine is expected to raise ends the process, and the pool starts another one. Where the pool's own process
    was killed, this one ends without a word: nobody is left to read a reply.

    Args:
        pipe: to the pool; receives pickled `(number, function, arguments, keywords)`, and nothing in order to end
        cancelled: shared number of the task that is not wanted any more
        engines: names with options, to be loaded
        personas: folders in which personas are looked up first
    """
    # The pool decides when it ends, also where a terminal or systemd signals the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for name in engines:
        load_engine(name)

    unmeasured = persona_names(personas) if DEFAULT_ENGINE in engines else []
    number, reply = 0, None
    while True:
        try:
            pipe.send((number, reply))
        except ConnectionError:
            break
        # Nothing to do: measure the gain of a persona, so that its first line need not wait for that.
        while unmeasured and not pipe.poll(0.05):
            _measure_gain(unmeasured.pop(), personas)
        try:
            message = pipe.recv_bytes()
        except (EOFError, ConnectionError):
            # Reset, not ended, if the pool was killed before it read the last reply.
            break
        if not message:
            break
        number, function, arguments, keywords = pickle.loads(message)

        def watch(_what: str, _done: int, _total: int, number: int = number) -> None:
            if cancelled.value == number:
                raise Cancelled

        try:
            with watch_steps(watch):
                reply = function(*arguments, **keywords)
        except Cancelled:
            reply = Failure("cancelled", "the request was cancelled")
        except (UsageError, MissingExtraError) as error:
            reply = Failure("usage", str(error), error.kind if isinstance(error, UnknownNameError) else "")
        except ENGINE_FAILURES as error:
            logging.getLogger(__name__).exception("a task failed")
            reply = Failure("failed", str(error))
    close_engines()


def _measure_gain(persona: str, folders: Sequence[str]) -> None:
    """Let the embedded engine measure the gain of a persona's voice; a broken file is told of when it is asked for."""
    try:
        speaker = load_persona(persona, folders)
        load_engine(DEFAULT_ENGINE).perform(CALIBRATION[:12], speaker, direct(speaker, ()), language="en", seed=0)
    except UsageError:
        return
