"""Count all rows of a run in one pass over its indexes, with memory that does not grow with the takes.

The rows are read as Arrow batches and become Python objects only for the few that are drawn as examples.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories, get
from voiceact.dataset.findings.formatting import format_count, format_share
from voiceact.errors import VoiceactError, count_noun
from voiceact.runtime.seeds import draw_integer
from voiceact.stats.permutation import PermutationCounts
from voiceact.store.columns import Row
from voiceact.store.reader import Run
from voiceact.vocabulary import FAILED

IDS = tuple(category.id for category in categories())
PLACE = {category: place for place, category in enumerate(IDS)}

SCORE_STEPS = 70
"""steps of a tenth on the scale of 0 to 7"""
SCORE_EDGES = np.arange(SCORE_STEPS + 2) / 10 - 0.05

SPREADS: dict[str, NDArray[np.float64]] = {
    "duration": np.arange(0, 30.5, 0.5),
    "lufs": np.arange(-60.0, 1.0),
    "wer": np.arange(0, 1.05, 0.05),
    "dnsmos": np.arange(1, 5.1, 0.1),
}
"""column -> edges of its histogram; what lies outside counts in the first or last bin"""

MOST_NAMED = 5
UNANIMOUS = 1 - 1e-6

KINDS = ("included", "held back", "rejected")
"""of a take: taken; not rejected, but on weaker evidence than the recipe asks; rejected"""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Batch = Any
"""pyarrow.RecordBatch"""


class HashSample:
    """A sample of takes for each key: those with the smallest hashes of seed and id, in whatever order they come."""

    def __init__(self, most: int, seed: int):
        """Start an empty sample.

        Args:
            most: takes for each key
            seed: seed of the hash
        """
        self.most, self.seed = most, seed
        self._heaps: dict[str, list[tuple[int, str, Row]]] = {}

    def rank(self, key: str, take: str) -> int | None:
        """Return the rank of a take if it belongs to the sample of its key so far, else None."""
        rank = -draw_integer(self.seed, take)
        heap = self._heaps.get(key, [])
        if not self.most:
            return None
        return rank if len(heap) < self.most or rank > heap[0][0] else None

    def add(self, key: str, rank: int, row: Row) -> None:
        """Add a take that has a rank, in place of the one of the lowest rank if the sample is full."""
        heap = self._heaps.setdefault(key, [])
        if any(take == row["id"] for _, take, _ in heap):
            return  # a run that is damaged may have a take twice
        (heappush if len(heap) < self.most else heappushpop)(heap, (rank, row["id"], row))

    def rows(self) -> dict[str, list[Row]]:
        """Return key -> rows, in the order of their hashes."""
        return {
            key: [row for _, _, row in sorted(heap, key=lambda entry: -entry[0])] for key, heap in sorted(self._heaps.items())
        }


@dataclass
class JudgeDisagreement:
    """Takes on which two judges or more had a vote.

    Attributes:
        voted: category id -> such takes
        divided: category id -> those of them on which the judges did not agree
    """

    voted: Counter[str] = field(default_factory=Counter)
    divided: Counter[str] = field(default_factory=Counter)

    def add(self, categories: Iterable[str], agreements: Iterable[float | None]) -> None:
        """Count takes.

        Args:
            categories: the category that each take was asked for
            agreements: share of the judges that agreed with the outcome; None where fewer than two voted
        """
        for category, agreement in zip(categories, agreements, strict=True):
            if agreement is not None:
                self.voted[category] += 1
                self.divided[category] += agreement < UNANIMOUS

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Return category id -> voted, divided."""
        return {name: {"voted": count, "divided": self.divided[name]} for name, count in sorted(self.voted.items())}

    def describe(self, judge: str) -> str:
        """Describe the disagreement in a paragraph; empty where no two judges had a vote on any take."""
        voted, divided = self.voted.total(), self.divided.total()
        if not voted:
            return ""
        ranked = sorted(
            (name for name in self.voted if self.divided[name]), key=lambda name: (-self.divided[name] / self.voted[name], name)
        )
        most_divided = ", ".join(
            f"{get(name).name} ({format_count(self.divided[name])} of {format_count(self.voted[name])})"
            for name in ranked[:MOST_NAMED]
        )
        return (
            f"Several judges were asked: {judge}. On {count_noun(voted, 'take')} two or more had a vote; on "
            f"{format_count(divided)} of them ({format_share(divided / voted)}) they did not agree"
            f"{f', most of all on {most_divided}' if most_divided else ''}. Who had nothing to stand on abstained."
        )


