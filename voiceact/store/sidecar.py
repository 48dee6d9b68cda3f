"""The sidecar of a shard: `index/_shard-000003.json`, the summary of its Parquet index as a small JSON file.

Every sum over a run (status, coverage, resume) reads sidecars, never rows, and needs no Parquet reader for them. The
Parquet file stays the reference: a shard counts only where it is present, it is written after its sidecar, and a sidecar
that is missing or cannot be read is replaced in memory by the footer of the Parquet file. Its name begins with an
underscore because readers of a folder of Parquet files (pyarrow, pandas, Spark) pass over such names.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from voiceact.errors import VoiceactError
from voiceact.store.columns import Row
from voiceact.store.filesystem import Store
from voiceact.store.index import Footer, encode_index, index_name, index_number, read_footer
from voiceact.store.read_ahead import read_ahead

SIDECAR_FORMAT = "voiceact-shard/1"
_SIDECAR = re.compile(r"index/_shard-(\d{6,})\.json")


class Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Content of a sidecar file.

    Attributes:
        format: `SIDECAR_FORMAT`
        index_bytes: size of the Parquet file it belongs to
        index_sha256: of that file, in hexadecimal
        footer: the summary that the Parquet file states
    """

    format: str
    index_bytes: int
    index_sha256: str
    footer: Footer


class IndexFile(NamedTuple):
    """A Parquet index that a listing shows.

    Attributes:
        shard: its number, from 0
        bytes: size of the file
    """

    shard: int
    bytes: int


def sidecar_name(shard: int) -> str:
    """Return the name of a shard's sidecar: `index/_shard-000003.json`."""
    return f"index/_shard-{shard:06d}.json"


def sidecar_number(name: str) -> int | None:
    """Return 3 for `index/_shard-000003.json`; None for a name that no sidecar of a run has."""
    match = _SIDECAR.fullmatch(name)
    return int(match[1]) if match and name == sidecar_name(int(match[1])) else None


def encode_sidecar(footer: Footer, index: bytes) -> bytes:
    """Encode the sidecar of a shard from its footer and the bytes of its Parquet file."""
    sidecar = Sidecar(SIDECAR_FORMAT, len(index), hashlib.sha256(index).hexdigest(), footer)
    return msgspec.json.encode(sidecar) + b"\n"


def decode_sidecar(data: bytes) -> Sidecar | None:
    """Decode a sidecar; None if the bytes are no sidecar of this voiceact."""
    try:
        sidecar = msgspec.json.decode(data, type=Sidecar)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return sidecar if sidecar.format == SIDECAR_FORMAT else None


def write_index(store: Store, rows: Sequence[Row], footer: Footer) -> None:
    """Write the Parquet index of a shard and its sidecar, each whole or not at all.

    The Parquet file comes last, so that a shard counts only when both are in place.

    Raises:
        UsageError, VoiceactError: as `Store.write`
    """
    index = encode_index(rows, footer)
    store.write(sidecar_name(footer.shard), encode_sidecar(footer, index))
    store.write(index_name(footer.shard), index)


def rebuild_sidecar(store: Store, shard: int) -> None:
    """Write the sidecar of a shard from its Parquet file, for a run made before there were sidecars.

    Raises:
        VoiceactError: if the Parquet file is missing or damaged
    """
    name = index_name(shard)
    with store.open(name) as file:
        footer = read_footer(file, name)
    store.write(sidecar_name(shard), encode_sidecar(footer, store.read(name)))


def list_indexes(store: Store) -> list[IndexFile]:
    """Return the Parquet indexes of a run, sorted by shard."""
    numbered = ((index_number(name), size) for name, size in store.iter_sizes("index"))
    return sorted(IndexFile(number, size) for number, size in numbered if number is not None)


def read_footers(store: Store, indexes: Iterable[IndexFile]) -> Iterator[tuple[int, Footer | VoiceactError]]:
    """Yield each shard with its summary, or with the error of its index, in the order given and with memory for a few.

    Args:
        store: of the run
        indexes: Parquet files that are present, with their sizes
    """
    yield from read_ahead(store, lambda index: (index.shard, _read_summary(store, index)), indexes)


def _read_summary(store: Store, index: IndexFile) -> Footer | VoiceactError:
    """Read the sidecar of a shard, or the footer of its Parquet file where there is no sidecar to go by."""
    name = index_name(index.shard)
    try:
        sidecar = decode_sidecar(store.read(sidecar_name(index.shard)))
    except VoiceactError:
        sidecar = None
    if sidecar is None or sidecar.footer.shard != index.shard:
        try:
            with store.open(name) as file:
                return read_footer(file, name)
        except VoiceactError as error:
            return error
    if sidecar.index_bytes != index.bytes:
        return VoiceactError(
            f"{name}: is damaged (it has {index.bytes:,} bytes instead of {sidecar.index_bytes:,}); "
            "take it away and run the recipe again"
        )
    return sidecar.footer
