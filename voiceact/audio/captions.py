"""Captions: the written text on the engine's clock, as SubRip, WebVTT, and words in JSON."""

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate
from pathlib import Path

from voiceact.audio.words import Word
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import write_text_whole

LINE_CHARACTERS = 42
LINES = 2
LONGEST_SECONDS = 7.0
"""Usual limits of broadcast subtitles: two lines of 42 characters, at most 7 seconds."""
PAUSE_SECONDS = 1.0
"""a silence that ends a caption"""

SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
CLAUSE_ENDS = (",", ";", ":", "—", "–", "،", "、")
CLOSERS = "\"'”’»)]"
ATTACHED = ".,!?;:…)]»”’%"
CAPTION_FORMATS = (".srt", ".vtt", ".json")


@dataclass(frozen=True, slots=True)
class Caption:
    """Text on the screen, at most two lines.

    Attributes:
        text: with a line feed between two lines
        start, end: seconds
    """

    text: str
    start: float
    end: float


def write_captions(path: Path, words: Sequence[Word]) -> None:
    """Write word timings by suffix: .srt, .vtt or .json.

    Captions break at punctuation: words that lack it get it back from `timed_text`.

    Raises:
        UsageError: for another suffix, or a folder that cannot be written
    """
    writers = {".srt": srt, ".vtt": vtt, ".json": words_json}
    if path.suffix.lower() not in writers:
        raise UsageError(f"cannot write subtitles as {path.suffix!r}; expected one of {', '.join(CAPTION_FORMATS)}")
    write_text_whole(path, writers[path.suffix.lower()](words))


def srt(words: Sequence[Word]) -> str:
    """Return SubRip text; empty if there are no words."""
    blocks = [
        f"{number}\n{_clock(caption.start, ',')} --> {_clock(caption.end, ',')}\n{caption.text}\n"
        for number, caption in enumerate(captions(words), 1)
    ]
    return "\n".join(blocks)


def vtt(words: Sequence[Word]) -> str:
    """Return WebVTT text."""
    blocks = [
        f"{_clock(caption.start, '.')} --> {_clock(caption.end, '.')}\n{_escaped(caption.text)}\n"
        for caption in captions(words)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def words_json(words: Sequence[Word]) -> str:
    """Return a JSON list of objects with `text`, `start` and `end` in seconds."""
    rows = [{"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3)} for word in words]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def captions(words: Iterable[Word]) -> list[Caption]:
    """Group words into captions.

    A caption ends with a sentence or before a silence of a second. What does not fit into two lines
    of 42 characters or seven seconds is cut after the last clause mark in its second half, else
    after the last word that fits.
    """
    found = []
    for stretch in _stretches(words):
        while stretch:
            count = _fitting(stretch)
            found.append(_caption(stretch[:count]))
            stretch = stretch[count:]
    return found


def _stretches(words: Iterable[Word]) -> list[list[Word]]:
    """Words from one sentence end or long silence to the next."""
    stretches: list[list[Word]] = [[]]
    for word in words:
        last = stretches[-1][-1] if stretches[-1] else None
        ended = last is not None and (_ends(last.text, SENTENCE_ENDS) or word.start - last.end >= PAUSE_SECONDS)
        if ended and not _is_mark(word.text):
            stretches.append([])
        stretches[-1].append(word)
    return [stretch for stretch in stretches if stretch]


def _fitting(words: Sequence[Word]) -> int:
    """How many of these words the next caption takes (at least one)."""
    count = 1
    while count < len(words) and _fits(words[: count + 1]):
        count += 1
    if count == len(words):
        return count
    clauses = [n for n in range(count // 2 + 1, count + 1) if _ends(words[n - 1].text, CLAUSE_ENDS)]
    return clauses[-1] if clauses else count


def _fits(words: Sequence[Word]) -> bool:
    lines = textwrap.wrap(_joined(words), LINE_CHARACTERS, break_long_words=False, break_on_hyphens=False)
    return len(lines) <= LINES and words[-1].end - words[0].start <= LONGEST_SECONDS


def _caption(words: Sequence[Word]) -> Caption:
    return Caption(_balanced(_joined(words)), words[0].start, words[-1].end)


def _balanced(text: str) -> str:
    """One line if it fits, else two of nearly equal length, broken after a clause where that is as good."""
    if len(text) <= LINE_CHARACTERS or " " not in text:
        return text
    breaks = [index for index, letter in enumerate(text) if letter == " "]
    halves = [(text[:index], text[index + 1 :]) for index in breaks]
    first, second = min(halves, key=lambda pair: _imbalance(*pair))
    return f"{first}\n{second}"


def _imbalance(first: str, second: str) -> float:
    too_long = max(len(first), len(second)) > LINE_CHARACTERS
    at_clause = _ends(first, CLAUSE_ENDS)
    return 1000 * too_long + abs(len(first) - len(second)) - 12 * at_clause


def _joined(words: Sequence[Word]) -> str:
    text = ""
    for word in words:
        glued = not text or _is_mark(word.text)
        text += word.text if glued else " " + word.text
    return text


def _is_mark(text: str) -> bool:
    return bool(text) and all(letter in ATTACHED for letter in text)


def _ends(text: str, marks: tuple[str, ...]) -> bool:
    return text.rstrip(CLOSERS).endswith(marks)


def _clock(seconds: float, point: str) -> str:
    milliseconds = max(0, round(seconds * 1000))
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# The written text on the engine's clock

_PART = re.compile(r"\w+(?:['’.,:/-]\w+)*")


@dataclass(frozen=True, slots=True)
class _Part:
    """A word inside a stretch of text without spaces: "re-do" and "now" in "re-do—now"."""

    stretch: int
    folded: str


def timed_text(text: str, words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the text in its own spelling, cut at spaces, each piece with the time at which it is spoken.

    An engine times what it speaks ("three fifteen"); a reader of captions wants what was written ("3:15,").

    >>> words = (Word("At", 0, 0.1), Word("three", 0.1, 0.3), Word("fifteen", 0.3, 0.6), Word("no", 0.7, 0.9))
    >>> [word.text for word in timed_text("At 3:15, “no”.", words)]
    ['At', '3:15,', '“no”.']

    What the engine spoke otherwise than it is written takes the time of the words in its place, shared by
    length. A mark that stands alone goes with the word before it.

    Args:
        text: what was written
        words: what the engine spoke, with its times

    Returns:
        The pieces; none if the engine timed nothing, or spoke no word of the text.
    """
    stretches = text.split()
    parts = [_Part(number, _folded(found)) for number, stretch in enumerate(stretches) for found in _PART.findall(stretch)]
    times: dict[int, tuple[float, float]] = {}
    for part, start, end in _spans(parts, words):
        first, last = times.get(part.stretch, (start, end))
        times[part.stretch] = min(first, start), max(last, end)
    return _join_stretches(stretches, times)


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


def _join_stretches(stretches: Sequence[str], times: dict[int, tuple[float, float]]) -> tuple[Word, ...]:
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
