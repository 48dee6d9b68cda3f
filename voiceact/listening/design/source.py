"""Where the clips of a test come from: a run, or a folder of clips with their records.

A clip is offered as a `Candidate`, which knows all about its sound but the sound itself; that is read, and held against the
SHA-256 of its record, only when the clip is taken.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from voiceact.audio import Samples
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record, load_record
from voiceact.errors import UsageError
from voiceact.listening.model import Source
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.store.sound import decode_audio
from voiceact.vocabulary import FAILED

Sound = tuple[Samples, int]
"""samples float32 [n] and rate in Hz"""

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

    key: of the take in its run; of a clip in a folder the name of its record
    level: of its verdict; "unjudged" if there is none
    sound: reads it; raises UsageError if it is missing or not what its record describes
    twin: reads the neutral reading of its line; None if there is none to be had
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


def open_source(path: str | os.PathLike[str]) -> tuple[Source, Callable[[], Iterator[Candidate]]]:
    """What a test can be made of: where from, and a function that goes through its clips.

    path: a run folder or store (voiceact recipe run), or a folder of clips with their records (voiceact synth, lines)

    Raises:
        UsageError: if it is neither
    """
    if Path(path).is_dir() and not (Path(path) / "run.json").is_file():
        return _open_folder(Path(path))
    if not (Path(path).is_dir() or "://" in str(path)):
        raise UsageError(f"{path}: no such folder; expected a run, or a folder of clips with their records")
    return _open_run(path)


def heard(record: Record) -> tuple[dict[str, float | None], dict[str, float]]:
    """What the judge said of a clip: scores of the 40 categories, 0 to 7, and the thresholds it was held against."""
    verdict = record.verdict
    if verdict is None:
        return {}, {}
    thresholds = {
        str(check.details["category"]): check.threshold
        for check in verdict.checks_named("emotion", "contrast")
        if check.threshold is not None and "category" in check.details
    }
    return dict(verdict.profile.scores) if verdict.profile else {}, thresholds


# --- A run


def _open_run(path: str | os.PathLike[str]) -> tuple[Source, Callable[[], Iterator[Candidate]]]:
    from voiceact.store.reader import open_run

    run = open_run(path)
    source = Source("run", run.file.name, run.file.plan, {name: str(run.file.judge[name]) for name in sorted(run.file.judge)})
    return source, lambda: (_from_row(run, row) for row in run.rows(RECORD_COLUMNS) if row["verdict"] != FAILED)


def _from_row(run: Any, row: Mapping[str, Any]) -> Candidate:
    return Candidate(
        row["id"],
        row["category"],
        row["intensity"],
        row["persona"],
        row["language"],
        row["text"],
        row["verdict"] or UNJUDGED,
        row["evidence"],
        partial(_run_sound, run, row),
        partial(_run_twin, run, row),
        partial(run.record, row),
    )


def _run_sound(run: Any, row: Mapping[str, Any]) -> Sound:
    data = run.audio(row)
    if hashlib.sha256(data).hexdigest() != row["sha256"]:
        raise UsageError(
            f"{run.store.url}/{row['tar']}: clip {row['id']} is not the one that was judged (SHA-256 differs); "
            "take the shard and its index away and run the recipe again"
        )
    return decode_audio(data, row["id"])


def _run_twin(run: Any, row: Mapping[str, Any]) -> Sound | None:
    data = run.twin(row)
    return None if data is None else decode_audio(data, f"twin of {row['id']}")


# --- A folder


def _open_folder(folder: Path) -> tuple[Source, Callable[[], Iterator[Candidate]]]:
    records = {path: load_record(path) for path in sorted(folder.glob("*.json")) if path.is_file() and _is_record(path)}
    if not records:
        raise UsageError(f"{folder}: holds neither a run (run.json) nor clips with their records (.json beside the audio)")
    # Different judges may have heard different clips: then there is none to name.
    judges = {
        (record.verdict.judge.name, record.verdict.judge.revision)
        for record in records.values()
        if record.verdict and record.verdict.judge
    }
    judge = dict(zip(("name", "revision"), judges.pop(), strict=True)) if len(judges) == 1 else None
    plain = {(record.persona, record.text): record for record in records.values() if record.category is None}
    source = Source("folder", folder.resolve().name, None, judge)
    return source, lambda: (_from_record(path, record, plain) for path, record in records.items())


def _is_record(path: Path) -> bool:
    try:
        found = msgspec.json.decode(read_regular_file(path))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, UsageError):
        return False
    return isinstance(found, dict) and "schema_version" in found


def _from_record(path: Path, record: Record, plain: Mapping[tuple[str, str], Record]) -> Candidate:
    verdict = record.verdict
    level = verdict.level if verdict else UNJUDGED
    evidence = verdict.evidence.get(record.category) if verdict and record.category else None
    neutral = plain.get((record.persona, record.text))
    return Candidate(
        path.stem,
        record.category,
        record.intensity,
        record.persona,
        record.language,
        record.text,
        level,
        evidence,
        partial(_folder_sound, path, record),
        partial(_folder_twin, path, record, neutral),
        lambda: record,
    )


def _folder_sound(path: Path, record: Record) -> Sound:
    clip = Clip(record, folder=path.parent).read()
    assert clip.samples is not None
    return clip.samples, record.audio.sample_rate


def _folder_twin(path: Path, record: Record, neutral: Record | None) -> Sound | None:
    """The neutral clip of the same line beside it; else the reading is made anew, as the judge's was."""
    if neutral is not None:
        return _folder_sound(path, neutral)
    from voiceact.synthesis.synthesize import neutral_twin

    made = neutral_twin(record)
    return None if made.samples is None else (made.samples, made.record.audio.sample_rate)
