"""What heads are trained on: features of clips by a frozen encoder, and the scores that they are to give.

Clips come from runs, from tables (CSV, JSON lines, Parquet, an annotation among them), and from corpora that `voiceact corpus
import` wrote. Nothing here needs torch.
"""

import csv
import hashlib
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from voiceact import audio
from voiceact.acting.intensity import DEFAULT_INTENSITY, parse_intensity
from voiceact.acting.taxonomy import categories, resolve
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.estimators.features.signal import MAX_SECONDS, UnheardError, prepare
from voiceact.runtime.atomic_files import sha256_file
from voiceact.runtime.untrusted_paths import resolve_inside
from voiceact.store.reader import open_run
from voiceact.store.run_file import RUN_FILE
from voiceact.store.sound import decode_audio

Target = Literal["asked", "judged"]
Progress = Callable[[int, int], None]

CATEGORIES = tuple(category.id for category in categories())
PATHS = ("path", "audio", "file_name", "audio_filepath")
SPEAKERS = ("speaker", "cluster", "persona", "speaker_id")
FORMATS = (".csv", ".jsonl", ".parquet")
ANNOTATION_FILE = "annotate.json"
"""what makes a folder an annotation; its tables lie in `data`"""
HUMAN_KINDS = ("speech", "burst")
"""kinds of a corpus's recordings that people spoke"""


