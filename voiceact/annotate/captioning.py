"""Captions of a whole annotation: a Parquet file of captions beside each of its data files.

report = caption_annotation("annotated", languages=("en", "de"))
print(report.baseline.source, report.rows)
"""

import hashlib
import io
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import msgspec

from voiceact.annotate.baseline import (
    AFFECT,
    DIMENSIONS,
    LEAST_ROWS,
    Baseline,
    baseline_rows,
    list_data_files,
    load_baseline,
    measure_baseline,
)
from voiceact.annotate.caption import is_too_short, load_words, write_caption
from voiceact.annotate.run_file import AnnotationFile, ShardFile, need_run
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.process_pool import Died, WorkerError, run_jobs
from voiceact.runtime.signals import graceful_stop
from voiceact.store.arrow_rows import make_table
from voiceact.store.filesystem import Store

FOLDER = "captions"
CARRIED = ("id", "clip", "path", "segment", "start", "end", "duration", "license", "speaker", "text", "language", "warning")
"""columns of a row that stand beside its captions"""
USED = ("error", "gender", "age", "bursts", *DIMENSIONS)
OWN, SHIPPED = "own", "shipped"


@dataclass(frozen=True)
class CaptionReport:
    """Outcome of captioning.

    Attributes:
        url: the annotation's folder
        baseline: what the captions compare with
        rows: that have captions now
        silent: of these, rows in which nothing stands out
        files: of captions
        signal: number of the signal that stopped it before the end, if one did
        note: what the user should know of the baseline; may be empty
    """

    url: str
    baseline: Baseline
    rows: int
    silent: int
    files: int
    signal: int | None = None
    note: str = ""


@dataclass(frozen=True)
class _Job:
    url: str
    name: str
    sha256: str
    languages: tuple[str, ...]
    seed: int
    baseline: bytes


