"""One shard: its clips are read ahead, heard in batches of about one length, journaled, and written as Parquet when all are."""

import hashlib
import io
import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from voiceact.annotate.clips import RawClip, Segment, decode_clip, iter_clips
from voiceact.annotate.columns import FORMAT, arrow_schema
from voiceact.annotate.journal import ClipJournal, JournalEntry, read_journal
from voiceact.annotate.listening import HeardSegment, Listener, Task
from voiceact.annotate.listing import Entry, read_listing
from voiceact.annotate.run_file import (
    MOST_FAULTS,
    ShardFile,
    ShardIndex,
    Totals,
    count_rows,
    index_name,
    licence_folder,
)
from voiceact.errors import VoiceactError
from voiceact.runs.workspace import Workspace
from voiceact.runtime.blas import one_thread
from voiceact.store.arrow_rows import make_table
from voiceact.store.columns import Row

AHEAD = 24
"""segments that are decoded before they are heard"""
WINDOW = 16
"""segments among which those of like length are heard together"""


@dataclass
class _Ended:
    """Said by the reader after the last segment of a clip; `error` if it could not be read, or not to its end."""

    clip: RawClip
    error: str = ""


@dataclass
class _Open:
    """A clip whose segments are being heard."""

    clip: RawClip
    segments: list[HeardSegment] = field(default_factory=list)


def hear_shard(
    task: Task,
    shard: int,
    workspace: Workspace,
    *,
    stopping: Callable[[], bool] = lambda: False,
    on_clip: Callable[[Totals], None] = lambda totals: None,
) -> bool:
    """Hear the clips of a shard that its journal does not hold.

    Args:
        task: what is asked
        shard: its number
        workspace: of the run
        stopping: called before each window of clips; True ends the work
        on_clip: called with the counts of each clip that was heard

    Returns:
        Whether all its clips are in the journal now.

    Raises:
        VoiceactError: that ends the run: a disk that is full, an estimator that is not installed
    """
    entries = read_listing(workspace.store, shard)
    listener = load_listener(task)
    begun = begun_file(workspace, shard)
    with ClipJournal(journal_file(workspace, shard), workspace.plan) as journal, one_thread():
        # Where a process has died over this shard, one clip at a time tells which clip it died of.
        careful = begun.exists()
        begun.touch()
        reader = _Reader(entries, frozenset(journal.done), task.longest, ahead=1 if careful else AHEAD)
        with reader:
            whole = _hear(reader, listener, journal, 1 if careful else WINDOW, stopping, on_clip, begun if careful else None)
        begun.unlink(missing_ok=True)
        return whole


def _hear(
    reader: "_Reader",
    listener: Listener,
    journal: ClipJournal,
    window: int,
    stopping: Callable[[], bool],
    on_clip: Callable[[Totals], None],
    begun: Path | None,
) -> bool:
    """Hear what the reader decodes, window by window; return whether it came to the end."""
    open_clips: dict[str, _Open] = {}
    waiting: list[Segment | _Ended] = []

    def hear_waiting() -> None:
        # Like lengths together, which is what batches are quick with; rows stay in the order of the listing.
        segments = sorted(
            (item for item in waiting if isinstance(item, Segment)), key=lambda segment: len(segment.samples) / segment.rate
        )
        heard = {(segment.clip.id, segment.number): row for segment, row in zip(segments, listener.hear(segments), strict=True)}
        for item in waiting:
            clip = open_clips.setdefault(item.clip.id, _Open(item.clip))
            if isinstance(item, Segment):
                clip.segments.append(heard[item.clip.id, item.number])
                continue
            if item.error:
                clip.segments.append(HeardSegment(listener.failed_row(item.clip, item.error)))
            entry = _journaled(open_clips.pop(item.clip.id))
            journal.append(entry)
            on_clip(count_rows(entry.rows))
        waiting.clear()

    for item in reader:
        if begun is not None and isinstance(item, Segment) and item.number == 0:
            begun.write_bytes(msgspec.msgpack.encode(item.clip.id))
        waiting.append(item)
        if sum(isinstance(item, Segment) for item in waiting) >= window:
            if stopping():
                return False
            hear_waiting()
    if stopping():
        return False
    hear_waiting()
    return True


def _journaled(clip: _Open) -> JournalEntry:
    rows = [segment.row for segment in clip.segments]
    descriptions = [segment.description.tobytes() for segment in clip.segments]
    return JournalEntry(clip.clip.id, rows, descriptions if any(descriptions) else [])


