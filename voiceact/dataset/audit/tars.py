"""Read the tars of a run once from end to end, digest and clips in the same pass, and find those that no index names.

Nothing is extracted.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from voiceact.dataset.audit.issues import Faults
from voiceact.errors import VoiceactError, count_noun
from voiceact.store.columns import Row
from voiceact.store.filesystem import Store
from voiceact.store.index import Tar, is_tar_name, shard_number, tar_name
from voiceact.store.shard import PIECE, Place, read_members
from voiceact.vocabulary import LEVELS


@dataclass(frozen=True, slots=True)
class TarClip:
    """A clip as it stands in a tar.

    Attributes:
        key: id of the clip
        members: extension -> bytes
        places: extension -> where they lie in the tar
    """

    key: str
    members: dict[str, bytes]
    places: dict[str, Place]


@dataclass
class _Hashed:
    """A file that is read through a digest, with the bytes read so far."""

    file: IO[bytes]
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    def read(self, length: int) -> bytes:
        data = self.file.read(length)
        self.digest.update(data)
        self.size += len(data)
        return data

    def drain(self) -> None:
        while self.read(PIECE):
            pass


def read_tar(store: Store, tar: Tar, faults: Faults, seen: set[str]) -> Iterator[TarClip]:
    """Yield each clip of a tar once.

    Args:
        store: the run's store
        tar: the tar, as its index describes it
        faults: what is wrong with the tar as a whole is added here
        seen: keys of the shard's clips that were read before; the tar's are added
    """
    if not is_tar_name(tar.name):
        faults.add("index", tar.name, "is named by an index, and is no tar of a run")
        return
    if not store.exists(tar.name):
        faults.add("missing", tar.name, f"is not there; it held {count_noun(tar.clips, 'clip')}")
        return
    clips = 0
    with store.open(tar.name) as file:
        hashed = _Hashed(file)
        try:
            for clip in _read_clips(hashed, tar.name, faults):
                clips += 1
                if clip.key in seen:
                    faults.add("clip", tar.name, "stands there twice, or its members do not stand side by side", clip.key)
                    continue
                seen.add(clip.key)
                yield clip
        except VoiceactError as error:
            faults.add("damaged", tar.name, str(error).removeprefix(f"{tar.name}: "))
        hashed.drain()

    # Compare the tar with what the index says of it.
    if hashed.size != tar.bytes:
        faults.add("changed", tar.name, f"has {hashed.size:,} bytes; {tar.bytes:,} were written")
    elif hashed.digest.hexdigest() != tar.sha256:
        faults.add("changed", tar.name, f"its SHA-256 is {hashed.digest.hexdigest()[:12]}…; {tar.sha256[:12]}… was written")
    if clips != tar.clips:
        faults.add("clip", tar.name, f"holds {count_noun(clips, 'clip')}; {tar.clips} were written")


def _read_clips(file: _Hashed, name: str, faults: Faults) -> Iterator[TarClip]:
    """Yield clips: members side by side under one key; a clip that the end of the tar cuts off is yielded as far as it goes."""
    clip: TarClip | None = None
    damage: VoiceactError | None = None
    try:
        for member in read_members(file, name):  # type: ignore[arg-type]
            if member.fault:
                faults.add("member", name, f"{member.fault}; it was not extracted, do not extract it")
                continue
            if clip is None or member.key != clip.key:
                if clip is not None:
                    yield clip
                clip = TarClip(member.key, {}, {})
            if member.extension in clip.members:
                faults.add("member", name, f"member {member.name!r} stands there twice", clip.key)
                continue
            clip.members[member.extension], clip.places[member.extension] = member.data, member.place
    except VoiceactError as error:
        damage = error
    if clip is not None:
        yield clip
    if damage is not None:
        raise damage


def compare_place(clip: TarClip, row: Row, tar: Tar, suffix: str, *, twins: bool, faults: Faults) -> bool:
    """Compare the members of a clip, and where they lie, with its row.

    Args:
        clip: the clip as it stands in the tar
        row: its row
        tar: the tar
        suffix: suffix of the audio, flac or wav
        twins: whether the run keeps neutral twins
        faults: differences are added here

    Returns:
        Whether the clip has audio and a record.
    """
    needed = {"audio": suffix, "record": "json"} | ({"twin": f"twin.{suffix}"} if twins else {})
    if row["tar"] != tar.name:
        faults.add("clip", tar.name, f"lies there, and its row places it in {row['tar']}", clip.key)
    for extension in clip.members.keys() - set(needed.values()):
        faults.add("member", tar.name, f"member {clip.key}.{extension} is none that this recipe writes", clip.key)
    for part, extension in needed.items():
        place = clip.places.get(extension)
        if place is None:
            faults.add("clip", tar.name, f"has no {extension}", clip.key)
        elif Place(row[f"{part}_start"], row[f"{part}_length"]) != place:
            stated = f"{row[f'{part}_start']} ({row[f'{part}_length']})"
            faults.add(
                "clip",
                tar.name,
                f"its {extension} lies at byte {place.start} ({place.length}), by its row at {stated}",
                clip.key,
            )
    if not twins and row["twin_start"] is not None:
        faults.add("clip", tar.name, "its row places a twin, and the recipe keeps none", clip.key)
    return suffix in clip.members and "json" in clip.members


class UnnamedTars:
    """The tars that no index has named yet: a byte for each that a run can have, and the names of any others."""

    def __init__(self, names: Iterable[str], shards: int):
        """Start with all tars.

        Args:
            names: names of the tars in the run folder
            shards: shards of the plan
        """
        self._marks: dict[str, bytearray] = {level: bytearray(shards) for level in LEVELS}
        self._others: set[str] = set()
        for name in names:
            if not self._mark(name, 1):
                self._others.add(name)

    def discard(self, name: str) -> None:
        """Remove the name if present."""
        if not self._mark(name, 0):
            self._others.discard(name)

    def __iter__(self) -> Iterator[str]:
        """Yield the names that are left, sorted."""
        marked = (tar_name(level, shard) for level, marks in self._marks.items() for shard, mark in enumerate(marks) if mark)
        yield from sorted({*self._others, *marked})

    def _mark(self, name: str, mark: int) -> bool:
        """Mark a tar that the run can have; False if it is none."""
        shard = shard_number(name) if is_tar_name(name) else None
        marks = self._marks.get(name.partition("/")[0])
        if shard is None or marks is None or shard >= len(marks):
            return False
        marks[shard] = mark
        return True
