"""What an estimator listens to: one channel, 16 kHz, finite, with somebody in it."""

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import VoiceactError

SAMPLE_RATE = 16_000
MIN_SECONDS = 0.2
MAX_SECONDS = 120.0
SILENCE_DBFS = -70.0

Samples = NDArray[np.float32]


class UnheardError(VoiceactError, ValueError):
    """Audio of which an estimator cannot say anything; the sentence says why."""


def prepare(samples: NDArray[np.floating], sample_rate: int) -> Samples:
    """One channel at 16 kHz without DC, its level as it came.

    Args:
        samples: float array [n], or [n, channels] (channels are averaged), full scale 1.0
        sample_rate: Hz, 4000 to 384000

    Raises:
        UnheardError: empty, shorter than 0.2 s, longer than 120 s, not finite, or silent
    """
    audio = _one_channel(np.asarray(samples))
    _refuse_rate(sample_rate)
    _refuse_length(len(audio), sample_rate)
    if not np.isfinite(audio).all():
        raise UnheardError("the audio holds values that are not numbers (NaN or infinite); write it again")
    audio = _resampled(audio, sample_rate)
    audio = audio - audio.mean()
    _refuse_silence(audio)
    return np.asarray(audio, np.float32)


def _one_channel(samples: NDArray[np.floating]) -> NDArray[np.floating]:
    if samples.ndim == 1:
        return samples
    if samples.ndim == 2:
        mono: NDArray[np.floating] = samples.mean(axis=1) if samples.size else samples.reshape(-1)
        return mono
    raise UnheardError(f"audio must be [samples] or [samples, channels]; this has {samples.ndim} dimensions")


def _refuse_rate(sample_rate: int) -> None:
    if not 4_000 <= sample_rate <= 384_000:
        raise UnheardError(f"the sample rate is {sample_rate} Hz; speech is read from 4000 to 384000 Hz")


def _refuse_length(count: int, sample_rate: int) -> None:
    seconds = count / sample_rate
    if count == 0:
        raise UnheardError("the audio is empty; give at least 0.2 s of speech")
    if seconds < MIN_SECONDS:
        raise UnheardError(f"the audio lasts {seconds:.3f} s; an estimator needs at least {MIN_SECONDS} s")
    refuse_long(seconds)


def refuse_long(seconds: float) -> None:
    """Raise for audio too long to be one utterance (callers ask before reading the file)."""
    if seconds > MAX_SECONDS:
        raise UnheardError(
            f"the audio lasts {seconds:.0f} s; a profile describes one utterance of at most "
            f"{MAX_SECONDS:.0f} s, so cut it first"
        )


def _resampled(audio: NDArray[np.floating], sample_rate: int) -> NDArray[np.floating]:
    if sample_rate == SAMPLE_RATE:
        return audio
    import soxr

    resampled: NDArray[np.floating] = soxr.resample(audio.astype(np.float32), sample_rate, SAMPLE_RATE)
    return resampled


def _refuse_silence(audio: NDArray[np.floating]) -> None:
    level = 20 * np.log10(float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) + 1e-12)
    if level < SILENCE_DBFS:
        raise UnheardError(f"the audio is silent ({level:.0f} dBFS); speech lies above {SILENCE_DBFS:.0f} dBFS")
