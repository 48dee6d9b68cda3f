"""Everything that is counted of a run's rows, in one pass over its indexes with memory that does not grow.

The rows are read as Arrow batches and never become Python objects, but for the few that are drawn as examples.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.dataset.findings.judge_disagreement import Divided
from voiceact.dataset.findings.permutation_baseline import Deal
from voiceact.runtime.seeds import draw_integer
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

KINDS = ("included", "held back", "rejected")
"""of a take: taken; not rejected, but on weaker evidence than the recipe asks; rejected"""

Batch = Any
"""pyarrow.RecordBatch"""


class Draw:
    """The takes with the smallest hashes of a seed and their id: the same draw in whatever order they come."""

    def __init__(self, most: int, seed: int):
        self.most, self.seed = most, seed
        self._kept: dict[str, list[tuple[int, str, Row]]] = {}

    def wants(self, key: str, name: str) -> int | None:
        """The hash of a take, if it belongs among the drawn of its key."""
        place = -draw_integer(self.seed, name)
        kept = self._kept.get(key, [])
        if not self.most:
            return None
        return place if len(kept) < self.most or place > kept[0][0] else None

    def put(self, key: str, place: int, row: Row) -> None:
        """Keep a take that is wanted."""
        kept = self._kept.setdefault(key, [])
        if any(name == row["id"] for _, name, _ in kept):
            return  # a run that is damaged may have a take twice
        (heappush if len(kept) < self.most else heappushpop)(kept, (place, row["id"], row))

    def drawn(self) -> dict[str, list[Row]]:
        """Key -> its takes, in the order of their hashes."""
        return {key: [row for _, _, row in sorted(kept, key=lambda one: -one[0])] for key, kept in sorted(self._kept.items())}


@dataclass
class Census:
    """What was counted.

    personas: in the order of the counts
    sure: takes of a cell that are made whatever is heard of them (see `sure_takes`); None for all
    deal: of the sure takes that the judge could judge
    judged: [categories, personas, intensities, steps of a tenth] scores of the category asked, of the sure takes
    intensities: that were asked of judged takes, in the order they were met
    reasons: check:reason -> takes
    evidence: (category, evidence) -> takes
    divided: how often several judges did not agree
    spreads: column -> counts of its histogram
    means: column -> sum and number
    drawn: what became of a take (see `KINDS`) -> takes drawn by category
    twins: takes drawn by persona, for their twins
    """

    personas: tuple[str, ...]
    seed: int
    sure: int | None = None
    examples: int = 2
    twins_each: int = 0
    deal: Deal = field(init=False)
    judged: NDArray[np.int64] = field(init=False)
    intensities: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    evidence: Counter[tuple[str, str]] = field(default_factory=Counter)
    divided: Divided = field(default_factory=Divided)
    spreads: dict[str, NDArray[np.int64]] = field(init=False)
    means: dict[str, tuple[float, int]] = field(default_factory=dict)
    drawn: dict[str, Draw] = field(init=False)
    twins: Draw = field(init=False)

    def __post_init__(self) -> None:
        self.deal = Deal(len(self.personas), len(IDS))
        self.judged = np.zeros((len(IDS), len(self.personas), 0, SCORE_STEPS + 1), np.int64)
        self.spreads = {name: np.zeros(len(edges) - 1, np.int64) for name, edges in SPREADS.items()}
        self.drawn = {kind: Draw(self.examples, self.seed) for kind in KINDS}
        self.twins = Draw(self.twins_each, self.seed)

    def add(self, batch: Batch, least: NDArray[np.float64]) -> None:
        """Count a batch of rows.

        least: [categories] score from which the judge calls it present; infinite where it never does
        """
        self._count(batch)
        self._draw(batch)
        if self.sure is not None:
            from pyarrow import compute

            batch = batch.filter(compute.less_equal(batch.column("take"), self.sure))
        category, persona = _places(batch, "category", IDS), _places(batch, "persona", self.personas)
        scores = np.column_stack([_numbers(batch, f"score_{name}") for name in IDS])
        # At intensity 0 nothing was asked, so there is nothing to confirm.
        self._judge(scores, np.where(_numbers(batch, "intensity") > 0, least[category], np.inf), least, category, persona)
        self._intensity(batch, scores, category, persona)

    def _judge(
        self,
        scores: NDArray[np.float64],
        needed: NDArray[np.float64],
        least: NDArray[np.float64],
        category: NDArray[np.int64],
        persona: NDArray[np.int64],
    ) -> None:
        told = np.isfinite(scores[np.arange(len(category)), category]) & np.isfinite(needed)
        if told.any():
            # Not a number is never a yes.
            self.deal.add(scores[told] >= least, category[told], persona[told])

    def _intensity(
        self, batch: Batch, scores: NDArray[np.float64], category: NDArray[np.int64], persona: NDArray[np.int64]
    ) -> None:
        score, asked = scores[np.arange(len(category)), category], np.round(_numbers(batch, "intensity"), 4)
        there = np.isfinite(score) & np.isfinite(asked)
        fresh = [value for value in np.unique(asked[there]).tolist() if value not in self.intensities]
        self.intensities += fresh
        self.judged = np.pad(self.judged, ((0, 0), (0, 0), (0, len(fresh)), (0, 0)))
        step = np.array([self.intensities.index(value) for value in asked[there].tolist()], np.int64)
        bins = np.clip(np.rint(score[there] * 10), 0, SCORE_STEPS).astype(np.int64)
        np.add.at(self.judged, (category[there], persona[there], step, bins), 1)

    def _count(self, batch: Batch) -> None:
        from pyarrow import compute

        reasons = compute.list_flatten(batch.column("reasons"))
        self.reasons.update({one["values"]: one["counts"] for one in compute.value_counts(reasons).to_pylist()})
        pairs = zip(batch.column("category").to_pylist(), batch.column("evidence").to_pylist(), strict=True)
        self.evidence.update((category, evidence) for category, evidence in pairs if evidence is not None)
        self.divided.add(batch.column("category").to_pylist(), batch.column("agreement").to_pylist())
        for name, edges in SPREADS.items():
            values = _numbers(batch, name)
            values = values[np.isfinite(values)]
            total, number = self.means.get(name, (0.0, 0))
            self.means[name] = total + float(values.sum()), number + len(values)
            self.spreads[name] += np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]

    def _draw(self, batch: Batch) -> None:
        names, category, persona, verdict, included, tar = (
            batch.column(name).to_pylist() for name in ("id", "category", "persona", "verdict", "included", "tar")
        )
        for at, name in enumerate(names):
            if tar[at] is None or verdict[at] == FAILED:
                continue
            kind = "included" if included[at] else "rejected" if verdict[at] == "rejected" else "held back"
            for draw, key in ((self.twins, persona[at]), (self.drawn[kind], category[at])):
                if (place := draw.wants(key, name)) is not None:
                    draw.put(key, place, batch.slice(at, 1).to_pylist()[0])


def census(run: Run, least: Mapping[str, float], *, seed: int = 0, examples: int = 2, twins_each: int = 0) -> Census:
    """Count all rows of a run.

    least: category id -> score from which the judge calls it present
    examples: takes of each of `KINDS` that are drawn of each category
    twins_each: takes that are drawn of each persona, for their twins
    """
    found = Census(tuple(run.file.personas), seed, sure_takes(run), examples, twins_each)
    limits = np.array([least.get(name, np.inf) for name in IDS], np.float64)
    for batch in batches(run):
        found.add(batch, limits)
    return found


def sure_takes(run: Run) -> int | None:
    """How many takes of each cell are made whatever is heard of them; None for all.

    Where takes end once so many are included, the later ones are those of cells that failed: a rate over all takes
    would be too low, and requests could not be dealt out among them, for what was heard decided what was asked.
    """
    stop = run.file.recipe.get("stop")
    return int(stop["included"]) if stop else None


def batches(run: Run) -> Iterator[Batch]:
    """The rows of a run as Arrow batches."""
    from pyarrow import ArrowInvalid, parquet

    from voiceact.errors import VoiceactError

    for name in run.indexes():
        with run.store.open(name) as file:
            try:
                yield from parquet.ParquetFile(file).iter_batches()
            except (ArrowInvalid, OSError) as error:
                raise VoiceactError(f"{name}: is damaged ({error}); take it away and run the recipe again") from error


def _numbers(batch: Batch, name: str) -> NDArray[np.float64]:
    """A column as float64; not a number where it is null."""
    return np.asarray(batch.column(name).cast("float64").to_numpy(zero_copy_only=False), np.float64)


def _places(batch: Batch, name: str, known: Sequence[str]) -> NDArray[np.int64]:
    """Of each row, the place of its value among the known ones."""
    import pyarrow
    from pyarrow import compute

    found = compute.index_in(batch.column(name), value_set=pyarrow.array(known, pyarrow.string()))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)
