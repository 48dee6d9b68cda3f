"""Parameters of a vocal burst: F0, mel-band envelope and noise share of each frame; analysed from a recording.

The frames are those of the embedded engine's renderer (12.5 ms at 24 kHz), so that its pulses and noise render them. Nothing of
the recording's waveform is kept: its room, its noise floor and its phase are not in the parameters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.melody import UNVOICED_HZ
from voiceact.engines.embedded.stages import BIN_HZ, HOP, N_FFT, SAMPLE_RATE

BANDS = 48
"""mel bands from 0 Hz to 12 kHz, about 80 mel wide each"""
NOISE_EDGES_HZ = (0.0, 500.0, 1000.0, 1500.0, 2500.0, 4000.0, 6000.0, 8000.0, 12000.0)
"""edges of the bands in which the share of noise is measured"""
PERIOD_POINTS = 256
"""samples of a period where the share of noise is measured"""
F0_FACTORS = tuple(np.linspace(0.97, 1.03, 7).tolist())
"""factors of F0 that are tried there"""
FLOOR_DB = -90.0
"""least power of a band, relative to the loudest band of the burst"""

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class BurstParameters:
    """Parameters of a burst of F frames.

    Attributes:
        f0: float32 [F], Hz, 0 where unvoiced
        envelope: float32 [F, 48], power of each mel band in dB, relative to the loudest
        noise: float32 [F, 8], share of the power that is noise, 0 to 1; 1 where unvoiced
    """

    f0: NDArray[np.float32]
    envelope: NDArray[np.float32]
    noise: NDArray[np.float32]

    def __post_init__(self) -> None:
        frames = len(self.f0)
        if self.envelope.shape != (frames, BANDS) or self.noise.shape != (frames, len(NOISE_EDGES_HZ) - 1):
            raise ValueError(
                f"envelope {self.envelope.shape} and noise {self.noise.shape} do not fit F0 of {frames} frames; "
                f"expected ({frames}, {BANDS}) and ({frames}, {len(NOISE_EDGES_HZ) - 1})"
            )


def band_centres_hz() -> NDArray[np.float64]:
    """Return the centre of each mel band in Hz (float64 [48])."""
    top = 2595 * np.log10(1 + N_FFT / 2 * BIN_HZ / 700)
    centres: NDArray[np.float64] = 700 * (10 ** ((np.arange(BANDS) + 0.5) / BANDS * top / 2595) - 1)
    return centres


def band_weights() -> NDArray[np.float64]:
    """Return the triangle of each mel band over the bins, each of sum 1 and no narrower than two bins (float64 [48, 601])."""
    hertz = np.arange(N_FFT // 2 + 1) * BIN_HZ
    centres = band_centres_hz()
    width = np.maximum(np.gradient(centres), 2 * BIN_HZ)
    weights = np.maximum(1 - np.abs(hertz - centres[:, None]) / width[:, None], 0)
    normal: NDArray[np.float64] = weights / weights.sum(1, keepdims=True)
    return normal


def power_spectra(samples: Floats) -> NDArray[np.float64]:
    """Return the power in each bin of each frame, with a centred Hann window (float64 [F, 601]).

    Args:
        samples: [300 F], 24 kHz
    """
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    padded = np.pad(np.asarray(samples, np.float64), N_FFT // 2)
    slices = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP][: len(samples) // HOP]
    power: NDArray[np.float64] = np.abs(np.fft.rfft(slices * window, axis=1)) ** 2
    return power


def analyse(samples: Floats, f0: Floats, background: Floats | None = None) -> BurstParameters:
    """Analyse a recording of a burst.

    Args:
        samples: [300 F], 24 kHz
        f0: [F], Hz, 0 where unvoiced
        background: [601], power of the recording's background, which is subtracted; None subtracts nothing

    Raises:
        ValueError: if the recording is silent, or F0 is not of its frames
    """
    power = power_spectra(samples)
    if len(f0) != len(power):
        raise ValueError(f"F0 has {len(f0)} frames and the samples {len(power)}; expected the same number")
    if background is not None:
        # A frame may lose at most 20 dB: what is subtracted wholly warbles.
        power = np.maximum(power - background, power * 0.01)
    if not power.max() > 0:
        raise ValueError("the recording is silent; expected a burst")
    f0 = np.where(np.asarray(f0) > UNVOICED_HZ, f0, 0.0)
    for frame in np.flatnonzero(f0):
        # Low bands are narrower than the distance of harmonics, which are no part of the envelope.
        size = max(round(float(f0[frame]) / BIN_HZ), 1)
        for _ in range(2):
            weight = np.convolve(np.ones(power.shape[1]), np.ones(size), mode="same")
            power[frame] = np.convolve(power[frame], np.ones(size), mode="same") / weight
    bands = power @ band_weights().T
    envelope = np.maximum(10 * np.log10(np.maximum(bands / bands.max(), 1e-12)), FLOOR_DB)
    noise = np.ones((len(f0), len(NOISE_EDGES_HZ) - 1))
    voiced = np.flatnonzero(f0)
    if len(voiced):
        # Between voiced frames F0 is interpolated, so that a period at an edge has one.
        track = np.interp(np.arange(len(samples)) / HOP, voiced, f0[voiced])
        for frame in voiced:
            noise[frame] = _noise_shares(np.asarray(samples, np.float64), track, int(frame) * HOP)
    return BurstParameters(f0.astype(np.float32), envelope.astype(np.float32), noise.astype(np.float32))


def _noise_shares(samples: NDArray[np.float64], track: NDArray[np.float64], centre: int) -> NDArray[np.float64]:
    """Return the share of noise in each band of one frame: the power midway between harmonics over the mean power.

    Four periods are resampled to equal length, so that a gliding F0 does not count as noise: harmonic k is then bin 4k of their
    spectrum, and bin 4k + 2 is a zero of its Hann window. F0 is tried from 3 % lower to 3 % higher; the clearest counts.
    """
    reach = int(3 * SAMPLE_RATE / track[centre])
    start, stop = max(centre - reach, 0), min(centre + reach, len(samples))
    part, cycles = samples[start:stop], np.cumsum(track[start:stop]) / SAMPLE_RATE
    cycles -= cycles[centre - start]
    points = np.arange(4 * PERIOD_POINTS) / PERIOD_POINTS - 2
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(points)) / len(points))
    best, least = np.ones(len(NOISE_EDGES_HZ) - 1), np.inf
    for factor in F0_FACTORS:
        f0 = track[centre] * factor
        power = np.abs(np.fft.rfft(window * np.interp(points / factor, cycles, part))) ** 2
        orders = np.arange(min(int(NOISE_EDGES_HZ[-1] / f0), len(power) // 4 - 1))
        valley = power[4 * orders + 2]
        mean = np.stack([power[4 * orders + place] for place in (1, 2, 3, 4)]).mean(0)
        middles, shares = (orders + 0.5) * f0, np.zeros(len(NOISE_EDGES_HZ) - 1)
        for band, (low, high) in enumerate(zip(NOISE_EDGES_HZ[:-1], NOISE_EDGES_HZ[1:], strict=True)):
            inside = (middles >= low) & (middles < high)
            if inside.any() and mean[inside].sum() > 0:
                shares[band] = min(valley[inside].sum() / mean[inside].sum(), 1.0)
            elif band:
                # F0 is so high that no valley lies within the band.
                shares[band] = shares[band - 1]
        if shares.sum() < least:
            best, least = shares, float(shares.sum())
    return best
