"""Turn vocoder parameters into samples: shaped pulses and noise through one inverse STFT.

S = exp(harmonic) e^{iπ tanh(rotation)} STFT(pulses) + exp(noise) Z + exp(free) e^{i phase}, the model's
own synthesis. It is written here on numpy's FFT alone because the model's package takes another
FFT where scipy is installed, and a replay must not depend on that.
"""

from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from voiceact.engines.embedded.stages import HOP, N_FFT, SAMPLE_RATE, FloatArray, Spectra

_LOUDEST = 7.0
BURST_DB = 5.0
"""how far a frame may stand out above the usual loud frame of a phrase; the bare voice does by 2 to 6 dB"""
_OVERLAP = N_FFT // HOP


def render(spectra: Spectra, train: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Render F frames: samples, float32 [300 F], 24 kHz.

    Args:
        spectra: of the frames
        train: float32 [300 F], the pulses
        rng: draws the noise
    """
    return compose(spectra, _stft(train, spectra.harmonic.shape[1]), rng)


def compose(spectra: Spectra, spectrum: NDArray[np.complex64], rng: np.random.Generator) -> FloatArray:
    """Render F frames: samples, float32 [300 F], 24 kHz.

    Args:
        spectra: of the frames
        spectrum: complex64 [601, F], of the excitation; is overwritten
        rng: draws the noise
    """
    frames = spectra.harmonic.shape[1]
    turned = np.empty(spectrum.shape, np.complex64)
    _polar(turned, np.tanh(spectra.rotation) * np.float32(np.pi), spectra.harmonic)
    spectrum *= turned
    air = rng.standard_normal((spectrum.shape[0], 2 * frames), dtype=np.float32).view(np.complex64)
    air *= _amplitude(spectra.noise)
    spectrum += air
    _polar(turned, spectra.phase, spectra.free)
    spectrum += turned
    return _istft(spectrum)


def tame(samples: FloatArray) -> FloatArray:
    """Turn single bursts of a phrase down (float32 [300 F]).

    The model has never heard F0 much below its own voice's: between the harmonics it knows, its spectra are
    guesses, and with a lowered F0 some vowels after a pause burst by up to 15 dB.
    """
    power = np.convolve((samples.reshape(-1, HOP) ** 2).mean(1), np.ones(3, np.float32) / 3, mode="same")
    level = 10 * np.log10(power + 1e-10)
    usual = np.percentile(level[level > level.max() - 35], 85)
    above = np.clip(level - (usual + BURST_DB), 0, None)
    if not above.any():
        return samples
    # The gain reaches a frame before and after the burst, so that its edges are turned down as well.
    padded = np.pad(above, 1, mode="edge")
    reach = np.maximum(np.maximum(padded[:-2], padded[2:]), above)
    frames = (np.arange(len(samples)) + 0.5) / HOP - 0.5
    gain_db = np.interp(frames, np.arange(len(reach)), -reach)
    tamed: FloatArray = samples * (10 ** (gain_db / 20)).astype(np.float32)
    return tamed


def stretch(samples: FloatArray, tract: float) -> FloatArray:
    """Play slower by the tract (formants and F0 fall, time grows), as a longer vocal tract sounds."""
    if tract == 1:
        return samples
    longer: FloatArray = soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE * tract, quality="HQ")
    return longer


def _amplitude(log_amplitude: FloatArray) -> FloatArray:
    loud: FloatArray = np.exp(np.minimum(log_amplitude, _LOUDEST), dtype=np.float32)
    return loud


def _polar(out: NDArray[np.complex64], angle: FloatArray, log_amplitude: FloatArray) -> None:
    size = _amplitude(log_amplitude)
    np.cos(angle, out=out.real)
    np.sin(angle, out=out.imag)
    out *= size


@lru_cache
def _window() -> FloatArray:
    """Return a periodic Hann window (float32 [1200])."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


def _stft(train: FloatArray, frames: int) -> NDArray[np.complex64]:
    """Return the centred STFT whose pulses peak at 1 (complex64 [601, F])."""
    padded = np.pad(train, N_FFT // 2, mode="reflect")
    slices = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP][:frames]
    # numpy 2 stays in single precision; astype only says so to the type checker.
    spectrum = np.fft.rfft(slices * (_window() / np.float32(N_FFT / 4)), axis=1).astype(np.complex64, copy=False)
    return np.ascontiguousarray(spectrum.T)


def _istft(spectrum: NDArray[np.complex64]) -> FloatArray:
    """Return the centred inverse STFT, by weighted overlap-add (float32 [300 F])."""
    frames = spectrum.shape[1]
    blocks = (np.fft.irfft(spectrum.T, N_FFT, axis=1) * _window()).reshape(frames, _OVERLAP, HOP)
    squares = (_window() ** 2).reshape(_OVERLAP, HOP)
    summed = np.zeros((frames + _OVERLAP - 1, HOP), np.float32)
    weight = np.zeros_like(summed)
    for part in range(_OVERLAP):
        summed[part : part + frames] += blocks[:, part]
        weight[part : part + frames] += squares[part]
    summed /= np.maximum(weight, 1e-11)
    flat = summed.reshape(-1)
    return flat[N_FFT // 2 : N_FFT // 2 + frames * HOP]
