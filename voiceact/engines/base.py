"""What an engine is: the protocol it implements, what it declares and what it returns.

`voiceact.engines.registry` finds engines by name.
"""

from dataclasses import asdict, dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.direction import Direction
from voiceact.acting.moves import PARAMETERS
from voiceact.acting.persona import Persona
from voiceact.audio.words import Word
from voiceact.errors import UsageError, VoiceactError

ENGINE_FAILURES = (VoiceactError, OSError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError)
"""what an engine may raise: its own errors and those of its libraries; each costs one take, not a run"""
ANY_LANGUAGE = "*"
"""stands among an engine's languages where only its server knows them"""


@dataclass(frozen=True, slots=True)
class Licences:
    """SPDX names (or a short sentence where there is none) of code, weights and what is spoken."""

    code: str
    weights: str
    output: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can follow; whatever it does not list is reported before it speaks."""

    moves: frozenset[str]
    """names of the acoustic moves (`voiceact.acting.moves`) it performs"""
    languages: tuple[str, ...]
    licences: Licences
    sample_rate: int
    """Hz of the audio it returns"""
    deterministic: bool
    """whether the same call gives the same bytes"""
    instruction: bool = False
    """whether it follows a written instruction"""
    reference: bool = False
    """whether it takes a recording as the persona's voice"""
    emotion_vector: bool = False
    """whether it takes numbers for emotions"""

    def as_dict(self) -> dict[str, object]:
        """JSON-able form, moves sorted."""
        return asdict(self) | {"moves": sorted(self.moves), "languages": list(self.languages)}


@dataclass(frozen=True, slots=True)
class Card:
    """What can be said of an engine without loading it; a class attribute `card` of engines that are slow to load.

    steered_by: what of a direction reaches it, one phrase
    packages: distributions it needs
    extra: of voiceact, that installs them
    isolated: whether its pins exclude other engines, so that it is better installed alone
    beside: a requirement that no extra can name, because the package is on no index
    """

    steered_by: str
    languages: tuple[str, ...]
    licences: Licences
    packages: tuple[str, ...] = ()
    extra: str = ""
    isolated: bool = False
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Take:
    """One attempt at a line.

    samples: float32 [n], mono, full scale is 1.0, at the persona's loudness
    sample_rate: Hz
    words: word timings where the engine knows them, else empty
    seed: what it was drawn with
    """

    samples: NDArray[np.float32]
    sample_rate: int
    seed: int
    words: tuple[Word, ...] = field(default=())

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line of a batch; fields as the arguments of `Engine.perform`."""

    text: str
    persona: Persona
    direction: Direction
    language: str = "en"


@runtime_checkable
class Engine(Protocol):
    """Text to acted speech. Implementations register under the entry point group `voiceact.engines`."""

    name: str
    version: str
    model_sha256: str
    capabilities: Capabilities

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str, seed: int) -> Take:
        """Speak `text` as `persona`, acted as `direction` says.

        Raises:
            UsageError: if the text cannot be spoken by this engine
        """
        ...


def unfollowed(engine: Engine, persona: Persona, direction: Direction) -> list[str]:
    """What this direction asks that the engine cannot do, one phrase each (empty if nothing).

    A move counts only if it is asked for; the written instruction is not counted against an
    engine that follows the moves, because both say the same. An engine that is told a category by
    other means says itself what it is not told (its method `unheard(persona, direction)`).
    """
    capabilities = engine.capabilities
    asked = [name for name in direction.moves.changed() if name not in PARAMETERS]
    missing = [f"move {name!r}" for name in asked if name not in capabilities.moves]
    if missing and capabilities.instruction:
        missing = []
    if persona.voice.reference and not capabilities.reference:
        missing.append("the persona's reference recording")
    unheard = getattr(engine, "unheard", None)
    return missing + (unheard(persona, direction) if unheard else [])


def check_language(engine: Engine, language: str) -> None:
    """Raise UsageError if the engine does not speak that language."""
    if not {language, ANY_LANGUAGE} & {*engine.capabilities.languages}:
        spoken = ", ".join(engine.capabilities.languages)
        raise UsageError(f"engine {engine.name!r} does not speak {language!r}; it speaks: {spoken}")
