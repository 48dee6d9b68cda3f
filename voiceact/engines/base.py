"""The interface of an engine: the base class to inherit from, what an engine declares, and what it returns.

`voiceact.engines.registry` finds engines by name. docs/engines.md explains how to write one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.direction import Direction
from voiceact.acting.moves import PARAMETERS
from voiceact.acting.persona import Persona
from voiceact.audio.words import Word
from voiceact.errors import UsageError, VoiceactError

ENGINE_FAILURES = (VoiceactError, OSError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError)
"""what an engine may raise: its own errors and those of its libraries; each costs one take, not a run"""
if TYPE_CHECKING:
    from voiceact.engines.remote.client import Cost

CALIBRATION = "The kettle stands on the second shelf, and the blue cup is next to it."
"""read once a persona, to measure the gain that brings its neutral voice to its loudness"""
CEILING_DB = -1.0
"""true peak of every take, in dBTP"""
ANY_LANGUAGE = "*"
"""stands among the languages of an engine whose server alone knows them"""


@dataclass(frozen=True, slots=True)
class Licences:
    """Licences of an engine: SPDX names, or a short sentence where there is none.

    Attributes:
        code: licence of the engine's source code
        weights: licence of the model's weights
        output: licence of the speech it makes
    """

    code: str
    weights: str
    output: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can follow; whatever is not listed here is reported to the user before it speaks.

    Attributes:
        moves: names of the acoustic moves (`voiceact.acting.moves`) it performs
        languages: codes of the languages it speaks, or `ANY_LANGUAGE`
        sample_rate: rate of the audio it returns, in Hz
        deterministic: whether the same call returns the same bytes
        instruction: whether it follows a written instruction
        reference: whether it takes a recording as the persona's voice
        emotion_vector: whether it takes emotions as numbers
        word_times: whether its takes say when each word is spoken; None where only a take shows it
        sounds: wordless sounds of its own, which a tag in the text asks for (`voiceact.acting.controls.find_sound`)
    """

    moves: frozenset[str]
    languages: tuple[str, ...]
    licences: Licences
    sample_rate: int
    deterministic: bool
    instruction: bool = False
    reference: bool = False
    emotion_vector: bool = False
    word_times: bool | None = None
    sounds: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, object]:
        """Return the JSON form, with sorted moves."""
        return asdict(self) | {
            "moves": sorted(self.moves),
            "languages": list(self.languages),
            "sounds": sorted(self.sounds),
        }


