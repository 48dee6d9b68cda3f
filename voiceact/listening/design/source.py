"""Read the clips that a test can be made of: from a run, or from a folder of clips with their records.

A clip is offered as a `Candidate`, which holds its metadata; its sound is read, and checked against the SHA-256 of its
record, only when the clip is taken.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from voiceact.audio import Sound
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record, load_record
from voiceact.errors import UsageError
from voiceact.listening.model import ClipSource
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.store.reader import open_run
from voiceact.store.sound import decode_audio
from voiceact.vocabulary import FAILED

RECORD_COLUMNS = (
    "id",
    "category",
    "intensity",
    "persona",
    "language",
    "text",
    "verdict",
    "evidence",
    "sha256",
    "judge",
    "judge_revision",
    "tar",
    "audio_start",
    "audio_length",
    "record_start",
    "record_length",
    "twin_start",
    "twin_length",
    "reasons",
)
UNJUDGED = "unjudged"
"""stands for the verdict of a clip that was never judged"""


@dataclass(frozen=True)
class Candidate:
    """A clip that could be in a test.

    Attributes:
        key: of the take in its run; of a clip in a folder the name of its record
        category: id that was requested; None for a neutral reading
        intensity: 0 to 7
        persona: name
        language: code
        text: of the line
        level: of its verdict; "unjudged" if there is none
        evidence: behind its verdict, where there is one
        sound: reads it; raises UsageError if it is missing or not what its record describes
        twin: reads the neutral reading of its line; returns None if there is none
        record: reads its record
    """

    key: str
    category: str | None
    intensity: float
    persona: str
    language: str
    text: str
    level: str
    evidence: str | None
    sound: Callable[[], Sound] = field(repr=False, compare=False)
    twin: Callable[[], Sound | None] = field(repr=False, compare=False)
    record: Callable[[], Record] = field(repr=False, compare=False)


def open_source(path: str | os.PathLike[str]) -> tuple[ClipSource, Callable[[], Iterator[Candidate]]]:
    """Open a source of clips; return its description, and a function that iterates over its clips.

    Args:
        path: a run folder or store (voiceact recipe run), or a folder of clips with their records (voiceact synth, lines)

    Raises:
        UsageError: if it is neither
    """
    if Path(path).is_dir() and not (Path(path) / "run.json").is_file():
        return open_clip_folder(Path(path))
    if not (Path(path).is_dir() or "://" in str(path)):
        raise UsageError(f"{path}: no such folder; expected a run, or a folder of clips with their records")
    return open_run_source(path)


def judge_scores(record: Record) -> tuple[dict[str, float | None], dict[str, float]]:
    """Return the judge's scores of a clip (category -> 0 to 7) and the thresholds they were compared with."""
    verdict = record.verdict
    if verdict is None:
        return {}, {}
    thresholds = {
        str(check.details["category"]): check.threshold
        for check in verdict.checks_named("emotion", "contrast")
        if check.threshold is not None and "category" in check.details
    }
    return dict(verdict.profile.scores) if verdict.profile else {}, thresholds


def open_run_source(path: str | os.PathLike[str]) -> tuple[ClipSource, Callable[[], Iterator[Candidate]]]:
    """Open a run as a source of clips; clips whose check failed are left out."""
    run = open_run(path)
    judge = {name: str(run.file.judge[name]) for name in sorted(run.file.judge)}

    def read_sound(row: dict[str, Any]) -> Sound:
        data = run.audio(row)
        if hashlib.sha256(data).hexdigest() != row["sha256"]:
            raise UsageError(
                f"{run.store.url}/{row['tar']}: clip {row['id']} is not the one that was judged (SHA-256 differs); "
                "take the shard and its index away and run the recipe again"
            )
        return decode_audio(data, row["id"])

    def read_twin(row: dict[str, Any]) -> Sound | None:
        data = run.twin(row)
        return None if data is None else decode_audio(data, f"twin of {row['id']}")

    def candidates() -> Iterator[Candidate]:
        for row in run.rows(RECORD_COLUMNS):
            if row["verdict"] != FAILED:
                yield Candidate(
                    row["id"],
                    row["category"],
                    row["intensity"],
                    row["persona"],
                    row["language"],
                    row["text"],
                    row["verdict"] or UNJUDGED,
                    row["evidence"],
                    partial(read_sound, row),
                    partial(read_twin, row),
                    partial(run.record, row),
                )

    return ClipSource("run", run.file.name, run.file.plan, judge), candidates


def open_clip_folder(folder: Path) -> tuple[ClipSource, Callable[[], Iterator[Candidate]]]:
    """Open a folder of clips with their records, at any depth, as a source of clips.

    Raises:
        UsageError: if it holds no records
    """
    visible = (
        path for path in sorted(folder.rglob("*.json")) if not any(part[0] == "." for part in path.relative_to(folder).parts)
    )
    records = {path: load_record(path) for path in visible if path.is_file() and looks_like_record(path)}
    if not records:
        raise UsageError(f"{folder}: holds neither a run (run.json) nor clips with their records (.json beside the audio)")
    # Different judges may have scored different clips: then none is named.
    judges = {
        (record.verdict.judge.name, record.verdict.judge.revision)
        for record in records.values()
        if record.verdict and record.verdict.judge
    }
    judge = dict(zip(("name", "revision"), judges.pop(), strict=True)) if len(judges) == 1 else None
    plain = {(record.persona, record.text): record for record in records.values() if record.category is None}

    def read_twin(path: Path, record: Record) -> Sound | None:
        # The neutral clip of the same line in the folder, else the line read anew, like the judge's reference.
        if neutral := plain.get((record.persona, record.text)):
            return _read_clip(path, neutral)
        from voiceact.synthesis.synthesize import neutral_twin

        twin = neutral_twin(record)
        return None if twin.samples is None else (twin.samples, twin.record.audio.sample_rate)

    def candidates() -> Iterator[Candidate]:
        for path, record in records.items():
            verdict = record.verdict
            yield Candidate(
                path.relative_to(folder).with_suffix("").as_posix(),
                record.category,
                record.intensity,
                record.persona,
                record.language,
                record.text,
                verdict.level if verdict else UNJUDGED,
                verdict.evidence.get(record.category) if verdict and record.category else None,
                partial(_read_clip, path, record),
                partial(read_twin, path, record),
                partial(lambda record: record, record),
            )

    return ClipSource("folder", folder.resolve().name, None, judge), candidates


def looks_like_record(path: Path) -> bool:
    """Return whether a file is JSON with the key that every record has."""
    try:
        document = msgspec.json.decode(read_regular_file(path))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, UsageError):
        return False
    return isinstance(document, dict) and "schema_version" in document


def _read_clip(path: Path, record: Record) -> Sound:
    """Read the sound that lies beside a record."""
    clip = Clip(record, folder=path.parent).read()
    assert clip.samples is not None
    return clip.samples, record.audio.sample_rate
