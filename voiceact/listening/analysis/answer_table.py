"""Hold the answers of a test as columns, from which every figure is computed.

>>> from voiceact.listening.analysis.answer_table import make_answer_table
>>> table = make_answer_table(answers, test.protocol.positive)  # doctest: +SKIP
>>> table.asked().value.mean()  # doctest: +SKIP
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
class AnswerTable:
    """Answers as columns, one answer a place in each array [n].

    Attributes:
        value: as answered
        positive: whether the value means "present" (of identity "same")
        listener: index into `listeners`
        item: index into `items`
        clip: index into `clips`
        clip_b: index of the second clip; NONE where there is one clip
        category: index into `categories`; NONE where no category is asked
        repeats: index of the repeated item; NONE where none is repeated
        kind: of the item
        stage: round in which the listener was asked, from 1
        position: in the listener's order, from 1
        seconds: to the answer; NaN where unknown
        plays: how often a clip was started; NaN where unknown
        listeners: ids, in the order they first appear
        items: ids, likewise
        clips: ids, likewise
        categories: ids, likewise
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

    def take(self, rows: Flags | Ints) -> "AnswerTable":
        """Return the answers at these rows, under the same names."""
        columns = ((field.name, getattr(self, field.name)) for field in fields(self))
        chosen: dict[str, Any] = {name: column[rows] for name, column in columns if isinstance(column, np.ndarray)}
        return replace(self, **chosen)

    def of_kind(self, *kinds: str) -> "AnswerTable":
        """Return the answers to items of these kinds."""
        return self.take(np.isin(self.kind, kinds))

    def asked(self) -> "AnswerTable":
        """Return the answers that the test is about: no gold, repeats or attention checks."""
        return self.of_kind(*ASKED)

    def about(self, category: str) -> "AnswerTable":
        """Return the answers about one category."""
        return self.take(self.category == self.categories.index(category))

    def of_listeners(self, names: Collection[str]) -> "AnswerTable":
        """Return the answers of these listeners alone."""
        return self.take(np.isin(self.listener, [place for place, name in enumerate(self.listeners) if name in names]))

    @cached_property
    def question(self) -> Ints:
        """[n] number of each answer's question: an item, or one of the categories an item asks for."""
        keys = self.item.astype(np.int64) * (len(self.categories) + 1) + self.category + 1
        return np.asarray(np.unique(keys, return_inverse=True)[1], np.intp)

    @property
    def questions(self) -> int:
        """Number of different questions that were answered."""
        return int(self.question.max()) + 1 if len(self) else 0

    def first_of_question(self) -> Ints:
        """Return [questions] the row of one answer to each, for what all its answers share (clip, category, kind)."""
        return np.asarray(np.unique(self.question, return_index=True)[1], np.intp)

    def matrix(self) -> tuple[Floats, Ints]:
        """Return the answers as [listeners, questions], NaN where unanswered, and the listener [listeners] of each row."""
        listeners, row = np.unique(self.listener, return_inverse=True)
        values = np.full((len(listeners), self.questions), np.nan)
        values[row, self.question] = self.value
        return values, listeners.astype(np.intp)


def make_answer_table(answers: Iterable[Answer], positive: Collection[float] = ()) -> AnswerTable:
    """Arrange answers as columns.

    Args:
        answers: rows of results
        positive: values that mean "present"
    """
    rows = list(answers)
    listeners = _index_names(row.listener for row in rows)
    items = _index_names(name for row in rows for name in (row.item, row.repeats))
    clips = _index_names(name for row in rows for name in (row.clip, row.clip_b))
    categories = _index_names(row.category for row in rows)
    value = np.array([row.value for row in rows], np.float64)
    return AnswerTable(
        value,
        np.isin(value, list(positive)),
        _indices(listeners, (row.listener for row in rows)),
        _indices(items, (row.item for row in rows)),
        _indices(clips, (row.clip for row in rows)),
        _indices(clips, (row.clip_b for row in rows)),
        _indices(categories, (row.category for row in rows)),
        _indices(items, (row.repeats for row in rows)),
        np.array([row.kind for row in rows], object),
        np.array([row.stage for row in rows], np.intp),
        np.array([row.position for row in rows], np.intp),
        _numbers(row.seconds for row in rows),
        _numbers(row.plays for row in rows),
        tuple(listeners),
        tuple(items),
        tuple(clips),
        tuple(categories),
    )


def _index_names(names: Iterable[str | None]) -> dict[str, int]:
    """Number the different names in the order they first appear."""
    return {name: index for index, name in enumerate(dict.fromkeys(name for name in names if name is not None))}


def _indices(index: dict[str, int], names: Iterable[str | None]) -> Ints:
    return np.array([NONE if name is None else index[name] for name in names], np.intp)


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)
