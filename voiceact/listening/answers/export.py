"""Results in the form that other tools read: answers beside what is known of their clips, or labels as EmoNet-Voice's."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from voiceact.acting.taxonomy import get
from voiceact.errors import UnknownNameError, UsageError
from voiceact.listening.answers.answer import FIELDS, Answer
from voiceact.listening.answers.results import write_rows
from voiceact.listening.model import ASKED, Test

CLIP_COLUMNS = ("key", "persona", "language", "clip_category", "clip_intensity", "verdict", "evidence", "judge_score",
                "judge_threshold", "seconds_of_clip", "text")
"""what a tidy row says of its (first) clip"""
Row = dict[str, Any]


def export(test: Test, answers: Iterable[Answer], path: Path, *, form: str) -> int:
    """Write answers in a form of FORMS; rows written.

    Raises:
        UnknownNameError: if there is no such form
        UsageError: if the form cannot hold this protocol, or the file has another suffix than .jsonl or .csv
    """
    if form not in FORMS:
        raise UnknownNameError("form", form, FORMS)
    rows, columns = FORMS[form](test, list(answers))
    write_rows(rows, columns, path)
    return len(rows)


def tidy(test: Test, answers: Sequence[Answer]) -> tuple[list[Row], tuple[str, ...]]:
    """A row an answer, with what is known of the clip and what the judge said of the category asked."""
    return [msgspec.structs.asdict(answer) | _of_clip(test, answer) for answer in answers], (*FIELDS, *CLIP_COLUMNS)


def emonet(test: Test, answers: Sequence[Answer]) -> tuple[list[Row], tuple[str, ...]]:
    """A row a clip and category: filename, category, label, as in laion/emonet-voice-bench.

    A label is the text of a Python list, one dict a rater: "[{'human-1': {'Shame': 1}}, …]"; read it with
    ast.literal_eval. Raters are numbered in the order in which they first answered; gold, repeats and checks are left out.

    Raises:
        UsageError: for a protocol other than presence
    """
    if test.protocol.values != (0, 1, 2):
        raise UsageError(f"the labels of EmoNet-Voice Bench are 0, 1 and 2; {test.protocol.name} has "
                         f"{', '.join(map(str, test.protocol.values))}: export it as tidy")
    kept = [answer for answer in answers if answer.kind in ASKED and answer.category]
    raters = {listener: f"human-{number}" for number, listener in enumerate(dict.fromkeys(a.listener for a in kept), 1)}
    labels: dict[tuple[str, str], list[dict[str, dict[str, int]]]] = {}
    for answer in kept:
        name = get(answer.category or "").name
        labels.setdefault((answer.clip, name), []).append({raters[answer.listener]: {name: int(answer.value)}})
    rows = [{"filename": f"{test.clips[clip].key}.flac", "category": name, "label": repr(given)}
            for (clip, name), given in labels.items()]
    return rows, ("filename", "category", "label")


FORMS: dict[str, Callable[[Test, Sequence[Answer]], tuple[list[Row], tuple[str, ...]]]] = {"tidy": tidy, "emonet": emonet}
"""name -> the rows of answers in that form, and its columns"""


def _of_clip(test: Test, answer: Answer) -> Row:
    clip = test.clips[answer.clip]
    known = (clip.key, clip.persona, clip.language, clip.category, clip.intensity, clip.verdict, clip.evidence,
             clip.scores.get(answer.category or ""), clip.thresholds.get(answer.category or ""), clip.seconds, clip.text)
    return dict(zip(CLIP_COLUMNS, known, strict=True))
