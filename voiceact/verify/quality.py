"""Check that the sound is whole: clipping, silence, cut ends, DC, bandwidth, and a length that fits the text.

Limits are wide: they catch what is broken, not what is unusual. A whisper, a shout and a long dramatic
pause must pass. docs/verify.md shows how far the embedded engine stays away from each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples
from voiceact.verify.base import Check

NAME = "quality"

FRAME_SECONDS = 0.02
SHORTEST_SECONDS = 0.2
SILENT_DB = -55.0
"""level of the loudest tenth of the frames below which there is nothing to hear, dB of full scale"""
ACTIVE_DB = 40.0
"""a frame is active if it is at most this far below the loudest tenth"""
LONGEST_GAP_SECONDS = 3.5
CLIPPED_RUN, CLIPPED_SHARE = 3, 2e-4
"""equal samples in a row at the peak that show clipping, and the share of such samples that is too much"""
END_SECONDS, END_DB = 0.005, 12.0
"""a sound that starts or stops this near to its active level is cut"""
DC_SHARE, DC_LEAST = 0.1, 0.002
"""mean over RMS, and mean of full scale"""
BAND_FLOOR_DB, LEAST_BAND_HZ = 65.0, 4500.0
"""the band ends where its loudest frames fall this far below the loudest band"""
LETTERS_PER_SECOND = (3.0, 30.0)
FEWEST_LETTERS = 8
TWIN_RATIO = (0.35, 4.0)
"""active duration over the twin's"""


@dataclass(frozen=True)
class Sound:
    """A sound with its measurements, each computed once.

    Attributes:
        samples: float32 [n], mono
        rate: Hz
    """

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @cached_property
    def levels_db(self) -> NDArray[np.float64]:
        """RMS of each 20 ms frame, dB of full scale."""
        size = max(1, round(FRAME_SECONDS * self.rate))
        whole = self.samples[: len(self.samples) // size * size].astype(np.float64).reshape(-1, size)
        return np.asarray(10 * np.log10(np.maximum((whole**2).mean(axis=1), 1e-14)))

    @cached_property
    def loud_db(self) -> float:
        """Level that a tenth of the frames exceeds."""
        return float(np.percentile(self.levels_db, 90)) if len(self.levels_db) else -140.0

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        return np.asarray(self.levels_db > self.loud_db - ACTIVE_DB)

    @cached_property
    def active_seconds(self) -> float:
        """From the first to the last active frame, without silences in between."""
        return float(self.active.sum() * FRAME_SECONDS)

    @cached_property
    def longest_gap_seconds(self) -> float:
        """The longest silence between two active frames."""
        places = np.flatnonzero(self.active)
        return float((np.diff(places).max(initial=1) - 1) * FRAME_SECONDS)

    @cached_property
    def clipped_share(self) -> float:
        """Share of samples that stand in runs of equal values at the peak."""
        peak = np.abs(self.samples).max(initial=0.0)
        top = np.abs(self.samples) >= peak * (1 - 1e-4)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], top, [False]]).astype(np.int8)))
        runs = edges[1::2] - edges[::2]
        return float(runs[runs >= CLIPPED_RUN].sum() / max(1, len(self.samples)))

    @cached_property
    def dc(self) -> tuple[float, float]:
        """Mean, and mean over RMS."""
        mean = float(np.mean(self.samples, dtype=np.float64))
        return mean, abs(mean) / max(float(np.sqrt(np.mean(self.samples.astype(np.float64) ** 2))), 1e-9)

    def end_db(self, *, last: bool) -> float:
        """Level of the first or last 5 ms, dB above (or below) the loud level; a fade counts by its outermost part."""
        size = max(2, round(END_SECONDS * self.rate))
        edge = (self.samples[-size:] if last else self.samples[:size]).astype(np.float64)
        return float(10 * np.log10(max((edge**2).mean(), 1e-14)) - self.loud_db)

    @cached_property
    def band_hz(self) -> float:
        """Highest frequency that is heard in the loudest twentieth of the frames."""
        size = 1 << (round(0.03 * self.rate) - 1).bit_length()
        if len(self.samples) < size:
            return self.rate / 2
        frames = np.lib.stride_tricks.sliding_window_view(self.samples, size)[:: size // 2]
        power = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32))) ** 2
        loudest = 10 * np.log10(np.maximum(np.percentile(power, 95, axis=0), 1e-14))
        heard = np.flatnonzero(loudest > loudest.max() - BAND_FLOOR_DB)
        return float(heard[-1] * self.rate / size)


