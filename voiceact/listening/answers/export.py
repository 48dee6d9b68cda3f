"""Export results in forms that other tools read: answers beside what is known of their clips, or labels as EmoNet-Voice's."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from voiceact.acting.taxonomy import get
from voiceact.errors import UnknownNameError, UsageError
from voiceact.listening.answers.answer import FIELDS, Answer
from voiceact.listening.answers.results import write_rows
from voiceact.listening.loading import ListeningTest
from voiceact.listening.model import ASKED

CLIP_COLUMNS = (
    "key",
    "persona",
    "language",
    "clip_category",
    "clip_intensity",
    "verdict",
    "evidence",
    "judge_score",
    "judge_threshold",
    "seconds_of_clip",
    "text",
)
"""what a tidy row says of its (first) clip"""
Row = dict[str, Any]


def export_answers(test: ListeningTest, answers: Iterable[Answer], path: Path, *, form: str) -> int:
    """Write answers in a form of FORMS; return the number of rows.

    Raises:
        UnknownNameError: if there is no such form
        UsageError: if the form cannot hold this protocol, or the file has another suffix than .jsonl or .csv
    """
    if form not in FORMS:
        raise UnknownNameError("form", form, FORMS)
    rows, columns = FORMS[form](test, list(answers))
    write_rows(rows, columns, path)
    return len(rows)


def tidy(test: ListeningTest, answers: Sequence[Answer]) -> tuple[list[Row], tuple[str, ...]]:
    """Return a row an answer, with the clip's metadata and the judge's score of the category asked, and the columns."""
    rows = []
    for answer in answers:
        clip = test.clips[answer.clip]
        about = (
            clip.key,
            clip.persona,
            clip.language,
            clip.category,
            clip.intensity,
            clip.verdict,
            clip.evidence,
            clip.scores.get(answer.category or ""),
            clip.thresholds.get(answer.category or ""),
            clip.seconds,
            clip.text,
        )
        rows.append(msgspec.structs.asdict(answer) | dict(zip(CLIP_COLUMNS, about, strict=True)))
    return rows, (*FIELDS, *CLIP_COLUMNS)


def emonet(test: ListeningTest, answers: Sequence[Answer]) -> tuple[list[Row], tuple[str, ...]]:
    """Return a row a clip and category (filename, category, label, like laion/emonet-voice-bench), and the columns.

    A label is the text of a Python list, one dict a rater: "[{'human-1': {'Shame': 1}}, …]"; read it with
    ast.literal_eval. Raters are numbered in the order in which they first answered; gold, repeats and checks are left out.

    Raises:
        UsageError: for a protocol other than presence
    """
    if test.protocol.values != (0, 1, 2):
        raise UsageError(
            f"the labels of EmoNet-Voice Bench are 0, 1 and 2; {test.protocol.name} has "
            f"{', '.join(map(str, test.protocol.values))}: export it as tidy"
        )
    counted = [answer for answer in answers if answer.kind in ASKED and answer.category]
    raters = {listener: f"human-{number}" for number, listener in enumerate(dict.fromkeys(a.listener for a in counted), 1)}
    labels: dict[tuple[str, str], list[dict[str, dict[str, int]]]] = {}
    for answer in counted:
        name = get(answer.category or "").name
        labels.setdefault((answer.clip, name), []).append({raters[answer.listener]: {name: int(answer.value)}})
    rows = [
        {"filename": f"{test.clips[clip].key}.flac", "category": name, "label": repr(given)}
        for (clip, name), given in labels.items()
    ]
    return rows, ("filename", "category", "label")


FORMS: dict[str, Callable[[ListeningTest, Sequence[Answer]], tuple[list[Row], tuple[str, ...]]]] = {
    "tidy": tidy,
    "emonet": emonet,
}
"""name -> the rows of answers in that form, and its columns"""
