"""Banks of style clips: recordings that carry an emotion, for engines that take the way of speaking from a recording.

A bank is a JSON file that the user wrote, or a folder of clips that voiceact made and its judge verified.

    [{"path": "furious.wav", "category": "Anger", "intensity": 6}, {"path": "sigh.wav", "category": "sadness", "intensity": 3}]
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec

from voiceact.acting import taxonomy
from voiceact.acting.controls import StyleClip
from voiceact.acting.intensity import HIGHEST
from voiceact.clip.clip import Clip
from voiceact.errors import UsageError, count_noun
from voiceact.runtime.atomic_files import sha256_file
from voiceact.vocabulary import INCLUDED

STYLE_SUFFIXES = (".wav", ".flac", ".ogg")
"""suffixes of audio beside a record"""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    category: str
    intensity: Annotated[float, msgspec.Meta(gt=0, le=HIGHEST)]


def read_styles(path: str | Path) -> tuple[StyleClip, ...]:
    """Read the clips of a bank.

    Args:
        path: a JSON file, whose paths are relative to its folder; or a folder, searched for records with a verdict

    Raises:
        UsageError: no such file, an entry that is wrong (named), a recording that is not there, nothing verified
        UnknownNameError: a category that is none of the 40
    """
    path = Path(path).expanduser()
    if path.is_dir():
        return _read_verified(path)
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=list[_Entry])
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise UsageError(
            f'styles={path}: cannot be read ({error}); expected [{{"path": …, "category": …, "intensity": '
            "1 to 7}, …], or a folder of verified clips"
        ) from error
    if not entries:
        raise UsageError(f'styles={path}: holds no clip; expected [{{"path": …, "category": …, "intensity": 1 to 7}}, …]')
    return tuple(_clip(entry, path) for entry in entries)


def bank_digest(bank: Sequence[StyleClip]) -> str:
    """Return a SHA-256 of all recordings, categories and intensities of a bank, whatever the paths of its files."""
    lines = sorted(f"{clip.category} {clip.intensity:g} {sha256_file(clip.path)}\n" for clip in bank)
    return sha256("".join(lines).encode()).hexdigest()


def style_categories(bank: Iterable[StyleClip]) -> list[str]:
    """Return the sorted categories that a bank has a clip of."""
    return sorted({clip.category for clip in bank})


def _clip(entry: _Entry, bank: Path) -> StyleClip:
    path = bank.parent / Path(entry.path).expanduser()
    if not path.is_file():
        raise UsageError(f"styles={bank}: {entry.path} is not there; expected a recording, relative to the file's folder")
    return StyleClip(path, taxonomy.resolve(entry.category).category.id, entry.intensity)


def _read_verified(folder: Path) -> tuple[StyleClip, ...]:
    records = [
        path for path in sorted(folder.rglob("*.json")) if any(path.with_suffix(end).is_file() for end in STYLE_SUFFIXES)
    ]
    clips = [clip for path in records if (clip := _style_of(Clip.load(path)))]
    if not clips:
        raise UsageError(
            f"styles={folder}: none of its {count_noun(len(records), 'clip')} is verified to carry a category; "
            "judge them with: voiceact verify"
        )
    return tuple(clips)


def _style_of(clip: Clip) -> StyleClip | None:
    """Return a clip with the intensity that its judge heard; None if it is not verified, or carries no category."""
    record, path = clip.record, clip.audio_path
    verdict = record.verdict
    if record.category is None or path is None or verdict is None or verdict.level not in INCLUDED:
        return None
    scores = verdict.profile.scores if verdict.profile else {}
    score = scores.get(record.category, record.intensity)
    return StyleClip(path, record.category, min(float(score), HIGHEST)) if score and score > 0 else None