class _Reader:
    """Decodes the clips of a shard in a thread of its own, a bounded number of segments ahead."""

    def __init__(self, entries: Sequence[Entry], done: frozenset[str], longest: float, *, ahead: int):
        self._entries, self._done, self._longest = entries, done, longest
        self._queue: queue.Queue[Segment | _Ended | None] = queue.Queue(ahead)
        self._over = threading.Event()
        self._executor = ThreadPoolExecutor(1, "voiceact-reader")

    def __enter__(self) -> "_Reader":
        self._reading = self._executor.submit(self._read)
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        while not self._reading.done():
            # The thread may wait for room.
            with suppress(queue.Empty):
                self._queue.get(timeout=0.05)
        self._executor.shutdown()

    def __iter__(self) -> Iterator[Segment | _Ended]:
        while (item := self._queue.get()) is not None:
            yield item
        self._reading.result()

    def _read(self) -> None:
        try:
            for clip in iter_clips(self._entries, self._done):
                ended = _Ended(clip)
                try:
                    for segment in decode_clip(clip, self._longest):
                        if self._over.is_set():
                            return
                        self._queue.put(segment)
                except (VoiceactError, OSError) as error:
                    ended.error = str(error)
                if self._over.is_set():
                    return
                self._queue.put(ended)
        finally:
            self._queue.put(None)


@lru_cache(maxsize=1)
def load_listener(task: Task) -> Listener:
    """Load what listens, once a process."""
    return Listener(task)


# --- Files of a shard


def journal_file(workspace: Workspace, shard: int) -> Path:
    """Return the path of a shard's journal."""
    return workspace.work_folder / f"shard-{shard:06d}.journal"


def begun_file(workspace: Workspace, shard: int) -> Path:
    """Return the path of the file that says that a process is, or was when it died, at work on a shard."""
    return journal_file(workspace, shard).with_suffix(".begun")


def remove_journal(workspace: Workspace, shard: int) -> None:
    """Delete the journal of a shard, and the files beside it, once its rows are in the store."""
    journal = journal_file(workspace, shard)
    for path in (journal, journal.with_suffix(".lock"), begun_file(workspace, shard)):
        path.unlink(missing_ok=True)


def mark_lost(task: Task, shard: int, workspace: Workspace) -> Totals | None:
    """Enter the clip over which a process has died, as one that could not be heard.

    Returns:
        Its counts; None if it is not known which it was.
    """
    begun = begun_file(workspace, shard)
    try:
        name = msgspec.msgpack.decode(begun.read_bytes(), type=str)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    with ClipJournal(journal_file(workspace, shard), workspace.plan) as journal:
        if name in journal.done:
            return None
        entries = read_listing(workspace.store, shard)
        path = next((entry.path for entry in entries if name.startswith(entry.id)), "")
        row = load_listener(task).failed_row(RawClip(name, path), "the process that heard it died, several times")
        journal.append(JournalEntry(name, [row]))
        return count_rows([row])


def write_shard(task: Task, shard: int, workspace: Workspace, rows: Sequence[Row]) -> ShardIndex:
    """Write the rows of a shard, its index last, and delete its journal.

    Raises:
        VoiceactError: if the store fails; the journal stays
    """
    store = workspace.store
    store.remove(index_name(shard))
    apart: dict[str, list[Row]] = {}
    for row in rows:
        apart.setdefault(licence_folder(row["license"]), []).append(row)
    files = []
    for folder, some in sorted(apart.items()):
        if task.format == "json":
            for row in some:
                data = msgspec.json.encode({name: value for name, value in row.items() if value is not None})
                name = f"json/{folder}/{_file_name(row['id'])}.json"
                store.write(name, data + b"\n")
                files.append(ShardFile(name, 1, len(data) + 1, hashlib.sha256(data + b"\n").hexdigest()))
            continue
        name, data = f"data/{folder}/shard-{shard:06d}.parquet", encode_rows(task, some)
        store.write(name, data)
        files.append(ShardFile(name, len(some), len(data), hashlib.sha256(data).hexdigest()))
    faults = tuple((row["id"], row["error"]) for row in rows if row["error"])
    index = ShardIndex(shard, workspace.plan, count_rows(rows), tuple(files), faults[:MOST_FAULTS])
    store.write(index_name(shard), msgspec.json.encode(index))
    remove_journal(workspace, shard)
    return index


def encode_rows(task: Task, rows: Sequence[Row]) -> bytes:
    """Encode rows as Parquet; the same rows give the same bytes."""
    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(make_table(rows, schema_of(task)), file, compression="zstd")
    return file.getvalue()


@lru_cache(maxsize=2)
def schema_of(task: Task) -> Any:
    """Return the Arrow schema of a task's rows."""
    metadata = {"format": FORMAT, "task": json.dumps(msgspec.to_builtins(task), sort_keys=True)}
    return arrow_schema(task.columns, bursts=task.bursts, embedding=bool(task.speaker), metadata=metadata)


def journaled_rows(shard: int, workspace: Workspace) -> tuple[list[Row], list[np.ndarray[Any, Any]]]:
    """Return the rows of a shard's journal, in the order of its listing, and what was heard in each."""
    rows: list[Row] = []
    heard: list[np.ndarray[Any, Any]] = []
    for entry in read_journal(journal_file(workspace, shard), workspace.plan):
        rows += entry.rows
        heard += [np.frombuffer(description, np.float16) for description in entry.descriptions or [b""] * len(entry.rows)]
    return rows, heard


def _file_name(name: str) -> str:
    """Return a file name for an id: its path with all that is no letter, digit, dot or dash replaced, and a digest."""
    plain = "".join(letter if letter.isalnum() and letter.isascii() or letter in ".-_" else "_" for letter in name)
    return f"{plain[-80:].lstrip('.')}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"
