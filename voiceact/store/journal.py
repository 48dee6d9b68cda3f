"""The journal of a stint: its takes as they are made, so that a run that is killed goes on from its last take.

A file that only grows. It begins with a line that says what it is the journal of; then one entry a take: a line of
JSON with the sizes and the SHA-256 of what follows, then the row and the members of the clip. An entry that a kill cut
short does not match its line, and is cut off when the journal is opened again.
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
from voiceact.store.columns import Row
from voiceact.store.filesystem import told

FORMAT = "voiceact-journal/1"
ROW = "row"


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a journal is of: a journal with another title is begun anew.

    plan: fingerprint of the plan
    first, last: cells of the stint
    """

    plan: str
    shard: int
    first: int
    last: int
    format: str = FORMAT


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Before each entry: what follows, in this order, and the digest of all of it."""

    sizes: dict[str, int]
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A take as it is kept: its row, without its place in a shard, and the bytes of its clip.

    members: extension ("flac", "json", "twin.flac") -> bytes; empty if the take has no clip
    """

    row: Row
    members: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """A take that stands in the journal."""

    cell: int
    take: int
    included: bool


class Journal:
    """`with Journal(path, title) as journal:` goes on where the file ends; `done` are the takes that it holds.

    Raises:
        UsageError, VoiceactError: if the file cannot be written; a full disk loses no take that was complete
    """

    def __init__(self, path: Path, title: Title):
        self.path, self.title = path, title
        self.done: list[Done] = []

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            end = self._survey()
            # Unbuffered: what `append` returned from is with the operating system, whoever is killed.
            self._file = self.path.open("ab", buffering=0)
            self._file.truncate(end)
            if not end:
                self._write(msgspec.json.encode(self.title) + b"\n")
        except OSError as error:
            raise told(self.path, error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        self._file.close()

    def append(self, entry: Entry) -> None:
        """Add a take, whole or not at all."""
        data = _encode(entry)
        start = os.fstat(self._file.fileno()).st_size
        try:
            self._write(data)
        except OSError as error:
            self._file.truncate(start)
            raise told(self.path, error) from error
        self.done.append(_done(entry.row))

    def _survey(self) -> int:
        """Where the last whole entry ends; 0 if there is no journal of this title."""
        if not self.path.exists():
            return 0
        with self.path.open("rb") as file:
            if _read_title(file) != self.title:
                return 0
            end = file.tell()
            for row, reached in _scan(file, whole=True):
                self.done.append(_done(row))
                end = reached
        return end

    def _write(self, data: bytes) -> None:
        """All of it, or OSError: an unbuffered write may end early, on a disk that is just full."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view):]


def read_journal(path: Path, title: Title) -> Iterator[Entry]:
    """The takes of a journal, one after another.

    Raises:
        VoiceactError: if it is not there, or is of another title
    """
    try:
        with path.open("rb") as file:
            if _read_title(file) != title:
                raise VoiceactError(f"{path}: is the journal of something else; take it away and run again")
            while (entry := _read_entry(file)) is not None:
                yield entry
    except FileNotFoundError:
        raise VoiceactError(f"{path}: the journal is gone; run again to make its takes anew") from None


def journal_rows(path: Path, plan: str) -> Iterator[Row]:
    """The rows of a journal that belongs to a plan, without the bytes of its clips; none if it belongs to another.

    Another process may be writing it: an entry that is not whole yet is left out.
    """
    try:
        with path.open("rb") as file:
            title = _read_title(file)
            if title is not None and title.plan == plan:
                yield from (row for row, _ in _scan(file, whole=False))
    except FileNotFoundError:
        return


# --- Bytes


def _encode(entry: Entry) -> bytes:
    parts = {ROW: msgspec.json.encode(entry.row), **entry.members}
    body = b"".join(parts.values())
    line = _Line({name: len(data) for name, data in parts.items()}, hashlib.sha256(body).hexdigest())
    return msgspec.json.encode(line) + b"\n" + body


def _done(row: Row) -> Done:
    return Done(row["cell"], row["take"], row["included"])


def _read_title(file: IO[bytes]) -> Title | None:
    line = file.readline()
    try:
        return msgspec.json.decode(line, type=Title) if line.endswith(b"\n") else None
    except (msgspec.DecodeError, RecursionError):
        return None


def _scan(file: IO[bytes], *, whole: bool) -> Iterator[tuple[Row, int]]:
    """Each row with where its entry ends, up to the first entry that is not whole.

    whole: read every byte and compare digests; else pass over the clips
    """
    size = os.fstat(file.fileno()).st_size
    while (line := _read_line(file)) is not None:
        end = file.tell() + sum(line.sizes.values())
        if end > size:
            return
        body = file.read(end - file.tell() if whole else line.sizes[ROW])
        if whole and hashlib.sha256(body).hexdigest() != line.sha256:
            return
        yield msgspec.json.decode(body[:line.sizes[ROW]]), end
        file.seek(end)


def _read_entry(file: IO[bytes]) -> Entry | None:
    line = _read_line(file)
    if line is None:
        return None
    parts = _split(file.read(sum(line.sizes.values())), line.sizes)
    if parts is None or hashlib.sha256(b"".join(parts.values())).hexdigest() != line.sha256:
        return None
    return Entry(msgspec.json.decode(parts.pop(ROW)), parts)


def _read_line(file: IO[bytes]) -> _Line | None:
    try:
        line = msgspec.json.decode(file.readline(), type=_Line)
    except (msgspec.DecodeError, RecursionError):
        return None
    return line if ROW in line.sizes else None


def _split(body: bytes, sizes: Mapping[str, int]) -> dict[str, bytes] | None:
    if len(body) != sum(sizes.values()):
        return None
    found, start = {}, 0
    for name, size in sizes.items():
        found[name] = body[start:start + size]
        start += size
    return found
