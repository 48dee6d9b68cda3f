"""The index of a shard: its rows as Parquet, written last, so that where there is an index there is a whole shard.

The file's metadata says which tars belong to the shard, with bytes and SHA-256, and the counts of its takes;
`voiceact.store.sidecar` keeps the same in a small JSON file beside it.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import IO, Any

import msgspec

from voiceact.errors import UnknownNameError, VoiceactError
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.arrow_rows import make_table
from voiceact.store.columns import COLUMNS, Row, stored
from voiceact.vocabulary import LEVELS

INDEX_FORMAT = "voiceact-index/1"
_INDEX = re.compile(r"index/shard-(\d{6,})\.parquet")
_TAR = re.compile(rf"({'|'.join(LEVELS)})/shard-\d{{6,}}\.tar")
_FILE = re.compile(rf"(?:index|{'|'.join(LEVELS)})/shard-(\d{{6,}})\.(?:parquet|tar)")
SHORTEST = 6
"""digits of a shard's number in a name"""
BATCH = 1000
"""rows in memory at once"""


class Tar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tar of a shard, as it was when it was written.

    Attributes:
        name: in the run, such as `verified/shard-000003.tar`
        clips: how many it holds
        bytes: size of the file
        sha256: of the file, in hexadecimal
    """

    name: str
    clips: int
    bytes: int
    sha256: str


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts of the takes of one language, category, intensity and persona.

    Attributes:
        levels: verdict level -> takes
        included: takes that the recipe's verification accepts
        seconds: of audio, of all takes
        included_seconds: of audio, of the included takes
    """

    language: str
    category: str
    intensity: float
    persona: str
    levels: dict[str, int]
    included: int
    seconds: float
    included_seconds: float


class Footer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Summary of a shard, as its index states it.

    Attributes:
        shard: number of the shard, from 0
        plan: digest of the plan the shard belongs to
        tars: the shard's tars, from the strongest verdict level to the weakest
        counts: of its takes
    """

    shard: int
    plan: str
    tars: tuple[Tar, ...]
    counts: tuple[Count, ...]

    @property
    def takes(self) -> int:
        """Takes in the shard, failed ones too."""
        return sum(sum(count.levels.values()) for count in self.counts)


# --- Names


def index_name(shard: int) -> str:
    """Return the name of a shard's index: `index/shard-000003.parquet`."""
    return f"index/shard-{shard:06d}.parquet"


def tar_name(level: str, shard: int) -> str:
    """Return the name of a shard's tar of one verdict level: `verified/shard-000003.tar`."""
    return f"{level}/shard-{shard:06d}.tar"


def is_tar_name(name: str) -> bool:
    """Return whether a tar of a run can have that name."""
    return _TAR.fullmatch(name) is not None


def index_number(name: str) -> int | None:
    """Return 3 for `index/shard-000003.parquet`; None for a name that no index of a run has."""
    match = _INDEX.fullmatch(name)
    return int(match[1]) if match and name == index_name(int(match[1])) else None


def shard_number(name: str) -> int | None:
    """Return 3 for `index/shard-000003.parquet` and `verified/shard-000003.tar`; None for any other kind of name."""
    match = _FILE.fullmatch(name)
    return int(match[1]) if match and (len(match[1]) == SHORTEST or match[1][0] != "0") else None


# --- Counting


def count_rows(rows: Iterable[Row]) -> tuple[Count, ...]:
    """Count takes by language, category, intensity and persona, in the order in which these are first met.

    Args:
        rows: with at least the columns language, category, intensity, persona, verdict, included and duration (seconds)
    """
    groups: dict[tuple[str, str, float, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["language"], row["category"], row["intensity"], row["persona"]), []).append(row)
    counts = []
    for key, group in groups.items():
        levels: dict[str, int] = {}
        for row in group:
            levels[row["verdict"]] = levels.get(row["verdict"], 0) + 1
        included = [row for row in group if row["included"]]
        counts.append(Count(*key, levels, len(included), _sum_seconds(group), _sum_seconds(included)))
    return tuple(counts)


def _sum_seconds(rows: Iterable[Row]) -> float:
    return round(sum((row["duration"] or 0.0 for row in rows), 0.0), 6)


# --- Writing


