"""Timing and rhythm: syllable rate, pauses, voiced segments, and modulation of the level in four frequency groups."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.functionals import Mask, Pair, segments
from voiceact.estimators.features.low_level_descriptors import BANDS, FRAME_RATE, Track, Tracks

PAUSE_DB, PAUSE_SECONDS = -25.0, 0.1
_MODULATION_EDGES = (0.7, 2.0, 4.0, 7.0, 12.0, 25.0)
_GROUPS = ((0, 8), (8, 16), (16, 26), (26, BANDS))


def timing_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Yield the syllable rate from peaks of level, pauses within the speech, and lengths of voiced and unvoiced segments."""
    inside = _active_slice(tracks.active)
    seconds = max((inside.stop - inside.start) / FRAME_RATE, 0.05)
    voiced, level = tracks.voiced[inside], tracks.level[inside]
    peaks = find_syllables(level, voiced)
    yield "syllable_rate", len(peaks) / seconds
    yield "syllable_unevenness", float(np.std(np.diff(peaks)) / FRAME_RATE) if len(peaks) > 2 else float("nan")
    yield "voiced_share", float(voiced.mean()) if len(voiced) else 0.0
    yield from _segment_functionals("voiced_run", voiced, seconds)
    yield from _segment_functionals("unvoiced_run", ~voiced, seconds)

    quiet = level < PAUSE_DB
    pauses = np.zeros_like(quiet)
    for start, end in segments(quiet):
        pauses[start:end] = end - start >= PAUSE_SECONDS * FRAME_RATE
    yield from _segment_functionals("pause", pauses, seconds)
    yield "pause_share", float(pauses.mean()) if len(pauses) else 0.0


def modulation_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Yield the modulation depth (dB rms) of level in four frequency groups, each in five bands of modulation frequency."""
    inside = _active_slice(tracks.active)
    bands = list(zip(_MODULATION_EDGES, _MODULATION_EDGES[1:], strict=False))
    for number, (low, high) in enumerate(_GROUPS):
        envelope = tracks.mel[inside, low:high].mean(axis=1)
        count = len(envelope)
        depths = [float("nan")] * len(bands)
        if count >= 12:
            window = np.hanning(count)
            spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * window, 512)) ** 2
            rates = np.fft.rfftfreq(512, 1 / FRAME_RATE)
            scale = 512 * (window**2).sum()
            depths = [float(10 * np.log10(spectrum[(a <= rates) & (b > rates)].sum() * 2 / scale + 1e-2)) for a, b in bands]
        for (edge, _), depth in zip(bands, depths, strict=True):
            yield f"modulation{number}_{edge:g}hz", depth


def find_syllables(level: Track, voiced: Mask) -> NDArray[np.intp]:
    """Find the frames of voiced level peaks with dips of at least 2 dB between them (de Jong & Wempe 2009)."""
    smooth = np.convolve(level, np.array([1, 2, 1]) / 4, mode="same")
    rises = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:]) & voiced[1:-1]
    candidates = np.flatnonzero(rises & (smooth[1:-1] > PAUSE_DB)) + 1
    peaks: list[int] = []
    for frame in candidates:
        if peaks and smooth[peaks[-1] : frame].min() > min(smooth[frame], smooth[peaks[-1]]) - 2:
            peaks[-1] = max(peaks[-1], int(frame), key=lambda at: float(smooth[at]))
        else:
            peaks.append(int(frame))
    return np.array(peaks, np.intp)


def _segment_functionals(name: str, mask: Mask, seconds: float) -> Iterator[Pair]:
    """Yield rate (1/s), logarithm of the mean length and spread of the lengths (s) of the runs of a mask."""
    lengths = np.array([end - start for start, end in segments(mask)]) / FRAME_RATE
    yield f"{name}_rate", len(lengths) / seconds
    yield f"{name}_mean", float(np.log(lengths.mean())) if len(lengths) else float(np.log(1 / FRAME_RATE))
    yield f"{name}_std", float(lengths.std()) if len(lengths) else 0.0


def _active_slice(active: Mask) -> slice:
    """Return the frames from the first active one to the last; all frames where none is active."""
    places = np.flatnonzero(active)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, len(active))
