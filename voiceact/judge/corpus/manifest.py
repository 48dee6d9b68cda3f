"""manifest.jsonl: one line a clip of a human corpus, and the card beside it."""

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from voiceact.errors import UnknownNameError, UsageError, count_noun
from voiceact.judge.corpus.questions import RATINGS, Question
from voiceact.runtime.atomic_files import check_folder, write_whole

if TYPE_CHECKING:
    from voiceact.acting.taxonomy import Category

MANIFEST = "manifest.jsonl"
FORMAT = "voiceact-corpus/1"


class Recording(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of a manifest.

    path: relative to the manifest
    emotion: the corpus's own word
    emonet: name of the EmoNet category it maps to, absent where none fits
    emonet_secondary: categories that may be heard as well; such a clip is no counter-example of them
    intensity: what was performed, of normal and strong or of low, medium and high
    votes: how many listeners heard which of the corpus's emotions, from the voice alone
    arousal, valence, dominance: listeners' mean ratings, on the corpus's own scale
    questions: what listeners were asked about the clip, and what they answered (benchmarks)
    sentence: the corpus's own name of the line, where it has one; clips of one sentence speak the same words
    """

    path: str
    speaker: str
    emotion: str
    emonet: str | None = None
    emonet_secondary: tuple[str, ...] = ()
    language: str = ""
    seconds: float | None = None
    kind: str = "speech"
    gender: str | None = None
    age: int | float | str | None = None
    text: str | None = None
    take: str | int | float | None = None
    intensity: str | int | float | None = None
    votes: dict[str, float] | None = None
    arousal: float | None = None
    valence: float | None = None
    dominance: float | None = None
    split: str | int | None = None
    questions: tuple[Question, ...] = ()
    sentence: str | None = None

    @property
    def neutral(self) -> bool:
        """Whether it was performed without emotion."""
        return self.emonet is None and self.emotion.casefold() == "neutral"

    @property
    def category(self) -> "Category | None":
        """The EmoNet category it maps to."""
        return None if self.emonet is None else _category(self.emonet)

    @property
    def categories(self) -> "frozenset[Category]":
        """The category and those that may be heard as well."""
        names = (self.emonet, *self.emonet_secondary)
        return frozenset(_category(name) for name in names if name is not None)


def is_burst(recording: Recording) -> bool:
    """Whether it is wordless; manifests without `kind` say so in the language ("xx")."""
    return recording.kind == "burst" or recording.language.startswith("xx")


class Skipped(msgspec.Struct, frozen=True):
    """Files left out for one reason: how many, and the first of them."""

    count: int
    examples: tuple[str, ...] = ()


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest holds and on what terms; written beside it as manifest.card.json.

    commercial: whether the licence allows commercial use
    emotions: own word -> {clips, emonet, emonet_secondary}
    skipped: reason -> files left out
    manifest_sha256: of the manifest it describes
    """

    corpus: str
    title: str
    licence: str
    commercial: bool
    citation: str
    kind: str
    languages: tuple[str, ...]
    clips: int
    speakers: int
    seconds: float
    emotions: dict[str, dict[str, Any]]
    skipped: dict[str, Skipped]
    manifest_sha256: str
    note: str = ""
    format: str = FORMAT


@dataclass(frozen=True)
class Manifest:
    """A corpus as it lies on disk.

    folder: where the paths of its recordings start
    sha256: of the manifest's bytes
    card: None if there is none beside it
    """

    folder: Path
    recordings: tuple[Recording, ...]
    sha256: str
    card: Card | None = None

    def file(self, recording: Recording) -> Path:
        """Where the recording's audio lies."""
        return self.folder / recording.path

    @property
    def card_is_stale(self) -> bool:
        """Whether the card was written for another manifest."""
        return self.card is not None and self.card.manifest_sha256 != self.sha256


# Reading


def read_manifest(path: str | os.PathLike[str]) -> Manifest:
    """The manifest at `path`, or the manifest.jsonl of the folder at `path`, with its card.

    Raises:
        UsageError: naming file and line if there is no manifest, it is empty, a line cannot be understood,
            names a category that does not exist, or repeats a path
    """
    path = Path(path)
    if path.is_dir():
        path = path / MANIFEST
    if not path.is_file():
        raise UsageError(f"{path}: no such file; 'voiceact corpus import' makes a manifest of a well-known corpus")
    data = path.read_bytes()
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    if not lines:
        raise UsageError(f"{path}: is empty; expected one JSON object a line")
    recordings = tuple(_recording(path, number, line) for number, line in lines)
    _check_paths(path, [number for number, _ in lines], recordings)
    return Manifest(path.parent, recordings, hashlib.sha256(data).hexdigest(), read_card(path))


def card_path(manifest: Path) -> Path:
    """manifest.jsonl -> manifest.card.json."""
    return manifest.with_name(f"{manifest.stem}.card.json")


def read_card(manifest: Path) -> Card | None:
    """The card beside a manifest, or None; raises UsageError if it cannot be understood."""
    path = card_path(manifest)
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: {_phrase_error(error)}; import the corpus again") from error


def check_audio(manifest: Manifest) -> None:
    """Raise UsageError if a recording has no file: to be asked before work is spent on the others."""
    lost = [recording.path for recording in manifest.recordings if not manifest.file(recording).is_file()]
    if lost:
        raise UsageError(
            f"{manifest.folder}: {len(lost)} of {count_noun(len(manifest.recordings), 'file')} of its manifest "
            f"missing, the first is {lost[0]}; restore them or import the corpus again"
        )


@cache
def _category(name: str) -> "Category":
    from voiceact.acting.taxonomy import get

    return get(name)


def _recording(path: Path, number: int, line: bytes) -> Recording:
    try:
        recording = msgspec.convert(_tidied(msgspec.json.decode(line)), Recording)
        for name in (recording.emonet, *recording.emonet_secondary, *(question.category for question in recording.questions)):
            _ = name is None or _category(name)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}, line {number}: {_phrase_error(error)}") from error
    except UnknownNameError as error:
        raise UsageError(f"{path}, line {number}: {error}") from error
    if any(not question.ratings or set(question.ratings) - set(RATINGS) for question in recording.questions):
        raise UsageError(f"{path}, line {number}: the ratings of a question are not all 0, 1 or 2; expected one a listener")
    return recording


