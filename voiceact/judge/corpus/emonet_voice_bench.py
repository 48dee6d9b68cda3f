"""EmoNet-Voice Bench (LAION): synthetic clips, each prompted for one category, and how strongly experts heard it.

It is published as Parquet (`audioId`: the bytes and name of an MP3; `label`: a list as Python prints it, one entry a
rater: [{'human-1': {'Shame': 1}}, {'human-4': {'Shame': 2}}], 0 not, 1 mildly, 2 intensely present). Importing unpacks it once
beside the Parquet files: clips/NAME.mp3 and metadata.csv (file_name, label), the form in which data sets of sound lie
in folders; a folder that is in that form already needs no Parquet.
"""

import ast
import csv
import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from voiceact.acting.taxonomy import get
from voiceact.errors import UnknownNameError, UsageError
from voiceact.judge.corpus.base import Corpus, Emotion, Fields, Skip, need_table, read_table
from voiceact.judge.corpus.questions import RATINGS, Question
from voiceact.runtime.atomic_files import write_whole
from voiceact.runtime.extras import MissingExtraError

TABLE, CLIPS = "metadata.csv", "clips"
AUDIO_COLUMNS = ("audioId", "audio")
SUFFIXES = (".mp3", ".wav", ".flac", ".ogg")
NOT_CATEGORIES = ("authenticity", "arousal")
"""asked about in the same table; neither is one of the 40 categories"""

Labels = dict[str, tuple[Question, ...]]


# Unpacking


def unpack(folder: Path, progress: Callable[[int, int], None]) -> None:
    """Write the clips that lie in Parquet files as audio files, and their labels as a table, unless that was done before.

    Args:
        folder: holds *.parquet, at any depth
        progress: told (rows done, rows in all)

    Raises:
        MissingExtraError: pyarrow is not installed
        UsageError: a Parquet file that is damaged, lacks a column, or holds a row without audio
    """
    shards = sorted(folder.rglob("*.parquet"))
    if not shards or next(folder.rglob(TABLE), None) is not None:
        return
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtraError("reading EmoNet-Voice Bench's Parquet files", "dataset") from None
    (folder / CLIPS).mkdir(exist_ok=True)
    rows: list[tuple[str, str]] = []
    for number, shard in enumerate(shards):
        try:
            file = parquet.ParquetFile(shard)
            column = _audio_column(shard, file.schema_arrow.names)
            # A group of rows at a time: a whole shard holds some 400 MB of audio.
            for batch in file.iter_batches(batch_size=64, columns=[column, "label"]):
                for row in batch.to_pylist():
                    rows.append((_write_clip(folder, f"{shard}, row {len(rows) + 1}", row[column]), str(row["label"] or "")))
                    progress(len(rows), len(rows) + 1)
        except (pyarrow.ArrowException, OSError) as error:
            raise UsageError(
                f"{shard}: cannot be read as Parquet ({str(error).splitlines()[0][:120]}); fetch it again"
            ) from error
        progress(number + 1, len(shards))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("file_name", "label"))
    table.writerows(rows)
    # Last, so that a table means that all clips are there.
    write_whole(folder / TABLE, text.getvalue().encode())


def _audio_column(shard: Path, columns: list[str]) -> str:
    column = next((name for name in AUDIO_COLUMNS if name in columns), None)
    if column is None or "label" not in columns:
        lacking = "label" if column else " or ".join(repr(name) for name in AUDIO_COLUMNS)
        raise UsageError(f"{shard}: lacks the column {lacking}; it has {', '.join(columns) or 'none'}")
    return column


def _write_clip(folder: Path, where: str, cell: Any) -> str:
    """Write one clip; returns its path as the table names it."""
    data = cell.get("bytes") if isinstance(cell, dict) else None
    if not data:
        raise UsageError(f"{where}: holds no audio; expected the bytes of a clip beside its name")
    path = PurePosixPath(str(cell.get("path") or "clip").replace("\\", "/"))
    # Names come from a download and some repeat with other audio: only harmless letters, and the content's own hash.
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem)[:80] or "clip"
    suffix = path.suffix.lower() if path.suffix.lower() in SUFFIXES else SUFFIXES[0]
    name = f"{CLIPS}/{stem}-{hashlib.sha256(data).hexdigest()[:8]}{suffix}"
    write_whole(folder / name, data)
    return name


