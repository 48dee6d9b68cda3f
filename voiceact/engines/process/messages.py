"""Messages between an engine in a process of its own and this one: one JSON object a line."""

from typing import Any

import msgspec

from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.audio.words import Word

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
