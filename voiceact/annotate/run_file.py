"""Files of an annotation in its folder: annotate.json, and beside each shard what is in it.

annotate.json            what was asked of which source, by what; sessions
list/shard-000000.jsonl  the clips of a shard, frozen when the run began
data/LICENCE/shard-….parquet  their rows, kept apart by licence
index/shard-000000.json  counts and files of the shard; written last, so that a shard that has one is whole
speakers.json            voices, where speakers were used
work/                    of a run that is not finished: rows of unfinished shards, locks
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from typing import Any

import msgspec

from voiceact.annotate.columns import FORMAT
from voiceact.annotate.listening import Task
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.untrusted_text import clean_text
from voiceact.store.filesystem import Store
from voiceact.store.read_ahead import read_ahead
from voiceact.store.run_file import Session

RUN_FILE = "annotate.json"
UNSTATED = "unstated"
"""folder of rows without a licence"""
MOST_FAULTS = 20
"""clips that could not be heard that an index names; all of them stand in the rows"""


class AnnotationFile(msgspec.Struct, frozen=True, kw_only=True):
    """Content of annotate.json.

    Attributes:
        format: `FORMAT`
        voiceact: version
        source: as it was given
        kind: of the source
        task: what is asked of every clip
        revisions: what listens -> its revision
        clips: that were listed; None where containers hold them
        shards: of the listing
        digest: SHA-256 of task, revisions and listing
        notes: what was noticed while the source was listed
        sessions: that have worked on it
    """

    format: str = FORMAT
    voiceact: str
    source: str
    kind: str
    task: Task
    revisions: dict[str, str]
    clips: int | None
    shards: int
    digest: str
    notes: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()


class ShardFile(msgspec.Struct, frozen=True):
    """A data file of a shard: its name in the run folder, rows, bytes and SHA-256."""

    name: str
    rows: int
    bytes: int
    sha256: str


class Totals(msgspec.Struct):
    """Sums over clips, which do not grow with their number.

    Attributes:
        clips: clips, those that failed too
        failed: clips of which nothing could be said
        rows: rows, of long clips one for each utterance
        seconds: of sound that was heard
        bursts: wordless bursts found
        licences: licence ("" where none is stated) -> rows
        short: rows too short for their scores to have evidence
    """

    clips: int = 0
    failed: int = 0
    rows: int = 0
    seconds: float = 0.0
    bursts: int = 0
    licences: dict[str, int] = {}
    short: int = 0

    def add(self, other: "Totals") -> None:
        """Add the sums of more clips."""
        self.clips += other.clips
        self.failed += other.failed
        self.rows += other.rows
        self.seconds += other.seconds
        self.bursts += other.bursts
        self.short += other.short
        self.licences = dict(Counter(self.licences) + Counter(other.licences))


class ShardIndex(msgspec.Struct, frozen=True):
    """What stands in a shard.

    Attributes:
        shard: its number
        digest: of the run it belongs to
        totals: sums over its clips
        files: of its rows
        faults: id and reason of the first clips that could not be heard
    """

    shard: int
    digest: str
    totals: Totals
    files: tuple[ShardFile, ...]
    faults: tuple[tuple[str, str], ...] = ()


def count_rows(rows: Iterable[dict[str, Any]]) -> Totals:
    """Count rows of whole clips."""
    totals = Totals()
    clips: set[str] = set()
    failed: set[str] = set()
    licences: Counter[str] = Counter()
    for row in rows:
        clips.add(row["clip"])
        if row["error"]:
            failed.add(row["clip"])
        totals.rows += 1
        totals.seconds += (row["duration"] or 0.0) if not row["error"] else 0.0
        totals.bursts += len(row.get("bursts") or ())
        totals.short += row.get("warning") is not None
        licences[row["license"] or ""] += 1
    totals.clips, totals.failed, totals.licences = len(clips), len(failed), dict(licences)
    totals.seconds = round(totals.seconds, 3)
    return totals


def index_name(shard: int) -> str:
    """Return the name of a shard's index in the run folder."""
    return f"index/shard-{shard:06d}.json"


def shard_of(name: str) -> int | None:
    """Return the number of the shard that a file of the run belongs to; None for other files."""
    match = re.search(r"(?:^|/)shard-(\d{6,})\.", name)
    return int(match[1]) if match else None


def licence_folder(licence: str | None) -> str:
    """Return the folder of rows under a licence: its name in small letters, digits, dots and dashes."""
    return re.sub(r"[^a-z0-9.]+", "-", (licence or UNSTATED).casefold()).strip("-.")[:60] or UNSTATED


def read_index(store: Store, shard: int, digest: str | None = None) -> ShardIndex | None:
    """Read what stands in a shard; None if it has no index that can be read, or one of another run."""
    try:
        index = msgspec.json.decode(store.read(index_name(shard)), type=ShardIndex)
    except (VoiceactError, msgspec.DecodeError):
        return None
    return index if index.shard == shard and digest in (None, index.digest) else None


def iter_indexes(store: Store, digest: str | None = None, shards: Container[int] | None = None) -> Iterator[ShardIndex]:
    """Yield what stands in every whole shard, in no particular order.

    Args:
        store: of the run
        digest: of the run; None takes any
        shards: numbers of those that are wanted; None is all of them
    """
    numbers = (shard_of(name) for name, _ in store.iter_sizes("index"))
    wanted = (number for number in numbers if number is not None and (shards is None or number in shards))
    for index in read_ahead(store, lambda number: read_index(store, number, digest), wanted):
        if index is not None:
            yield index


def read_run(store: Store) -> AnnotationFile | None:
    """Read annotate.json; None if there is none.

    Raises:
        UsageError: if there is one that this voiceact cannot read
    """
    if not store.exists(RUN_FILE):
        return None
    where = f"{store.url}/{RUN_FILE}"
    try:
        run = msgspec.json.decode(store.read(RUN_FILE), type=AnnotationFile)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{where}: cannot be read ({clean_text(error)}); expected what `voiceact annotate` wrote") from error
    if run.format != FORMAT:
        raise UsageError(f"{where}: has format {run.format[:40]!r}; this voiceact reads {FORMAT!r}")
    return run


def need_run(store: Store) -> AnnotationFile:
    """Read annotate.json of a folder that must be an annotation.

    Raises:
        UsageError: if it is none
    """
    run = read_run(store)
    if run is None:
        raise UsageError(
            f"{store.url}: is no annotation (it has no {RUN_FILE}); make one with: voiceact annotate SOURCE --out FOLDER"
        )
    return run


def write_run(store: Store, run: AnnotationFile) -> None:
    """Write annotate.json, whole or not at all."""
    store.write(RUN_FILE, msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
