"""Judge a recording that a client sends: the verdict on it, or what is heard in it. Runs in the pool's processes."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from voiceact import audio
from voiceact.acting.intensity import DEFAULT_INTENSITY
from voiceact.audio import Samples
from voiceact.errors import UsageError
from voiceact.prompting.feeling import read_emotions
from voiceact.vocabulary import CHECKS

TRANSCRIPT_CHECK = "transcript"


@dataclass(frozen=True)
class Recording:
    """A recording as a client sent it.

    Attributes:
        data: bytes of an audio file
        field: of the form it came in, for messages
    """

    data: bytes
    field: str

    def read(self) -> tuple[Samples, int]:
        """Return samples, float32 [n], and the rate in Hz.

        Raises:
            UsageError: if it is no audio, or too long to be judged
        """
        from voiceact.estimators.features.signal import MAX_SECONDS

        # Read from a file, as everything that comes from outside is (`voiceact.audio.read`).
        with tempfile.TemporaryDirectory(prefix="voiceact-") as folder:
            path = Path(folder, "recording")
            path.write_bytes(self.data)
            try:
                return audio.read(path, longest_seconds=MAX_SECONDS)
            except UsageError as error:
                raise UsageError(str(error).replace(str(path), self.field)) from None


def verify_recording(
    recording: Recording,
    *,
    text: str = "",
    emotions: tuple[str, ...] = (),
    intensity: float | None = None,
    language: str = "en",
    reference: Recording | None = None,
    checks: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the verdict on a recording, with every check and score, as a record keeps it.

    Args:
        recording: that is judged
        text: what was to be said; without it the transcript is not checked
        emotions: what was to be felt: categories, keywords or plain words
        intensity: of emotions that state none; None is the usual
        language: of the text
        reference: the same line, or another, read neutrally by the same voice
        checks: to be made; none is all of them

    Raises:
        UsageError: if a recording cannot be read, or an emotion or check is unknown
    """
    # What cannot be read is refused before the judge is loaded, which takes seconds.
    samples, rate = recording.read()
    twin = reference.read() if reference else None
    reading = read_emotions(emotions, DEFAULT_INTENSITY if intensity is None else intensity)
    made = checks or tuple(check for check in CHECKS if text or check != TRANSCRIPT_CHECK)
    if not text and TRANSCRIPT_CHECK in made:
        raise UsageError("the check 'transcript' compares with what was to be said; give text")
    from voiceact.verify.verdict import verify

    verdict = verify(samples, rate, text=text, mix=reading.mix.as_dict(), language=language, twin=twin, checks=made)
    return {
        "object": "audio.verdict",
        "seconds": round(len(samples) / rate, 4),
        "notes": list(reading.notes),
        "verdict": msgspec.to_builtins(verdict.to_record()),
    }


def estimate_recording(recording: Recording, *, reference: Recording | None = None) -> dict[str, Any]:
    """Return what is heard in a recording: 40 scores with the evidence of each, arousal, valence and dominance.

    Args:
        recording: that is listened to
        reference: neutral speech of the same voice; scores are then relative to it

    Raises:
        UsageError: if a recording cannot be read, or nothing can be said of it
    """
    samples, rate = recording.read()
    neutral = [reference.read()] if reference else []
    from voiceact.estimators.registry import load_estimator

    judge = load_estimator()
    voice = judge.reference(neutral, kind="neutral") if neutral else None
    profile = judge.profile(samples, rate, reference=voice)
    heard = profile.record("")
    del heard["path"]
    return {"object": "audio.profile", "seconds": round(len(samples) / rate, 4), **heard}
