"""Input of an estimator: one channel at 16 kHz, finite and not silent."""

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import VoiceactError

SAMPLE_RATE = 16_000
MIN_SECONDS = 0.2
MAX_SECONDS = 120.0
SILENCE_DBFS = -70.0

Samples = NDArray[np.float32]


class UnheardError(VoiceactError, ValueError):
    """Audio of which an estimator cannot say anything; the message says why."""


def prepare(samples: NDArray[np.floating], sample_rate: int) -> Samples:
    """Convert audio to one channel at 16 kHz without DC, its level unchanged.

    Args:
        samples: float [n], or [n, channels] (channels are averaged), full scale 1.0
        sample_rate: Hz, 4000 to 384000

    Raises:
        UnheardError: empty, shorter than 0.2 s, longer than 120 s, not finite, or silent
    """
    audio = np.asarray(samples)
    if audio.ndim not in (1, 2):
        raise UnheardError(f"audio must be [samples] or [samples, channels]; this has {audio.ndim} dimensions")
    if audio.ndim == 2:
        audio = audio.mean(axis=1) if audio.size else audio.reshape(-1)
    if not 4_000 <= sample_rate <= 384_000:
        raise UnheardError(f"the sample rate is {sample_rate} Hz; speech is read from 4000 to 384000 Hz")
    seconds = len(audio) / sample_rate
    if not seconds:
        raise UnheardError("the audio is empty; give at least 0.2 s of speech")
    if seconds < MIN_SECONDS:
        raise UnheardError(f"the audio lasts {seconds:.3f} s; an estimator needs at least {MIN_SECONDS} s")
    refuse_long(seconds)
    if not np.isfinite(audio).all():
        raise UnheardError("the audio holds values that are not numbers (NaN or infinite); write it again")

    if sample_rate != SAMPLE_RATE:
        import soxr

        audio = soxr.resample(audio.astype(np.float32), sample_rate, SAMPLE_RATE)
    audio = audio - audio.mean()
    level = 20 * np.log10(float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) + 1e-12)
    if level < SILENCE_DBFS:
        raise UnheardError(f"the audio is silent ({level:.0f} dBFS); speech lies above {SILENCE_DBFS:.0f} dBFS")
    return np.asarray(audio, np.float32)


def refuse_long(seconds: float) -> None:
    """Raise UnheardError for audio too long to be one utterance (callers check before reading the file)."""
    if seconds > MAX_SECONDS:
        raise UnheardError(
            f"the audio lasts {seconds:.0f} s; a profile describes one utterance of at most "
            f"{MAX_SECONDS:.0f} s, so cut it first"
        )