@dataclass
class Census:
    """Counts of all rows of a run.

    Attributes:
        personas: personas, in the order of the counts
        seed: seed of the samples
        unconditional_takes: takes of a cell that are made whatever is heard of them (see `unconditional_takes`); None
            for all
        examples: takes drawn of each kind and category
        twins_each: takes drawn of each persona
        permutation: counts of the unconditional takes that the judge could judge
        scores: [categories, personas, intensities, steps of a tenth] scores of the requested category, of the
            unconditional takes
        intensities: requested intensities of judged takes, in the order in which they were met
        reasons: check:reason -> takes
        evidence: (category, evidence) -> takes
        disagreement: how often several judges did not agree
        spreads: column -> counts of its histogram
        sums: column -> sum and number of its values
        drawn: outcome of a take (see `KINDS`) -> sample by category
        twins: sample by persona, for the neutral twins
    """

    personas: tuple[str, ...]
    seed: int
    unconditional_takes: int | None = None
    examples: int = 2
    twins_each: int = 0
    permutation: PermutationCounts = field(init=False)
    scores: NDArray[np.int64] = field(init=False)
    intensities: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    evidence: Counter[tuple[str, str]] = field(default_factory=Counter)
    disagreement: JudgeDisagreement = field(default_factory=JudgeDisagreement)
    spreads: dict[str, NDArray[np.int64]] = field(init=False)
    sums: dict[str, tuple[float, int]] = field(default_factory=dict)
    drawn: dict[str, HashSample] = field(init=False)
    twins: HashSample = field(init=False)

    def __post_init__(self) -> None:
        self.permutation = PermutationCounts(len(self.personas), len(IDS))
        self.scores = np.zeros((len(IDS), len(self.personas), 0, SCORE_STEPS + 1), np.int64)
        self.spreads = {name: np.zeros(len(edges) - 1, np.int64) for name, edges in SPREADS.items()}
        self.drawn = {kind: HashSample(self.examples, self.seed) for kind in KINDS}
        self.twins = HashSample(self.twins_each, self.seed)

    def add(self, batch: Batch, thresholds: NDArray[np.float64]) -> None:
        """Count a batch of rows.

        Args:
            batch: the rows
            thresholds: [categories] score from which the judge calls the category present; infinite where it never does
        """
        self._count_columns(batch)
        self._draw_samples(batch)
        if self.unconditional_takes is not None:
            from pyarrow import compute

            batch = batch.filter(compute.less_equal(batch.column("take"), self.unconditional_takes))
        category, persona = _index_in(batch, "category", IDS), _index_in(batch, "persona", self.personas)
        scores = np.column_stack([_numbers(batch, f"score_{name}") for name in IDS])
        score, intensity = scores[np.arange(len(category)), category], _numbers(batch, "intensity")

        # At intensity 0 nothing was requested, so there is nothing to confirm; NaN is never a yes.
        threshold = np.where(intensity > 0, thresholds[category], np.inf)
        judged = np.isfinite(score) & np.isfinite(threshold)
        if judged.any():
            self.permutation.add(scores[judged] >= thresholds, category[judged], persona[judged])
        self._count_scores(score, np.round(intensity, 4), category, persona)

    def _count_scores(
        self,
        score: NDArray[np.float64],
        intensity: NDArray[np.float64],
        category: NDArray[np.int64],
        persona: NDArray[np.int64],
    ) -> None:
        """Count the scores of the requested category by category, persona and requested intensity."""
        known = np.isfinite(score) & np.isfinite(intensity)
        fresh = [value for value in np.unique(intensity[known]).tolist() if value not in self.intensities]
        self.intensities += fresh
        self.scores = np.pad(self.scores, ((0, 0), (0, 0), (0, len(fresh)), (0, 0)))
        column = np.array([self.intensities.index(value) for value in intensity[known].tolist()], np.int64)
        step = np.clip(np.rint(score[known] * 10), 0, SCORE_STEPS).astype(np.int64)
        np.add.at(self.scores, (category[known], persona[known], column, step), 1)

    def _count_columns(self, batch: Batch) -> None:
        """Count reasons, evidence and agreement, and sum the columns of `SPREADS`."""
        from pyarrow import compute

        reasons = compute.list_flatten(batch.column("reasons"))
        self.reasons.update({entry["values"]: entry["counts"] for entry in compute.value_counts(reasons).to_pylist()})
        pairs = zip(batch.column("category").to_pylist(), batch.column("evidence").to_pylist(), strict=True)
        self.evidence.update((category, evidence) for category, evidence in pairs if evidence is not None)
        self.disagreement.add(batch.column("category").to_pylist(), batch.column("agreement").to_pylist())
        for name, edges in SPREADS.items():
            values = _numbers(batch, name)
            values = values[np.isfinite(values)]
            total, number = self.sums.get(name, (0.0, 0))
            self.sums[name] = total + float(values.sum()), number + len(values)
            self.spreads[name] += np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]

    def _draw_samples(self, batch: Batch) -> None:
        """Offer each take that has audio to the samples."""
        names, category, persona, verdict, included, tar = (
            batch.column(name).to_pylist() for name in ("id", "category", "persona", "verdict", "included", "tar")
        )
        for at, name in enumerate(names):
            if tar[at] is None or verdict[at] == FAILED:
                continue
            kind = "included" if included[at] else "rejected" if verdict[at] == "rejected" else "held back"
            for sample, key in ((self.twins, persona[at]), (self.drawn[kind], category[at])):
                if (rank := sample.rank(key, name)) is not None:
                    sample.add(key, rank, batch.slice(at, 1).to_pylist()[0])


