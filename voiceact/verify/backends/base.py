"""Interfaces of the backends of checks: recognizers, speaker encoders and raters of naturalness.

`voiceact.verify.backends.registry` finds backends by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples, Sound

Kind = Literal["asr", "speaker", "mos"]


@runtime_checkable
class Recognizer(Protocol):
    """Speech recognizer: audio to text.

    Attributes:
        name: written into every record, with `revision` (of library and weights) where that is not part of the name
        paces: factors of the sample rate at which a sound is tried, one after another, until it is understood
        stretch: (optional) longest run of wrong sounds that passes; that of pocketsphinx by default
        judges_numbers: (optional) whether numbers that it hears may count against the voice; True by default
    """

    name: str
    paces: tuple[float, ...]

    def speaks(self, language: str) -> bool:
        """Return whether it knows that language."""
        ...

    def hear(self, samples: Samples, rate: int, *, language: str) -> str:
        """Transcribe samples (float32 [n], mono, rate in Hz); empty if nothing was understood."""
        ...


@runtime_checkable
class SpeakerEncoder(Protocol):
    """Speaker encoder: audio to an embedding of the voice.

    Attributes:
        name, revision: identity, written into every record
        least: cosine of take and twin below which they are two voices; None where nobody measured one
    """

    name: str
    revision: str
    least: float | None

    def embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """Compute embeddings [sounds, dimensions], each of length 1; raise VoiceactError where there is no speech."""
        ...


@runtime_checkable
class Rater(Protocol):
    """Rater of naturalness: audio to a score.

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
        """Compute one finite score each; raise VoiceactError for silence, or an answer that is no number."""
        ...


@dataclass(frozen=True)
class Unavailable:
    """A backend that cannot be loaded; its check is not judged, and gives `why` as the reason."""

    why: str


@dataclass(frozen=True)
class Backends:
    """The backends of the checks; None is the default of a kind.

    Attributes:
        asr: speech recognizer, for the transcript
        speaker: speaker encoder, for the identity
        mos: rater, for the naturalness
    """

    asr: Recognizer | Unavailable | None = None
    speaker: SpeakerEncoder | Unavailable | None = None
    mos: Rater | Unavailable | None = None

    def identities(self) -> dict[str, str]:
        """Return kind -> name and revision, of those that were named."""
        chosen = {kind.name: getattr(self, kind.name) for kind in fields(self)}
        return {
            kind: f"{backend.name} {getattr(backend, 'revision', '')}".strip()
            for kind, backend in chosen.items()
            if backend is not None and not isinstance(backend, Unavailable)
        }
