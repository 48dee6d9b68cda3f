"""The answers of a test as columns: what every figure is computed from.

>>> from voiceact.listening.analysis.answer_table import make_sheet
>>> sheet = make_sheet(answers, test.protocol.positive)  # doctest: +SKIP
>>> sheet.asked().value.mean()  # doctest: +SKIP
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.listening.answers.answer import Answer
from voiceact.listening.model import ASKED

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

NONE = -1
"""in place of a category, an item or a clip that there is not"""


@dataclass(frozen=True)
class Sheet:
    """Answers, one a place in each array [n].

    value: as answered; positive: whether that means "present" (of identity "same")
    listener, item, clip, clip_b, category, repeats: places in the names below, NONE where there is none
    kind, stage, position: as in the rows
    seconds, plays: NaN where they are not known
    listeners, items, clips, categories: names, in the order they first appear
    """

    value: Floats
    positive: Flags
    listener: Ints
    item: Ints
    clip: Ints
    clip_b: Ints
    category: Ints
    repeats: Ints
    kind: NDArray[Any]
    stage: Ints
    position: Ints
    seconds: Floats
    plays: Floats
    listeners: tuple[str, ...]
    items: tuple[str, ...]
    clips: tuple[str, ...]
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.value)

    def take(self, rows: Flags | Ints) -> "Sheet":
        """The answers at these places, under the same names."""
        return replace(self, **{one.name: getattr(self, one.name)[rows] for one in fields(self)
                                if isinstance(getattr(self, one.name), np.ndarray)})

    def of_kind(self, *kinds: str) -> "Sheet":
        """Answers to items of these kinds."""
        return self.take(np.isin(self.kind, kinds))

    def asked(self) -> "Sheet":
        """Answers that the test is about: no gold, repeats or attention checks."""
        return self.of_kind(*ASKED)

    def about(self, category: str) -> "Sheet":
        """Answers about one category."""
        return self.take(self.category == self.categories.index(category))

    def of_listeners(self, names: Collection[str]) -> "Sheet":
        """Answers of these listeners alone."""
        return self.take(np.isin(self.listener, [place for place, name in enumerate(self.listeners) if name in names]))

    @cached_property
    def question(self) -> Ints:
        """[n] number of each answer's question: an item, or one of the categories an item asks for."""
        keys = self.item.astype(np.int64) * (len(self.categories) + 1) + self.category + 1
        return np.asarray(np.unique(keys, return_inverse=True)[1], np.intp)

    @property
    def questions(self) -> int:
        """How many different questions were answered."""
        return int(self.question.max()) + 1 if len(self) else 0

    def first_of_question(self) -> Ints:
        """[questions] place of one answer to each, for what all its answers share (clip, category, kind)."""
        return np.asarray(np.unique(self.question, return_index=True)[1], np.intp)

    def matrix(self) -> tuple[Floats, Ints]:
        """Answers as [listeners, questions], NaN where a listener did not answer, and which listeners the rows are."""
        heard, row = np.unique(self.listener, return_inverse=True)
        found = np.full((len(heard), self.questions), np.nan)
        found[row, self.question] = self.value
        return found, heard.astype(np.intp)


def make_sheet(answers: Iterable[Answer], positive: Collection[float] = ()) -> Sheet:
    """The answers as columns.

    positive: values that mean "present"
    """
    rows = list(answers)
    listeners, items = _names(row.listener for row in rows), _names(_all_items(rows))
    clips, categories = _names(_all_clips(rows)), _names(row.category for row in rows)
    value = np.array([row.value for row in rows], np.float64)
    return Sheet(
        value, np.isin(value, list(positive)), _places(listeners, (row.listener for row in rows)),
        _places(items, (row.item for row in rows)), _places(clips, (row.clip for row in rows)),
        _places(clips, (row.clip_b for row in rows)), _places(categories, (row.category for row in rows)),
        _places(items, (row.repeats for row in rows)), np.array([row.kind for row in rows], object),
        np.array([row.stage for row in rows], np.intp), np.array([row.position for row in rows], np.intp),
        _numbers(row.seconds for row in rows), _numbers(row.plays for row in rows),
        tuple(listeners), tuple(items), tuple(clips), tuple(categories))


def _all_items(rows: list[Answer]) -> Iterable[str | None]:
    for row in rows:
        yield from (row.item, row.repeats)


def _all_clips(rows: list[Answer]) -> Iterable[str | None]:
    for row in rows:
        yield from (row.clip, row.clip_b)


def _names(found: Iterable[str | None]) -> dict[str, int]:
    kept = dict.fromkeys(name for name in found if name is not None)
    return {name: place for place, name in enumerate(kept)}


def _places(names: dict[str, int], found: Iterable[str | None]) -> Ints:
    return np.array([NONE if name is None else names[name] for name in found], np.intp)


def _numbers(found: Iterable[float | None]) -> Floats:
    return np.array([np.nan if number is None else number for number in found], np.float64)