class Encoder(Protocol):
    """A frozen encoder: samples at 16 kHz to one vector."""

    @property
    def name(self) -> str:
        """Its name and revision, written into the card."""
        ...

    def describe(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features float32 [width] of one clip (float32 [n], 16 kHz)."""
        ...


@dataclass(frozen=True)
class Source:
    """One origin of clips, as the card names it.

    Attributes:
        name: name of the run or table
        kind: "run", "table" or "corpus"
        human: whether it is stated that people spoke every clip
        sha256: digest of the plan, table or manifest
        licence: of the clips, as stated
        clips: clips taken
    """

    name: str
    kind: str
    human: bool
    sha256: str
    licence: str
    clips: int = 0


@dataclass(frozen=True)
class LabelledClip:
    """A clip before it is heard.

    Attributes:
        name: for messages
        speaker: who speaks; speakers are never divided between training and test
        scores: category id -> 0 to 7; categories that are not known are absent
        read: returns samples and rate
    """

    name: str
    speaker: str
    scores: Mapping[str, float]
    read: Callable[[], tuple[NDArray[np.float32], int]]


@dataclass(frozen=True)
class Material:
    """Clips as they are trained on.

    Attributes:
        features: float32 [clips, width]
        targets: float32 [clips, 40], 0 to 7, in the order of `CATEGORIES`; NaN where not known
        speakers: speaker of each clip
        sources: origins
        encoder: name and revision of the encoder
        unheard: clips that could not be read or heard: name -> why
    """

    features: NDArray[np.float32]
    targets: NDArray[np.float32]
    speakers: tuple[str, ...]
    sources: tuple[Source, ...]
    encoder: str
    unheard: Mapping[str, str]

    @property
    def synthetic(self) -> tuple[str, ...]:
        """Names of the sources that are not stated to be human speech."""
        return tuple(source.name for source in self.sources if not source.human)


def collect(
    places: Sequence[Path], encoder: Encoder, *, target: Target = "asked", progress: Progress = lambda done, total: None
) -> Material:
    """Hear every clip of several sources.

    Args:
        places: run folders, tables, or folders with a manifest.jsonl
        encoder: the frozen encoder
        target: of runs: "asked", the intensities asked for and 0 for all else, or "judged", the judge's scores that have
            evidence
        progress: told clips done and clips in all

    Raises:
        UsageError: a source that is none, or of which no clip can be heard
    """
    sources: list[Source] = []
    features, targets, speakers, unheard = [], [], [], {}
    listed = [read_source(place, target) for place in places]
    total, done = sum(len(clips) for _, clips in listed), 0
    for source, clips in listed:
        taken = 0
        for clip in clips:
            try:
                samples, rate = clip.read()
                features.append(encoder.describe(prepare(samples, rate)))
            except (UnheardError, VoiceactError) as error:
                unheard[clip.name] = str(error)
            else:
                targets.append([clip.scores.get(name, math.nan) for name in CATEGORIES])
                speakers.append(clip.speaker)
                taken += 1
            done += 1
            progress(done, total)
        if not taken:
            why = f" ({next(iter(unheard.values()))})" if unheard else ""
            raise UsageError(
                f"{source.name}: none of its {count_noun(len(clips), 'clip')} could be heard{why}; name another source"
            )
        sources.append(Source(source.name, source.kind, source.human, source.sha256, source.licence, taken))
    return Material(
        np.stack(features).astype(np.float32),
        np.array(targets, np.float32),
        tuple(speakers),
        tuple(sources),
        encoder.name,
        unheard,
    )


def read_source(place: Path, target: Target) -> tuple[Source, list[LabelledClip]]:
    """List the clips of one source.

    Raises:
        UsageError: if it is none, or has no clip with a known score
    """
    if (place / RUN_FILE).is_file():
        source, clips = _read_run(place, target)
    elif (place / "manifest.jsonl").is_file() or place.name == "manifest.jsonl":
        source, clips = _read_corpus(place)
    elif place.suffix.lower() in FORMATS and place.is_file():
        source, clips = _read_tables(place, [place])
    elif (place / ANNOTATION_FILE).is_file() and (tables := sorted((place / "data").rglob("*.parquet"))):
        source, clips = _read_tables(place, tables)
    else:
        raise UsageError(
            f"{place}: is no source of clips; expected a run folder, a table ({', '.join(FORMATS)}), a folder with "
            "manifest.jsonl, or an annotation in Parquet"
        )
    if not clips:
        raise UsageError(
            f"{place}: has no clip with a known score; of a run, --target {'judged' if target == 'asked' else 'asked'}"
        )
    return source, clips


# --- Runs


def _read_run(place: Path, target: Target) -> tuple[Source, list[LabelledClip]]:
    """List the included takes of a run."""
    run = open_run(place)
    clips = []
    for row in run.rows(keep={"included": True}):
        if row["tar"] is None:
            continue
        if target == "asked":
            scores = dict.fromkeys(CATEGORIES, 0.0)
            scores |= {row["category"]: float(row["intensity"])}
            # A second feeling of a mix was asked for too.
            scores |= {name: float(at) for name, at in run.record(row).mix.items()}
        else:
            scores = {name: float(score) for name in CATEGORIES if (score := row[f"score_{name}"]) is not None}
        if scores:
            speaker = f"{run.file.name}/{row['persona']}"
            clips.append(LabelledClip(row["id"], speaker, scores, lambda row=row: decode_audio(run.audio(row), row["id"])))  # type: ignore[misc]
    licence = str((run.file.engine.get("license") or {}).get("output") or "not stated")
    return Source(run.file.name, "run", False, run.file.plan, licence), clips


# --- Corpora and tables


def _read_corpus(place: Path) -> tuple[Source, list[LabelledClip]]:
    """List the recordings of a manifest: the category performed at its intensity, 0 for all other categories."""
    from voiceact.judge.corpus.manifest import read_manifest

    manifest = read_manifest(place)
    levels = {"low": 3.0, "normal": 4.0, "medium": 5.0, "strong": 6.0, "high": 6.5}
    clips = []
    for recording in manifest.recordings:
        if not recording.neutral and recording.category is None:
            continue
        scores = dict.fromkeys(CATEGORIES, 0.0)
        if recording.category is not None:
            scores[recording.category.id] = levels.get(str(recording.intensity).casefold(), DEFAULT_INTENSITY)
            # What may be heard as well is neither there nor absent.
            for other in recording.categories - {recording.category}:
                del scores[other.id]
        read = partial(_read_audio, manifest.file(recording))
        clips.append(LabelledClip(recording.path, recording.speaker, scores, read))
    human = all(recording.kind in HUMAN_KINDS for recording in manifest.recordings)
    name = manifest.card.corpus if manifest.card else manifest.folder.name
    licence = manifest.card.licence if manifest.card else "not stated"
    return Source(name, "corpus", human, manifest.sha256, licence), clips


def _read_tables(place: Path, tables: Sequence[Path]) -> tuple[Source, list[LabelledClip]]:
    """List the rows that name a file and a score, of a table or of all tables of an annotation."""
    clips, licences = [], set()
    for table, number, row in ((file, at, row) for file in tables for at, row in enumerate(_rows(file), 1)):
        where = f"{table}, row {number}"
        if row.get("error"):
            continue
        path, speaker = _first(row, PATHS), _first(row, SPEAKERS)
        if path is None:
            raise UsageError(f"{where}: names no file; expected a column {' or '.join(PATHS)}")
        if speaker is None:
            raise UsageError(
                f"{where}: names no speaker; expected a column {' or '.join(SPEAKERS)}: the test is on speakers that were not "
                "trained on"
            )
        if scores := _scores(row, where):
            file = _table_file(table, str(path), where)
            span = _seconds(row, "start", where), _seconds(row, "end", where)
            clips.append(LabelledClip(str(path), str(speaker), scores, partial(_read_audio, file, *span)))
        licences.add(str(row.get("license") or "not stated"))
    digests = [sha256_file(table) for table in tables]
    digest = digests[0] if tables == [place] else hashlib.sha256(" ".join(digests).encode()).hexdigest()
    return Source(place.stem, "table", False, digest, "; ".join(sorted(licences)) or "not stated"), clips


def _rows(place: Path) -> Iterator[Mapping[str, Any]]:
    if place.suffix.lower() == ".parquet":
        from voiceact.runtime.extras import MissingExtraError

        try:
            from pyarrow import ArrowInvalid, parquet
        except ImportError:
            raise MissingExtraError(f"{place}", "dataset") from None
        try:
            for batch in parquet.ParquetFile(place).iter_batches(1000):
                yield from batch.to_pylist()
        except ArrowInvalid as error:
            raise UsageError(f"{place}: is no Parquet file ({error}); name another table") from error
        return
    try:
        text = place.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{place}: cannot be read as text in UTF-8 ({error}); save it as such") from error
    if place.suffix.lower() == ".csv":
        try:
            yield from csv.DictReader(io.StringIO(text, newline=""))
        except csv.Error as error:
            raise UsageError(f"{place}: cannot be read as a table ({error}); expected CSV with a row of names") from error
        return
    for number, line in enumerate(filter(str.strip, text.splitlines()), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{place}, row {number}: is not JSON ({error}); expected one object a line") from error
        if not isinstance(row, dict):
            raise UsageError(f"{place}, row {number}: is no object; expected one with path, speaker and scores")
        yield row


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _scores(row: Mapping[str, Any], where: str) -> dict[str, float]:
    """Read the scores of a row: a column each (`score_anger` or `anger`), or `category` with `intensity`."""
    scores = {}
    for name in CATEGORIES:
        value = _first(row, (f"score_{name}", name))
        # An annotation says what stands behind each score; what has nothing behind it teaches nothing.
        if value is not None and row.get(f"evidence_{name}") != "none":
            scores[name] = _number(value, f"{where}, {name}")
    if not scores and (word := _first(row, ("category", "emotion"))) is not None:
        scores = dict.fromkeys(CATEGORIES, 0.0)
        if str(word).casefold() != "neutral":
            stated = _first(row, ("intensity",))
            scores[resolve(str(word)).category.id] = DEFAULT_INTENSITY if stated is None else parse_intensity(stated)
    return scores


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number <= 7:
        raise UsageError(f"{where}: {value!r} is no score; expected a number from 0 to 7")
    return number


def _seconds(row: Mapping[str, Any], name: str, where: str) -> float | None:
    """Read a place in the file of a row; None where the row names none."""
    if (value := _first(row, (name,))) is None:
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UsageError(f"{where}, {name}: {value!r} is no place in a file; expected seconds from its beginning")
    return seconds


def _table_file(place: Path, name: str, where: str) -> Path:
    """Return the file that a row names: an absolute path as it is, since the table is the user's own."""
    return Path(name) if Path(name).is_absolute() else resolve_inside(place.parent, name, source=where)


def _read_audio(file: Path, start: float | None = None, end: float | None = None) -> tuple[NDArray[np.float32], int]:
    samples, rate = audio.read(file, longest_seconds=None if end is not None else MAX_SECONDS)
    if end is not None:
        samples = samples[int((start or 0) * rate) : int(end * rate)]
    return samples, rate


__all__ = ["CATEGORIES", "Encoder", "LabelledClip", "Material", "Source", "Target", "collect", "read_source"]
