"""How the passages of a long text become one sound: silence between them, and ends that fade, so that nothing clicks."""

from collections.abc import Sequence

import numpy as np

from voiceact.audio import Samples
from voiceact.audio.words import Word
from voiceact.engines.base import Take
from voiceact.engines.embedded.takes import GAP_SECONDS, PARAGRAPH_SECONDS
from voiceact.errors import VoiceactError
from voiceact.text.passages import WINDOW_CHARACTERS, Passage

LONGEST_TAKE_CHARACTERS = WINDOW_CHARACTERS
"""length of a text up to which an engine is given it whole; a longer one is spoken passage by passage"""
FADE_SECONDS = 0.005


def is_long(text: str) -> bool:
    """Return whether a text is spoken passage by passage."""
    return len(text) > LONGEST_TAKE_CHARACTERS


def silence_after(passage: Passage, *, pause: float) -> float:
    """Return the seconds of silence between a passage and the next one.

    Args:
        passage: the one before the silence
        pause: how much longer pauses are than usual (`ResolvedRequest.pause`)
    """
    return pause * (PARAGRAPH_SECONDS if passage.pause == "paragraph" else GAP_SECONDS)


def fade_ends(samples: Samples, rate: int, *, seconds: float = FADE_SECONDS) -> Samples:
    """Return a copy of samples, float32 [n], faded in and out."""
    size = min(round(seconds * rate), len(samples) // 2)
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    faded = samples.copy()
    if size:
        faded[:size] *= ramp
        faded[-size:] *= ramp[::-1]
    return faded


def shift_words(words: Sequence[Word], seconds: float) -> tuple[Word, ...]:
    """Return word timings moved later by some seconds."""
    return tuple(word.shifted(seconds) for word in words)


class PassageJoiner:
    """Lays takes of passages behind one another.

    Args:
        rate: of the takes, in Hz
        pause: how much longer pauses are than usual (`ResolvedRequest.pause`)
    """

    def __init__(self, rate: int, *, pause: float):
        self._rate, self._pause = rate, pause
        self._length, self._silence = 0, 0.0

    @property
    def length(self) -> int:
        """Number of samples so far."""
        return self._length

    def append(self, passage: Passage, take: Take) -> tuple[Samples, float]:
        """Return the samples that follow those before, silence first, and where the take begins, in seconds.

        Raises:
            VoiceactError: if the take has another sample rate
        """
        if take.sample_rate != self._rate:
            raise VoiceactError(
                f"the engine gave sound at {take.sample_rate:,} Hz where its capabilities state {self._rate:,}; "
                "a long text needs one rate throughout"
            )
        gap = np.zeros(round(self._silence * self._rate), np.float32)
        start = (self._length + len(gap)) / self._rate
        self._length += len(gap) + len(take.samples)
        self._silence = silence_after(passage, pause=self._pause)
        return np.concatenate([gap, fade_ends(take.samples, self._rate)]), start