@dataclass(frozen=True, slots=True)
class Card:
    """Facts about an engine that need no loading; the class attribute `card` of engines that are slow to load.

    Attributes:
        steered_by: one phrase that says which parts of a direction reach it
        languages: codes of the languages it speaks
        licences: of code, weights and output
        packages: distributions it needs
        extra: extra of voiceact that installs them
        isolated: whether its pins exclude other engines, so that it is better installed in an environment of its own
        beside: requirement that no extra can name, because the package is on no index
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

    Attributes:
        samples: float32 [n], mono, full scale is 1.0, at the persona's loudness
        sample_rate: in Hz
        seed: seed of the random draws
        words: word timings where the engine knows them, else empty
    """

    samples: NDArray[np.float32]
    sample_rate: int
    seed: int
    words: tuple[Word, ...] = field(default=())

    @property
    def duration(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line of a batch; the fields are the arguments of `Engine.perform`.

    Attributes:
        seed: seed of the random draws of this line
    """

    text: str
    persona: Persona
    direction: Direction
    language: str = "en"
    seed: int = 0


class Engine(ABC):
    """Base class of all engines: text to acted speech. Register a subclass under the entry point group `voiceact.engines`.

    A subclass sets `name`, `version`, `model_sha256` and `capabilities`, and implements `perform`; everything else has a
    default. A class that does not inherit from this one, but has these five, is wrapped by `adapt_engine`.

    Attributes:
        options: option -> what it is for; each is a keyword argument of the constructor, given as text
        card: facts that `voiceact engine list` shows without loading the engine; None if loading it is quick
        name: registered name
        version: version of the engine or of the library that speaks
        model_sha256: SHA-256 that differs whenever the model, or an option that changes its sound, differs
        capabilities: what it can follow
        spec: name with options, as `load_engine` takes it; set by `load_engine`, empty where no option was given
        batch_size: lines worth speaking together, where `speaks_batches`
        missing_languages: code of a language that needs something more installed -> the command that installs it
    """

    options: ClassVar[Mapping[str, str]] = {}
    card: ClassVar[Card | None] = None

    name: str
    version: str
    model_sha256: str
    capabilities: Capabilities
    spec: str = ""
    batch_size: int = 1
    missing_languages: Mapping[str, str] = {}

    @property
    def speaks_batches(self) -> bool:
        """Whether `perform_batch` speaks lines together, rather than one after another; runs then give it whole batches."""
        return type(self).perform_batch is not Engine.perform_batch

    @abstractmethod
    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str, seed: int) -> Take:
        """Speak `text` as `persona`, acted as `direction` says.

        Raises:
            UsageError: if this engine cannot speak the text
        """

    def perform_batch(self, lines: Sequence[BatchLine]) -> list[Take]:
        """Speak several lines, each drawn from its own seed; by default one after another.

        A deterministic engine returns the samples that `perform` returns for each line, whatever lines stand beside it. One
        that cannot do so together leaves this method as it is. Any other at least draws each line from the line's own seed.

        Raises:
            UsageError: if this engine cannot speak one of them
        """
        return [self.perform(line.text, line.persona, line.direction, language=line.language, seed=line.seed) for line in lines]

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return what of the direction cannot be conveyed besides moves and recording, one phrase each; by default nothing.

        Engines that take categories by other means than moves report here what they cannot convey.
        """
        return []

    def cost(self, texts: Iterable[str]) -> "Cost | None":
        """Return what a server charges to speak these texts; None, without reading them, for an engine on this machine."""
        return None

    def close(self) -> None:  # noqa: B027, few engines hold anything
        """Free what the engine holds outside this process; by default nothing."""


class AdaptedEngine(Engine):
    """An object that has the five required parts of an engine, but does not inherit from `Engine`.

    Its optional parts (`spec`, `perform_batch`, `unheard`, `cost`, `close`) are used where it has them.

    Args:
        engine: the object
    """

    def __init__(self, engine: Any):
        self._engine = engine
        self.name, self.version, self.model_sha256 = engine.name, engine.version, engine.model_sha256
        self.capabilities = engine.capabilities
        self.spec = getattr(engine, "spec", "")
        self.batch_size = getattr(engine, "batch_size", 1)

    @property
    def speaks_batches(self) -> bool:
        """Whether the object has a `perform_batch` of its own."""
        return hasattr(self._engine, "perform_batch")

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`)."""
        take: Take = self._engine.perform(text, persona, direction, language=language, seed=seed)
        return take

    def perform_batch(self, lines: Sequence[BatchLine]) -> list[Take]:
        """Speak several lines (see `Engine.perform_batch`)."""
        return list(self._engine.perform_batch(lines)) if self.speaks_batches else super().perform_batch(lines)

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return what the object reports, if it reports anything (see `Engine.unheard`)."""
        return list(self._engine.unheard(persona, direction)) if hasattr(self._engine, "unheard") else []

    def cost(self, texts: Iterable[str]) -> "Cost | None":
        """Return the object's estimate, if it makes one (see `Engine.cost`)."""
        estimate: Cost | None = self._engine.cost(texts) if hasattr(self._engine, "cost") else None
        return estimate

    def close(self) -> None:
        """Close the object, if it can be closed."""
        if hasattr(self._engine, "close"):
            self._engine.close()


def adapt_engine(engine: Any) -> Engine:
    """Return the engine itself, or wrap an object that does not inherit from `Engine`."""
    return engine if isinstance(engine, Engine) else AdaptedEngine(engine)


def unfollowed(engine: Engine, persona: Persona, direction: Direction) -> list[str]:
    """Return what this direction requests that the engine cannot do, one phrase each.

    Only moves that the direction changes count. An engine that follows a written instruction is not charged with missing
    moves, because the instruction says the same. What an engine reports itself (`Engine.unheard`) comes last.
    """
    capabilities = engine.capabilities
    requested = [name for name in direction.moves.changed() if name not in PARAMETERS]
    missing = [] if capabilities.instruction else [f"move {name!r}" for name in requested if name not in capabilities.moves]
    if persona.voice.reference and not capabilities.reference:
        missing.append("the persona's reference recording")
    return missing + engine.unheard(persona, direction)


def check_language(engine: Engine, language: str) -> None:
    """Raise UsageError if the engine does not speak that language."""
    if not {language, ANY_LANGUAGE} & {*engine.capabilities.languages}:
        spoken = ", ".join(engine.capabilities.languages)
        if command := engine.missing_languages.get(language):
            raise UsageError(f"engine {engine.name!r} speaks {language!r} with an optional part; install it with: {command}")
        raise UsageError(f"engine {engine.name!r} does not speak {language!r}; it speaks: {spoken}")
