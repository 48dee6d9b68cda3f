"""What a voice is like in a recording: F0, its range, pace, pauses, tilt, breath and spectral envelope, in numbers.

Two sets of measures have one home here. `measure_utterance` describes a clip as it is, pauses in its time, for annotations and
for statements about clips. `measure_voice` describes a speaker, pauses left out and F0 that was followed an octave off dropped,
so that a recording can be laid beside what an engine speaks. Both need no text, and F0, range and pace do not depend on the
language.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples
from voiceact.errors import UsageError
from voiceact.estimators.features.features import f0_functionals, level_functionals
from voiceact.estimators.features.functionals import segments
from voiceact.estimators.features.low_level_descriptors import (
    FRAME_RATE,
    HOP,
    Tracks,
    extract_descriptors,
    semitones_to_hertz,
)
from voiceact.estimators.features.signal import SAMPLE_RATE, UnheardError, prepare
from voiceact.estimators.features.timing import find_syllables, timing_functionals

PAUSE_DB, PAUSE_SECONDS = -25.0, 0.15
"""a stretch this far below the loud frames and this long is a pause, not a closed consonant"""
OCTAVE_ERROR = 12.0
"""semitones from the median beyond which an F0 is the tracker's error"""
ENVELOPE_LOW_HZ, ENVELOPE_HIGH_HZ = 250.0, 5000.0
ENVELOPE_STEPS = 220
"""places on a logarithmic axis, some 1.4 % apart"""
TILT_LOW_HZ, TILT_HIGH_HZ = 300.0, 5000.0
LONGEST_SECONDS = 60.0
"""of a recording that are measured"""


@dataclass(frozen=True, slots=True)
class VoiceMeasures:
    """What was measured of a stretch of speech.

    Attributes:
        seconds: of speech, pauses left out
        f0_hz: median F0
        f0_range: semitones between the 10th and the 90th percentile of F0
        rate: syllable nuclei a second of speech, pauses left out
        pause_share: share of pauses in the time from the first sound to the last
        tilt: spectral tilt of voiced sound, dB an octave from 300 to 5,000 Hz
        noise: harmonics-to-noise ratio of voiced sound, dB: the lower, the breathier or rougher
        loudness_range: dB between the 10th and the 90th percentile of the level of voiced frames
        level: mean level of voiced frames in dB, as recorded
        envelope: float [220], mean level of voiced sound in dB over a logarithmic axis from 250 to 5,000 Hz, without tilt
    """

    seconds: float
    f0_hz: float
    f0_range: float
    rate: float
    pause_share: float
    tilt: float
    noise: float
    loudness_range: float
    level: float
    envelope: NDArray[np.float64]

    def as_dict(self) -> dict[str, float]:
        """Return the JSON form: every number but the envelope, rounded."""
        return {name: round(float(getattr(self, name)), 3) for name in self.__dataclass_fields__ if name != "envelope"}


def measure_utterance(tracks: Tracks) -> dict[str, float]:
    """Measure a clip as it is, its pauses part of its time.

    Args:
        tracks: low-level descriptors of the prepared clip

    Returns:
        `f0_hz`, median F0 in Hz; `f0_range`, semitones between the 5th and the 95th percentile of F0; `rate`, syllable nuclei a
        second; `pauses` and `voiced`, shares; `jitter` in semitones and `shimmer` in dB, mean absolute second differences;
        `hnr`, mean harmonics-to-noise ratio of voiced frames in dB; `level_range`, standard deviation of the level within
        speech in dB. NaN where there is nothing to measure.
    """
    features = dict((*f0_functionals(tracks), *timing_functionals(tracks), *level_functionals(tracks)))
    hnr = tracks.hnr[tracks.voiced]
    return {
        "f0_hz": semitones_to_hertz(features["f0_p50"]),
        "f0_range": features["f0_range"],
        "rate": features["syllable_rate"],
        "pauses": features["pause_share"],
        "voiced": features["voiced_share"],
        "jitter": features["jitter"],
        "shimmer": features["shimmer"],
        "hnr": float(hnr.mean()) if len(hnr) else math.nan,
        "level_range": features["level_std"],
    }


