"""The tars of a run: read once from end to end, their digest and their clips in the same pass. Nothing is extracted."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from voiceact.dataset.audit.issues import Faults
from voiceact.errors import VoiceactError
from voiceact.store.columns import Row
from voiceact.store.filesystem import Store
from voiceact.store.index import Tar, is_tar_name
from voiceact.store.shard import PIECE, Member, Place, read_members


@dataclass(frozen=True, slots=True)
class Found:
    """A clip as it stands in a tar.

    members: extension -> bytes
    places: extension -> where they lie
    """

    key: str
    members: dict[str, bytes]
    places: dict[str, Place]


@dataclass
class _Hashed:
    """A file that is read through a digest."""

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


def read_tar(store: Store, tar: Tar, faults: Faults, seen: set[str]) -> Iterator[Found]:
    """Each clip of a tar, once; what is wrong with the tar as a whole goes to `faults`.

    seen: keys of the shard's clips that were met before; grows
    """
    if not is_tar_name(tar.name):
        faults.add("index", tar.name, "is named by an index, and is no tar of a run")
        return
    if not store.exists(tar.name):
        faults.add("missing", tar.name, f"is not there; it held {tar.clips} clips")
        return
    clips = 0
    with store.open(tar.name) as file:
        hashed = _Hashed(file)
        try:
            for found in _clips(hashed, tar.name, faults):
                clips += 1
                if found.key in seen:
                    faults.add("clip", tar.name, "stands there twice, or its members do not stand side by side", found.key)
                    continue
                seen.add(found.key)
                yield found
        except VoiceactError as error:
            faults.add("damaged", tar.name, str(error).removeprefix(f"{tar.name}: "))
        hashed.drain()
    _compare(tar, hashed, clips, faults)


def _compare(tar: Tar, hashed: _Hashed, clips: int, faults: Faults) -> None:
    if hashed.size != tar.bytes:
        faults.add("changed", tar.name, f"has {hashed.size:,} bytes; {tar.bytes:,} were written")
    elif hashed.digest.hexdigest() != tar.sha256:
        faults.add("changed", tar.name, f"its SHA-256 is {hashed.digest.hexdigest()[:12]}…; {tar.sha256[:12]}… was written")
    if clips != tar.clips:
        faults.add("clip", tar.name, f"holds {clips} clips; {tar.clips} were written")


def _clips(file: _Hashed, name: str, faults: Faults) -> Iterator[Found]:
    """Members that stand side by side under one key; a clip that the tar's end cuts is given as far as it goes."""
    clip: Found | None = None
    damage: VoiceactError | None = None
    try:
        for member in read_members(file, name):  # type: ignore[arg-type]
            if member.fault:
                faults.add("member", name, f"{member.fault}; it was not extracted, do not extract it")
                continue
            if clip is None or member.key != clip.key:
                if clip is not None:
                    yield clip
                clip = Found(member.key, {}, {})
            _put(clip, member, name, faults)
    except VoiceactError as error:
        damage = error
    if clip is not None:
        yield clip
    if damage is not None:
        raise damage


def _put(clip: Found, member: Member, name: str, faults: Faults) -> None:
    if member.extension in clip.members:
        faults.add("member", name, f"member {member.name!r} stands there twice", clip.key)
        return
    clip.members[member.extension], clip.places[member.extension] = member.data, member.place


def compare_place(found: Found, row: Row, tar: Tar, suffix: str, *, twins: bool, faults: Faults) -> bool:
    """Whether the clip has the members that it should have; where they lie is compared with the row."""
    needed = {"audio": suffix, "record": "json"} | ({"twin": f"twin.{suffix}"} if twins else {})
    if row["tar"] != tar.name:
        faults.add("clip", tar.name, f"lies there, and its row places it in {row['tar']}", found.key)
    for extension in found.members.keys() - set(needed.values()):
        faults.add("member", tar.name, f"member {found.key}.{extension} is none that this recipe writes", found.key)
    for part, extension in needed.items():
        place = found.places.get(extension)
        if place is None:
            faults.add("clip", tar.name, f"has no {extension}", found.key)
        elif _place(row, part) != place:
            said = f"{row[f'{part}_start']} ({row[f'{part}_length']})"
            faults.add("clip", tar.name, f"its {extension} lies at byte {place.start} ({place.length}), by its row at {said}",
                       found.key)
    if not twins and row["twin_start"] is not None:
        faults.add("clip", tar.name, "its row places a twin, and the recipe keeps none", found.key)
    return suffix in found.members and "json" in found.members


def _place(row: Mapping[str, Any], part: str) -> Place:
    return Place(row[f"{part}_start"], row[f"{part}_length"])
