"""emolia-bench (LAION): speech from the wild, and whether three people heard a category in it.

Layout: dataset/emolia-emo/data/Anger_best/STEM.mp3 (older: dataset/Anger_best/STEM.mp3), the folder being the
category a model preselected the clip for. Questions: analysis_outputs/emolia-emo/benchmark_labels.csv (older:
analysis_outputs/benchmark_labels.csv), a row for each clip and category asked. The subset emolia-dim asks about
dimensions of the voice, not about emotions, and is left out.
"""

import re
from pathlib import Path, PurePosixPath

from voiceact.acting.taxonomy import get
from voiceact.errors import UnknownNameError, UsageError
from voiceact.judge.corpus.base import UNKNOWN_NAME, Corpus, Emotion, Fields, Skip, read_table
from voiceact.judge.corpus.questions import NOT_PRESENT, STRONGLY_PRESENT, WEAKLY_PRESENT, Question, source_of

TABLE = "benchmark_labels.csv"
SUBSET, OTHER_SUBSET = "emolia-emo", "emolia-dim"
TASKS = ("affirmative", "contrastive_1", "contrastive_2", "penultimate", "ultimate")
VOTES = {
    "not_present_votes": NOT_PRESENT,
    "weakly_present_votes": WEAKLY_PRESENT,
    "strongly_present_votes": STRONGLY_PRESENT,
}
NEEDS = ("file_name", "queried_emotion", "task_type", "majority_present", "n_raters", "benchmark_bucket", *VOTES)
PRESELECTED = {"1": True, "1.0": True, "True": True, "0": False, "0.0": False, "False": False}

Questions = dict[str, tuple[Question, ...]]


def tables(folder: Path) -> Questions:
    """Read the questions asked of each clip, by the stem of its file.

    Raises:
        UsageError: no table of questions, or a row that contradicts itself or cannot be understood
    """
    path = _table(folder)
    rows = read_table(path, needs=NEEDS)
    if not rows:
        raise UsageError(f"{path}: holds no question; fetch it again")
    found: dict[str, list[Question]] = {}
    for number, row in enumerate(rows, 2):
        found.setdefault(PurePosixPath(row["file_name"]).stem, []).append(_question(f"{path}, line {number}", row))
    return {stem: tuple(questions) for stem, questions in found.items()}


def _table(folder: Path) -> Path:
    """Find the table of the subset of emotions, that of today's layout before the older one's."""
    there = sorted(folder.rglob(TABLE), key=lambda path: (len(path.parts), path.as_posix()))
    today = [path for path in there if path.parent.name == SUBSET]
    older = [path for path in there if path.parent.name not in (SUBSET, OTHER_SUBSET)]
    if not today + older:
        raise UsageError(
            f"{folder}: holds no analysis_outputs/{SUBSET}/{TABLE}; it comes with the repository and has people's answers"
        )
    return (today + older)[0]


def _question(where: str, row: dict[str, str]) -> Question:
    task = row["task_type"].strip()
    if task not in TASKS:
        raise UsageError(f"{where}: task_type is {task!r}; expected {', '.join(TASKS)}")
    try:
        category = get(row["queried_emotion"].strip()).name
    except UnknownNameError as error:
        raise UsageError(f"{where}: {error}") from error
    ratings: list[int] = []
    for column, rating in VOTES.items():
        ratings += [rating] * _count(where, column, row[column])
    raters = _count(where, "n_raters", row["n_raters"])
    if not ratings or len(ratings) != raters:
        raise UsageError(f"{where}: the votes are {len(ratings)} and n_raters is {raters}; expected as many, and at least one")
    question = Question(
        category=category,
        task=task,
        ratings=tuple(ratings),
        preselected=PRESELECTED.get((row.get("intended_present") or "").strip(), task == "affirmative"),
    )
    majority = PRESELECTED.get(row["majority_present"].strip())
    if majority is None or (question.present is not None and question.present != majority):
        raise UsageError(
            f"{where}: majority_present is {row['majority_present']!r}, but {sum(rating > 0 for rating in ratings)} of "
            f"{raters} listeners heard {category}; the table is damaged or of another version: fetch it again"
        )
    return question


def _count(where: str, column: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,4}(\.0)?", (text or "").strip()):
        raise UsageError(f"{where}: {column} is {text!r}; expected how many listeners, a whole number")
    return int(float(text))


def fields(path: PurePosixPath, tables: Questions) -> Fields:
    if OTHER_SUBSET in path.parts:
        raise Skip(f"belongs to {OTHER_SUBSET}, whose questions are not about emotions")
    if not path.parent.name.endswith("_best"):
        raise Skip(UNKNOWN_NAME)
    if path.stem not in tables:
        raise Skip(f"no question about it in {TABLE}")
    language = path.stem.partition("_")[0].lower()
    return {
        "clip": path.stem,
        "speaker": source_of(path),
        "emotion": "preselected",
        "language": language if re.fullmatch(r"[a-z]{2}", language) else "und",
        "questions": tables[path.stem],
    }


CORPUS = Corpus(
    name="emolia-bench",
    title="emolia-bench: EmoLia speech with people's answers, subset emolia-emo",
    licence="LicenseRef-emolia-bench (repository MIT; the recordings are speech from the web, on terms of their own)",
    commercial=False,
    citation="LAION e.V., emolia-bench, github.com/LAION-AI/emolia-bench, 2026",
    language="und",
    fields=fields,
    tables=tables,
    listed=lambda tables: tables,
    note="Nobody performed anything: a model preselected each clip for a category, and people's answers are in `questions`. "
    "`speaker` is the source a clip was cut from.",
    emotions={"preselected": Emotion()},
)
