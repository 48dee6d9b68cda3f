"""Check an annotation from its bytes: nothing missing, nothing twice, every file as it was written, every value possible.

report = check_annotation("annotated", again=20)
print(report.clean, report.faults)
"""

import hashlib
import io
import math
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from voiceact.annotate.clips import decode_clip, iter_clips
from voiceact.annotate.listening import NO_VOICES, Task
from voiceact.annotate.listing import ClipEntry, read_listing
from voiceact.annotate.run_file import AnnotationFile, Totals, need_run, read_index
from voiceact.annotate.shard import load_listener, schema_of
from voiceact.errors import VoiceactError, count_noun
from voiceact.estimators.human.estimator import IDS
from voiceact.runtime.blas import one_thread
from voiceact.store.columns import Row
from voiceact.store.filesystem import Store
from voiceact.vocabulary import EVIDENCE

MOST_FAULTS = 50
TOLERANCE = 2e-3
"""by which a score that is worked out again may differ: the last digits depend on the processor"""


@dataclass
class CheckReport:
    """What was found.

    Attributes:
        url: the folder
        run: its annotate.json
        totals: of the whole shards
        shards: that are whole
        faults: sentences, of many the first
        faulty: number of faults
        heard_again: clips that were heard once more
    """

    url: str
    run: AnnotationFile
    totals: Totals = field(default_factory=Totals)
    shards: int = 0
    faults: list[str] = field(default_factory=list)
    faulty: int = 0
    heard_again: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faulty

    def add(self, sentence: str) -> None:
        """Add a fault; of many the first are kept."""
        self.faulty += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(sentence)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return {
            "folder": self.url,
            "clean": self.clean,
            "shards": {"listed": self.run.shards, "whole": self.shards},
            **msgspec.to_builtins(self.totals),
            "heard_again": self.heard_again,
            "faults": {"count": self.faulty, "first": self.faults},
        }


