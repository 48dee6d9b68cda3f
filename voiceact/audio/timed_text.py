"""The writer's own text on the engine's clock: words with their marks, numbers as they were written.

An engine times what it speaks ("three fifteen"); a reader of subtitles wants what was written ("3:15,").

>>> from voiceact.engines.base import Word
>>> [word.text for word in timed_text("At 3:15, “no”.", (Word("At", 0, 0.1), Word("three", 0.1, 0.3),
...                                                     Word("fifteen", 0.3, 0.6), Word("no", 0.7, 0.9)))]
['At', '3:15,', '“no”.']
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from voiceact.engines.base import Word

_PART = re.compile(r"\w+(?:['’.,:/-]\w+)*")


@dataclass(frozen=True, slots=True)
class _Part:
    """A word inside a stretch of text without spaces: "re-do" and "now" in "re-do—now"."""

    stretch: int
    folded: str


def timed_text(text: str, words: Sequence[Word]) -> tuple[Word, ...]:
    """The text in its own spelling, cut at spaces, each piece with the time at which it is spoken.

    What the engine spoke otherwise than it is written takes the time of the words in its place, shared by
    length. A mark that stands alone goes with the word before it.

    Returns:
        nothing if the engine timed nothing, or spoke no word of the text
    """
    stretches = text.split()
    parts = [_Part(number, _folded(found)) for number, stretch in enumerate(stretches)
             for found in _PART.findall(stretch)]
    times: dict[int, tuple[float, float]] = {}
    for part, start, end in _spans(parts, words):
        first, last = times.get(part.stretch, (start, end))
        times[part.stretch] = min(first, start), max(last, end)
    return _joined(stretches, times)


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _spans(parts: Sequence[_Part], words: Sequence[Word]) -> list[tuple[_Part, float, float]]:
    """Each part of the text that was spoken, with its start and end in seconds."""
    matcher = SequenceMatcher(None, [part.folded for part in parts], [_folded(word.text) for word in words], False)
    found = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            found += [(part, word.start, word.end) for part, word in zip(parts[i1:i2], words[j1:j2], strict=True)]
        elif kind == "replace":
            found += _shared(parts[i1:i2], words[j1].start, words[j2 - 1].end)
    return found


def _shared(parts: Sequence[_Part], start: float, end: float) -> list[tuple[_Part, float, float]]:
    """A stretch of time shared among parts by their length."""
    ends = list(accumulate(len(part.folded) + 1 for part in parts))
    edges = [start + (end - start) * reached / ends[-1] for reached in (0, *ends)]
    return list(zip(parts, edges, edges[1:], strict=False))


def _joined(stretches: Sequence[str], times: dict[int, tuple[float, float]]) -> tuple[Word, ...]:
    """Stretches with their times; one without joins the one before, at the beginning the one behind."""
    found: list[Word] = []
    waiting: list[str] = []
    for number, stretch in enumerate(stretches):
        if number in times:
            found.append(Word(" ".join([*waiting, stretch]), *times[number]))
            waiting = []
        elif found:
            found[-1] = Word(f"{found[-1].text} {stretch}", found[-1].start, found[-1].end)
        else:
            waiting.append(stretch)
    return tuple(found)
