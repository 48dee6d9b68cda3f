"""Frame by frame: what a clip sounds like every 16 ms, independent of its recording level.

One grid for everything: hop 256 samples, window 640 samples (40 ms).
Levels are relative to the clip's own loud parts, over a floor 50 dB below them, so that gain,
faint noise and digital silence change little.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.pitch import F0_RANGE, track
from voiceact.estimators.features.signal import SAMPLE_RATE, Samples

HOP = 256
WINDOW = 640
FFT = 1024
FRAME_RATE = SAMPLE_RATE / HOP
BANDS = 40
CEPSTRA = 14
FLOOR_DB = -50.0
TONE_FLOOR = 0.003
LEVEL_BAND = (80.0, 5000.0)

Track = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tracks:
    """Frame tracks of one clip, each [frames] unless said otherwise; frames lie 16 ms apart."""

    f0: Track
    """semitones over 27.5 Hz, interpolated over unvoiced frames; meaningless where not voiced"""
    voiced: NDArray[np.bool_]
    active: NDArray[np.bool_]
    """loud enough to be speech, first to last such frame"""
    level: Track
    """dB relative to the clip's loud parts"""
    mel: Track
    """[frames, 40] dB relative to the clip's loud parts, 50 to 7600 Hz"""
    cepstra: Track
    """[frames, 14] mel-cepstra of 50 to 5500 Hz"""
    power: Track
    """[frames, 513] power spectrum, floor added"""
    hnr: Track
    """dB, harmonics to noise at the F0 lag"""
    cpp: Track
    """dB, cepstral peak prominence over 60 to 600 Hz"""


def analyse(audio: Samples) -> Tracks:
    """The tracks of a prepared clip ([n] float32, 16 kHz; see `signal.prepare`)."""
    raw = _power(audio)
    power, level = _floored(raw)
    active = _active(level)
    correlation, tone_level = _autocorrelation(raw)
    f0, voiced = track(correlation, tone_level)
    voiced = voiced & active
    return Tracks(
        f0=_interpolated(f0, voiced), voiced=voiced, active=active, level=level,
        mel=(10 * np.log10(power @ _mel_weights(BANDS, 50.0, 7600.0))).astype(np.float32),
        cepstra=_cepstra(power), power=power, hnr=_hnr(correlation, f0), cpp=_cpp(power),
    )  # fmt: skip


def _power(audio: Samples) -> Track:
    frames, half = max(len(audio) // HOP, 2), WINDOW // 2
    padded = np.pad(audio, (half, half + HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: frames * HOP : HOP]
    spectrum = np.fft.rfft(windows * _window(), FFT)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


@lru_cache(maxsize=1)
def _window() -> Track:
    return np.asarray(np.hanning(WINDOW + 1)[:-1], np.float32)


@lru_cache(maxsize=1)
def _frequencies() -> NDArray[np.float64]:
    return np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE).astype(np.float64)


def _floored(raw: Track) -> tuple[Track, Track]:
    """Power over a floor, with the loud frames (95th percentile) at 0 dB, and the level of each frame."""
    hz = _frequencies()
    band = (hz >= LEVEL_BAND[0]) & (hz <= LEVEL_BAND[1])
    energy = raw[:, band].sum(axis=1)
    loud = max(float(np.percentile(energy, 95)), 1e-12)
    # The floor falls 6 dB an octave like long-term speech does, so that it masks no band before another.
    shape = 1.0 / (1.0 + (hz / 500.0) ** 2)
    floor = 10 ** (FLOOR_DB / 10) * shape / shape[band].sum()
    power = (raw / loud + floor).astype(np.float32)
    return power, (10 * np.log10(power[:, band].sum(axis=1))).astype(np.float32)


def _active(level: Track) -> NDArray[np.bool_]:
    quiet = float(np.percentile(level, 5))
    threshold = max(-35.0, min(quiet + 6.0, -20.0))
    loud = np.flatnonzero(level > threshold)
    active = np.zeros(len(level), bool)
    if len(loud):
        active[loud[0] : loud[-1] + 1] = True
    return active


def _interpolated(f0_hz: NDArray[np.float64], voiced: NDArray[np.bool_]) -> Track:
    semitones = 12 * np.log2(np.maximum(f0_hz, 20.0) / 27.5)
    where = np.flatnonzero(voiced)
    if not len(where):
        return np.zeros(len(f0_hz), np.float32)
    return np.asarray(np.interp(np.arange(len(f0_hz)), where, semitones[where]), np.float32)


@lru_cache(maxsize=4)
def _mel_weights(bands: int, low_hz: float, high_hz: float) -> Track:
    """[513, bands] triangles equally spaced in mel (O'Shaughnessy's 2595 log10(1 + f/700))."""
    def mel(hz: float) -> float:
        return float(2595 * np.log10(1 + hz / 700))

    edges = 700 * (10 ** (np.linspace(mel(low_hz), mel(high_hz), bands + 2) / 2595) - 1)
    hz = _frequencies()[:, None]
    rise = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rise, fall)), np.float32)


