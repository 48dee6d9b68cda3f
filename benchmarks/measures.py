"""Acoustic measures of finished audio, for the benchmarks: nothing here knows what was asked.

Every function takes float32 [n] samples and their rate; F0 comes from swift-f0.
"""

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import loudness_lufs, resample

Samples = NDArray[np.float32]

FRAME = 0.016
QUIET_DB = -35.0
SHORTEST_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Measures:
    """One clip, measured.

    f0: median, Hz; f0_range: standard deviation, semitones; lufs; tilt: dB an octave from 300 Hz to 6 kHz;
    voiced: share of speech frames with F0; hnr: dB, median over voiced frames; tremor: F0 modulation from
    3 to 9 Hz, semitones; speech: seconds without pauses; pause: seconds of silence inside; dynamics: spread
    of the level of speech frames, dB
    """

    f0: float
    f0_range: float
    lufs: float
    tilt: float
    voiced: float
    hnr: float
    tremor: float
    speech: float
    pause: float
    dynamics: float

    def as_dict(self) -> dict[str, float]:
        """Field name to value."""
        return asdict(self)


def measure(samples: Samples, rate: int) -> Measures:
    """All measures of one clip."""
    audio = resample(samples, rate, 16000)
    times, hertz, confidence = f0_track(audio)
    level = _frame_level(audio)
    speech = level > level.max() + QUIET_DB
    sounded = (confidence > 0.5) & (hertz > 50)
    semitones = 12 * np.log2(np.maximum(hertz[sounded], 1.0)) if sounded.any() else np.zeros(1)
    speaking, pausing = _seconds(speech)
    return Measures(
        f0=float(np.median(hertz[sounded])) if sounded.any() else float("nan"),
        f0_range=float(np.std(semitones)),
        lufs=float(loudness_lufs(samples, rate) or np.nan),
        tilt=_tilt(audio),
        voiced=float(sounded[: len(speech)][speech[: len(sounded)]].mean()),
        hnr=_hnr(audio, times[sounded], hertz[sounded]),
        tremor=_tremor(hertz, sounded),
        speech=speaking,
        pause=pausing,
        dynamics=float(np.std(level[speech])),
    )


@lru_cache
def _detector() -> Any:
    from swift_f0 import SwiftF0

    return SwiftF0(threads=1)


def f0_track(audio: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Times (s), F0 (Hz) and confidence of 16 kHz audio, every 16 ms."""
    found = _detector().detect(audio, 16000, fmin=55, fmax=700)
    return (np.asarray(found.timestamps, float), np.asarray(found.pitch_hz, float), np.asarray(found.confidence, float))


def _frame_level(audio: Samples) -> NDArray[np.float64]:
    hop = round(FRAME * 16000)
    frames = audio[: len(audio) // hop * hop].reshape(-1, hop).astype(float)
    return 10 * np.log10((frames**2).mean(1) + 1e-10)


def _seconds(speech: NDArray[np.bool_]) -> tuple[float, float]:
    """Seconds of speech, and of pauses of at least 0.1 s inside it."""
    inside = np.flatnonzero(speech)
    span = speech[inside[0] : inside[-1] + 1]
    edges = np.flatnonzero(np.diff(np.concatenate([[1], span.astype(int), [1]])))
    lengths = (edges[1::2] - edges[::2]) * FRAME
    pausing = float(lengths[lengths >= SHORTEST_PAUSE].sum())
    return len(span) * FRAME - pausing, pausing


def _spectrum(audio: Samples, size: int = 512) -> NDArray[np.float64]:
    frames = np.lib.stride_tricks.sliding_window_view(audio, size)[:: size // 2]
    return np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2


def _tilt(audio: Samples) -> float:
    """Slope of the long-term third-octave spectrum, dB an octave."""
    power = _spectrum(audio).mean(0)
    hertz = np.arange(len(power)) * 16000 / 512
    centres = 300 * 2 ** (np.arange(14) / 3)
    bands = [power[(hertz >= c * 2 ** (-1 / 6)) & (hertz < c * 2 ** (1 / 6))].mean() for c in centres]
    return float(np.polyfit(np.log2(centres), 10 * np.log10(np.asarray(bands) + 1e-12), 1)[0])


def _hnr(audio: Samples, times: NDArray[np.float64], hertz: NDArray[np.float64]) -> float:
    """Harmonics-to-noise ratio by the autocorrelation at the period (Boersma 1993), median, dB."""
    values = []
    for time, f0 in zip(times, hertz, strict=True):
        period = 16000 / f0
        half = int(2.0 * period)
        centre = int(time * 16000)
        if centre - half < 0 or centre + half + 1 > len(audio):
            continue
        frame = audio[centre - half : centre + half].astype(float)
        values.append(_periodicity(frame - frame.mean(), period))
    strength = np.clip(np.asarray(values or [0.5]), 1e-3, 1 - 1e-4)
    return float(np.median(10 * np.log10(strength / (1 - strength))))


def _periodicity(frame: NDArray[np.float64], period: float) -> float:
    """Best normalised correlation of a frame with itself near one period later."""
    best = 0.0
    for lag in range(int(period * 0.93), int(period * 1.07) + 2):
        first, second = frame[:-lag], frame[lag:]
        size = np.sqrt((first**2).sum() * (second**2).sum()) + 1e-12
        best = max(best, float((first * second).sum() / size))
    return best


def _tremor(hertz: NDArray[np.float64], sounded: NDArray[np.bool_]) -> float:
    """Strength of F0 modulation from 3 to 9 Hz, semitones (root mean square over long voiced runs)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sounded.astype(int), [0]])))
    energies, weights = [], []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if (end - start) * FRAME < 0.3:
            continue
        run = 12 * np.log2(hertz[start:end])
        x = np.arange(len(run))
        run = run - np.polyval(np.polyfit(x, run, 2), x)
        spectrum = np.abs(np.fft.rfft(run)) ** 2 * 2 / len(run) ** 2
        rate = np.fft.rfftfreq(len(run), FRAME)
        energies.append(spectrum[(rate >= 3) & (rate <= 9)].sum())
        weights.append(end - start)
    return float(np.sqrt(np.average(energies, weights=weights))) if weights else 0.0


