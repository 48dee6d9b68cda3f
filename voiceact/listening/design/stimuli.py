"""Copies of clips for listening: all equally loud, for a louder clip is easily taken for a better one, and all of one format.

A file's sample rate would tell which system spoke, so every copy has COPY_RATE: what a copy says beyond its sound is the same
for all.
"""

from dataclasses import dataclass

import numpy as np

from voiceact.audio import Samples, encode, limit_true_peak, loudness_lufs, resample
from voiceact.errors import UsageError

COPY_RATE = 48_000
"""Hz, of every copy"""
CEILING_DB = -1.0
"""true peak, below full scale"""
NOISE_Q_DB = 0.0
"""speech to noise of the drowned copy; ITU-T P.810 uses 5 to 35 dB for graded damage"""


@dataclass(frozen=True, slots=True)
class Copy:
    """A sound as it is played.

    Attributes:
        samples: float32 [n]
        rate: Hz
        lufs_before: loudness of the original
        gain_db: gain that was applied
    """

    samples: Samples
    rate: int
    lufs_before: float
    gain_db: float


def match_level(samples: Samples, rate: int, *, lufs: float, name: str) -> Copy:
    """Return the same sound at that integrated loudness (ITU-R BS.1770-4), its true peak limited to -1 dB.

    Args:
        samples: float32 [n]
        rate: Hz
        lufs: integrated loudness to reach
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


def add_modulated_noise(samples: Samples, *, seed: int) -> Samples:
    """Add noise modulated by the samples themselves, as loud as the sound, which nobody calls natural.

    The modulated noise reference unit of ITU-T P.810: y = x (1 + n 10^(-Q/20)), n of variance 1, Q = 0 dB.
    """
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    return np.asarray(samples * (1 + noise * 10 ** (-NOISE_Q_DB / 20)), np.float32)


def flac(copy: Copy) -> bytes:
    """Return the copy as FLAC: 16 bits, mono, COPY_RATE, without any tag."""
    samples = (
        copy.samples
        if copy.rate == COPY_RATE
        else limit_true_peak(resample(copy.samples, copy.rate, COPY_RATE), COPY_RATE, CEILING_DB)
    )
    return encode(samples, COPY_RATE, suffix=".flac")


def flac_format(data: bytes) -> tuple[int, bytes]:
    """Return what a FLAC file says beyond its sound: the same for all copies of a test.

    Args:
        data: the file, or at least its metadata

    Returns:
        Sample rate in Hz, and the metadata (RFC 9639, section 8) without what follows from the sound: frame sizes, number of
        samples, MD5.

    Raises:
        UsageError: if it is no FLAC file
    """
    if data[:4] != b"fLaC" or len(data) < 42 or data[4] & 0x7F != 0:
        raise UsageError("is no FLAC file")
    streaminfo, blocks, start = data[8:42], [], 42
    is_last = bool(data[4] & 0x80)
    while not is_last and start + 4 <= len(data):
        is_last, end = bool(data[start] & 0x80), start + 4 + int.from_bytes(data[start + 1 : start + 4], "big")
        blocks.append(data[start:end])
        start = end
    # Bytes 10 to 17 hold rate (20 bits), channels (3), bits (5) and number of samples (36).
    rate = int.from_bytes(streaminfo[10:13], "big") >> 4
    return rate, streaminfo[:4] + streaminfo[10:13] + bytes([streaminfo[13] & 0xF0]) + b"".join(blocks)
