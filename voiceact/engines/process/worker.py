"""The far side of an isolated engine: `python -m voiceact.engines.process.worker SPEC`, one JSON message a line.

It says who it is, then answers each request in turn. Sound goes through a file whose name the request gives
(in memory, where the system has such a folder), never through the messages. Whatever a library prints goes to
stderr: nothing but messages leaves on stdout.
"""

import os
import sys
from typing import IO, Any

import msgspec
import numpy as np

from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.engines.base import Engine, Take, Word, load_engine
from voiceact.engines.neural.common import Request
from voiceact.errors import VoiceactError

PROTOCOL = 2


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to be heard, and how."""

    persona: Persona
    moves: dict[str, float]
    instruction: str
    mix: tuple[tuple[str, float], ...]

    @property
    def direction(self) -> Direction:
        """As an engine takes it."""
        return Direction(Moves(**self.moves), self.instruction, self.mix)


class Line(Asked, frozen=True, forbid_unknown_fields=True):
    """A line of a request; its samples go into the file `sound` as float32."""

    text: str
    language: str
    sound: str


class Performing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="perform"):
    """A request: speak these, all from one seed.

    together: as one batch; else there is one line
    """

    lines: tuple[Line, ...]
    seed: int
    together: bool = False


class Considering(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="consider"):
    """A request: what of this would the engine not be told?"""

    asked: Asked


class Sound(msgspec.Struct, frozen=True):
    """How many samples lie in the file of a line, and the rest of its take."""

    length: int
    sample_rate: int
    seed: int
    words: tuple[Word, ...] = ()


class Spoken(msgspec.Struct, frozen=True, tag="spoken"):
    """The answer to `Performing`, a sound a line."""

    sounds: tuple[Sound, ...]


class Unheard(msgspec.Struct, frozen=True, tag="unheard"):
    """The answer to `Considering`."""

    phrases: tuple[str, ...]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The answer where the engine refused or failed.

    usage: whether the request was at fault
    """

    sentence: str
    usage: bool


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """What the worker says first.

    batches: whether the engine speaks several lines together
    """

    protocol: int
    name: str
    version: str
    model_sha256: str
    capabilities: dict[str, Any]
    batches: bool = False


Message = Spoken | Unheard | Failed | Hello


def serve(spec: str, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Load the engine, say hello, and answer until the requests end."""
    try:
        engine = load_engine(spec)
    except (VoiceactError, OSError, RuntimeError, ValueError) as error:
        _send(answers, Failed(_sentence(error), usage=True))
        return
    _send(answers, Hello(PROTOCOL, engine.name, engine.version, engine.model_sha256, _plain(engine),
                         batches=hasattr(engine, "perform_batch")))
    for line in requests:
        _send(answers, _answer(engine, msgspec.json.decode(line, type=Performing | Considering)))


def _answer(engine: Engine, asked: Performing | Considering) -> Spoken | Unheard | Failed:
    try:
        if isinstance(asked, Considering):
            unheard = getattr(engine, "unheard", None)
            return Unheard(tuple(unheard(asked.asked.persona, asked.asked.direction)) if unheard else ())
        takes = _spoken(engine, asked)
        for line, take in zip(asked.lines, takes, strict=True):
            _write(line.sound, take)
    except VoiceactError as error:
        return Failed(str(error), usage=error.exit_status == 2)
    # Whatever a library raises costs one line; only the death of the process is another matter.
    except (OSError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        return Failed(_sentence(error), usage=False)
    return Spoken(tuple(Sound(len(take.samples), take.sample_rate, take.seed, take.words) for take in takes))


def _spoken(engine: Any, asked: Performing) -> list[Take]:
    if asked.together:
        requests = [Request(line.text, line.persona, line.direction, line.language) for line in asked.lines]
        return list(engine.perform_batch(requests, seed=asked.seed))
    return [engine.perform(line.text, line.persona, line.direction, language=line.language, seed=asked.seed)
            for line in asked.lines]


def _write(path: str, take: Take) -> None:
    with open(path, "wb") as file:
        file.write(np.ascontiguousarray(take.samples, np.float32).data)


def _plain(engine: Engine) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(engine.capabilities.as_dict())
    return found


def _send(answers: IO[bytes], message: Message) -> None:
    answers.write(msgspec.json.encode(message) + b"\n")
    answers.flush()


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, VoiceactError) else f"{type(error).__name__}: {error}"


def main() -> None:
    """Keep stdout for messages and give the libraries stderr instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.argv[1], sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
