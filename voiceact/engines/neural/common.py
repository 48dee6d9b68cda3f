"""What engines and speech servers share: text in short pieces, and a take from the raw output of a library."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, limit_true_peak, loudness_lufs, resample
from voiceact.engines.base import CEILING_DB, Take
from voiceact.errors import VoiceactError


def split_text(text: str, most: int) -> list[str]:
    """Split text into pieces of at most `most` characters: at sentence ends, else at commas, else between words.

    Nothing but white space is lost. A single word longer than `most` stays whole.
    """
    pieces = [text.strip()]
    for mark in (r"(?<=[.!?…。！？])\s+", r"(?<=[,;:–—])\s+", r"\s+"):
        pieces = [part for piece in pieces for part in ([piece] if len(piece) <= most else re.split(mark, piece))]

    # Join neighbours again as far as they fit.
    joined: list[str] = []
    for piece in filter(None, pieces):
        if joined and len(joined[-1]) + 1 + len(piece) <= most:
            joined[-1] += " " + piece
        else:
            joined.append(piece)
    return joined


def directed_gain(samples: Samples, rate: int, persona: Persona, direction: Direction) -> float:
    """Return the linear gain that brings a take to the persona's loudness and what the direction adds to it.

    For servers, where a calibration of each persona would be one more request to pay for.

    Args:
        samples: float32 [n]
        rate: of the samples, in Hz
        persona: gives the loudness in LUFS
        direction: gives the energy in dB
    """
    lufs = loudness_lufs(samples, rate)
    return 10 ** ((persona.voice.loudness + direction.moves.energy - lufs) / 20) if np.isfinite(lufs) else 1.0


def assemble_take(
    pieces: Sequence[Any], rate: int, *, out_rate: int, gain: float, seed: int, gap_seconds: float = 0.12
) -> Take:
    """Make a take of what a library returned: joined, resampled, brought to its level, true peak limited.

    Args:
        pieces: one array or tensor for each piece of text, of any shape that is mono
        rate: of the pieces, in Hz
        out_rate: of the take, in Hz
        gain: linear
        seed: seed of the random draws
        gap_seconds: silence between two pieces

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
    """Return mono float32 [n] of a tensor, array or list of any float type; int16 is scaled to full scale 1.

    Raises:
        VoiceactError: if it has more than one channel
    """
    if hasattr(sound, "detach"):
        sound = sound.detach().float().cpu().numpy()
    array = np.asarray(sound)
    if array.dtype == np.int16:
        array = array / 32768
    array = np.squeeze(array).astype(np.float32)
    if array.ndim > 1:
        raise VoiceactError(f"the engine gave back sound of shape {array.shape}; expected one channel")
    return np.atleast_1d(array)
