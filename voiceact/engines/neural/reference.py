"""Whose voice an engine imitates: a persona's own recording, or one that the engine drew for it once.

An engine that draws a new voice every time would make a persona a crowd. So a persona without a recording is given
one: a sentence that the engine speaks once, from a seed that the persona's name decides, and imitates from then on.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from voiceact import audio
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, resample
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import write_whole
from voiceact.runtime.seeds import draw_integer

SHORTEST_SECONDS = 1.0


@dataclass(frozen=True)
class Recording:
    """A voice.

    samples: float32 [n], at `rate` Hz
    words: what is said in it; empty where nobody wrote it down
    """

    samples: Samples
    rate: int
    words: str = ""

    def at(self, rate: int) -> Samples:
        """The samples at another rate."""
        return resample(self.samples, self.rate, rate)


def own_recording(persona: Persona, *, with_words: bool = False) -> Recording | None:
    """The recording that a persona names; None if it names none. Its words stand beside it: voice.wav, voice.txt.

    with_words: whether the engine has to know what is said in it
    Raises:
        UsageError: without consent, too short, cannot be read, or words missing
    """
    if not persona.voice.reference:
        return None
    if not persona.consent:
        raise UsageError(
            f"persona {persona.name!r}: voice.reference is a recording of a real person and consent is missing; "
            "expected consent with who, statement, date and evidence"
        )
    return read_recording(Path(persona.voice.reference), with_words=with_words)


def read_recording(path: Path, *, with_words: bool = False) -> Recording:
    """A recording, and its words from the text file of the same name; raises as `own_recording`."""
    samples, rate = audio.read(path)
    if len(samples) < SHORTEST_SECONDS * rate:
        raise UsageError(
            f"{path}: is {len(samples) / rate:.2f} s long; a voice needs {SHORTEST_SECONDS:g} s or more, better ten"
        )
    beside = path.with_suffix(".txt")
    words = " ".join(beside.read_text("utf-8").split()) if beside.is_file() else ""
    if with_words and not words:
        raise UsageError(
            f"{path}: this engine has to know what is said in the recording; write its words into {beside.name} beside it"
        )
    return Recording(samples, rate, words)


class Cast:
    """Each persona's voice: its own recording, else the one that is drawn for it and kept.

    Args:
        draw: speaks a sentence in a new voice, from a seed
        folder: keeps what was drawn, NAME.wav and NAME.txt; None keeps it as long as the process lives
        with_words: whether the engine has to know what is said in a recording
    """

    def __init__(
        self, draw: Callable[[Persona, int], Recording], folder: str | Path | None = None, *, with_words: bool = False
    ):
        self._draw, self._with_words = draw, with_words
        self._folder = Path(folder).expanduser() if folder else None
        self._known: dict[str, Recording] = {}

    def recording(self, persona: Persona) -> Recording:
        """The persona's voice; raises as `own_recording`."""
        key = persona.name + persona.description + str(persona.voice)
        if key not in self._known:
            own = own_recording(persona, with_words=self._with_words)
            self._known[key] = own or self._kept(persona) or self._drawn(persona)
        return self._known[key]

    def _kept(self, persona: Persona) -> Recording | None:
        path = self._folder / f"{persona.name}.wav" if self._folder else None
        return read_recording(path, with_words=self._with_words) if path and path.is_file() else None

    def _drawn(self, persona: Persona) -> Recording:
        found = self._draw(persona, voice_seed(persona))
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / f"{persona.name}.txt", f"{found.words}\n".encode())
            # The sound last: where it is, its words are too.
            write_whole(self._folder / f"{persona.name}.wav", _wav(found))
        return found


def voice_seed(persona: Persona) -> int:
    """What a persona's voice is drawn from: the same for ever, by its name."""
    return draw_integer(persona.name, size=4)


def _wav(recording: Recording) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, recording.samples, recording.rate, format="WAV", subtype="FLOAT")
    return buffer.getvalue()