def count_run(run: Run, thresholds: Mapping[str, float], *, seed: int = 0, examples: int = 2, twins_each: int = 0) -> Census:
    """Count all rows of a run.

    Args:
        run: the run
        thresholds: category id -> score from which the judge calls it present
        seed: seed of the samples
        examples: takes of each of `KINDS` that are drawn of each category
        twins_each: takes that are drawn of each persona, for their twins

    Raises:
        VoiceactError: if an index is damaged
    """
    census = Census(tuple(run.file.personas), seed, unconditional_takes(run), examples, twins_each)
    by_place = np.array([thresholds.get(name, np.inf) for name in IDS], np.float64)
    for batch in read_batches(run):
        census.add(batch, by_place)
    return census


def unconditional_takes(run: Run) -> int | None:
    """Return how many takes of each cell are made whatever is heard of them; None for all.

    Where a cell ends once enough takes are included, the later ones are those of cells that failed: a rate over all takes
    would be too low, and requests could not be permuted among them, for what was heard decided what was requested.
    """
    stop = run.file.recipe.get("stop")
    return int(stop["included"]) if stop else None


def read_batches(run: Run) -> Iterator[Batch]:
    """Yield the rows of a run as Arrow batches.

    Raises:
        VoiceactError: if an index is damaged
    """
    from pyarrow import ArrowInvalid, parquet

    for name in run.indexes():
        with run.store.open(name) as file:
            try:
                yield from parquet.ParquetFile(file).iter_batches()
            except (ArrowInvalid, OSError) as error:
                raise VoiceactError(f"{name}: is damaged ({error}); take it away and run the recipe again") from error


def _numbers(batch: Batch, name: str) -> NDArray[np.float64]:
    """Return a column as float64, NaN where it is null."""
    return np.asarray(batch.column(name).cast("float64").to_numpy(zero_copy_only=False), np.float64)


def _index_in(batch: Batch, name: str, known: Sequence[str]) -> NDArray[np.int64]:
    """Return the index of each row's value among the known ones."""
    import pyarrow
    from pyarrow import compute

    index = compute.index_in(batch.column(name), value_set=pyarrow.array(known, pyarrow.string()))
    return np.asarray(index.to_numpy(zero_copy_only=False), np.int64)