# Reading


def tables(folder: Path) -> Labels:
    """Read what experts answered about each clip, by the stem of its file; clips asked about no category have none.

    Raises:
        UsageError: no table, or a label that cannot be understood
    """
    path = need_table(folder, TABLE, "put the Parquet files of the data set there, or file_name and label of its clips")
    questions: dict[str, tuple[Question, ...]] = {}
    for number, row in enumerate(read_table(path, needs=("file_name", "label")), 2):
        stem = PurePosixPath(row["file_name"]).stem
        question = read_label(f"{path}, line {number}", row["label"])
        questions[stem] = (*questions.get(stem, ()), *([question] if question else []))
    return questions


def read_label(where: str, label: str) -> Question | None:
    """Read the cell that holds the answers about one category.

    Args:
        where: file and line, for the message
        label: the cell

    Returns:
        The question; None where it is about Authenticity or Arousal.

    Raises:
        UsageError: a cell of another form, about several categories, or an answer other than 0, 1 and 2
    """
    expected = "expected one entry a rater, such as [{'human-1': {'Shame': 1}}, {'human-4': {'Shame': 2}}]"
    try:
        # Of a literal nothing is executed; the cell is from a download.
        literal = ast.literal_eval(label)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise UsageError(f"{where}: the label {label[:60]!r} cannot be read; {expected}") from None
    answers: list[tuple[str, Any]] = []
    for entry in literal if isinstance(literal, list) else [None]:
        for answer in entry.values() if isinstance(entry, dict) else [None]:
            if not isinstance(answer, dict) or len(answer) != 1:
                raise UsageError(f"{where}: the label {label[:60]!r} is of another form; {expected}")
            answers += answer.items()
    names = {unquote(str(name)) for name, _ in answers}
    if len(names) != 1:
        raise UsageError(f"{where}: the label asks about {len(names)} categories; {expected}")
    wrong = [rating for _, rating in answers if type(rating) is not int or rating not in RATINGS]
    if wrong:
        raise UsageError(f"{where}: a rater answered {wrong[0]!r}; expected 0, 1 or 2")
    name = names.pop()
    if name.casefold() in NOT_CATEGORIES:
        return None
    try:
        category = get(name).name
    except UnknownNameError as error:
        raise UsageError(f"{where}: {error}") from error
    return Question(category=category, ratings=tuple(sorted(rating for _, rating in answers)), preselected=True)


def fields(path: PurePosixPath, tables: Labels) -> Fields:
    if path.stem not in tables:
        raise Skip(f"file is not in {TABLE}")
    if not tables[path.stem]:
        raise Skip("asked about authenticity or arousal only, which are no categories")
    # Segments of one generation share the hexadecimal digits their name starts with; voices are not told.
    generation = re.match(r"[0-9a-f]{8}(?=[_-])", path.stem)
    return {
        "clip": path.stem,
        "speaker": generation[0] if generation else path.stem,
        "emotion": "prompted",
        "questions": tables[path.stem],
    }


CORPUS = Corpus(
    name="emonet-voice-bench",
    title="EmoNet-Voice Bench: synthetic speech with experts' answers",
    licence="LicenseRef-EmoNet-Voice-Bench (read the terms on its page)",
    commercial=False,
    citation="Schuhmann et al., EmoNet-Voice, arXiv:2506.09827, 2025",
    language="mul",
    kind="synthetic",
    fields=fields,
    tables=tables,
    listed=lambda tables: [stem for stem, questions in tables.items() if questions],
    unpack=unpack,
    note="Synthetic voices: no judge may be trained on it. What a clip was prompted for is not what is heard: experts' "
    "answers are in `questions`. English, German, Spanish and French; the files do not say which.",
    emotions={"prompted": Emotion()},
)
