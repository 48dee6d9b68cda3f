"""The journal of a work unit: its takes as they are made, so that a killed run goes on from its last take.

A file that only grows. It begins with a line of JSON that names its work unit; then one entry a take: a line of JSON with
the sizes and the SHA-256 of what follows, then the row and the members of the clip. An entry that a kill cut short does
not match its line, and is cut off when the journal is opened again.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from voiceact.errors import VoiceactError
from voiceact.store.append_file import AppendFile
from voiceact.store.columns import Row
from voiceact.store.filesystem import storage_error

JOURNAL_FORMAT = "voiceact-journal/1"
ROW = "row"


class JournalHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """First line of a journal: the work unit it belongs to. A journal with another header is begun anew.

    Attributes:
        plan: digest of the plan
        shard: number of the shard, from 0
        first: number of the work unit's first cell
        last: number of its last cell
        format: `JOURNAL_FORMAT`
    """

    plan: str
    shard: int
    first: int
    last: int
    format: str = JOURNAL_FORMAT


class _EntryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Line before each entry.

    Attributes:
        sizes: part ("row", then extensions) -> bytes, in the order in which the parts follow
        sha256: of all of them together
    """

    sizes: dict[str, int]
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A take as a journal holds it.

    Attributes:
        row: its row, without its place in a shard
        members: extension ("flac", "json", "twin.flac") -> bytes; empty if the take has no clip
    """

    row: Row
    members: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JournaledTake:
    """What the stop rule needs of a take in a journal: its cell, its number in the cell and whether it is included."""

    cell: int
    take: int
    included: bool

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Take the three columns from a row."""
        return cls(row["cell"], row["take"], row["included"])


class Journal:
    """A journal opened for appending: `with Journal(path, header) as journal:` goes on where the file ends.

    Attributes:
        path: of the file
        header: of the work unit
        takes: that the journal holds, in order

    Raises:
        UsageError, VoiceactError: if the file cannot be written; a full disk loses no take that was complete
    """

    def __init__(self, path: Path, header: JournalHeader):
        self.path, self.header = path, header
        self.takes: list[JournaledTake] = []

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            end = self._read_takes()
        except OSError as error:
            raise storage_error(self.path, error) from error
        self._file = AppendFile(self.path, end)
        if not end:
            self._file.append(msgspec.json.encode(self.header) + b"\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def append(self, entry: Entry) -> None:
        """Append a take, whole or not at all.

        Raises:
            UsageError, VoiceactError: if the disk does not take it
        """
        parts = {ROW: msgspec.json.encode(entry.row), **entry.members}
        body = b"".join(parts.values())
        line = _EntryLine({name: len(data) for name, data in parts.items()}, hashlib.sha256(body).hexdigest())
        self._file.append(msgspec.json.encode(line) + b"\n" + body)
        self.takes.append(JournaledTake.from_row(entry.row))

    def _read_takes(self) -> int:
        """Collect the takes of the file; return where its last whole entry ends, 0 if it is not this work unit's."""
        if not self.path.exists():
            return 0
        with self.path.open("rb") as file:
            if _read_header(file) != self.header:
                return 0
            end = file.tell()
            for row, entry_end in _scan(file, verify=True):
                self.takes.append(JournaledTake.from_row(row))
                end = entry_end
        return end


def read_journal(path: Path, header: JournalHeader) -> Iterator[Entry]:
    """Yield the takes of a journal, up to the first entry that is not whole.

    Raises:
        VoiceactError: if the file does not exist, or has another header
    """
    try:
        with path.open("rb") as file:
            if _read_header(file) != header:
                raise VoiceactError(f"{path}: is the journal of something else; take it away and run again")
            while (line := _read_line(file)) is not None:
                body = file.read(sum(line.sizes.values()))
                if len(body) != sum(line.sizes.values()) or hashlib.sha256(body).hexdigest() != line.sha256:
                    return
                parts, start = {}, 0
                for name, size in line.sizes.items():
                    parts[name] = body[start : start + size]
                    start += size
                yield Entry(msgspec.json.decode(parts.pop(ROW)), parts)
    except FileNotFoundError:
        raise VoiceactError(f"{path}: the journal is gone; run again to make its takes anew") from None


def read_journal_rows(path: Path, plan: str) -> Iterator[Row]:
    """Yield the rows of a journal, without reading its clips; nothing if it belongs to another plan or does not exist.

    Another process may be writing the file: an entry that is not whole yet is left out.

    Args:
        path: of the journal
        plan: digest of the plan
    """
    try:
        with path.open("rb") as file:
            header = _read_header(file)
            if header is not None and header.plan == plan:
                yield from (row for row, _ in _scan(file, verify=False))
    except FileNotFoundError:
        return


# --- Bytes


def _read_header(file: IO[bytes]) -> JournalHeader | None:
    line = file.readline()
    try:
        return msgspec.json.decode(line, type=JournalHeader) if line.endswith(b"\n") else None
    except (msgspec.DecodeError, RecursionError):
        return None


def _read_line(file: IO[bytes]) -> _EntryLine | None:
    try:
        line = msgspec.json.decode(file.readline(), type=_EntryLine)
    except (msgspec.DecodeError, RecursionError):
        return None
    return line if ROW in line.sizes else None


def _scan(file: IO[bytes], *, verify: bool) -> Iterator[tuple[Row, int]]:
    """Yield each row and the byte at which its entry ends, up to the first entry that is not whole.

    Args:
        file: positioned behind the header
        verify: read every byte and compare digests; otherwise skip the clips
    """
    size = os.fstat(file.fileno()).st_size
    while (line := _read_line(file)) is not None:
        end = file.tell() + sum(line.sizes.values())
        if end > size:
            return
        body = file.read(end - file.tell() if verify else line.sizes[ROW])
        if verify and hashlib.sha256(body).hexdigest() != line.sha256:
            return
        yield msgspec.json.decode(body[: line.sizes[ROW]]), end
        file.seek(end)
