"""A shard: a tar file as WebDataset reads it, the members of each clip side by side under one key.

The bytes depend on what is in it and on nothing else: no clock, no user, no folder.
"""

import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from voiceact.errors import VoiceactError

BLOCK = 512
"""bytes of a tar header; every member begins at a multiple of it"""
PIECE = 1 << 20
"""bytes read at once, so that a header that promises a terabyte costs no memory"""

_KEY = re.compile(r"[^./\\\x00]+")
_EXTENSION = re.compile(r"[^./\\\x00]+(\.[^./\\\x00]+)*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of a member lie in its tar."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a tar, as it is read.

    plain: whether it is a file, not a link, a folder or a device
    """

    name: str
    place: Place
    data: bytes
    plain: bool

    @property
    def key(self) -> str:
        """Of its clip: its name up to the first dot."""
        return self.name.partition(".")[0]

    @property
    def extension(self) -> str:
        """What follows the key: "flac", "twin.flac"."""
        return self.name.partition(".")[2]

    @property
    def fault(self) -> str:
        """Why it has no place in a shard; empty if it has one."""
        if not self.plain:
            return f"member {self.name!r} is no plain file"
        if not is_member(self.key, self.extension):
            return f"member {self.name!r} is not named KEY.EXTENSION"
        return ""


class ShardWriter:
    """Writes clips to a tar: `with ShardWriter(file) as shard: shard.add("a-1", {"flac": ..., "json": ...})`."""

    def __init__(self, file: IO[bytes]):
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._tar.close()

    def add(self, key: str, members: Mapping[str, bytes]) -> dict[str, Place]:
        """Append a clip; where each of its members lies.

        key: without dots, or WebDataset would cut it there
        members: extension ("flac", "json", "twin.flac") -> bytes, in the order they are to stand

        Raises:
            ValueError: if the key or an extension could not be read back as it is; then nothing is written
        """
        headers = [_header(key, extension, data) for extension, data in members.items()]
        return {extension: self._append(header, data)
                for header, (extension, data) in zip(headers, members.items(), strict=True)}

    def _append(self, header: tarfile.TarInfo, data: bytes) -> Place:
        start = self._tar.offset + BLOCK
        self._tar.addfile(header, io.BytesIO(data))
        return Place(start, len(data))


def is_member(key: str, extension: str) -> bool:
    """Whether KEY.EXTENSION can stand in a shard: a name, not a path, that every reader cuts at the same dot."""
    return bool(_KEY.fullmatch(key) and _EXTENSION.fullmatch(extension))


def _header(key: str, extension: str, data: bytes) -> tarfile.TarInfo:
    if not is_member(key, extension):
        raise ValueError(f"key {key!r} with extension {extension!r} holds a dot, a slash or nothing")
    header = tarfile.TarInfo(f"{key}.{extension}")
    header.size, header.mode = len(data), 0o644
    header.tobuf(tarfile.USTAR_FORMAT)  # a name too long is told before anything is written
    return header


# --- Reading


def read_shard(file: IO[bytes], name: str = "shard") -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each clip of a tar: its key, and extension -> bytes. Nothing is ever extracted to a path that a tar names.

    name: of the shard, for messages
    Raises:
        VoiceactError: if the tar is cut short or damaged, or holds what `ShardWriter` does not write
    """
    key, members = None, dict[str, bytes]()
    for member in read_members(file, name):
        if member.fault:
            raise VoiceactError(f"{name}: {member.fault}; it is no shard of this voiceact")
        if member.key != key:
            if key is not None:
                yield key, members
            key, members = member.key, {}
        if member.extension in members:
            raise VoiceactError(f"{name}: member {member.name!r} stands in it twice")
        members[member.extension] = member.data
    if key is not None:
        yield key, members


def read_members(file: IO[bytes], name: str = "shard") -> Iterator[Member]:
    """Each member of a tar as it stands there, one after another, with memory for one.

    Stricter than `tarfile`, which takes a tar that is cut between two members, or whose next header is damaged, for
    one that ends there: the mark at the end must be there, and nothing behind it.

    Raises:
        VoiceactError: if the tar is empty, cut short or damaged
    """
    at = 0
    while True:
        block = file.read(BLOCK)
        if len(block) < BLOCK:
            raise _damaged(name, f"it ends at byte {at + len(block)}, without the mark of its end" if at or block
                           else "it is empty")
        if not any(block):
            break
        member = _member(file, name, block, at)
        yield member
        at = member.place.start + _padded(member.place.length)
    _check_end(file, name, at)


def _member(file: IO[bytes], name: str, block: bytes, at: int) -> Member:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise _damaged(name, f"the header at byte {at} is damaged: {error}") from error
    plain = header.isreg()
    length = header.size if plain or header.type not in _WITHOUT_DATA else 0
    data = _read(file, _padded(length)) if length >= 0 else b""
    if length < 0 or len(data) < _padded(length):
        raise _damaged(name, f"member {header.name!r} at byte {at} ends early")
    return Member(header.name, Place(at + BLOCK, length), data[:length], plain)


_WITHOUT_DATA = (tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE)


def _check_end(file: IO[bytes], name: str, at: int) -> None:
    """Two empty blocks end a tar; what pads it is empty too."""
    second = file.read(BLOCK)
    if len(second) < BLOCK:
        raise _damaged(name, f"it ends at byte {at + BLOCK + len(second)}, within the mark of its end")
    while second:
        if any(second):
            raise _damaged(name, f"something stands behind its end at byte {at}")
        second = file.read(PIECE)


def _read(file: IO[bytes], length: int) -> bytes:
    pieces = []
    while length:
        piece = file.read(min(PIECE, length))
        if not piece:
            break
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _padded(length: int) -> int:
    return -(-length // BLOCK) * BLOCK


def _damaged(name: str, how: str) -> VoiceactError:
    return VoiceactError(f"{name}: is not a whole tar file ({how})")
