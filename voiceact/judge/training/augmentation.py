"""Other throats, other rooms: the same performance as another voice on another recording chain.

A `Chain` is drawn once for a speaker and applied to all of that speaker's clips, because what is
known of a voice (its neutral clips, its statistics) is always known through one chain.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.signal import SAMPLE_RATE, Samples

Sound = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Chain:
    """One drawn voice and recording chain; plain numbers, so that it can be written down."""

    stretch: float
    """duration factor of a resampling: below 1 is a shorter throat, higher and faster"""
    tilt_db: float
    """dB per octave around 1 kHz"""
    bumps: tuple[tuple[float, float, float], ...]
    """(centre in octaves over 1 kHz, width in octaves, dB)"""
    low_cut_hz: float
    high_cut_hz: float
    reverberation_seconds: float
    """time to fall 60 dB; 0 for none"""
    direct_db: float
    """direct sound over reverberation"""
    noise_db: float
    """signal-to-noise ratio"""
    noise_tilt: float
    """exponent of the noise's power spectrum, 0 white, -1 pink"""
    compression: float
    """exponent taken off the slow envelope; 0 for none"""


def draw(rng: np.random.Generator) -> Chain:
    """A chain as one meets them: most mild, some a telephone, some a bathroom."""
    return Chain(
        stretch=float(np.exp(rng.uniform(np.log(0.87), np.log(1.15)))),
        tilt_db=float(rng.normal(0, 1.5)),
        bumps=tuple(_bump(rng) for _ in range(3)),
        low_cut_hz=float(rng.uniform(60, 250)) if rng.random() < 0.4 else 0.0,
        high_cut_hz=float(rng.uniform(3300, 7500)) if rng.random() < 0.4 else 8000.0,
        reverberation_seconds=float(rng.uniform(0.1, 0.6)) if rng.random() < 0.4 else 0.0,
        direct_db=float(rng.uniform(2, 14)),
        noise_db=float(rng.uniform(15, 50)),
        noise_tilt=float(rng.uniform(-1.2, 0)),
        compression=float(rng.uniform(0.1, 0.4)) if rng.random() < 0.25 else 0.0,
    )


def _bump(rng: np.random.Generator) -> tuple[float, float, float]:
    return float(rng.uniform(-3, 2.5)), float(rng.uniform(0.3, 1.2)), float(rng.normal(0, 3.5))


def perform(audio: Sound, chain: Chain, rng: np.random.Generator) -> Samples:
    """The clip through the chain ([n] float32, 16 kHz, in and out; the length changes by `stretch`)."""
    import soxr

    audio = soxr.resample(audio, SAMPLE_RATE, round(SAMPLE_RATE * chain.stretch))
    audio = _compressed(audio, chain.compression)
    if chain.reverberation_seconds:
        audio = _reverberated(audio, chain, rng)
    audio = _equalized(audio, chain)
    return (audio + _noise(audio, chain, rng)).astype(np.float32)


def _compressed(audio: Sound, exponent: float) -> Sound:
    if not exponent:
        return audio
    frame = SAMPLE_RATE // 20
    power = np.convolve(np.square(audio), np.hanning(2 * frame), mode="same") + 1e-9 * frame
    gain = (power / power.max()) ** (-exponent / 2)
    return np.asarray(audio * np.minimum(gain, 8.0).astype(np.float32))


def _reverberated(audio: Sound, chain: Chain, rng: np.random.Generator) -> Sound:
    """Direct sound and exponentially falling noise (Moorer 1979)."""
    seconds = np.arange(int(chain.reverberation_seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.normal(0, 1, len(seconds)) * 10 ** (-3 * seconds / chain.reverberation_seconds)
    tail[: SAMPLE_RATE // 500] = 0
    tail *= 10 ** (-chain.direct_db / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    size = _fft_size(len(audio) + len(tail))
    return np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(tail, size))[: len(audio)]


def _equalized(audio: Sound, chain: Chain) -> Sound:
    size = _fft_size(len(audio))
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(hz, 40.0) / 1000)
    decibels = chain.tilt_db * octaves
    for centre, width, height in chain.bumps:
        decibels = decibels + height * np.exp(-0.5 * ((octaves - centre) / width) ** 2)
    gain = 10 ** (decibels / 20) / (1 + (hz / chain.high_cut_hz) ** 16) ** 0.5
    gain = gain / (1 + (chain.low_cut_hz / np.maximum(hz, 1.0)) ** 4) ** 0.5
    return np.fft.irfft(np.fft.rfft(audio, size) * gain)[: len(audio)]


def _noise(audio: Sound, chain: Chain, rng: np.random.Generator) -> Sound:
    size = _fft_size(len(audio))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 30.0)
    noise = np.fft.irfft(np.fft.rfft(rng.normal(0, 1, size)) * (hz / 1000) ** (chain.noise_tilt / 2))[: len(audio)]
    level = np.sqrt(np.mean(np.square(audio)) / np.mean(noise**2)) * 10 ** (-chain.noise_db / 20)
    return np.asarray(noise * level)


def _fft_size(count: int) -> int:
    """The next size that is 2**a or 3 * 2**a: real FFTs of primes are slow."""
    power = 1 << (count - 1).bit_length()
    return 3 * power // 4 if 3 * power // 4 >= count else power
