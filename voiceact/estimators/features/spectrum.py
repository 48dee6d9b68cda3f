"""Spectral balance, voice quality and mel-cepstra, over voiced frames."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.functionals import Mask, Pair, correlation, moments
from voiceact.estimators.features.low_level_descriptors import CEPSTRA, FFT, Track, Tracks, semitones_to_hertz
from voiceact.estimators.features.signal import SAMPLE_RATE

_HZ = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
_LTAS_EDGES = (80, 250, 450, 700, 1000, 1400, 1900, 2500, 3200, 4000, 5000)


def spectrum_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Yield spectral balance, voice quality and cepstra of voiced, of the loudest voiced, and of unvoiced frames."""
    voiced, descriptors = tracks.voiced, spectral_descriptors(tracks)
    # The loudest fifth of the voiced frames: vowel nuclei under stress.
    loud = voiced
    if voiced.any():
        loud = voiced & (tracks.level >= np.percentile(tracks.level[voiced], 80))
    unvoiced = tracks.active & ~voiced & (tracks.level > -35)
    for name, track in descriptors.items():
        yield f"{name}_mean", _mean(track, voiced)
        yield f"{name}_std", _std(track, voiced)
        yield f"{name}_loud", _mean(track, loud)
    for name in ("alpha", "hammarberg", "centroid"):
        yield f"{name}_unvoiced", _mean(descriptors[name], unvoiced)
    yield "alpha_f0_correlation", correlation(descriptors["alpha"], tracks.f0, voiced)
    yield "alpha_level_correlation", correlation(descriptors["alpha"], tracks.level, voiced)

    # Mel-cepstra, and how fast the lower ones change.
    both = voiced[1:] & voiced[:-1]
    change = np.diff(tracks.cepstra, axis=0)
    for order in range(1, CEPSTRA):
        track = tracks.cepstra[:, order]
        yield f"cepstrum{order}_mean", _mean(track, voiced)
        yield f"cepstrum{order}_std", _std(track, voiced)
        if order <= 6:
            yield f"cepstrum{order}_change", _mean(np.abs(change[:, order - 1]), both)
    yield from list(moments("cepstrum1", tracks.cepstra[voiced, 1]))[2:]

    # Long-term average spectrum of voiced frames in ten bands, dB relative to their sum.
    bands = [_band(tracks.power[voiced], a, b).sum() for a, b in zip(_LTAS_EDGES, _LTAS_EDGES[1:], strict=False)]
    total = sum(bands)
    for low, band in zip(_LTAS_EDGES, bands, strict=False):
        yield f"ltas_{low}", float(10 * np.log10(band / total)) if voiced.sum() >= 3 else float("nan")


def spectral_descriptors(tracks: Tracks) -> dict[str, Track]:
    """Compute tracks [frames] of spectral balance and voice quality.

    Returns:
        feature name -> track in dB, by its eGeMAPS name: alpha ratio, Hammarberg index, spectral slopes 0-500 and
        500-1500 Hz (dB per kHz), H1-H2, H1-A3, HNR, spectral flux; centroids and formant estimates in semitones
    """
    power = tracks.power
    low, high = _band(power, 50, 1000), _band(power, 1000, 5000)
    mel_change = np.abs(np.diff(tracks.mel, axis=0)).mean(axis=1)
    return {
        "alpha": _db(high) - _db(low),
        "hammarberg": _peak_db(power, 0, 2000) - _peak_db(power, 2000, 5000),
        "slope_low": _slope(power, 80, 500),
        "slope_high": _slope(power, 500, 1500),
        "brilliance": _db(_band(power, 5000, 7600)) - _db(low + high),
        "centroid": _centroid(power, 80, 5000),
        "first_formant": _centroid(power, 250, 1000),
        "second_formant": _centroid(power, 1000, 2600),
        "third_formant": _centroid(power, 2600, 4000),
        "fundamental": _harmonic_db(tracks, 1) - _db(low + high),
        "h1_h2": _harmonic_db(tracks, 1) - _harmonic_db(tracks, 2),
        "h1_a3": _harmonic_db(tracks, 1) - _peak_db(power, 2200, 3600),
        "hnr": tracks.hnr,
        "cpp": tracks.cpp,
        "flux": np.concatenate((mel_change[:1], mel_change)).astype(np.float32),
    }


def _band(power: Track, low_hz: float, high_hz: float) -> Track:
    total: Track = power[:, (low_hz <= _HZ) & (high_hz > _HZ)].sum(axis=1)
    return total


def _db(power: Track) -> Track:
    return np.asarray(10 * np.log10(power), np.float32)


def _peak_db(power: Track, low_hz: float, high_hz: float) -> Track:
    return _db(power[:, (low_hz <= _HZ) & (high_hz > _HZ)].max(axis=1))


def _slope(power: Track, low_hz: float, high_hz: float) -> Track:
    """Compute the slope of the regression line through a band, dB per kHz."""
    inside = (low_hz <= _HZ) & (high_hz > _HZ)
    khz = _HZ[inside] / 1000 - (_HZ[inside] / 1000).mean()
    return np.asarray(_db(power[:, inside]) @ khz / (khz @ khz), np.float32)


def _centroid(power: Track, low_hz: float, high_hz: float) -> Track:
    """Compute the amplitude-weighted mean frequency in a band, in semitones (12 log2 Hz)."""
    inside = (low_hz <= _HZ) & (high_hz > _HZ)
    amplitude = np.sqrt(power[:, inside])
    return np.asarray(12 * np.log2(amplitude @ _HZ[inside] / amplitude.sum(axis=1)), np.float32)


def _harmonic_db(tracks: Tracks, number: int) -> Track:
    """Compute the level of a harmonic: the greatest of the five bins around number x F0."""
    hz = semitones_to_hertz(tracks.f0.astype(np.float64)) * number
    bins = np.clip(np.round(hz * FFT / SAMPLE_RATE).astype(int), 2, tracks.power.shape[1] - 3)
    near: NDArray[np.intp] = bins[:, None] + np.arange(-2, 3)
    return _db(np.take_along_axis(tracks.power, near, axis=1).max(axis=1))


def _mean(track: Track, mask: Mask) -> float:
    return float(track[mask].mean()) if mask.sum() >= 3 else float("nan")


def _std(track: Track, mask: Mask) -> float:
    return float(track[mask].std()) if mask.sum() >= 3 else float("nan")