@lru_cache(maxsize=1)
def _cosines() -> Track:
    bands = np.arange(28) + 0.5
    return np.asarray(np.cos(np.pi / 28 * np.outer(bands, np.arange(CEPSTRA))) / 28, np.float32)


def _cepstra(power: Track) -> Track:
    # 5500 Hz: above it, codecs and microphones speak louder than speakers.
    mel = 10 * np.log10(power @ _mel_weights(28, 50.0, 5500.0))
    return np.asarray(mel @ _cosines(), np.float32)


def _autocorrelation(raw: Track) -> tuple[Track, Track]:
    """Autocorrelation below some 2 kHz, [frames, 321], divided by the window's own, and the level there.

    Fricatives and hiss lie above that and would otherwise be given an F0. A constant at lag 0 makes
    weak frames unvoiced whatever they hold.
    """
    lags = WINDOW // 2 + 1
    own = np.fft.irfft(np.abs(np.fft.rfft(_window(), FFT)) ** 2)[:lags]
    found = np.fft.irfft(raw * _tone_weights())[:, :lags] / own
    loud = max(float(np.percentile(found[:, 0], 95)), 1e-20)
    level = 10 * np.log10(found[:, 0] / loud + 1e-9)
    return np.asarray(found / (found[:, :1] + TONE_FLOOR * loud), np.float32), level.astype(np.float32)


@lru_cache(maxsize=1)
def _tone_weights() -> Track:
    hz = _frequencies()
    return np.asarray((hz > 50) / (1 + (hz / 2000) ** 6), np.float32)


def _hnr(correlation: Track, f0_hz: NDArray[np.float64]) -> Track:
    """Harmonics-to-noise ratio from the height of the autocorrelation around the F0 lag."""
    lag = np.clip(np.round(SAMPLE_RATE / np.maximum(f0_hz, F0_RANGE[0])).astype(int), 3, WINDOW // 2 - 2)
    peak = np.take_along_axis(correlation, lag[:, None] + np.arange(-2, 3), axis=1).max(axis=1)
    peak = np.clip(peak, 1e-3, 1 - 1e-4)
    return np.asarray(10 * np.log10(peak / (1 - peak)), np.float32)


def _cpp(power: Track) -> Track:
    """Cepstral peak prominence (Hillenbrand 1994) without its smoothing: peak over the regression line."""
    cepstrum = np.fft.irfft(10 * np.log10(power))[:, : SAMPLE_RATE // 60 + 1]
    start = SAMPLE_RATE // 600
    part = cepstrum[:, start:]
    x = np.arange(part.shape[1], dtype=np.float64)
    x -= x.mean()
    slope = part @ x / (x @ x)
    line = part.mean(axis=1, keepdims=True) + slope[:, None] * x
    return np.asarray((part - line).max(axis=1), np.float32)
