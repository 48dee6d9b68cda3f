"""Render a vocal burst with the engine's pulses and noise in a persona's voice: its F0, tract, tilt, roughness and loudness."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona, Voice
from voiceact.audio import limit_true_peak, loudness_lufs
from voiceact.bursts.kinds import Kind
from voiceact.bursts.library import Burst, load_library
from voiceact.bursts.parameters import NOISE_EDGES_HZ, BurstParameters, band_centres_hz
from voiceact.engines.base import CEILING_DB
from voiceact.engines.embedded.render import render
from voiceact.engines.embedded.source import make_pulses
from voiceact.engines.embedded.stages import BIN_HZ, N_FFT, SAMPLE_RATE, FloatArray, Spectra

LONGEST_TRACT, LONG_TRACT_HZ, UNIT_TRACT_HZ = 1.15, 115.0, 205.0
"""a contributor's tract is not known: it is taken to be 1 at a woman's F0 and 1.15 at a man's, and between in proportion"""
F0_RANGE_HZ = (60.0, 1100.0)
MOST_SHIFT = 14.0
"""semitones that a burst's F0 is moved at most, so that a scream stays one"""
SPREAD_SEMITONES, SPREAD_TIME = 0.6, 0.06
"""spread of F0 and of duration between seeds; seed 0 has none"""
TILT_PIVOT_HZ, TILT_FLOOR_HZ, TILT_TOP_HZ = 500.0, 80.0, 8000.0
FADE_SECONDS = 0.01
LEAST_LUFS = -60.0
_PEAK_NEPER = 2.0
_OFF = -30.0


def perform_burst(kind: Kind, persona: Persona, *, seed: int = 0, rate: int = SAMPLE_RATE, energy: float = 0.0) -> FloatArray:
    """Perform a burst of a kind as a persona; the same arguments give the same samples.

    Args:
        kind: of the burst
        persona: whose voice it is in
        seed: draws which recording it is of, and a little of its F0 and pace; 0 is the clearest as it is
        rate: sample rate of the result in Hz
        energy: level in dB beside the kind's own

    Returns:
        samples, float32 [n]; at the persona's loudness and the kind's level, true peak at most -1 dB
    """
    choices = load_library().of_kind(kind.id)
    rng = np.random.default_rng([seed, *kind.id.encode()])
    burst = choices[int(rng.integers(len(choices))) if seed else 0]
    samples = render_burst(burst, persona.voice, rng, vary=bool(seed))
    loudness = loudness_lufs(samples, SAMPLE_RATE)
    target = persona.voice.loudness + kind.level + energy
    loud = samples * np.float32(10 ** ((target - max(loudness, LEAST_LUFS)) / 20))
    limited: FloatArray = limit_true_peak(loud, SAMPLE_RATE, ceiling_db=CEILING_DB)
    if rate != SAMPLE_RATE:
        limited = np.asarray(soxr.resample(limited, SAMPLE_RATE, rate, quality="HQ"), np.float32)
    return limited


