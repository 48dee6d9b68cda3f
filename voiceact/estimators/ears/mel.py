"""Log-mel spectrograms in the form that the Whisper encoder was trained on.

The definition is that of Radford et al. 2022 (Robust Speech Recognition via Large-Scale Weak Supervision, section
2.2): 80 mel bands of Slaney's scale (Auditory Toolbox, 1998) up to 8 kHz, windows of 25 ms every 10 ms, log10 of the
power, cut off 80 dB under the loudest value and laid around zero. One step is added before the logarithm: the clip is
brought to a fixed level, because how loud a recording is says more about its microphone and its mastering than about
the speaker.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
WINDOW = 400
HOP = 160
MELS = 80
FRAMES_PER_SECOND = SAMPLE_RATE // HOP

ACTIVE_RANGE_DB = 30.0
"""frames within this range of the clip's loudest twentieth count as active"""
ACTIVE_POWER = 0.06
"""the mean mel power of active frames after the level is fixed: that of speech at about -23 dBFS"""

Floats = NDArray[np.floating]


@lru_cache(maxsize=1)
def mel_filters() -> NDArray[np.float32]:
    """Compute the triangular filters, float32 [80, 201], each of unit area (Slaney's normalisation)."""

    # Slaney's scale is linear below 1 kHz (66.7 Hz a mel) and logarithmic above (27 mels to a factor of 6.4).
    def to_mel(hz: Floats) -> Floats:
        return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1.0) / 1000) / np.log(6.4))

    def to_hz(mel: Floats) -> Floats:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) * (mel - 15) / 27))

    hz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    low, high = to_mel(np.array([0.0, SAMPLE_RATE / 2]))
    edges = to_hz(np.linspace(low, high, MELS + 2))
    rising = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None], np.float32)


def mel_power(samples: Floats) -> NDArray[np.float32]:
    """Compute the mel power spectrogram of a clip.

    Args:
        samples: float [n] at 16 kHz, at least 201 values

    Returns:
        float32 [80, n // 160]; frame i is centred on sample 160 * i, and the clip is mirrored at its ends
    """
    padded = np.pad(np.asarray(samples, np.float32), WINDOW // 2, mode="reflect")
    # The frame that would be centred on the end is left out, as in Whisper's front end.
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: len(samples) // HOP * HOP : HOP]
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames * window, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(mel_filters() @ power.T.astype(np.float32), np.float32)


def active_frames(power: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Find the frames [n] in which somebody is heard: those near the loudest twentieth of the clip, mel power [80, n]."""
    level = 10 * np.log10(power.sum(axis=0) + 1e-10)
    return np.asarray(level >= np.percentile(level, 95) - ACTIVE_RANGE_DB)


def fix_level(power: NDArray[np.float32], active: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Scale mel power [80, n] so that the active frames have the mean power ACTIVE_POWER, whatever the recording's level."""
    mean = float(power[:, active].mean())
    return power * np.float32(ACTIVE_POWER / mean) if mean > 0 else power


def log_mel(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute Whisper's input, float32 [80, n], about -1 to 1, from mel power [80, n]."""
    decades = np.log10(np.maximum(power, 1e-10))
    return np.asarray((np.maximum(decades, decades.max() - 8.0) + 4.0) / 4.0, np.float32)