@lru_cache
def _recognizer() -> Any:
    from pocketsphinx import Decoder

    return Decoder(loglevel="FATAL")


def transcript(samples: Samples, rate: int) -> str:
    """What pocketsphinx understands."""
    audio = resample(samples, rate, 16000)
    pcm = (np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes()
    decoder = _recognizer()
    decoder.start_utt()
    decoder.process_raw(pcm, no_search=False, full_utt=True)
    decoder.end_utt()
    return decoder.hyp().hypstr if decoder.hyp() else ""


def extra(samples: Samples, rate: int) -> dict[str, float]:
    """Measures of the rarer controls.

    pulse: level modulation from 3.8 to 5.4 Hz, dB (laughter); breaks: dips of the level of more than 6 dB below its
    surroundings of 0.4 s, mean over speech, dB (sobs); subharmonic: energy at odd multiples of F0 / 2 against that at F0's
    own, dB (creak); space: spread of the spectral shape over
    speech below 4 kHz, dB (articulation); ending: level of the last 0.3 s of speech beside its mean, dB (fade); closures: the
    95th percentile of rises of level from frame to frame, dB (attack)
    """
    audio = resample(samples, rate, 16000)
    times, hertz, confidence = f0_track(audio)
    sounded = (confidence > 0.5) & (hertz > 50)
    return {
        "pulse": _pulse(audio),
        "breaks": _breaks(audio),
        "subharmonic": _subharmonic(audio, times, hertz, sounded),
        "space": _space(audio),
        "ending": _ending(audio),
        "closures": _closures(audio),
    }


def _ending(audio: Samples) -> float:
    level = _frame_level(audio)
    loud = np.flatnonzero(level > level.max() - 35)
    spoken = level[loud[0] : loud[-1] + 1]
    return float(spoken[-round(0.3 / FRAME) :].mean() - spoken.mean())


def _closures(audio: Samples) -> float:
    level = np.maximum(_frame_level(audio), _frame_level(audio).max() - 40)
    rises = np.diff(level)
    return float(np.percentile(rises[rises > 0], 95))


def _pulse(audio: Samples) -> float:
    level = _frame_level(audio)
    level = np.maximum(level, level.max() - 40)
    spectrum = np.abs(np.fft.rfft((level - level.mean()) * np.hanning(len(level)))) ** 2 * 8 / 3 / len(level) ** 2 * 2
    rate = np.fft.rfftfreq(len(level), FRAME)
    return float(np.sqrt(spectrum[(rate >= 3.8) & (rate <= 5.4)].sum()))


def _breaks(audio: Samples) -> float:
    level = _frame_level(audio)
    level = np.maximum(level, level.max() - 45)
    around = np.median(np.lib.stride_tricks.sliding_window_view(np.pad(level, 12, mode="edge"), 25), axis=1)
    loud = around > level.max() - 30
    dips = np.clip(around - level - 6, 0, 20)[loud]
    return float(dips.mean()) if loud.any() else 0.0


def _subharmonic(audio: Samples, times: NDArray[np.float64], hertz: NDArray[np.float64], sounded: NDArray[np.bool_]) -> float:
    values = []
    for time, f0 in zip(times[sounded], hertz[sounded], strict=True):
        start = int(time * 16000) - 512
        if start < 0 or start + 1024 > len(audio):
            continue
        power = np.abs(np.fft.rfft(audio[start : start + 1024] * np.hanning(1024))) ** 2
        at = [int(round(multiple * f0 / (16000 / 1024))) for multiple in (0.5, 1.5, 2.5, 3.5)]
        own = [int(round(multiple * f0 / (16000 / 1024))) for multiple in (1, 2, 3, 4)]
        values.append(10 * np.log10((power[at].sum() + 1e-9) / (power[own].sum() + 1e-9)))
    return float(np.mean(values)) if values else 0.0


def _space(audio: Samples) -> float:
    power = _spectrum(audio, 400)
    bands = np.log(np.stack([part.sum(1) for part in np.array_split(power[:, :100], 20, axis=1)], 1) + 1e-8)
    loud = bands.max(1) > bands.max() - 5
    shape = (bands - bands.mean(1, keepdims=True))[loud]
    return float(10 / np.log(10) * shape.std(0).mean())
