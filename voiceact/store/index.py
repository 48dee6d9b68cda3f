"""The index of a shard: its rows as Parquet, written last, so that where there is an index there is a whole shard.

The file's metadata says which tars belong to the shard, with bytes and SHA-256, and what was counted of it:
whoever wants the sums of a run reads footers, never rows.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import IO, Any

import msgspec

from voiceact.errors import MissingExtraError, UnknownNameError, VoiceactError
from voiceact.store.columns import COLUMNS, Row, stored
from voiceact.verify.base import LEVELS

FORMAT = "voiceact-index/1"
_INDEX = re.compile(r"index/shard-(\d{6,})\.parquet")
_TAR = re.compile(rf"({'|'.join(LEVELS)})/shard-\d{{6,}}\.tar")
_FILE = re.compile(rf"(?:index|{'|'.join(LEVELS)})/shard-(\d{{6,}})\.(?:parquet|tar)")
SHORTEST = 6
"""digits of a shard's number in a name"""
BATCH = 1000
"""rows in memory at once"""


class Tar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tar of a shard, as it was when it was written."""

    name: str
    clips: int
    bytes: int
    sha256: str


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of the takes of one place on the coverage map.

    levels: verdict -> takes
    included: takes the recipe's verification took
    seconds: of audio, of all takes; included_seconds: of those included
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
    """What the index says of its shard as a whole."""

    shard: int
    plan: str
    """fingerprint of the plan the shard belongs to"""
    tars: tuple[Tar, ...]
    counts: tuple[Count, ...]

    @property
    def takes(self) -> int:
        """Takes in the shard, failed ones too."""
        return sum(sum(count.levels.values()) for count in self.counts)


def index_name(shard: int) -> str:
    """`index/shard-000003.parquet`"""
    return f"index/shard-{shard:06d}.parquet"


def tar_name(level: str, shard: int) -> str:
    """`verified/shard-000003.tar`"""
    return f"{level}/shard-{shard:06d}.tar"


def is_tar_name(name: str) -> bool:
    """Whether a tar of a run can be called so."""
    return _TAR.fullmatch(name) is not None


def index_number(name: str) -> int | None:
    """3 for `index/shard-000003.parquet`; None if no index of a run is called so."""
    found = _INDEX.fullmatch(name)
    return int(found[1]) if found and name == index_name(int(found[1])) else None


def shard_number(name: str) -> int | None:
    """3 for `index/shard-000003.parquet` and for `verified/shard-000003.tar`; None if no file of a run is called so."""
    found = _FILE.fullmatch(name)
    return int(found[1]) if found and (len(found[1]) == SHORTEST or found[1][0] != "0") else None


def count_rows(rows: Iterable[Row]) -> tuple[Count, ...]:
    """What became of these takes, by language, category, intensity and persona, in the order they are met."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault((row["language"], row["category"], row["intensity"], row["persona"]), []).append(row)
    return tuple(_count(place, group) for place, group in found.items())


def _count(place: tuple[Any, ...], rows: Sequence[Row]) -> Count:
    levels: dict[str, int] = {}
    for row in rows:
        levels[row["verdict"]] = levels.get(row["verdict"], 0) + 1
    kept = [row for row in rows if row["included"]]
    language, category, intensity, persona = place
    return Count(language, category, intensity, persona, levels, len(kept), _seconds(rows), _seconds(kept))


def _seconds(rows: Iterable[Row]) -> float:
    return round(sum((row["duration"] or 0.0 for row in rows), 0.0), 6)


def encode_index(rows: Sequence[Row], footer: Footer) -> bytes:
    """The Parquet file of a shard: the same rows give the same bytes."""
    pyarrow, parquet = _arrow()
    table = pyarrow.Table.from_pylist(list(rows), schema=schema())
    table = table.replace_schema_metadata({"format": FORMAT, "shard": msgspec.json.encode(footer)})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def is_as_written(data: bytes, rows: Sequence[Row], footer: Footer) -> bool | None:
    """Whether an index is, byte for byte, what these rows and this footer give.

    None if another Parquet writer wrote it than is here: it may lay out the same rows in other bytes. What rows and footer do
    not show is the file's own: statistics of its columns, by which a reader that filters leaves whole groups of rows out.
    """
    pyarrow, parquet = _arrow()
    if parquet.read_metadata(io.BytesIO(data)).created_by != _writer():
        return None
    try:
        return encode_index(rows, footer) == data
    except pyarrow.ArrowException:
        return False


@cache
def _writer() -> str:
    """What the Parquet writer that is here calls itself."""
    _, parquet = _arrow()
    return str(parquet.read_metadata(io.BytesIO(encode_index([], Footer(0, "", (), ())))).created_by)


def read_footer(file: IO[bytes], name: str) -> Footer:
    """What an index says of its shard, without reading a row.

    Raises:
        VoiceactError: if it is no index, or damaged
    """
    pyarrow, parquet = _arrow()
    try:
        metadata = parquet.read_metadata(file).metadata or {}
        if metadata.get(b"format") != FORMAT.encode():
            raise VoiceactError(f"{name}: is no index of this voiceact (format {metadata.get(b'format', b'unknown').decode()})")
        return msgspec.json.decode(metadata[b"shard"], type=Footer)
    except (pyarrow.ArrowException, OSError, KeyError, UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise VoiceactError(f"{name}: is damaged ({error}); take it away and run the recipe again") from error


def read_rows(file: IO[bytes], name: str, columns: Sequence[str] | None = None,
              keep: Mapping[str, Any] | None = None) -> Iterator[Row]:
    """The rows of an index, a batch at a time.

    columns: to read; None reads all
    keep: column -> value, or a list of values, that a row must have

    Raises:
        UsageError: if there is no such column
        VoiceactError: if the index is damaged, or lacks one
    """
    pyarrow, parquet = _arrow()
    wanted = list(COLUMNS if columns is None else columns)
    needed = list(dict.fromkeys([*wanted, *(keep or {})]))
    for column in needed:
        if column not in COLUMNS:
            raise UnknownNameError("column", column, COLUMNS)
    test = Keep(keep or {})
    try:
        table = parquet.ParquetFile(file)
        missing = [column for column in needed if column not in table.schema_arrow.names]
        if missing:
            raise VoiceactError(f"{name}: is damaged (it lacks the column {missing[0]!r}); take it away and run the recipe "
                                "again")
        for batch in table.iter_batches(BATCH, columns=needed):
            for row in batch.to_pylist():
                if test(row):
                    yield {name: row[name] for name in wanted}
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise VoiceactError(f"{name}: is damaged ({error}); take it away and run the recipe again") from error


class Keep:
    """Whether a row is to be kept: column -> value, or a list of values, that it must have."""

    def __init__(self, keep: Mapping[str, Any]):
        self._wanted = {name: [stored(name, value) for value in values] if isinstance(
            values, list | tuple | set | frozenset) else [stored(name, values)] for name, values in keep.items()}

    def __call__(self, row: Row) -> bool:
        return all(row[name] in values for name, values in self._wanted.items())


@cache
def schema(columns: tuple[str, ...] = tuple(COLUMNS)) -> Any:
    """The Arrow schema of these columns."""
    pyarrow, _ = _arrow()
    types = {"string": pyarrow.string(), "bool": pyarrow.bool_(), "list<string>": pyarrow.list_(pyarrow.string())}
    return pyarrow.schema([(name, types.get(COLUMNS[name].type) or getattr(pyarrow, COLUMNS[name].type)())
                           for name in columns])


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("recipes and data sets", "dataset") from None
    return pyarrow, pyarrow.parquet
