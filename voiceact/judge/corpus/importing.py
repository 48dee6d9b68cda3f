"""A folder of a well-known corpus -> its manifest and card."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from voiceact.errors import UsageError, listed
from voiceact.judge.corpus.base import Corpus, Emotion, Fields, Skip, find_corpus
from voiceact.judge.corpus.manifest import Card, Recording, Skipped, count_emotions, manifest_bytes, write_manifest
from voiceact.runtime.atomic_files import check_folder

READ = (".wav", ".flac", ".aiff", ".aif", ".w64", ".caf", ".ogg", ".oga", ".opus", ".mp3")
"""suffixes of audio that is read, the least lossy first: of copies of one clip, the first is kept"""

NOT_READ = (".webm", ".m4a", ".mp4", ".aac", ".wma", ".flv", ".3gp", ".amr")
"""suffixes of recordings that are reported, since libsndfile cannot read them"""

COPY = "another copy of a clip already taken"
FORMAT_NOT_READ = "format cannot be read; convert it to WAV or FLAC first"
UNREADABLE = "cannot be read as audio (damaged, empty, or only a pointer to a file not yet fetched)"
HIDDEN = "hidden file"
NO_FILE = "listed in the corpus's table but without a file"
EXAMPLES = 5


def import_corpus(
    name: str,
    folder: str | os.PathLike[str],
    manifest: str | os.PathLike[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Card:
    """Write `manifest` and its card for the corpus `name` that lies in `folder`; paths are relative to the manifest.

    progress: told (files done, files in all)

    Raises:
        UnknownNameError: no importer of that name
        UsageError: the folder or its tables are missing, no file in it is a clip of that corpus, or the manifest
            cannot be written; nothing is written then
    """
    corpus, folder, manifest = find_corpus(name), Path(folder), Path(manifest)
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; expected the corpus {corpus.name} in it")
    check_folder(manifest)
    progress = progress or (lambda done, total: None)
    corpus.unpack(folder, progress)
    recordings, skipped = _collect(corpus, folder, manifest.parent, progress)
    if not recordings:
        reasons = listed(f"{count.count} {reason}" for reason, count in skipped.items()) or "it holds no audio"
        raise UsageError(f"{folder}: holds no clip of {corpus.name} ({corpus.title}); {reasons}")
    data = manifest_bytes(recordings)
    card = _card(corpus, recordings, skipped, hashlib.sha256(data).hexdigest())
    write_manifest(manifest, data, card)
    return card


def _collect(
    corpus: Corpus, folder: Path, start: Path, progress: Callable[[int, int], None]
) -> tuple[list[Recording], dict[str, Skipped]]:
    tables, files = corpus.tables(folder), _audio_files(folder)
    recordings: list[Recording] = []
    left_out: dict[str, list[str]] = {}
    paths: set[str] = set()
    for done, file in enumerate(files, 1):
        inside = PurePosixPath(file.relative_to(folder).as_posix())
        try:
            recordings.append(_recording(corpus, tables, file, inside, start, paths))
        except Skip as skip:
            left_out.setdefault(str(skip), []).append(str(inside))
        progress(done, len(files))
    lost = sorted(set(corpus.listed(tables)) - {file.stem for file in files})
    if lost:
        left_out[NO_FILE] = lost
    return recordings, {reason: Skipped(len(names), tuple(names[:EXAMPLES])) for reason, names in left_out.items()}


def _audio_files(folder: Path) -> list[Path]:
    """Every recording in the folder, whether it can be read or not; the copy to be kept comes first."""

    def found() -> Iterator[Path]:
        for here, _, names in os.walk(folder):
            yield from (Path(here, name) for name in names)

    suffixes = READ + NOT_READ
    files = [path for path in found() if path.suffix.lower() in suffixes]
    return sorted(files, key=lambda path: (suffixes.index(path.suffix.lower()), path.as_posix()))


def _recording(corpus: Corpus, tables: object, file: Path, inside: PurePosixPath, start: Path, seen: set[str]) -> Recording:
    if file.name.startswith("."):
        raise Skip(HIDDEN)
    fields = corpus.fields(inside, tables)
    clip = fields.pop("clip")
    if clip in seen:
        raise Skip(COPY)
    seconds = _seconds(file)
    seen.add(clip)
    emotion = _emotion(corpus, fields)
    fields.setdefault("language", corpus.language)
    return Recording(
        path=Path(os.path.relpath(file, start)).as_posix(),
        seconds=seconds,
        kind=corpus.kind,
        emonet=emotion.emonet,
        emonet_secondary=emotion.secondary,
        **fields,
    )


def _emotion(corpus: Corpus, fields: Fields) -> Emotion:
    if fields["emotion"] not in corpus.emotions:
        raise Skip(f"unknown emotion {fields['emotion']!r}")
    return corpus.emotions[fields["emotion"]]


def _seconds(file: Path) -> float:
    from voiceact.audio import duration_seconds

    if file.suffix.lower() in NOT_READ:
        raise Skip(FORMAT_NOT_READ)
    try:
        seconds = duration_seconds(file)
    except UsageError as error:
        raise Skip(UNREADABLE) from error
    if not seconds:
        raise Skip(UNREADABLE)
    return round(seconds, 3)


def _card(corpus: Corpus, recordings: list[Recording], skipped: dict[str, Skipped], sha256: str) -> Card:
    return Card(
        corpus=corpus.name,
        title=corpus.title,
        licence=corpus.licence,
        commercial=corpus.commercial,
        citation=corpus.citation,
        kind=corpus.kind,
        note=corpus.note,
        languages=tuple(sorted({recording.language for recording in recordings})),
        clips=len(recordings),
        speakers=len({recording.speaker for recording in recordings}),
        seconds=round(sum(recording.seconds or 0 for recording in recordings), 1),
        emotions=count_emotions(recordings),
        skipped=skipped,
        manifest_sha256=sha256,
    )
