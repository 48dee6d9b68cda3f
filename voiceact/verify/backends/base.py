"""What a backend of a check is: recognizers, speaker encoders and raters of naturalness.

`voiceact.verify.backends.registry` finds backends by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples

Kind = Literal["asr", "speaker", "mos"]
Sound = tuple[Samples, int]


@runtime_checkable
class Recognizer(Protocol):
    """Audio to text.

    name: identity, written into every record; with `revision` (of library and weights) where that is not part of the name
    paces: factors at which a sound is played to it, one after another, until it understands
    stretch: (optional) worst stretch of wrong sounds that passes; that of pocketsphinx where it is not given
    judges_numbers: (optional) whether what it hears of a number may be held against the voice; True where it is not given
    """

    name: str
    paces: tuple[float, ...]

    def speaks(self, language: str) -> bool:
        """Whether it knows that language."""
        ...

    def hear(self, samples: Samples, rate: int, *, language: str) -> str:
        """What was said; empty if nothing was understood."""
        ...


@runtime_checkable
class SpeakerEncoder(Protocol):
    """Who speaks, as a direction.

    Attributes:
        name, revision: identity, written into every record
        least: cosine of take and twin below which they are two voices; None where nobody measured one
    """

    name: str
    revision: str
    least: float | None

    def embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """[sounds, dimensions], each of length 1; VoiceactError where there is no speech."""
        ...


@runtime_checkable
class Rater(Protocol):
    """How natural or clean a sound is.

    Attributes:
        name, revision: identity, written into every record
        figure: what it is called in a sentence ("DNSMOS")
        highest: of its scale
        least: below which a take fails whatever its twin; None where nobody measured one
        drop: what a take may lose against its twin; None likewise
        whispers: whether it rates a whisper fairly
    """

    name: str
    revision: str
    figure: str
    highest: float
    least: float | None
    drop: float | None
    whispers: bool

    def rate(self, sounds: Sequence[Sound]) -> list[float]:
        """One finite figure each; VoiceactError for silence, or an answer that is no number."""
        ...


@dataclass(frozen=True)
class Unavailable:
    """Stands for a backend that is not here; `why` is what a check then says."""

    why: str


@dataclass(frozen=True)
class Backends:
    """What the checks are made with; None is the default."""

    asr: Recognizer | Unavailable | None = None
    speaker: SpeakerEncoder | Unavailable | None = None
    mos: Rater | Unavailable | None = None

    def identities(self) -> dict[str, str]:
        """Kind -> name and revision, of those that were chosen."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            kind: f"{tool.name} {getattr(tool, 'revision', '')}".strip()
            for kind, tool in found.items()
            if tool is not None and not isinstance(tool, Unavailable)
        }