def check_quality(samples: Samples, rate: int, *, text: str = "", twin: tuple[Samples, int] | None = None) -> Check:
    """Check that the sound is whole; the first thing that is broken is the reason.

    Args:
        samples: float32 [n], mono
        rate: Hz
        text: what was to be said, for the length
        twin: samples and rate of the neutral reading, for the length
    """
    samples = np.asarray(samples)
    if not np.isfinite(samples).all():
        share = 1 - float(np.isfinite(samples).mean())
        return Check(NAME, "fail", f"{share:.1%} of the samples are not finite numbers", "not_finite", share, 0.0)
    sound = Sound(samples, rate)
    if sound.seconds < SHORTEST_SECONDS:
        sentence = f"lasts {sound.seconds:.2f} s; expected at least {SHORTEST_SECONDS:g} s"
        return Check(NAME, "fail", sentence, "too_short", sound.seconds, SHORTEST_SECONDS)

    details = {
        "seconds": sound.seconds,
        "active_seconds": sound.active_seconds,
        "loud_db": sound.loud_db,
        "longest_gap_seconds": sound.longest_gap_seconds,
        "clipped_share": sound.clipped_share,
        "start_db": sound.end_db(last=False),
        "end_db": sound.end_db(last=True),
        "dc": sound.dc[0],
        "band_hz": sound.band_hz,
    }
    fault = next(find_faults(sound, text, twin), None)
    if fault:
        return Check(NAME, "fail", fault.sentence, fault.reason, fault.figure, fault.threshold, details)
    return Check(
        NAME,
        "pass",
        f"whole: {sound.active_seconds:.1f} s of sound up to {sound.band_hz / 1000:.1f} kHz, no clipping, ends not cut",
        details=details,
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """What is broken in a sound: reason code, sentence, and the figure with its limit."""

    reason: str
    sentence: str
    figure: float
    threshold: float


def find_faults(sound: Sound, text: str, twin: tuple[Samples, int] | None) -> Iterator[Fault]:
    """Yield what is broken in a sound, the most telling first."""
    # Level, clipping and offset.
    if sound.loud_db < SILENT_DB:
        yield Fault("silent", f"nothing is louder than {sound.loud_db:.0f} dB of full scale", sound.loud_db, SILENT_DB)
    if (share := sound.clipped_share) > CLIPPED_SHARE:
        yield Fault("clipped", f"{share:.2%} of the samples are clipped", share, CLIPPED_SHARE)
    mean, mean_over_rms = sound.dc
    if mean_over_rms > DC_SHARE and abs(mean) > DC_LEAST:
        yield Fault("dc", f"is off centre by {mean:.3f} of full scale", mean, DC_LEAST)

    # Gaps, cut ends and bandwidth.
    if (gap := sound.longest_gap_seconds) > LONGEST_GAP_SECONDS:
        yield Fault("gap", f"silent for {gap:.1f} s in the middle", gap, LONGEST_GAP_SECONDS)
    for last, reason, words in ((False, "cut_start", "starts"), (True, "cut_end", "stops")):
        level = sound.end_db(last=last)
        if level > -END_DB:
            sentence = f"{words} in full sound, as if cut ({-level:.0f} dB below its own level)"
            yield Fault(reason, sentence, level, -END_DB)
    if sound.band_hz < LEAST_BAND_HZ:
        sentence = f"nothing is heard above {sound.band_hz / 1000:.1f} kHz"
        yield Fault("narrow", sentence, sound.band_hz, LEAST_BAND_HZ)

    # Length against the twin and the text.
    if twin is not None:
        ratio = sound.active_seconds / max(Sound(*twin).active_seconds, FRAME_SECONDS)
        if not TWIN_RATIO[0] <= ratio <= TWIN_RATIO[1]:
            sentence = f"lasts {ratio:.1f} times as long as the neutral twin"
            yield Fault("duration", sentence, ratio, TWIN_RATIO[ratio > 1])
    letters = sum(letter.isalnum() for letter in text)
    if letters >= FEWEST_LETTERS:
        pace = letters / max(sound.active_seconds, FRAME_SECONDS)
        if not LETTERS_PER_SECOND[0] <= pace <= LETTERS_PER_SECOND[1]:
            limit = LETTERS_PER_SECOND[pace > LETTERS_PER_SECOND[1]]
            yield Fault("duration", f"{pace:.0f} letters a second do not fit the text", pace, limit)
