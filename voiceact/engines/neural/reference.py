"""The recording whose voice an engine imitates: the persona's own, or one that the engine makes for it once.

An engine that draws a new voice every time would make a persona many people. So a persona without a recording is given
one: a sentence that the engine speaks once, from a seed that depends on the persona's name, and imitates from then on.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import soundfile

from voiceact import audio
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, resample
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import write_whole
from voiceact.runtime.seeds import draw_integer

SHORTEST_VOICE_SECONDS = 1.0


@dataclass(frozen=True)
class VoiceRecording:
    """A recording of a voice.

    Attributes:
        samples: float32 [n]
        rate: of the samples, in Hz
        words: what is said in it; empty where it is not known
    """

    samples: Samples
    rate: int
    words: str = ""

    def at(self, rate: int) -> Samples:
        """Return the samples at another rate, in Hz."""
        return resample(self.samples, self.rate, rate)


def own_recording(persona: Persona, *, with_words: bool = False) -> VoiceRecording | None:
    """Read the recording that a persona names; None if it names none. Its words are in a file beside it: voice.wav, voice.txt.

    Args:
        persona: whose recording
        with_words: whether the engine needs the words

    Raises:
        UsageError: without consent, too short, cannot be read, or words missing
    """
    check_consent(persona)
    return read_recording(Path(persona.voice.reference), with_words=with_words) if persona.voice.reference else None


def check_consent(persona: Persona) -> None:
    """Raise UsageError if a persona names a recording of a real person, but no consent."""
    if persona.voice.reference and not persona.consent:
        raise UsageError(
            f"persona {persona.name!r}: voice.reference is a recording of a real person and consent is missing; "
            "expected consent with who, statement, date and evidence"
        )


def read_recording(path: Path, *, with_words: bool = False) -> VoiceRecording:
    """Read a recording, and its words from the text file of the same name.

    Raises:
        UsageError: too short, cannot be read, or words missing where `with_words` requires them
    """
    samples, rate = audio.read(path)
    if len(samples) < SHORTEST_VOICE_SECONDS * rate:
        raise UsageError(
            f"{path}: is {len(samples) / rate:.2f} s long; a voice needs {SHORTEST_VOICE_SECONDS:g} s or more, better ten"
        )
    beside = path.with_suffix(".txt")
    words = " ".join(beside.read_text("utf-8").split()) if beside.is_file() else ""
    if with_words and not words:
        raise UsageError(
            f"{path}: this engine has to know what is said in the recording; write its words into {beside.name} beside it"
        )
    return VoiceRecording(samples, rate, words)


class Cast:
    """The recordings of all personas: their own, or made once and kept.

    Args:
        draw: speaks a sentence in a new voice, from a seed
        folder: stores what was made, as NAME.wav and NAME.txt; None keeps it while the process lives
        with_words: whether the engine needs the words of a recording
    """

    def __init__(
        self, draw: Callable[[Persona, int], VoiceRecording], folder: str | Path | None = None, *, with_words: bool = False
    ):
        self._draw, self._with_words = draw, with_words
        self._folder = Path(folder).expanduser() if folder else None
        self._recordings: dict[str, VoiceRecording] = {}

    def recording(self, persona: Persona) -> VoiceRecording:
        """Return the recording of the persona's voice; raises as `own_recording`."""
        check_consent(persona)
        key = persona.name + persona.description + str(persona.voice)
        if key not in self._recordings:
            own = own_recording(persona, with_words=self._with_words)
            self._recordings[key] = own or self._stored_or_new(persona)
        return self._recordings[key]

    def _stored_or_new(self, persona: Persona) -> VoiceRecording:
        path = self._folder / f"{persona.name}.wav" if self._folder else None
        if path and path.is_file():
            return read_recording(path, with_words=self._with_words)
        recording = self._draw(persona, voice_seed(persona))
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path.with_suffix(".txt"), f"{recording.words}\n".encode())
            # The sound last: where it is, its words are too.
            buffer = io.BytesIO()
            soundfile.write(buffer, recording.samples, recording.rate, format="WAV", subtype="FLOAT")
            write_whole(path, buffer.getvalue())
        return recording


def voice_seed(persona: Persona) -> int:
    """Return the seed of a persona's voice, which depends on its name alone."""
    return draw_integer(persona.name, size=4)
