"""The clips of a shard as sound: read one after another from files or containers, long ones cut where nobody speaks."""

import io
import os
import tarfile
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from voiceact import audio
from voiceact.annotate.listing import ClipEntry, ContainerEntry, Entry, is_audio, stated_fields
from voiceact.annotate.source import audio_column, files_of
from voiceact.annotate.voice_activity import iter_utterances
from voiceact.audio import Samples
from voiceact.audio.io import LOUDEST, MOST_CHANNELS
from voiceact.errors import UsageError, VoiceactError

BLOCK_SECONDS = 20.0
"""of a long file that are in memory at once, beside an utterance"""
LARGEST_MEMBER = 1 << 31
"""bytes of a clip in a container, beyond which it is not read"""
LARGEST_SIDECAR = 1 << 20


@dataclass(frozen=True)
class RawClip:
    """A clip before it is decoded.

    Attributes:
        id: unique in the run
        path: where it lies; of a clip in a container, that of the container
        stated: what the source states of it
        data: its bytes, where it lies in a container or elsewhere; None for a file of this machine
        fault: why it cannot be read
    """

    id: str
    path: str
    stated: dict[str, str] = field(default_factory=dict)
    data: bytes | None = field(default=None, repr=False)
    fault: str = ""


@dataclass(frozen=True)
class Segment:
    """A stretch of a clip, or all of it.

    Attributes:
        clip: it is part of
        number: from 0
        start, end: seconds from the beginning of the clip
        samples: float32 [n]
        rate: Hz
        whole: whether it is all of the clip
    """

    clip: RawClip
    number: int
    start: float
    end: float
    samples: Samples = field(repr=False)
    rate: int
    whole: bool = True


# --- Reading


def iter_clips(entries: Iterable[Entry], done: Container[str] = ()) -> Iterator[RawClip]:
    """Yield the clips that a shard stands for, in order, but those done; bytes of those alone are read.

    Args:
        entries: of the shard's listing
        done: ids of clips that are not wanted
    """
    for entry in entries:
        if isinstance(entry, ContainerEntry):
            yield from _contained(entry, done)
        elif entry.id not in done:
            yield _read_entry(entry)


def _read_entry(entry: ClipEntry) -> RawClip:
    """Return a clip with a file of its own; its fault says whether it is gone, or another than when it was listed."""
    if entry.fault:
        return RawClip(entry.id, entry.path, entry.stated, fault=entry.fault)
    files, path = files_of(entry.path)
    if files.fs is not None:
        try:
            with files.open(path) as file:
                return RawClip(entry.id, entry.path, entry.stated, file.read())
        except OSError as error:
            return RawClip(entry.id, entry.path, entry.stated, fault=f"cannot be read ({error})")
    return RawClip(entry.id, entry.path, entry.stated, fault=_change(entry, *files.stat(path)))


def _change(entry: ClipEntry | ContainerEntry, size: int | None, changed: int | None) -> str:
    """Say what has happened to a file since it was listed; empty if nothing."""
    if size is None:
        return "is no longer there" if entry.size is not None else "no such file"
    if entry.size is not None and (size, changed) != (entry.size, entry.changed):
        return f"was changed after it was listed ({entry.size:,} bytes then, {size:,} now)"
    return ""


def _contained(entry: ContainerEntry, done: Container[str]) -> Iterator[RawClip]:
    files, path = files_of(entry.path)
    fault = _change(entry, *files.stat(path)) if files.fs is None else ""
    if fault:
        yield RawClip(entry.id, entry.path, fault=f"the container {fault}")
        return
    try:
        yield from (_tar_clips if entry.kind == "tar" else _parquet_clips)(entry, done)
    except (OSError, tarfile.TarError, EOFError, UnicodeDecodeError) as error:
        # What came before stands; what comes after cannot be reached.
        yield RawClip(f"{entry.id}#damaged", entry.path, fault=f"the container is damaged from here on ({error})")


def _tar_clips(entry: ContainerEntry, done: Container[str]) -> Iterator[RawClip]:
    """Yield the samples of a tar: members that agree up to the first dot of their names, one after another."""
    files, path = files_of(entry.path)
    seen: set[str] = set()
    key, members = "", dict[str, bytes]()
    with files.open(path) as raw, tarfile.open(fileobj=raw, mode="r|*") as tar:
        for member in tar:
            if not member.isfile():
                continue
            folder, _, leaf = member.name.rpartition("/")
            stem, _, suffix = leaf.partition(".")
            name = f"{folder}/{stem}" if folder else stem
            if name != key:
                if key:
                    yield from _sample(entry, key, members, seen, done)
                key, members = name, {}
            wanted = is_audio(f"x.{suffix}") or suffix in ("json", "txt")
            if wanted and member.size <= (LARGEST_MEMBER if is_audio(f"x.{suffix}") else LARGEST_SIDECAR):
                file = tar.extractfile(member)
                members[suffix] = file.read() if file else b""
                if len(members[suffix]) != member.size:
                    raise EOFError("unexpected end of data")
    if key:
        yield from _sample(entry, key, members, seen, done)