def render_burst(burst: Burst, voice: Voice, rng: np.random.Generator, *, vary: bool = False) -> FloatArray:
    """Render a burst of the library in a voice, at no particular level: samples, float32 [300 F], 24 kHz.

    Args:
        burst: of the library
        voice: its F0, tract, tilt and roughness are used
        rng: draws noise, and the variation
        vary: whether F0 and pace are varied
    """
    semitones, pace = rng.standard_normal(2).clip(-2, 2) * (SPREAD_SEMITONES, SPREAD_TIME) * vary
    own = float(burst.origin["contributor_f0_hz"])
    shift = float(np.clip(12 * np.log2(voice.f0_hz / own), -MOST_SHIFT, MOST_SHIFT)) + semitones
    part = _paced(burst.parameters, 1 + pace)
    f0 = np.where(part.f0 > 0, np.clip(part.f0 * 2 ** (shift / 12), *F0_RANGE_HZ), 0).astype(np.float32)
    spectra = make_spectra(replace(part, f0=f0), tract=voice.tract / estimate_tract(own), tilt=voice.tilt)
    train = make_pulses(f0, Moves(rough=voice.rough), np.full(len(f0), voice.creak, np.float32), rng)
    samples = render(spectra, train, rng)
    edge = min(round(FADE_SECONDS * SAMPLE_RATE), len(samples) // 2)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    samples[:edge] *= ramp
    samples[len(samples) - edge :] *= ramp[::-1]
    return samples


def make_spectra(part: BurstParameters, *, tract: float = 1.0, tilt: float = 0.0) -> Spectra:
    """Make the renderer's spectra of a burst.

    Args:
        part: its parameters
        tract: length of the tract beside the recording's; 1.1 lowers the formants by 10 %
        tilt: dB an octave around 500 Hz
    """
    power_db = part.envelope @ _spread(tract)
    hertz = np.arange(N_FFT // 2 + 1) * BIN_HZ
    power_db = power_db + tilt * np.log2(np.clip(hertz, TILT_FLOOR_HZ, TILT_TOP_HZ) / TILT_PIVOT_HZ)
    edges = np.asarray(NOISE_EDGES_HZ)
    middles = (edges[:-1] + edges[1:]) / 2
    noise = np.stack([np.interp(hertz, middles, frame) for frame in part.noise])
    log_power = power_db * (np.log(10) / 10)

    # A unit pulse train has 1.5 bins of power each F0 Hz; of independent noise the overlapping frames keep half.
    voiced = part.f0[:, None] > 0
    pulses = np.log(np.maximum(part.f0, 1.0) / (1.5 * BIN_HZ))[:, None]
    with np.errstate(divide="ignore"):
        harmonic = np.where(voiced, 0.5 * (log_power + np.log(np.maximum(1 - noise, 1e-6)) + pulses), _OFF)
        air = 0.5 * (log_power + np.log(np.maximum(noise, 1e-6)) + np.log(2))
    gain = _PEAK_NEPER - max(float(harmonic.max()), float(air.max()))
    off = np.full((N_FFT // 2 + 1, len(part.f0)), _OFF, np.float32)
    return Spectra(
        np.maximum(harmonic + gain, _OFF).T.astype(np.float32),
        np.zeros_like(off),
        np.maximum(air + gain, _OFF).T.astype(np.float32),
        off,
        np.zeros_like(off),
    )


def estimate_tract(f0_hz: float) -> float:
    """Estimate the length of a contributor's tract from their median F0; a woman's is 1."""
    return float(np.interp(np.log(f0_hz), [np.log(LONG_TRACT_HZ), np.log(UNIT_TRACT_HZ)], [LONGEST_TRACT, 1.0]))


@lru_cache(maxsize=64)
def _spread(tract: float) -> NDArray[np.float64]:
    """Return the weights that spread bands over bins, as a tract of that length places them (float64 [48, 601])."""
    hertz = np.arange(N_FFT // 2 + 1) * BIN_HZ * tract
    identity = np.eye(len(band_centres_hz()))
    return np.stack([np.interp(hertz, band_centres_hz(), row) for row in identity])


def _paced(part: BurstParameters, pace: float) -> BurstParameters:
    """Return the parameters stretched in time by a factor."""
    if pace == 1:
        return part
    frames = np.linspace(0, len(part.f0) - 1, max(round(len(part.f0) * pace), 2))
    low = np.minimum(frames.astype(np.int64), len(part.f0) - 2) if len(part.f0) > 1 else np.zeros(len(frames), np.int64)
    high = np.minimum(low + 1, len(part.f0) - 1)
    share = (frames - low).astype(np.float32)[:, None]
    # F0 between a voiced and an unvoiced frame is neither's mean.
    nearest = np.where(share[:, 0] < 0.5, low, high)
    return BurstParameters(
        part.f0[nearest],
        part.envelope[low] * (1 - share) + part.envelope[high] * share,
        part.noise[low] * (1 - share) + part.noise[high] * share,
    )
