"""What an engine is: the protocol, what it declares, what it gives back, and the registry."""

from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.direction import Direction
from voiceact.acting.moves import PARAMETERS
from voiceact.acting.persona import Persona
from voiceact.errors import MissingExtraError, UnknownNameError, UsageError
from voiceact.runtime.spec import Spec, check_options, parse_spec

ENTRY_POINT_GROUP = "voiceact.engines"
DEFAULT_ENGINE = "embedded"
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
class Word:
    """A spoken word as written, with its marks, and where it is, in seconds from the start of the take."""

    text: str
    start: float
    end: float


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


def engine_names() -> list[str]:
    """Names of all registered engines, this package's and others'."""
    return sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)})


def describe_engines() -> list[dict[str, Any]]:
    """What can be said of every registered engine without loading a large model.

    Keys: name, installed, state (where it is, or how to install it), steered_by, languages, licences, options, measured
    (on this machine by `voiceact engines probe`, else None)
    """
    return [_described(point) for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)]


def _described(point: EntryPoint) -> dict[str, Any]:
    kind = point.load()
    card: Card = getattr(kind, "card", None) or _card_of(load_engine(point.name))
    missing = [package for package in card.packages if not _is_installed(package)]
    from voiceact.engines.probe import recall
    from voiceact.engines.process.environments import interpreter

    alone = interpreter(point.name) is not None
    return {"name": point.name, "installed": alone or not missing,
            "state": "in an environment of its own" if alone else _how_to_install(point.name, card) if missing else "here",
            "steered_by": card.steered_by, "languages": list(card.languages), "licences": asdict(card.licences),
            "options": dict(getattr(kind, "options", {})), "measured": recall(point.name)}


def _card_of(engine: Engine) -> Card:
    able = engine.capabilities
    ways = [f"{len(able.moves)} acoustic moves"] if able.moves else []
    ways += [words for words, can in (("a written instruction", able.instruction), ("a reference voice", able.reference),
                                      ("an emotion vector", able.emotion_vector)) if can]
    return Card(", ".join(ways) or "nothing", able.languages, able.licences)


def _how_to_install(name: str, card: Card) -> str:
    beside = f" --package {card.beside}" if card.beside else ""
    return f"voiceact engines install {name}{beside}" if card.isolated else f"pip install 'voiceact[{card.extra or name}]'"


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def load_engine(name: str = DEFAULT_ENGINE) -> Engine:
    """The engine of that name, loaded once a process.

    name: alone, or with options: `coqui:model=~/xtts,device=cpu`
    Raises:
        UnknownNameError: if no engine of that name is registered, or it has no such option
        MissingExtraError: if the engine needs an extra that is not installed
    """
    return _loaded(parse_spec(name))


@lru_cache
def _loaded(spec: Spec) -> Engine:
    found = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if spec.name not in found:
        raise UnknownNameError("engine", spec.name, found, "voiceact engines list shows them")
    kind = found[spec.name].load()
    options = check_options(spec, getattr(kind, "options", {}))
    try:
        engine: Engine = kind(**options)
    except MissingExtraError as error:
        engine = _isolated(spec, error)
    if spec.options:
        engine.spec = str(spec)  # type: ignore[attr-defined]
    return engine


def _isolated(spec: Spec, missing: MissingExtraError) -> Engine:
    """The engine in its own environment, if it has one; else raises what is missing here."""
    from voiceact.engines.process.environments import interpreter
    from voiceact.engines.process.isolated import IsolatedEngine

    python = interpreter(spec.name)
    if python is None:
        raise missing
    return IsolatedEngine(str(spec), python)


def spec_of(engine: Engine) -> str:
    """What `load_engine` would have to be given to load this engine again."""
    return str(getattr(engine, "spec", engine.name))


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
