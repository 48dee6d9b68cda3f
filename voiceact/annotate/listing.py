"""What is to be annotated, as it is frozen when a run begins: clips by name, or containers that hold clips.

A listing is cut into shards, the units of work. Each shard of a folder, list or table names its clips; each shard of
WebDataset or Parquet files names the container, or the row groups of it, that it stands for.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

import msgspec

from voiceact.errors import VoiceactError
from voiceact.estimators.estimating import SUFFIXES
from voiceact.store.filesystem import Store

AUDIO_SUFFIXES = (*SUFFIXES, ".oga")
FIELDS: dict[str, tuple[str, ...]] = {
    "license": ("license", "licence", "license_name"),
    "speaker": ("speaker", "speaker_id", "spk_id", "client_id", "persona"),
    "text": ("text", "transcript", "transcription", "sentence", "normalized_text"),
    "language": ("language", "lang", "locale"),
    "gender": ("gender", "sex"),
    "age": ("age",),
}
"""field of a clip -> names under which tables have it, the first that is present being taken"""
LONGEST_FIELD = 4000
"""characters of a field that are kept"""
LAST_CLIPS, LAST_SHARE = 8000, 16
"""the last so many clips of a listing are cut into shards of one part in so many of what is left"""
LEAST_CLIPS = 8
"""in a shard, where there are that many"""


class ClipEntry(msgspec.Struct, frozen=True, omit_defaults=True, tag="clip"):
    """A clip that lies in a file of its own.

    Attributes:
        id: unique in the run; the path as the source has it
        path: where the file lies: an absolute path, or a URL
        size: bytes when it was listed; None where nobody could tell
        changed: time of its last change when it was listed, nanoseconds; None for files elsewhere
        stated: field -> what the source states of it (`FIELDS`)
        fault: why it cannot be read, where that was seen when it was listed
    """

    id: str
    path: str
    size: int | None = None
    changed: int | None = None
    stated: dict[str, str] = {}
    fault: str = ""


class ContainerEntry(msgspec.Struct, frozen=True, omit_defaults=True, tag="container"):
    """A file that holds many clips: a tar of WebDataset, or some row groups of a Parquet file.

    Attributes:
        id: unique in the run, and the beginning of its clips' ids
        path: where it lies
        kind: "tar" or "parquet"
        size, changed: as of a clip
        groups: first row group and the one after the last
    """

    id: str
    path: str
    kind: str
    size: int | None = None
    changed: int | None = None
    groups: tuple[int, int] | None = None


Entry = ClipEntry | ContainerEntry


def listing_name(shard: int) -> str:
    """Return the name of a shard's listing in the run folder."""
    return f"list/shard-{shard:06d}.jsonl"


def write_listing(store: Store, shard: int, entries: Iterable[Entry]) -> None:
    """Write what a shard stands for."""
    encoder = msgspec.json.Encoder()
    store.write(listing_name(shard), b"".join(encoder.encode(entry) + b"\n" for entry in entries))


def read_listing(store: Store, shard: int) -> list[Entry]:
    """Read what a shard stands for.

    Raises:
        VoiceactError: if the listing is missing or damaged
    """
    name = listing_name(shard)
    try:
        decoder = msgspec.json.Decoder(Entry)
        return [decoder.decode(line) for line in store.read(name).split(b"\n") if line]
    except msgspec.DecodeError as error:
        raise VoiceactError(f"{store.url}/{name}: is damaged ({error}); annotate into a new folder") from error


def stated_fields(row: dict[str, Any]) -> dict[str, str]:
    """Take from a table's row what it states of a clip (`FIELDS`); empty values are left out."""
    lower = {str(name).strip().casefold(): value for name, value in row.items() if name is not None}
    stated: dict[str, str] = {}
    for field, names in FIELDS.items():
        value = next((lower[name] for name in names if lower.get(name) not in (None, "")), None)
        if value is not None and not isinstance(value, list | dict):
            stated[field] = str(value).strip()[:LONGEST_FIELD]
    return {name: value for name, value in stated.items() if value}


def is_audio(name: str) -> bool:
    """Return whether a file's name is that of audio that can be read."""
    return PurePosixPath(name).suffix.casefold() in AUDIO_SUFFIXES


def cut(entries: Iterable[Entry], clips: int) -> Iterator[list[Entry]]:
    """Cut a listing into shards: a container for itself, clips by so many."""
    shard: list[Entry] = []
    for entry in entries:
        if isinstance(entry, ContainerEntry):
            if shard:
                yield shard
                shard = []
            yield [entry]
            continue
        shard.append(entry)
        if len(shard) == clips:
            yield shard
            shard = []
    if shard:
        yield shard


def cut_tapered(entries: Iterable[Entry], clips: int) -> Iterator[list[Entry]]:
    """Cut a listing into shards as `cut`, the last of them ever smaller: so several processes end at about one time.

    Args:
        entries: of the listing, of which some thousand are held at a time
        clips: in a shard at most; of the last 8,000 a shard takes a sixteenth of what is left, and no fewer than eight
    """
    coming = iter(entries)
    ahead = deque(islice(coming, LAST_CLIPS))
    while ahead:
        shard = next(cut(ahead, min(clips, max(LEAST_CLIPS, len(ahead) // LAST_SHARE))))
        for _ in shard:
            ahead.popleft()
        ahead.extend(islice(coming, len(shard)))
        yield shard