def _sample(
    entry: ContainerEntry, key: str, members: dict[str, bytes], seen: set[str], done: Container[str]
) -> Iterator[RawClip]:
    name = f"{entry.id}/{_printable(key)}"
    if key in seen:
        name, number = f"{name}#again", 2
        while name in seen:
            name, number = f"{entry.id}/{_printable(key)}#again-{number}", number + 1
        seen.add(name)
        if name not in done:
            yield RawClip(name, entry.path, fault="another sample of the same tar has this key; the first was taken")
        return
    seen.add(key)
    if name in done:
        return
    stated: dict[str, str] = {}
    if "json" in members:
        try:
            row = msgspec.json.decode(members["json"])
            stated = stated_fields(row) if isinstance(row, dict) else {}
        except (msgspec.DecodeError, RecursionError):
            yield RawClip(name, entry.path, fault="its JSON cannot be read")
            return
    if "txt" in members and "text" not in stated:
        stated |= stated_fields({"text": members["txt"].decode("utf-8", "replace")})
    sound = next((data for suffix, data in members.items() if is_audio(f"x.{suffix}")), None)
    fault = "" if sound is not None else "its audio is missing from the tar"
    yield RawClip(name, entry.path, stated, sound, fault)


def _parquet_clips(entry: ContainerEntry, done: Container[str]) -> Iterator[RawClip]:
    import pyarrow
    from pyarrow import parquet

    files, path = files_of(entry.path)
    first, end = entry.groups or (0, 0)
    with files.open(path) as raw:
        try:
            file = parquet.ParquetFile(raw)
            column, holds_bytes = audio_column(file.schema_arrow, path)
            wanted = [
                name for name in file.schema_arrow.names if name == column or _may_state(file.schema_arrow.field(name).type)
            ]
            number = 0
            for batch in file.iter_batches(batch_size=16, row_groups=list(range(first, end)), columns=wanted):
                for row in batch.to_pylist():
                    name, number = f"{entry.id}/{number:06d}", number + 1
                    if name not in done:
                        yield _row_clip(name, entry, row, column, holds_bytes)
        except pyarrow.ArrowException as error:
            raise OSError(str(error).splitlines()[0][:160]) from error


def _may_state(kind: Any) -> bool:
    import pyarrow

    types = pyarrow.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_floating(kind))


def _row_clip(name: str, entry: ContainerEntry, row: dict[str, Any], column: str, holds_bytes: bool) -> RawClip:
    value = row.pop(column)
    stated = stated_fields(row)
    if holds_bytes:
        data = value.get("bytes") if isinstance(value, dict) else value
        if data:
            return RawClip(name, entry.path, stated, data)
        value = value.get("path") if isinstance(value, dict) else None
    if not value:
        return RawClip(name, entry.path, stated, fault="its row holds no audio")
    place = value if "://" in value else os.path.join(os.path.dirname(entry.path), value)
    return _read_entry(ClipEntry(name, place, *files_of(place)[0].stat(place), stated=stated))


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


# --- Decoding


def decode_clip(clip: RawClip, longest_seconds: float) -> Iterator[Segment]:
    """Decode a clip, or the utterances of one that is longer.

    Args:
        clip: to be decoded
        longest_seconds: a clip up to this long is one segment

    Raises:
        VoiceactError: in one sentence that does not repeat the name: it cannot be read, or nobody speaks in it
    """
    import soundfile

    if clip.fault:
        raise VoiceactError(clip.fault)
    try:
        if clip.data is None:
            if audio.duration_seconds(clip.path) <= longest_seconds:
                samples, rate = audio.read(clip.path)
                yield Segment(clip, 0, 0.0, len(samples) / rate, samples, rate)
                return
        elif not clip.data:
            raise VoiceactError("is empty (0 bytes)")
        with soundfile.SoundFile(clip.path if clip.data is None else io.BytesIO(clip.data)) as file:
            audio.check_rate(file.samplerate, "the clip")
            if file.channels > MOST_CHANNELS:
                raise VoiceactError(f"has {file.channels} channels; expected at most {MOST_CHANNELS}")
            if file.frames <= longest_seconds * file.samplerate:
                samples = _checked(file.read(dtype="float32", always_2d=True).mean(axis=1))
                if len(samples) < file.frames:
                    raise VoiceactError("is truncated; its header promises more audio than it holds")
                yield Segment(clip, 0, 0.0, len(samples) / file.samplerate, samples, file.samplerate)
                return
            number = 0
            blocks = (
                _checked(block.mean(axis=1))
                for block in file.blocks(int(BLOCK_SECONDS * file.samplerate), dtype="float32", always_2d=True)
            )
            for start, samples in iter_utterances(blocks, file.samplerate):
                end = start + len(samples) / file.samplerate
                yield Segment(clip, number, round(start, 3), round(end, 3), samples, file.samplerate, whole=False)
                number += 1
            if not number:
                raise VoiceactError(f"lasts {file.frames / file.samplerate:.0f} s, and nobody is heard to speak in it")
    except soundfile.LibsndfileError as error:
        raise VoiceactError(f"cannot be read as audio ({error.error_string.rstrip('.')})") from error
    except UsageError as error:
        # The library's sentence begins with the name, which stands in the row already.
        raise VoiceactError(str(error).removeprefix(f"{clip.path}: ")) from error


def _checked(samples: Samples) -> Samples:
    if not len(samples):
        raise VoiceactError("holds no samples")
    if not np.isfinite(samples).all():
        raise VoiceactError("holds samples that are not finite (NaN or infinite)")
    if max(float(samples.max()), -float(samples.min())) > LOUDEST:
        raise VoiceactError("holds samples far beyond full scale; this is no sound")
    return np.ascontiguousarray(samples, np.float32)
