"""Measure integrated loudness and true peak (ITU-R BS.1770-4), limit peaks, and resample.

`voiceact.audio` re-exports the public functions.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import UsageError

Samples = NDArray[np.float32]

TRUE_PEAK_OVERSAMPLING = 4
HIGHEST_RATE = 3_100_000
"""highest rate in Hz of resampling: some eight times the highest rate of a file, for true peaks"""
LIMITER_SECONDS = 0.010
"""time before and after a peak during which the limiter lowers the gain"""

BLOCK_STEP_SECONDS = 0.1
BLOCK_STEPS = 4  # a gating block is 400 ms, overlapping by 75 %
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LUFS = -0.691

# BS.1770-4, tables 1 and 2: numerators and denominators at 48 kHz.
TABLE_RATE = 48000
SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)
HIGH_PASS = (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)

SEGMENT_SECONDS = 30
WARM_UP_SECONDS = 1


def resample(samples: Samples, source_rate: int, target_rate: int) -> Samples:
    """Resample to another rate (soxr, VHQ); returns the same array if the rates are equal.

    Args:
        samples: float32 [n]
        source_rate: Hz
        target_rate: Hz

    Raises:
        UsageError: for a rate outside 1 to HIGHEST_RATE
    """
    if not (0 < source_rate <= HIGHEST_RATE and 0 < target_rate <= HIGHEST_RATE):
        # A filter for an absurd rate never finishes, and a rate of 0 cannot be divided by.
        raise UsageError(
            f"a sample rate of {source_rate:,} Hz cannot be brought to {target_rate:,}; expected 1 to {HIGHEST_RATE:,}"
        )
    if source_rate == target_rate:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, source_rate, target_rate, quality="VHQ"), np.float32)


# Loudness


def loudness_lufs(samples: Samples, rate: int) -> float:
    """Measure the gated integrated loudness of a mono signal in LUFS; -inf for silence.

    A clip shorter than one gating block (0.4 s) is measured whole, without gates. A clip so quiet
    that every block falls below the absolute gate of -70 LUFS counts as silence.
    """
    steps = _step_energies(samples, rate)
    if len(steps) < BLOCK_STEPS:
        return float(_lufs(np.mean(_k_weighted(samples, rate) ** 2))) if len(samples) else -np.inf
    return gated_loudness(steps)


def gated_loudness(steps: NDArray[np.float64]) -> float:
    """Integrated loudness in LUFS of the mean squares of 100 ms steps, through both gates; -inf for silence.

    Args:
        steps: float64 [n], of the K-weighted signal; fewer than a gating block (4) are averaged without gates
    """
    if len(steps) < BLOCK_STEPS:
        return float(_lufs(steps.mean())) if len(steps) else -np.inf
    blocks = np.lib.stride_tricks.sliding_window_view(steps, BLOCK_STEPS).mean(axis=1)
    loud = blocks[_lufs(blocks) >= ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return -np.inf
    gate = _lufs(loud.mean()) + RELATIVE_GATE_LU
    return float(_lufs(loud[_lufs(loud) > gate].mean()))


def _lufs(energy: Any) -> Any:
    with np.errstate(divide="ignore"):
        return OFFSET_LUFS + 10 * np.log10(energy)


def _step_energies(samples: Samples, rate: int) -> NDArray[np.float64]:
    """Compute the mean square of the K-weighted signal in each whole step of 100 ms."""
    bounds = np.round(np.arange(int(len(samples) / (rate * BLOCK_STEP_SECONDS) + 1e-9) + 1) * rate * BLOCK_STEP_SECONDS).astype(
        int
    )
    sums = np.concatenate([[0.0], np.cumsum(_k_weighted(samples, rate) ** 2)])
    return np.asarray(np.diff(sums[bounds]) / np.diff(bounds))


class StepEnergies:
    """Mean squares of the K-weighted signal in steps of 100 ms, of a sound that comes in pieces.

    Args:
        rate: in Hz
    """

    def __init__(self, rate: int):
        self._rate = rate
        self._waiting: list[Samples] = []
        self._before = np.zeros(0, np.float32)
        self._place = self._length = 0
        self._steps: list[NDArray[np.float64]] = []

    def add(self, samples: Samples) -> None:
        """Take in the next samples, float32 [n]."""
        self._waiting.append(samples)
        self._length += len(samples)
        if self._length - self._place >= SEGMENT_SECONDS * self._rate:
            self._measure()

    def finished(self) -> NDArray[np.float64]:
        """Return the mean squares of all whole steps so far, float64 [n]."""
        self._measure()
        return np.concatenate(self._steps) if self._steps else np.zeros(0)

    def _measure(self) -> None:
        """Measure the whole steps among the samples that wait; the rest waits on."""
        waiting = np.concatenate([self._before, *self._waiting])
        weighted = _k_weighted(waiting, self._rate)[len(self._before) :]
        step = self._rate * BLOCK_STEP_SECONDS
        done = round(self._place / step)
        bounds = np.round(np.arange(done, int(self._length / step + 1e-9) + 1) * step).astype(int) - self._place
        if len(bounds) < 2:
            return
        sums = np.concatenate([[0.0], np.cumsum(weighted**2)])
        self._steps.append(np.diff(sums[bounds]) / np.diff(bounds))
        # The filter is warmed up by the second before.
        measured = len(self._before) + int(bounds[-1])
        self._place += int(bounds[-1])
        rest, warm = waiting[measured:].copy(), WARM_UP_SECONDS * self._rate
        self._before, self._waiting = waiting[max(measured - warm, 0) : measured].copy(), [rest]


def _k_weighted(samples: Samples, rate: int) -> NDArray[np.float64]:
    """Apply the K-weighting to a signal [n].

    Filtered in the frequency domain, segment by segment: the impulse response of the slower
    filter (38 Hz) has died away by more than 1000 dB within the second of warm-up and padding.
    """
    warm, step = WARM_UP_SECONDS * rate, SEGMENT_SECONDS * rate
    parts = []
    for start in range(0, len(samples), step):
        first = max(0, start - warm)
        segment = np.asarray(samples[first : start + step], np.float64)
        size = _fast_size(len(segment) + warm)
        filtered = np.fft.irfft(np.fft.rfft(segment, size) * k_response(rate, size), size)
        parts.append(filtered[start - first : len(segment)])
    return np.asarray(np.concatenate(parts)) if parts else np.zeros(0)


def _fast_size(least: int) -> int:
    """Return the smallest 2^a or 3·2^a that is at least this."""
    power = 1 << (least - 1).bit_length()
    return power * 3 // 4 if power * 3 // 4 >= least else power


# Clips of some seconds have few sizes among them, and the response of one costs more than its transform.
@lru_cache(maxsize=8)
def k_response(rate: int, size: int) -> NDArray[np.complex128]:
    """Compute the frequency response [size // 2 + 1] of the K-weighting at a sample rate.

    The standard gives its two filters for 48 kHz only. A filter redrawn for a low rate bends near the
    top of its band (0.2 LU off at 8 kHz); reading the 48 kHz response at each frequency does not.
    """
    frequencies = np.minimum(np.arange(size // 2 + 1) * rate / size, TABLE_RATE / 2)
    z = np.exp(-2j * np.pi * frequencies / TABLE_RATE)
    response = _biquad(z, *SHELF) * _biquad(z, *HIGH_PASS)
    response.flags.writeable = False
    return response


def _biquad(z: NDArray[np.complex128], b: tuple[float, ...], a: tuple[float, ...]) -> NDArray[np.complex128]:
    return (b[0] + b[1] * z + b[2] * z * z) / (a[0] + a[1] * z + a[2] * z * z)


# Peak


def true_peak(samples: Samples, rate: int) -> float:
    """Measure the highest level, also between samples, by 4 times oversampling; linear, 1.0 is full scale."""
    return float(_peak_around_samples(samples, rate).max()) if len(samples) else 0.0


def limit_true_peak(samples: Samples, rate: int, ceiling_db: float = -1.0) -> Samples:
    """Limit the true peak of samples to `ceiling_db` (dB below full scale).

    A look-ahead limiter: the gain dips smoothly around each peak, from 10 ms before to 10 ms after,
    and is exactly 1 elsewhere. Audio below the ceiling is returned as it came, the same array.

    Raises:
        UsageError: if the ceiling is above 0 dB
    """
    if ceiling_db > 0:
        raise UsageError(f"a ceiling of {ceiling_db:g} dB is above full scale; expected 0 or less")
    ceiling = 10 ** (ceiling_db / 20)
    # The gain's own movement can lift a point between samples by a hair: look again, twice at most.
    for _ in range(3):
        peaks = _peak_around_samples(samples, rate)
        if not len(peaks) or peaks.max() <= ceiling:
            return samples
        samples = np.asarray(samples * _gain(peaks, ceiling * 0.9999, rate), np.float32)
    return np.asarray(samples * min(1.0, ceiling / true_peak(samples, rate)), np.float32)


def _peak_around_samples(samples: Samples, rate: int) -> NDArray[np.float32]:
    """For each sample the highest magnitude from it to the next, points between included."""
    if not len(samples):
        return np.zeros(0, np.float32)
    times = TRUE_PEAK_OVERSAMPLING
    between = np.zeros(len(samples) * times, np.float32)
    up = resample(np.asarray(samples, np.float32), rate, rate * times)[: len(between)]
    between[: len(up)] = np.abs(up)
    # One call a row, not one for four numbers.
    columns = between.reshape(-1, times).T
    return np.asarray(np.maximum.reduce([*columns, np.abs(samples)]))


def _gain(peaks: NDArray[np.float32], ceiling: float, rate: int) -> NDArray[np.float64]:
    gain = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    reach = max(1, round(LIMITER_SECONDS * rate / 2))
    window = np.hanning(2 * reach + 3)[1:-1]
    # The lowest gain within the reach, averaged over the same reach, is never above what is wanted.
    lowest = _lowest_within(gain, reach)
    padded = np.pad(1 - lowest, reach)
    size = _fast_size(len(padded) + len(window))
    smooth = np.fft.irfft(np.fft.rfft(padded, size) * np.fft.rfft(window / window.sum(), size), size)
    dip = smooth[2 * reach : 2 * reach + len(peaks)]
    return 1 - np.where(dip > 1e-9, dip, 0.0)


def _lowest_within(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Compute the running minimum over `reach` samples to both sides."""
    width = 2 * reach + 1
    lowest, covered = np.pad(values, reach, constant_values=1.0), 1
    while covered < width:
        step = min(covered, width - covered)
        lowest = np.minimum(lowest[:-step], lowest[step:])
        covered += step
    return lowest
