"""A report of an annotation: one HTML page of what is in it, with how scores and attributes are spread over its rows.

write_report("annotated", "annotated.html")

Sums are those of all rows. Distributions are of at most `MOST_ROWS` rows, of files evenly from the first to the last.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voiceact.acting.taxonomy import categories
from voiceact.annotate.baseline import AFFECT, MOST_ROWS, list_data_files
from voiceact.annotate.columns import ATTRIBUTES, BURSTS, columns_of
from voiceact.annotate.run_file import MOST_FAULTS, ShardFile, iter_indexes, need_run
from voiceact.annotate.status import AnnotationStatus, read_status
from voiceact.errors import UsageError
from voiceact.estimators.human.estimator import IDS
from voiceact.estimators.human.score_scale import PRESENT
from voiceact.report.svg import columns
from voiceact.report.templates import Markup, render_page
from voiceact.runtime.atomic_files import check_folder, write_text_whole
from voiceact.store.filesystem import Store

STRONG = 5.0
"""score from which a category is called strong"""
BINS, SMALL_BINS = 30, 14
MOST_NAMED = 12
"""kinds of bursts, speakers, languages … that are named"""
STATED = ("language", "gender", "speaker", "cluster")


@dataclass(frozen=True)
class Distribution:
    """How a column is spread over the rows that have a value.

    Attributes:
        name: of the column
        meaning: of the column, with its unit
        count: rows with a value
        low, median, high: 5th, 50th and 95th percentile
        edges: ends of the picture
        picture: a histogram
    """

    name: str
    meaning: str
    count: int
    low: float
    median: float
    high: float
    edges: tuple[float, float]
    picture: Markup


@dataclass(frozen=True)
class CategoryRow:
    """A category over the rows: shares of those with a score, what stands behind the scores, and a histogram from 0 to 7."""

    name: str
    count: int
    present: float
    strong: float
    evidence: str
    picture: Markup


@dataclass
class Sample:
    """Rows whose distributions are shown.

    Attributes:
        rows: their number, without those that have an error
        values: column of numbers -> its values
        words: column of words -> how often each stands there; of bursts their kinds
        evidence: category id -> how often each evidence stands behind its score
    """

    rows: int
    values: dict[str, list[float]]
    words: dict[str, Counter[str]]
    evidence: dict[str, Counter[str]]


def write_report(url: str | os.PathLike[str], out: str | os.PathLike[str]) -> Path:
    """Write the report of an annotation, as far as it is finished.

    Args:
        url: folder of the annotation
        out: HTML file

    Raises:
        UsageError: if it is no annotation in Parquet, nothing of it is finished, or the page cannot be written there
    """
    path = Path(out)
    check_folder(path)
    store = Store(url)
    run = need_run(store)
    if run.task.format != "parquet":
        raise UsageError(f"{store.url}: was written as JSON; a report is made from Parquet: annotate with --format parquet")
    files = list_data_files(store, run)
    if not files:
        raise UsageError(f"{store.url}: holds no finished shard yet; go on with: voiceact annotate --out {store.url}")
    status = read_status(url)
    sample = read_sample(store, files)
    meanings = {name: column.meaning for name, column in columns_of(run.task.estimators).items()}
    page = render_page(
        "voiceact.annotate",
        "report.html",
        title=f"Annotation of {run.source}",
        style="report.css",
        filters={"figure": format_figure},
        run=run,
        status=status,
        sample=sample,
        tiles=_tiles(status),
        affect=_distributions(sample, AFFECT, meanings, (-1.0, 1.0)),
        attributes=_distributions(sample, ATTRIBUTES, meanings, None),
        categories=category_rows(sample),
        words=_word_tables(sample, status.totals.licences),
        faults=list_faults(store, run.digest),
        listeners=", ".join(f"{name} {revision}" for name, revision in run.revisions.items()) or "none",
    )
    write_text_whole(path, page)
    return path


def list_faults(store: Store, digest: str) -> list[tuple[str, str]]:
    """Return id and reason of the first clips that could not be heard."""
    faults: list[tuple[str, str]] = []
    for index in iter_indexes(store, digest):
        faults += index.faults[: max(0, MOST_FAULTS - len(faults))]
    return sorted(faults)


def read_sample(store: Store, files: Sequence[ShardFile]) -> Sample:
    """Read the columns that a report shows, of some `MOST_ROWS` rows."""
    from pyarrow import parquet

    numbers = (*(f"score_{name}" for name in IDS), *AFFECT, *ATTRIBUTES)
    sample = Sample(
        rows=0,
        values={name: [] for name in numbers},
        words={name: Counter() for name in (BURSTS, *STATED)},
        evidence={name: Counter() for name in IDS},
    )
    step = max(1, -(-sum(file.rows for file in files) // MOST_ROWS))
    for file in files[::step]:
        with store.open(file.name) as data:
            table = parquet.ParquetFile(data)
            wanted = ("error", BURSTS, *STATED, *numbers, *(f"evidence_{name}" for name in IDS))
            there = set(table.schema_arrow.names)
            rows = table.read(columns=[name for name in wanted if name in there]).to_pylist()
        for row in rows:
            if row["error"]:
                continue
            sample.rows += 1
            for name, values in sample.values.items():
                if row.get(name) is not None:
                    values.append(row[name])
            for category, evidence in sample.evidence.items():
                if row.get(f"evidence_{category}") is not None:
                    evidence[row[f"evidence_{category}"]] += 1
            for name in STATED:
                if row.get(name):
                    sample.words[name][row[name]] += 1
            sample.words[BURSTS].update(burst["kind"] or "of no kind" for burst in row.get(BURSTS) or ())
    return sample


def distribution(
    name: str, meaning: str, values: Sequence[float], edges: tuple[float, float] | None = None
) -> Distribution | None:
    """Describe how values are spread; None if there are none.

    Args:
        name: of their column
        meaning: of the column
        values: of the rows that have one
        edges: ends of the picture; None takes the 0.5th and the 99.5th percentile, and what lies beyond counts at the end
    """
    numbers = np.asarray(values, np.float64)
    if not len(numbers):
        return None
    first, last = edges or (float(np.percentile(numbers, 0.5)), float(np.percentile(numbers, 99.5)))
    last = last if last > first else first + 1
    counts, _ = np.histogram(np.clip(numbers, first, last), BINS, (first, last))
    low, median, high = (float(value) for value in np.percentile(numbers, (5, 50, 95)))
    words = f"{name}: median {median:.3g}, from {low:.3g} to {high:.3g} in nine rows of ten"
    return Distribution(
        name, meaning, len(numbers), low, median, high, (first, last), columns(counts.tolist(), description=words)
    )


def category_rows(sample: Sample) -> list[CategoryRow]:
    """Describe each category that has a score anywhere, those present in most rows first."""
    rows = []
    for category in categories():
        scores = np.asarray(sample.values[f"score_{category.id}"], np.float64)
        if not len(scores):
            continue
        present, strong = float((scores >= PRESENT).mean()), float((scores >= STRONG).mean())
        counts, _ = np.histogram(scores, SMALL_BINS, (0, 7))
        picture = columns(counts.tolist(), height=28, description=f"{category.name}: scores from 0 to 7")
        evidence = ", ".join(f"{name} {count:,}" for name, count in sample.evidence[category.id].most_common())
        rows.append(CategoryRow(category.name, len(scores), present, strong, evidence, picture))
    return sorted(rows, key=lambda row: (-row.present, -row.strong, row.name))


def _distributions(
    sample: Sample, names: Sequence[str], meanings: Mapping[str, str], edges: tuple[float, float] | None
) -> list[Distribution]:
    described = (distribution(name, meanings.get(name, ""), sample.values[name], edges) for name in names)
    return [spread for spread in described if spread is not None]


def format_figure(value: float) -> str:
    """Write a figure with three digits, and without an exponent where it is large."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _word_tables(sample: Sample, licences: Mapping[str, int]) -> list[tuple[str, list[tuple[str, str]], int]]:
    """Return name, the most frequent words with their numbers, and how many words there are, of each column that has any."""
    counted = {"licence": Counter({name or "none stated": rows for name, rows in licences.items()})} | sample.words
    return [
        (name, [(word, f"{count:,}") for word, count in counts.most_common(MOST_NAMED)], len(counts))
        for name, counts in counted.items()
        if counts
    ]


def _tiles(status: AnnotationStatus) -> list[tuple[str, str, str]]:
    """Return what stands at the top: name, figure, remark."""
    totals, run = status.totals, status.run
    return [
        ("clips", f"{totals.clips:,}", "" if run.clips is None else f"of {run.clips:,} listed"),
        ("rows", f"{totals.rows:,}", "a clip, or an utterance of a long one"),
        ("sound", f"{totals.seconds / 3600:,.2f} h", ""),
        ("bursts", f"{totals.bursts:,}", "wordless sounds"),
        ("could not be heard", f"{totals.failed:,}", "clips"),
        ("too short to judge", f"{totals.short:,}", "rows, whose scores have no evidence"),
        ("shards", f"{status.whole:,}", f"of {run.shards:,}"),
    ]