def median_hnr(tracks: Tracks) -> float:
    """Return the median harmonics-to-noise ratio of voiced frames, dB; NaN without any."""
    return float(np.median(tracks.hnr[tracks.voiced])) if tracks.voiced.any() else math.nan


def measure_voice(samples: NDArray[np.floating], rate: int) -> VoiceMeasures:
    """Measure a stretch of speech by one person.

    Args:
        samples: float [n] or [n, channels]; of a longer recording the first `LONGEST_SECONDS` are measured
        rate: Hz

    Raises:
        UsageError: if nothing is heard, or no voice
    """
    try:
        audio = prepare(samples[: round(LONGEST_SECONDS * rate)], rate)
    except UnheardError as error:
        raise UsageError(str(error)) from error
    tracks = extract_descriptors(audio)
    if tracks.voiced.sum() < 10:
        raise UsageError("no voice is heard; expected somebody who speaks")
    return measure_tracks(tracks, level_of(audio, tracks))


def measure_tracks(tracks: Tracks, level: float = 0.0) -> VoiceMeasures:
    """Measure low-level descriptors that hold at least one voiced frame (see `measure_voice`)."""
    voiced = tracks.voiced
    f0 = tracks.f0[voiced].astype(np.float64)
    middle = float(np.median(f0))
    f0 = f0[np.abs(f0 - middle) < OCTAVE_ERROR]

    # Time: speech from the first sound to the last, less its pauses
    active = np.flatnonzero(tracks.active)
    inside = slice(int(active[0]), int(active[-1]) + 1)
    pauses = find_pauses(tracks.level[inside])
    speaking = max((inside.stop - inside.start - sum(end - start for start, end in pauses)) / FRAME_RATE, 0.1)
    paused = sum(end - start for start, end in pauses) / (inside.stop - inside.start)

    # Spectrum of voiced sound: each frame counts alike, whatever its level
    hertz = np.fft.rfftfreq(2 * (tracks.power.shape[1] - 1), 1 / SAMPLE_RATE)
    decibels = 10 * np.log10(tracks.power[voiced].astype(np.float64))
    mean = (decibels - decibels.max(axis=1, keepdims=True)).mean(axis=0)
    axis = np.geomspace(ENVELOPE_LOW_HZ, ENVELOPE_HIGH_HZ, ENVELOPE_STEPS)
    levels = np.interp(np.log(axis), np.log(hertz[1:]), mean[1:])
    fit = (axis >= TILT_LOW_HZ) & (axis <= TILT_HIGH_HZ)
    tilt, offset = np.polyfit(np.log2(axis[fit]), levels[fit], 1)
    # A window of a third of an octave: harmonics are gone, formants are not
    window = np.hanning(19) / np.hanning(19).sum()
    flat = levels - (tilt * np.log2(axis) + offset)
    envelope = np.convolve(np.pad(flat, 9, mode="edge"), window, mode="valid")

    return VoiceMeasures(
        seconds=speaking,
        f0_hz=float(semitones_to_hertz(np.median(f0))),
        f0_range=float(np.percentile(f0, 90) - np.percentile(f0, 10)),
        rate=len(find_syllables(tracks.level[inside], voiced[inside])) / speaking,
        pause_share=paused,
        tilt=float(tilt),
        noise=median_hnr(tracks),
        loudness_range=float(np.percentile(tracks.level[voiced], 90) - np.percentile(tracks.level[voiced], 10)),
        level=level,
        envelope=envelope,
    )


def find_pauses(level: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Return the first frame of each pause and the one behind it."""
    return [(start, end) for start, end in segments(level < PAUSE_DB) if end - start >= PAUSE_SECONDS * FRAME_RATE]


def level_of(audio: Samples, tracks: Tracks) -> float:
    """Return the mean level of the voiced frames of prepared audio, in dB below full scale."""
    frames = np.resize(np.pad(audio, (0, HOP)), (len(tracks.voiced), HOP)).astype(np.float64)
    power = (frames**2).mean(axis=1)[tracks.voiced]
    return float(10 * np.log10(power.mean() + 1e-12))


def envelope_distance(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return how far apart two envelopes are, in dB (root mean square)."""
    return float(np.sqrt(np.mean((first - second) ** 2)))
