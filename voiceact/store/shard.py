"""A shard: a tar file as WebDataset reads it, the members of each clip side by side under one key.

The bytes depend on the members alone: no clock, no user, no folder.
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
    """Where the bytes of a member lie in its tar: first byte, and how many."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a tar, as it is read.

    Attributes:
        name: as the header states it
        place: of its bytes
        data: the bytes
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


def is_member(key: str, extension: str) -> bool:
    """Return whether KEY.EXTENSION can stand in a shard: a name, not a path, that every reader cuts at the same dot."""
    return bool(_KEY.fullmatch(key) and _EXTENSION.fullmatch(extension))


# --- Writing


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
        """Append a clip.

        Args:
            key: without dots, or WebDataset would cut it there
            members: extension ("flac", "json", "twin.flac") -> bytes, in the order they are to stand

        Returns:
            extension -> where the bytes of that member lie

        Raises:
            ValueError: if the key or an extension could not be read back unchanged; then nothing is written
        """
        # Make all headers first: a name that is too long is refused before anything is written.
        headers = []
        for extension, data in members.items():
            if not is_member(key, extension):
                raise ValueError(f"key {key!r} with extension {extension!r} holds a dot, a slash or nothing")
            header = tarfile.TarInfo(f"{key}.{extension}")
            header.size, header.mode = len(data), 0o644
            header.tobuf(tarfile.USTAR_FORMAT)
            headers.append(header)
        places = {}
        for header, (extension, data) in zip(headers, members.items(), strict=True):
            places[extension] = Place(self._tar.offset + BLOCK, len(data))
            self._tar.addfile(header, io.BytesIO(data))
        return places


# --- Reading


def read_shard(file: IO[bytes], name: str = "shard") -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield each clip of a tar: its key, and extension -> bytes. Nothing is extracted to a path that a tar names.

    Args:
        file: the tar
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
    """Yield the members of a tar in their order, with memory for one.

    Stricter than `tarfile`, which takes a tar that is cut between two members, or whose next header is damaged, for
    one that ends there: the mark at the end must be present, and nothing may follow it.

    Args:
        file: the tar
        name: of the shard, for messages

    Raises:
        VoiceactError: if the tar is empty, cut short or damaged
    """
    at = 0
    while True:
        block = file.read(BLOCK)
        if len(block) < BLOCK:
            raise _damaged(
                name, f"it ends at byte {at + len(block)}, without the mark of its end" if at or block else "it is empty"
            )
        if not any(block):
            break
        member = _read_member(file, name, block, at)
        yield member
        at = member.place.start + _padded(member.place.length)

    # Two empty blocks end a tar; what pads it is empty too.
    second = file.read(BLOCK)
    if len(second) < BLOCK:
        raise _damaged(name, f"it ends at byte {at + BLOCK + len(second)}, within the mark of its end")
    while second:
        if any(second):
            raise _damaged(name, f"something stands behind its end at byte {at}")
        second = file.read(PIECE)


def _read_member(file: IO[bytes], name: str, block: bytes, at: int) -> Member:
    """Read the member whose header block, at byte `at`, is already read."""
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise _damaged(name, f"the header at byte {at} is damaged: {error}") from error
    plain = header.isreg()
    length = header.size if plain or header.type not in _WITHOUT_DATA else 0

    # Read in pieces: a header may promise more than the file holds.
    pieces, left = [], _padded(length)
    while left > 0:
        piece = file.read(min(PIECE, left))
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    if length < 0 or left > 0:
        raise _damaged(name, f"member {header.name!r} at byte {at} ends early")
    return Member(header.name, Place(at + BLOCK, length), b"".join(pieces)[:length], plain)


_WITHOUT_DATA = (tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE)


def _padded(length: int) -> int:
    return -(-length // BLOCK) * BLOCK


def _damaged(name: str, how: str) -> VoiceactError:
    return VoiceactError(f"{name}: is not a whole tar file ({how})")
