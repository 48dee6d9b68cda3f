"""Messages between this process and an engine in a process of its own: one JSON object a line."""

from typing import Any

import msgspec

from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.audio.words import Word

WORKER_PROTOCOL = 4


class ActingRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A persona and a direction.

    Attributes:
        persona: who speaks
        moves: acoustic moves of the direction, by name
        instruction: the direction in words
        mix: category ids with their intensities
    """

    persona: Persona
    moves: dict[str, float]
    instruction: str
    mix: tuple[tuple[str, float], ...]

    @property
    def direction(self) -> Direction:
        """The direction as an engine takes it."""
        return Direction(Moves(**self.moves), self.instruction, self.mix)


class LineRequest(ActingRequest, frozen=True, forbid_unknown_fields=True):
    """One line to speak.

    Attributes:
        text: what to say
        language: language code
        seed: seed of the random draws
        sound: path of the file into which the worker writes the samples as float32
    """

    text: str
    language: str
    seed: int
    sound: str


class PerformRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="perform"):
    """Request to speak lines.

    Attributes:
        lines: what to speak
        together: whether to speak them as one batch; else there is one line
    """

    lines: tuple[LineRequest, ...]
    together: bool = False


class UnheardRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="consider"):
    """Request for what the engine cannot convey of a direction (`Engine.unheard`)."""

    asked: ActingRequest


class TakeReply(msgspec.Struct, frozen=True):
    """One take of a `PerformReply`, without its samples.

    Attributes:
        length: number of samples in the file of the line
        sample_rate: in Hz
        seed: seed of the random draws
        words: word timings, empty where the engine knows none
    """

    length: int
    sample_rate: int
    seed: int
    words: tuple[Word, ...] = ()


class PerformReply(msgspec.Struct, frozen=True, tag="spoken"):
    """Reply to `PerformRequest`, one take a line."""

    sounds: tuple[TakeReply, ...]


class UnheardReply(msgspec.Struct, frozen=True, tag="unheard"):
    """Reply to `UnheardRequest`."""

    phrases: tuple[str, ...]


class FailureReply(msgspec.Struct, frozen=True, tag="failed"):
    """Reply where the engine refused or failed.

    Attributes:
        sentence: what went wrong
        usage: whether the request was at fault
    """

    sentence: str
    usage: bool


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """First message of the worker: what the engine declares.

    Attributes:
        protocol: version of these messages
        batches: whether the engine speaks several lines together
        batch_size: lines worth speaking together
    """

    protocol: int
    name: str
    version: str
    model_sha256: str
    capabilities: dict[str, Any]
    batches: bool = False
    batch_size: int = 1


Reply = PerformReply | UnheardReply | FailureReply | Hello