def caption_annotation(
    url: str | os.PathLike[str],
    *,
    languages: Sequence[str] = ("en",),
    baseline: str | os.PathLike[str] | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CaptionReport:
    """Write captions of every row of an annotation to `captions/`; files that are there already stay.

    Args:
        url: its folder
        languages: en, de, es, fr
        baseline: "own" (of this corpus), "shipped", or a file; None takes the corpus's own where it has enough clips
        seed: chooses among words that mean the same
        workers: processes
        progress: called with files done and files in all

    Raises:
        UsageError: no annotation, an unknown language, a baseline that does not fit, scores that were not asked for
    """
    store = Store(url)
    run = need_run(store)
    if run.task.format != "parquet":
        raise UsageError(f"{store.url}: was written as JSON; captions are made from Parquet: annotate with --format parquet")
    for language in languages:
        load_words(language)
    files = list_data_files(store, run)
    if not files:
        raise UsageError(f"{store.url}: holds no finished shard yet; go on with: voiceact annotate --out {store.url}")
    chosen, note = choose_baseline(store, run, files, baseline)
    job_baseline = msgspec.json.encode(chosen)
    jobs = [_Job(store.url, file.name, file.sha256, tuple(dict.fromkeys(languages)), seed, job_baseline) for file in files]
    rows = silent = done = 0
    with graceful_stop(signals=(signal.SIGINT, signal.SIGTERM)) as stop:
        for job, result in run_jobs(_caption_file, jobs, workers=workers, stop=stop):
            if isinstance(result, WorkerError):
                raise result.to_exception()
            if isinstance(result, Died):
                raise VoiceactError(f"{job.name}: the process that captioned it died; run again with fewer --workers")
            rows, silent, done = rows + result[0], silent + result[1], done + 1
            progress(done, len(jobs))
        stopped_by = stop.signal if done < len(jobs) else None
    return CaptionReport(store.url, chosen, rows, silent, done, stopped_by, note)


def choose_baseline(
    store: Store, run: AnnotationFile, files: Sequence[ShardFile], wanted: str | os.PathLike[str] | None
) -> tuple[Baseline, str]:
    """Return the baseline that captions of an annotation compare with, and what the user should know of it.

    Args:
        store: of the annotation
        run: its annotate.json
        files: of its rows
        wanted: "own", "shipped" or a file; None takes the corpus's own where enough of its rows were heard
    """
    if wanted in (None, OWN):
        rows = baseline_rows(store, run, files)
        if wanted == OWN:
            return measure_baseline(rows, store.url), ""
        heard = (row for row in rows if not row["error"])
        first = list(islice(heard, LEAST_ROWS))
        if len(first) == LEAST_ROWS:
            return measure_baseline(chain(first, heard), store.url), ""
        wanted = SHIPPED
    baseline = load_baseline(None if wanted == SHIPPED else os.fspath(wanted))
    revision = run.revisions.get(run.task.estimators[0]) if run.task.estimators else None
    if baseline.revision == revision or revision is None:
        return baseline, ""
    # Scores of two models cannot be compared; what was measured of the voice can.
    usual = {name: measure for name, measure in baseline.usual.items() if not name.startswith("score_") and name not in AFFECT}
    note = (
        f"the baseline {baseline.source!r} is of revision {baseline.revision} of {baseline.estimator}, and the scores are of "
        f"{revision}; captions speak of the voice only: take --baseline own"
    )
    return msgspec.structs.replace(baseline, usual=usual), note


def caption_name(name: str) -> str:
    """Return the name of the captions of a data file: `data/…` -> `captions/…`."""
    return f"{FOLDER}/{name.partition('/')[2]}"


def _caption_file(job: _Job) -> tuple[int, int] | WorkerError:
    """Write the captions of one data file; return its rows, and those in which nothing stands out."""
    try:
        return _write_captions(job)
    except VoiceactError as error:
        return WorkerError(str(error), error.exit_status)


def _write_captions(job: _Job) -> tuple[int, int]:
    from pyarrow import parquet

    store, name = Store(job.url), caption_name(job.name)
    words = [load_words(language) for language in job.languages]
    settings = msgspec.json.encode((job.languages, words, job.seed)) + job.baseline
    digest = hashlib.sha256(settings + bytes.fromhex(job.sha256)).hexdigest()
    if store.exists(name):
        with store.open(name) as file:
            there = parquet.ParquetFile(file)
            metadata = there.schema_arrow.metadata or {}
            if metadata.get(b"digest") == digest.encode():
                return there.metadata.num_rows, int(metadata.get(b"silent", b"0"))
    baseline = _decode_baseline(job.baseline)
    with store.open(job.name) as file:
        table = parquet.ParquetFile(file)
        evidence = [column for column in table.schema_arrow.names if column.startswith("evidence_")]
        columns = [column for column in (*CARRIED, *USED, *evidence) if column in table.schema_arrow.names]
        rows = table.read(columns=columns).to_pylist()
    written = [_captioned(row, baseline, job) for row in rows]
    silent = sum(bool(row["trace"]) and all(phrase["claim"] == "nothing" for phrase in row["trace"]) for row in written)
    schema = caption_schema(job.languages).with_metadata(
        {"digest": digest, "silent": str(silent), "baseline": baseline.source, "seed": str(job.seed)}
    )
    buffer = io.BytesIO()
    parquet.write_table(make_table(written, schema), buffer, compression="zstd")
    store.write(name, buffer.getvalue())
    return len(written), silent


def _captioned(row: dict[str, Any], baseline: Baseline, job: _Job) -> dict[str, Any]:
    captioned: dict[str, Any] = {name: row.get(name) for name in CARRIED} | {"trace": None}
    captioned |= {f"caption_{language}": None for language in job.languages}
    if row["error"] or is_too_short(row):
        return captioned
    trace = []
    for language in job.languages:
        caption = write_caption(row, baseline, language, seed=job.seed)
        captioned[f"caption_{language}"] = caption.text
        trace += [
            {
                "language": language,
                "phrase": phrase.text,
                "field": phrase.field,
                "value": str(phrase.value),
                "deviation": phrase.deviation,
                "claim": phrase.claim,
            }
            for phrase in caption.phrases
        ]
    captioned["trace"] = trace
    return captioned


def caption_schema(languages: Sequence[str]) -> Any:
    """Return the Arrow schema of a file of captions."""
    import pyarrow

    text, number = pyarrow.string(), pyarrow.float64()
    kinds = {"segment": pyarrow.int32(), "start": number, "end": number, "duration": number}
    fields = [(name, kinds.get(name, text)) for name in CARRIED]
    fields += [(f"caption_{language}", text) for language in languages]
    parts = [("language", text), ("phrase", text), ("field", text), ("value", text), ("deviation", pyarrow.float32())]
    trace = pyarrow.list_(pyarrow.struct([*parts, ("claim", text)]))
    return pyarrow.schema([*fields, ("trace", trace)])


@lru_cache(maxsize=2)
def _decode_baseline(data: bytes) -> Baseline:
    return msgspec.json.decode(data, type=Baseline)


def iter_captions(url: str | os.PathLike[str], count: int) -> Iterator[dict[str, Any]]:
    """Yield the first captioned rows of an annotation, to be shown."""
    from pyarrow import parquet

    store = Store(url)
    # The first captions lie beside the first data files: no index is needed to find them.
    for name in sorted(store.iter_names(".parquet")):
        if not name.startswith(f"{FOLDER}/"):
            continue
        with store.open(name) as file:
            for row in parquet.ParquetFile(file).read().to_pylist():
                if count <= 0:
                    return
                if row["trace"]:
                    count -= 1
                    yield row