def _tidied(line: Any) -> Any:
    """Manifests made by hand write speakers as numbers, and null for what nobody noted."""
    if not isinstance(line, dict):
        return line
    known = {key: value for key, value in line.items() if value is not None}
    return known | {"speaker": str(known["speaker"])} if isinstance(known.get("speaker"), int) else known


def _check_paths(path: Path, numbers: list[int], recordings: tuple[Recording, ...]) -> None:
    places: dict[str, int] = {}
    for number, recording in zip(numbers, recordings, strict=True):
        if recording.path in places:
            raise UsageError(f"{path}, line {number}: repeats the path {recording.path} of line {places[recording.path]}")
        places[recording.path] = number


def _phrase_error(error: msgspec.DecodeError | RecursionError) -> str:
    text = str(error).rstrip(".")
    return text if isinstance(error, msgspec.ValidationError) else f"is not JSON ({text})"


# Writing


def manifest_bytes(recordings: list[Recording]) -> bytes:
    """One compact JSON object a line, in the order of the paths."""
    ordered = sorted(recordings, key=lambda recording: recording.path)
    return b"".join(msgspec.json.encode(recording) + b"\n" for recording in ordered)


def count_emotions(recordings: list[Recording]) -> dict[str, dict[str, Any]]:
    """Own word -> clips and place in EmoNet, the most frequent first."""
    clips = Counter(recording.emotion for recording in recordings)
    place = {recording.emotion: recording for recording in recordings}
    return {
        emotion: {"clips": count, "emonet": place[emotion].emonet, "emonet_secondary": list(place[emotion].emonet_secondary)}
        for emotion, count in sorted(clips.items(), key=lambda item: (-item[1], item[0]))
    }


def write_manifest(path: Path, data: bytes, card: Card) -> None:
    """Write the manifest, then its card; each appears whole or not at all."""
    check_folder(path)
    check_folder(card_path(path))
    write_whole(path, data)
    write_whole(card_path(path), msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
