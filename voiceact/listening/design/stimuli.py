"""Copies of clips for listening: all equally loud, for a louder clip is easily taken for a better one."""

from dataclasses import dataclass

import numpy as np

from voiceact.audio import Samples, encode, limit_true_peak, loudness_lufs
from voiceact.errors import UsageError

CEILING_DB = -1.0
"""true peak, below full scale"""
NOISE_Q_DB = 0.0
"""speech to noise of the drowned copy; ITU-T P.810 uses 5 to 35 dB for graded damage"""


@dataclass(frozen=True, slots=True)
class Copy:
    """A sound as it is played.

    samples: float32 [n]; rate: Hz
    lufs_before: of the original; gain_db: what was added
    """

    samples: Samples
    rate: int
    lufs_before: float
    gain_db: float


def level_matched(samples: Samples, rate: int, *, lufs: float, name: str) -> Copy:
    """The same sound at that integrated loudness (ITU-R BS.1770-4), its true peak limited to -1 dB.

    name: of the clip, for messages

    Raises:
        UsageError: if the clip is silent
    """
    before = loudness_lufs(samples, rate)
    if not np.isfinite(before):
        raise UsageError(f"clip {name} is silent: there is nothing to hear; leave it out, or make it again")
    gain = lufs - before
    louder = limit_true_peak(np.asarray(samples * 10 ** (gain / 20), np.float32), rate, CEILING_DB)
    return Copy(louder, rate, float(before), float(gain))


def drowned(samples: Samples, *, seed: int) -> Samples:
    """The same sound with noise modulated by its own samples, as loud as itself: nobody calls that natural.

    The modulated noise reference unit of ITU-T P.810: y = x (1 + n 10^(-Q/20)), n of variance 1, Q = 0 dB.
    """
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    return np.asarray(samples * (1 + noise * 10 ** (-NOISE_Q_DB / 20)), np.float32)


def flac(copy: Copy) -> bytes:
    """The copy as FLAC, 16 bits, without any tag."""
    return encode(copy.samples, copy.rate, suffix=".flac")
