"""The journal of an unfinished shard: the rows of its clips as they are heard, so that a killed run goes on from its last clip.

A file that only grows, of entries in MessagePack. Before each stand its length and its CRC-32; what a kill cut short does not
match them and is cut off when the journal is opened again.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from voiceact.store.append_file import AppendFile, hold_lock
from voiceact.store.filesystem import storage_error

HEAD = struct.Struct("<II")


class JournalEntry(msgspec.Struct, frozen=True):
    """A clip that was heard.

    Attributes:
        clip: its id
        rows: one, or of a long clip one for each utterance
        descriptions: float16 of what the judge heard in each row, as bytes; empty where it is not needed
    """

    clip: str
    rows: list[dict[str, Any]]
    descriptions: list[bytes] = []


class ClipJournal:
    """A journal opened for appending, locked against other processes.

    Args:
        path: of the file
        digest: of the run; a journal of another run is begun anew

    Attributes:
        done: ids of the clips that it holds
    """

    def __init__(self, path: Path, digest: str):
        self.path, self._digest = path, digest
        self.done: set[str] = set()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(hold_lock(self.path.with_suffix(".lock")))
            end = 0
            try:
                for entry, entry_end in _scan(self.path, self._digest):
                    self.done.add(entry.clip)
                    end = entry_end
            except OSError as error:
                raise storage_error(self.path, error) from error
            self._file = stack.enter_context(AppendFile(self.path, end))
            if not end:
                self._file.append(_frame(self._digest.encode()))
            self._held = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._held.close()

    def append(self, entry: JournalEntry) -> None:
        """Append a clip, whole or not at all.

        Raises:
            VoiceactError: if the disk does not take it
        """
        self._file.append(_frame(msgspec.msgpack.encode(entry)))
        self.done.add(entry.clip)


def read_journal(path: Path, digest: str) -> Iterator[JournalEntry]:
    """Yield the clips of a journal, up to the first entry that is not whole; none if it is another run's, or not there."""
    for entry, _ in _scan(path, digest):
        yield entry


def _frame(data: bytes) -> bytes:
    return HEAD.pack(len(data), zlib.crc32(data)) + data


def _scan(path: Path, digest: str) -> Iterator[tuple[JournalEntry, int]]:
    """Yield each entry and the byte at which it ends."""
    decoder = msgspec.msgpack.Decoder(JournalEntry)
    try:
        with path.open("rb") as file:
            first = True
            while len(head := file.read(HEAD.size)) == HEAD.size:
                length, check = HEAD.unpack(head)
                data = file.read(length)
                if len(data) != length or zlib.crc32(data) != check:
                    return
                if first and data != digest.encode():
                    return
                if not first:
                    yield decoder.decode(data), file.tell()
                first = False
    except FileNotFoundError:
        return
