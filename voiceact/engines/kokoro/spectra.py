"""Convert the model's samples to the spectra of the embedded engine, so that the same editing applies to both.

Kokoro gives samples, not spectra. Its F0 is known, so that every voiced frame can be split into a smooth envelope and
what is left of it, the excitation; unvoiced frames stay whole. Nothing is lost: what is not acted on comes out again as it
went in, to rounding.
"""

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.melody import UNVOICED_HZ
from voiceact.engines.embedded.stages import BIN_HZ, HOP, N_FFT, FloatArray, Spectra

SCALE = 1 / 64
"""brings full-scale speech well below the editor's ceiling (7 neper)"""
OFF = -30.0
_FLOOR = 1e-12


def split_samples(samples: FloatArray, f0: FloatArray) -> tuple[Spectra, NDArray[np.complex64]]:
    """Split samples into spectra and excitation.

    Args:
        samples: float32 [300 F]
        f0: float32 [F], Hz, 0 where unvoiced

    Returns:
        spectra, and the excitation of voiced frames, complex64 [601, F]. In the spectra, `harmonic` is the envelope of
        voiced frames as natural logarithm, scaled so that the excitation has the power of unit pulses; `free` and `phase`
        are the unvoiced frames.
    """
    spectrum = _stft(samples)
    voiced = f0 > UNVOICED_HZ
    harmonic = np.full(spectrum.shape, OFF, np.float32)
    excitation = np.zeros(spectrum.shape, np.complex64)
    columns = np.flatnonzero(voiced)
    if len(columns):
        envelope = _envelope(spectrum[:, columns], f0[columns])
        harmonic[:, columns] = np.log(envelope)
        excitation[:, columns] = spectrum[:, columns] / envelope
    free = np.where(voiced, np.float32(OFF), np.log(np.abs(spectrum) + np.float32(_FLOOR))).astype(np.float32)
    off = np.full(spectrum.shape, OFF, np.float32)
    return Spectra(harmonic, np.zeros_like(off), off, free, np.angle(spectrum).astype(np.float32)), excitation


def _stft(samples: FloatArray) -> NDArray[np.complex64]:
    """Return the centred short-time spectrum with a Hann window, as the renderer inverts it: complex64 [601, F]."""
    window = (SCALE * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT))).astype(np.float32)
    padded = np.pad(samples, N_FFT // 2, mode="reflect")
    slices = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP][: len(samples) // HOP]
    spectrum = np.fft.rfft(slices * window, axis=1).astype(np.complex64, copy=False)
    return np.ascontiguousarray(spectrum.T)


def _envelope(spectrum: NDArray[np.complex64], f0: FloatArray) -> FloatArray:
    """Return the amplitude, smoothed twice over the distance of harmonics, relative to that of unit pulses."""
    power = np.abs(spectrum).astype(np.float64) ** 2
    half = np.maximum(np.round(f0 / BIN_HZ / 2), 1).astype(np.int64)
    for _ in range(2):
        power = _running_mean(power, half)
    # The power of a unit pulse train is 1.5 bins for each F0 in Hz.
    envelope: FloatArray = np.sqrt(power * (f0 / (1.5 * BIN_HZ)) + _FLOOR).astype(np.float32)
    return envelope


def _running_mean(power: NDArray[np.float64], half: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean over 2 half + 1 bins, with a width for each frame; over fewer at both ends."""
    bins = np.arange(len(power))[:, None]
    summed = np.pad(np.cumsum(power, axis=0), ((1, 0), (0, 0)))
    low, high = np.maximum(bins - half, 0), np.minimum(bins + half + 1, len(power))
    mean: NDArray[np.float64] = (np.take_along_axis(summed, high, 0) - np.take_along_axis(summed, low, 0)) / (high - low)
    return np.maximum(mean, 0)
