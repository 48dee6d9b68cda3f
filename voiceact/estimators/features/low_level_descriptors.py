"""Low-level descriptors: what a clip sounds like every 16 ms, independent of its recording level.

All descriptors share one grid: hop 256 samples, window 640 samples (40 ms). Levels are relative to the clip's own loud
frames, over a floor 50 dB below them, so that gain, faint noise and digital silence change little.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.pitch import F0_RANGE, track_f0
from voiceact.estimators.features.signal import SAMPLE_RATE, Samples

HOP = 256
WINDOW = 640
FFT = 1024
FRAME_RATE = SAMPLE_RATE / HOP
BANDS = 40
CEPSTRA_BANDS = 28
CEPSTRA = 14
FLOOR_DB = -50.0
TONE_FLOOR = 0.003
LEVEL_BAND = (80.0, 5000.0)
F0_REFERENCE_HZ = 27.5
"""where the semitone scale of F0 has its zero: A0, as in eGeMAPS (Eyben et al. 2016)"""

Track = NDArray[np.float32]


def semitones_to_hertz(semitones: Any) -> Any:
    """Convert F0 in semitones over F0_REFERENCE_HZ, a number or an array, to Hz."""
    return F0_REFERENCE_HZ * 2 ** (semitones / 12)


@dataclass(frozen=True, slots=True)
class Tracks:
    """Low-level descriptors of one clip, [frames] unless stated otherwise; frames are 16 ms apart.

    Attributes:
        f0: semitones over F0_REFERENCE_HZ, interpolated over unvoiced frames; meaningless where no frame is voiced
        voiced: whether the frame is voiced
        active: whether it lies between the first and the last frame loud enough to be speech
        level: dB relative to the clip's loud frames
        mel: [frames, 40] dB relative to the clip's loud frames, 50 to 7600 Hz
        cepstra: [frames, 14] mel-cepstra of 50 to 5500 Hz
        power: [frames, 513] power spectrum, floor added
        hnr: harmonics-to-noise ratio at the F0 lag, dB
        cpp: cepstral peak prominence over 60 to 600 Hz, dB
    """

    f0: Track
    voiced: NDArray[np.bool_]
    active: NDArray[np.bool_]
    level: Track
    mel: Track
    cepstra: Track
    power: Track
    hnr: Track
    cpp: Track


def extract_descriptors(audio: Samples) -> Tracks:
    """Compute the low-level descriptors of a prepared clip.

    Args:
        audio: float32 [n] at 16 kHz (see `signal.prepare`)
    """
    # Power spectrum of each frame.
    frames, half = max(len(audio) // HOP, 2), WINDOW // 2
    padded = np.pad(audio, (half, half + HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: frames * HOP : HOP]
    spectrum = np.fft.rfft(windows * _hann_window(), FFT)
    raw = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    power, level = _add_floor(raw)

    # Speech lies between the first and the last frame over a threshold that follows the background.
    quiet = float(np.percentile(level, 5))
    threshold = max(-35.0, min(quiet + 6.0, -20.0))
    loud = np.flatnonzero(level > threshold)
    active = np.zeros(len(level), bool)
    if len(loud):
        active[loud[0] : loud[-1] + 1] = True

    # F0, interpolated over unvoiced frames.
    correlation, tone_level = _autocorrelation(raw)
    f0_hz, voiced = track_f0(correlation, tone_level)
    voiced = voiced & active
    semitones = 12 * np.log2(np.maximum(f0_hz, 20.0) / F0_REFERENCE_HZ)
    places = np.flatnonzero(voiced)
    f0 = np.interp(np.arange(len(f0_hz)), places, semitones[places]) if len(places) else np.zeros(len(f0_hz))

    # Cepstra up to 5500 Hz: above it, codecs and microphones differ more than speakers.
    cepstral_mel = 10 * np.log10(power @ _mel_weights(CEPSTRA_BANDS, 50.0, 5500.0))
    return Tracks(
        f0=np.asarray(f0, np.float32), voiced=voiced, active=active, level=level,
        mel=(10 * np.log10(power @ _mel_weights(BANDS, 50.0, 7600.0))).astype(np.float32),
        cepstra=np.asarray(cepstral_mel @ _cosines(), np.float32), power=power,
        hnr=_harmonics_to_noise(correlation, f0_hz), cpp=_cepstral_peak_prominence(power),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _hann_window() -> Track:
    return np.asarray(np.hanning(WINDOW + 1)[:-1], np.float32)


@lru_cache(maxsize=1)
def _bin_hz() -> NDArray[np.float64]:
    return np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE).astype(np.float64)


@lru_cache(maxsize=1)
def _cosines() -> Track:
    """Compute the cosine transform from mel bands to cepstra, [28, 14]."""
    bands = np.arange(CEPSTRA_BANDS) + 0.5
    return np.asarray(np.cos(np.pi / CEPSTRA_BANDS * np.outer(bands, np.arange(CEPSTRA))) / CEPSTRA_BANDS, np.float32)


@lru_cache(maxsize=4)
def _mel_weights(bands: int, low_hz: float, high_hz: float) -> Track:
    """Compute triangles [513, bands] equally spaced in mel (O'Shaughnessy's 2595 log10(1 + f/700))."""

    def mel(hz: float) -> float:
        return float(2595 * np.log10(1 + hz / 700))

    edges = 700 * (10 ** (np.linspace(mel(low_hz), mel(high_hz), bands + 2) / 2595) - 1)
    hz = _bin_hz()[:, None]
    rise = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rise, fall)), np.float32)


def _add_floor(raw: Track) -> tuple[Track, Track]:
    """Scale power so that loud frames (95th percentile) lie at 0 dB, and add the floor; also return the level of each frame."""
    hz = _bin_hz()
    band = (hz >= LEVEL_BAND[0]) & (hz <= LEVEL_BAND[1])
    energy = raw[:, band].sum(axis=1)
    loud = max(float(np.percentile(energy, 95)), 1e-12)
    # The floor falls 6 dB an octave like long-term speech does, so that it masks no band before another.
    shape = 1.0 / (1.0 + (hz / 500.0) ** 2)
    floor = 10 ** (FLOOR_DB / 10) * shape / shape[band].sum()
    power = (raw / loud + floor).astype(np.float32)
    return power, (10 * np.log10(power[:, band].sum(axis=1))).astype(np.float32)


def _autocorrelation(raw: Track) -> tuple[Track, Track]:
    """Compute the autocorrelation [frames, 321] below some 2 kHz, divided by the window's own, and the level there.

    Fricatives and hiss lie above that and would otherwise be given an F0. A constant at lag 0 makes weak frames unvoiced
    whatever they hold.
    """
    lags, hz = WINDOW // 2 + 1, _bin_hz()
    tonal = np.asarray((hz > 50) / (1 + (hz / 2000) ** 6), np.float32)
    own = np.fft.irfft(np.abs(np.fft.rfft(_hann_window(), FFT)) ** 2)[:lags]
    correlation = np.fft.irfft(raw * tonal)[:, :lags] / own
    loud = max(float(np.percentile(correlation[:, 0], 95)), 1e-20)
    level = 10 * np.log10(correlation[:, 0] / loud + 1e-9)
    return np.asarray(correlation / (correlation[:, :1] + TONE_FLOOR * loud), np.float32), level.astype(np.float32)


def _harmonics_to_noise(correlation: Track, f0_hz: NDArray[np.float64]) -> Track:
    """Compute the harmonics-to-noise ratio, dB, from the height of the autocorrelation around the F0 lag."""
    lag = np.clip(np.round(SAMPLE_RATE / np.maximum(f0_hz, F0_RANGE[0])).astype(int), 3, WINDOW // 2 - 2)
    peak = np.take_along_axis(correlation, lag[:, None] + np.arange(-2, 3), axis=1).max(axis=1)
    peak = np.clip(peak, 1e-3, 1 - 1e-4)
    return np.asarray(10 * np.log10(peak / (1 - peak)), np.float32)


def _cepstral_peak_prominence(power: Track) -> Track:
    """Compute cepstral peak prominence (Hillenbrand 1994) without its smoothing: peak over the regression line, dB."""
    cepstrum = np.fft.irfft(10 * np.log10(power))[:, : SAMPLE_RATE // 60 + 1]
    start = SAMPLE_RATE // 600
    part = cepstrum[:, start:]
    x = np.arange(part.shape[1], dtype=np.float64)
    x -= x.mean()
    slope = part @ x / (x @ x)
    line = part.mean(axis=1, keepdims=True) + slope[:, None] * x
    return np.asarray((part - line).max(axis=1), np.float32)