def encode_index(rows: Sequence[Row], footer: Footer) -> bytes:
    """Encode the Parquet file of a shard: the same rows give the same bytes."""
    _, parquet = _import_arrow()
    metadata = {"format": INDEX_FORMAT, "shard": msgspec.json.encode(footer)}
    table = make_table(rows, arrow_schema().with_metadata(metadata))
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def is_as_written(data: bytes, rows: Sequence[Row], footer: Footer) -> bool | None:
    """Return whether the bytes of an index are exactly those that its rows and footer encode to.

    Rows and footer do not show the file's own statistics of its columns, by which a reader that filters skips whole groups
    of rows; only a comparison of bytes does.

    Returns:
        None if the file was written by another Parquet writer than the installed one, which may lay out the same rows in
        other bytes
    """
    pyarrow, parquet = _import_arrow()
    if parquet.read_metadata(io.BytesIO(data)).created_by != _writer_name():
        return None
    try:
        return encode_index(rows, footer) == data
    except pyarrow.ArrowException:
        return False


@cache
def _writer_name() -> str:
    """Return the name that the installed Parquet writer puts into its files."""
    _, parquet = _import_arrow()
    return str(parquet.read_metadata(io.BytesIO(encode_index([], Footer(0, "", (), ())))).created_by)


# --- Reading


def read_footer(file: IO[bytes], name: str) -> Footer:
    """Read what an index states of its shard, without reading a row.

    Args:
        file: the Parquet file
        name: of it, for messages

    Raises:
        VoiceactError: if it is no index, or damaged
    """
    pyarrow, parquet = _import_arrow()
    try:
        metadata = parquet.read_metadata(file).metadata or {}
        if metadata.get(b"format") != INDEX_FORMAT.encode():
            raise VoiceactError(f"{name}: is no index of this voiceact (format {metadata.get(b'format', b'unknown').decode()})")
        return msgspec.json.decode(metadata[b"shard"], type=Footer)
    except (pyarrow.ArrowException, OSError, KeyError, UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise VoiceactError(f"{name}: is damaged ({error}); take it away and run the recipe again") from error


def read_rows(
    file: IO[bytes], name: str, columns: Sequence[str] | None = None, keep: Mapping[str, Any] | None = None
) -> Iterator[Row]:
    """Yield the rows of an index, reading `BATCH` of them at a time.

    Args:
        file: the Parquet file
        name: of it, for messages
        columns: to read; None reads all
        keep: column -> value, or a list of values, that a row must have

    Raises:
        UsageError: if there is no such column
        VoiceactError: if the index is damaged, or lacks one
    """
    pyarrow, parquet = _import_arrow()
    wanted = list(COLUMNS if columns is None else columns)
    needed = list(dict.fromkeys([*wanted, *(keep or {})]))
    for column in needed:
        if column not in COLUMNS:
            raise UnknownNameError("column", column, COLUMNS)
    matches = RowFilter(keep or {})
    try:
        table = parquet.ParquetFile(file)
        missing = [column for column in needed if column not in table.schema_arrow.names]
        if missing:
            raise VoiceactError(
                f"{name}: is damaged (it lacks the column {missing[0]!r}); take it away and run the recipe again"
            )
        for batch in table.iter_batches(BATCH, columns=needed):
            for row in batch.to_pylist():
                if matches(row):
                    yield {name: row[name] for name in wanted}
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise VoiceactError(f"{name}: is damaged ({error}); take it away and run the recipe again") from error


class RowFilter:
    """Condition on rows: column -> value, or a list of values, that a row must have."""

    def __init__(self, keep: Mapping[str, Any]):
        self._values = {
            name: [stored(name, value) for value in values]
            if isinstance(values, list | tuple | set | frozenset)
            else [stored(name, values)]
            for name, values in keep.items()
        }

    def __call__(self, row: Row) -> bool:
        return all(row[name] in values for name, values in self._values.items())


@cache
def arrow_schema(columns: tuple[str, ...] = tuple(COLUMNS)) -> Any:
    """Return the Arrow schema of these columns."""
    pyarrow, _ = _import_arrow()
    types = {"string": pyarrow.string(), "bool": pyarrow.bool_(), "list<string>": pyarrow.list_(pyarrow.string())}
    return pyarrow.schema([(name, types.get(COLUMNS[name].type) or getattr(pyarrow, COLUMNS[name].type)()) for name in columns])


def _import_arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("recipes and data sets", "dataset") from None
    return pyarrow, pyarrow.parquet
