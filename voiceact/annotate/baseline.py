"""Baselines: what is usual of each dimension in a corpus, so that a caption can say what is not.

The usual value is the median. The spread is 1.4826 times the median absolute deviation, which is the standard deviation where
values are normal; where that is less than half the standard deviation (scores that are mostly nought), the standard deviation.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from voiceact.annotate.columns import ATTRIBUTES
from voiceact.annotate.run_file import AnnotationFile, ShardFile, iter_indexes
from voiceact.errors import UsageError, count_noun
from voiceact.estimators.human.estimator import IDS
from voiceact.store.columns import Row
from voiceact.store.filesystem import Store

FORMAT = "voiceact-baseline/1"
SHIPPED_SOURCE = "EmoDB (535 acted German sentences, CC0-1.0)"
"""corpus of the shipped baseline: what is usual there is not what is usual among a user's clips, and captions say so"""
AFFECT = ("arousal", "valence", "dominance")
SPOKEN_ATTRIBUTES = tuple(name for name in ATTRIBUTES if name != "clipped")
DIMENSIONS = (*(f"score_{name}" for name in IDS), *AFFECT, *SPOKEN_ATTRIBUTES)
LEAST_ROWS = 30
"""rows from which a corpus has a baseline of its own"""
MOST_ROWS = 50_000
"""rows that a baseline is made from, of shards evenly from the first to the last"""
NORMAL = 1.4826
LEAST_SPREADS = {
    **{f"score_{name}": 0.25 for name in IDS},
    **dict.fromkeys(AFFECT, 0.05),
    "f0_hz": 5.0,
    "f0_range": 0.5,
    "rate": 0.2,
    "pauses": 0.02,
    "voiced": 0.02,
    "jitter": 0.05,
    "shimmer": 0.2,
    "hnr": 0.5,
    "level_range": 0.5,
    "lufs": 1.0,
    "snr": 2.0,
    "bandwidth": 500.0,
}
"""own choice: a spread counts as no smaller, so that in a corpus of much the same nothing inaudible is told"""


class Usual(msgspec.Struct, frozen=True):
    """What is usual of a dimension: median, spread, and how many values stand behind them."""

    median: float
    spread: float
    count: int

    def deviation(self, value: float) -> float:
        """Return how many spreads a value lies over the median."""
        return (value - self.median) / self.spread


class Baseline(msgspec.Struct, frozen=True):
    """What is usual of every dimension.

    Attributes:
        source: the corpus it is of, in words
        estimator, revision, reference: who gave the scores, and what was known of the voices
        usual: dimension -> what is usual of it
        format: `FORMAT`
    """

    source: str
    estimator: str
    revision: str
    reference: str
    usual: dict[str, Usual]
    format: str = FORMAT


def measure_baseline(rows: Iterable[Row], source: str) -> Baseline:
    """Measure what is usual over rows.

    Args:
        rows: of one estimator; those with an error are left out
        source: the corpus, in words

    Raises:
        UsageError: for fewer than LEAST_ROWS rows
    """
    values: dict[str, list[float]] = {name: [] for name in DIMENSIONS}
    count, last = 0, dict[str, Any]()
    for row in rows:
        if row.get("error"):
            continue
        count, last = count + 1, row
        for name, numbers in values.items():
            if row.get(name) is not None:
                numbers.append(row[name])
    if count < LEAST_ROWS:
        raise UsageError(
            f"{source}: has {count_noun(count, 'clip')} that were heard; a baseline of one's own needs "
            f"at least {LEAST_ROWS}: take the "
            "shipped one with --baseline shipped"
        )
    usual = {name: _usual(name, np.array(numbers)) for name, numbers in values.items() if len(numbers) >= LEAST_ROWS}
    return Baseline(
        source, str(last.get("estimator") or ""), str(last.get("revision") or ""), str(last.get("reference") or ""), usual
    )


def _usual(name: str, values: "np.ndarray[Any, np.dtype[np.float64]]") -> Usual:
    median = float(np.median(values))
    spread = NORMAL * float(np.median(np.abs(values - median)))
    deviation = float(values.std())
    if spread < 0.5 * deviation:
        spread = deviation
    return Usual(round(median, 5), round(max(spread, LEAST_SPREADS[name]), 5), len(values))


def list_data_files(store: Store, run: AnnotationFile) -> list[ShardFile]:
    """Return the Parquet files of an annotation, in the order of its shards; every index is read."""
    indexes = sorted(iter_indexes(store, run.digest), key=lambda index: index.shard)
    return [file for index in indexes for file in index.files]


def baseline_rows(store: Store, run: AnnotationFile, data_files: Sequence[ShardFile]) -> Iterator[Row]:
    """Yield rows for a baseline, of at most MOST_ROWS, from files evenly from the first to the last."""
    from pyarrow import parquet

    step = max(1, len(data_files) * run.task.shard_clips // MOST_ROWS)
    wanted = ["error", "estimator", "revision", "reference", *DIMENSIONS]
    for data_file in data_files[::step]:
        with store.open(data_file.name) as file:
            table = parquet.ParquetFile(file)
            columns = [column for column in wanted if column in table.schema_arrow.names]
            for batch in table.iter_batches(1000, columns=columns):
                yield from batch.to_pylist()


def load_baseline(path: str | Path | None = None) -> Baseline:
    """Load a baseline from a file, or the shipped one.

    Raises:
        UsageError: if the file is none
    """
    where = files("voiceact.annotate") / "data" / "baseline.json" if path is None else Path(path)
    try:
        baseline = msgspec.json.decode(where.read_bytes(), type=Baseline)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: is no baseline ({error}); expected what `voiceact caption --save-baseline` wrote") from error
    if baseline.format != FORMAT or any(usual.spread <= 0 for usual in baseline.usual.values()):
        raise UsageError(
            f"{path}: is a baseline of format {baseline.format[:40]!r}; expected {FORMAT!r} with spreads over nought"
        )
    return baseline


def deviations(row: Mapping[str, Any], baseline: Baseline) -> dict[str, float]:
    """Return how far each dimension of a row lies from what is usual, in spreads; those without a value are left out."""
    return {name: usual.deviation(row[name]) for name, usual in baseline.usual.items() if row.get(name) is not None}
