"""Timing and rhythm: rate, pauses, voicing, and how fast the spectrum's envelopes move."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.functionals import Mask, Pair, segments
from voiceact.estimators.features.low_level_descriptors import BANDS, FRAME_RATE, Track, Tracks

PAUSE_DB = -25.0
_MODULATION_EDGES = (0.7, 2.0, 4.0, 7.0, 12.0, 25.0)
_GROUPS = ((0, 8), (8, 16), (16, 26), (26, BANDS))


def timing_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Syllable rate from peaks of level, pauses within the speech, lengths of voiced runs."""
    inside = _span(tracks.active)
    seconds = max((inside.stop - inside.start) / FRAME_RATE, 0.05)
    voiced, level = tracks.voiced[inside], tracks.level[inside]
    peaks = syllables(level, voiced)
    yield "syllable_rate", len(peaks) / seconds
    yield "syllable_unevenness", float(np.std(np.diff(peaks)) / FRAME_RATE) if len(peaks) > 2 else float("nan")
    yield "voiced_share", float(voiced.mean()) if len(voiced) else 0.0
    yield from _run_pairs("voiced_run", voiced, seconds)
    yield from _run_pairs("unvoiced_run", ~voiced, seconds)
    pauses = _long(level < PAUSE_DB, 0.1)
    yield from _run_pairs("pause", pauses, seconds)
    yield "pause_share", float(pauses.mean()) if len(pauses) else 0.0


def _run_pairs(name: str, mask: Mask, seconds: float) -> Iterator[Pair]:
    lengths = np.array([b - a for a, b in segments(mask)]) / FRAME_RATE
    yield f"{name}_rate", len(lengths) / seconds
    yield f"{name}_mean", float(np.log(lengths.mean())) if len(lengths) else float(np.log(1 / FRAME_RATE))
    yield f"{name}_std", float(lengths.std()) if len(lengths) else 0.0


def _span(active: Mask) -> slice:
    where = np.flatnonzero(active)
    return slice(int(where[0]), int(where[-1]) + 1) if len(where) else slice(0, len(active))


def _long(mask: Mask, seconds: float) -> Mask:
    kept = np.zeros_like(mask)
    for a, b in segments(mask):
        kept[a:b] = b - a >= seconds * FRAME_RATE
    return kept


def syllables(level: Track, voiced: Mask) -> NDArray[np.intp]:
    """Frames of voiced level peaks with dips of at least 2 dB between them (de Jong & Wempe 2009)."""
    smooth = np.convolve(level, np.array([1, 2, 1]) / 4, mode="same")
    rises = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:]) & voiced[1:-1]
    candidates = np.flatnonzero(rises & (smooth[1:-1] > PAUSE_DB)) + 1
    kept: list[int] = []
    for frame in candidates:
        if kept and smooth[kept[-1] : frame].min() > min(smooth[frame], smooth[kept[-1]]) - 2:
            kept[-1] = max(kept[-1], int(frame), key=lambda at: float(smooth[at]))
        else:
            kept.append(int(frame))
    return np.array(kept, np.intp)


def modulation_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Modulation depth (dB rms) of level in four frequency groups and five rates of movement."""
    inside = _span(tracks.active)
    for number, (low, high) in enumerate(_GROUPS):
        depths = _depths(tracks.mel[inside, low:high].mean(axis=1))
        for edge, depth in zip(_MODULATION_EDGES, depths, strict=False):
            yield f"modulation{number}_{edge:g}hz", depth


def _depths(envelope: Track) -> list[float]:
    count = len(envelope)
    if count < 12:
        return [float("nan")] * (len(_MODULATION_EDGES) - 1)
    window = np.hanning(count)
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * window, 512)) ** 2
    rates = np.fft.rfftfreq(512, 1 / FRAME_RATE)
    scale = 512 * (window**2).sum()
    bands = zip(_MODULATION_EDGES, _MODULATION_EDGES[1:], strict=False)
    return [float(10 * np.log10(spectrum[(a <= rates) & (b > rates)].sum() * 2 / scale + 1e-2)) for a, b in bands]
