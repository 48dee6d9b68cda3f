"""What every large engine shares: text in pieces of bearable length, one loudness a persona, a take from raw output."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, limit_true_peak, loudness_lufs, resample
from voiceact.engines.base import Take
from voiceact.errors import VoiceactError

CEILING_DB = -1.0
"""true peak of every take, dBTP"""
CALIBRATION = "The kettle stands on the second shelf, and the blue cup is next to it."
"""read once a persona, to find the gain that brings its neutral voice to its loudness"""


def split_text(text: str, most: int) -> list[str]:
    """The text in pieces of at most `most` characters, cut at sentence ends, else at commas, else between words.

    No character but white space is lost. A single word longer than `most` stays whole.
    """
    pieces = [text.strip()]
    for mark in (r"(?<=[.!?…。！？])\s+", r"(?<=[,;:–—])\s+", r"\s+"):
        pieces = [part for piece in pieces for part in ([piece] if len(piece) <= most else re.split(mark, piece))]
    return _joined(pieces, most)


def _joined(pieces: Sequence[str], most: int) -> list[str]:
    """Neighbours put together again as far as they fit."""
    found: list[str] = []
    for piece in filter(None, pieces):
        if found and len(found[-1]) + 1 + len(piece) <= most:
            found[-1] += " " + piece
        else:
            found.append(piece)
    return found


class Leveller:
    """Brings what an engine speaks to a persona's loudness: one gain a voice, so that a whisper stays quiet."""

    def __init__(self, speak_plainly: Callable[[Persona], tuple[Samples, int]]):
        """speak_plainly: the persona's neutral reading of `CALIBRATION`, samples and rate"""
        self._speak, self._gains = speak_plainly, dict[str, float]()

    def gain(self, persona: Persona) -> float:
        """Linear gain for this persona; measured at its first line."""
        if persona.name not in self._gains:
            lufs = loudness_lufs(*self._speak(persona))
            self._gains[persona.name] = 10 ** ((persona.voice.loudness - lufs) / 20) if np.isfinite(lufs) else 1.0
        return self._gains[persona.name]


def directed_gain(samples: Samples, rate: int, persona: Persona, direction: Direction) -> float:
    """Linear gain that brings a take to the persona's loudness and what the direction adds to it.

    For servers, where a calibration of each persona would be one more request to pay for.
    """
    lufs = loudness_lufs(samples, rate)
    return 10 ** ((persona.voice.loudness + direction.moves.energy - lufs) / 20) if np.isfinite(lufs) else 1.0


def finished(pieces: Sequence[Any], rate: int, *, out_rate: int, gain: float, seed: int, gap_seconds: float = 0.12) -> Take:
    """A take of what a library gave back.

    pieces: one array or tensor a piece of text, any shape that is mono
    out_rate: Hz of the take
    gain: linear, from a `Leveller`
    Raises:
        VoiceactError: if there is no sound, or it holds NaN
    """
    gap = np.zeros(round(gap_seconds * rate), np.float32)
    parts: list[Samples] = []
    for number, piece in enumerate(pieces):
        parts += [gap] if number else []
        parts.append(as_samples(piece))
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not len(samples) or not np.isfinite(samples).all():
        raise VoiceactError("the engine gave back " + ("no sound" if not len(samples) else "samples that are no numbers (NaN)"))
    loud = resample(samples, rate, out_rate) * np.float32(gain)
    return Take(limit_true_peak(loud, out_rate, CEILING_DB), out_rate, seed)


def as_samples(sound: Any) -> Samples:
    """Mono float32 [n] of a tensor, array or list of any float type; int16 is scaled to full scale 1."""
    if hasattr(sound, "detach"):
        sound = sound.detach().float().cpu().numpy()
    array = np.asarray(sound)
    if array.dtype == np.int16:
        array = array / 32768
    array = np.squeeze(array).astype(np.float32)
    if array.ndim > 1:
        raise VoiceactError(f"the engine gave back sound of shape {array.shape}; expected one channel")
    return np.atleast_1d(array)