def check_annotation(
    url: str | os.PathLike[str],
    *,
    again: int = 0,
    seed: int = 0,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> CheckReport:
    """Check an annotation; a shard at a time is in memory.

    Args:
        url: its folder
        again: clips to hear once more, and compare
        seed: of their choice
        progress: called with what is done, steps done and steps in all

    Raises:
        UsageError: if it is no annotation
    """
    store = Store(url)
    run = need_run(store)
    report = CheckReport(store.url, run)
    draw = random.Random(seed)
    chosen = set(draw.sample(range(run.shards), min(again, run.shards)))
    each = -(-again // len(chosen)) if chosen else 0
    for shard in range(run.shards):
        index = read_index(store, shard, run.digest)
        if index is None:
            report.add(f"shard {shard}: is missing or belongs to another run; run the same command again")
            continue
        report.shards += 1
        report.totals.add(index.totals)
        rows: list[Row] = []
        for file in index.files:
            rows += _read_rows(store, run, file.name, file.bytes, file.sha256, report)
        _check_rows(store, run, shard, rows, index.totals, report)
        if shard in chosen:
            _hear_again(store, run, shard, rows, draw, min(each, again - report.heard_again), report)
        progress("checking", shard + 1, run.shards)
    return report


def _read_rows(store: Store, run: AnnotationFile, name: str, size: int, sha256: str, report: CheckReport) -> list[Row]:
    """Read a data file and compare it with what its index says."""
    import pyarrow
    from pyarrow import parquet

    try:
        data = store.read(name)
    except VoiceactError as error:
        report.add(f"{name}: {error}")
        return []
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        report.add(f"{name}: is not as it was written ({len(data):,} bytes, {size:,} expected, or other content)")
        return []
    if run.task.format == "json":
        return [dict.fromkeys(schema_of(run.task).names) | msgspec.json.decode(data)]
    try:
        table = parquet.read_table(io.BytesIO(data))
    except pyarrow.ArrowException as error:
        report.add(f"{name}: cannot be read as Parquet ({str(error).splitlines()[0][:120]})")
        return []
    # Earlier versions wrote no warnings.
    if [name for name in schema_of(run.task).names if name != "warning"] != [
        name for name in table.schema.names if name != "warning"
    ]:
        report.add(f"{name}: has other columns than the run's")
    rows: list[Row] = table.to_pylist()
    return rows


def _check_rows(store: Store, run: AnnotationFile, shard: int, rows: list[Row], totals: Totals, report: CheckReport) -> None:
    """Check that the rows are those of the listing, each once, and that every value is possible."""
    ids = [row["id"] for row in rows]
    if len(set(ids)) < len(ids):
        report.add(f"shard {shard}: {count_noun(len(ids) - len(set(ids)), 'row')} there twice")
    if len(rows) != totals.rows:
        report.add(f"shard {shard}: has {count_noun(len(rows), 'row')}; its index says {totals.rows}")
    listed = [entry.id for entry in read_listing(store, shard) if isinstance(entry, ClipEntry)]
    if listed:
        there = {row["clip"] for row in rows}
        for name in listed:
            if name not in there:
                report.add(f"shard {shard}: {name} was listed and has no row")
        if len(there) > len(listed):
            report.add(f"shard {shard}: has rows of {count_noun(len(there) - len(listed), 'clip')} that were not listed")
    for row in rows:
        for sentence in _faults_of(row, run.task):
            report.add(f"shard {shard}, {row['id']}: {sentence}")


def _faults_of(row: Row, task: Task) -> Iterator[str]:
    """Yield what is wrong with the values of a row."""
    if row["error"]:
        return
    if row["duration"] is None or not 0 < row["duration"] < 4 * 3600:
        yield f"lasts {row['duration']} s"
    if not task.estimators:
        return
    for name in IDS:
        score, evidence = row[f"score_{name}"], row[f"evidence_{name}"]
        if score is not None and not (math.isfinite(score) and 0 <= score <= 7):
            yield f"score of {name} is {score}; expected 0 to 7"
        if evidence not in EVIDENCE:
            yield f"evidence of {name} is {evidence!r}"
    for name in ("arousal", "valence", "dominance"):
        if row[name] is not None and not -1 <= row[name] <= 1:
            yield f"{name} is {row[name]}; expected -1 to 1"


def _hear_again(
    store: Store, run: AnnotationFile, shard: int, rows: list[Row], draw: random.Random, count: int, report: CheckReport
) -> None:
    """Hear some clips of a shard once more, as far as they are still there, and compare scores and attributes."""
    whole = [row for row in rows if not row["error"]]
    wanted = {row["clip"] for row in draw.sample(whole, max(0, min(count, len(whole))))}
    if not wanted:
        return
    others = {row["clip"] for row in rows} - wanted
    listener = load_listener(run.task)
    by_id = {row["id"]: row for row in rows}
    beside_voices = run.task.voices != NO_VOICES
    for clip in iter_clips(read_listing(store, shard), others):
        report.heard_again += 1
        try:
            with one_thread():
                heard = [segment.row for segment in listener.hear(list(decode_clip(clip, run.task.longest)))]
        except VoiceactError as error:
            report.add(f"{clip.id}: was heard, and cannot be now: {error}")
            continue
        for row in heard:
            before = by_id.get(row["id"])
            if before is None:
                report.add(f"{row['id']}: is not among the rows, and was heard now")
                continue
            # Beside a voice's statistics scores are others; what was measured is the same.
            columns = [name for name, value in row.items() if isinstance(value, float) and name not in ("start", "end")]
            if beside_voices:
                columns = [name for name in columns if not name.startswith(("score_", "log_ratio_"))]
                columns = [name for name in columns if name not in ("arousal", "valence", "dominance")]
            for name in columns:
                value = before[name]
                if value is None or abs(value - row[name]) > TOLERANCE * max(1.0, abs(row[name])):
                    report.add(f"{row['id']}: {name} was {value}, and is {row[name]:.4f} now")
                    break
