"""Word timings as captions: SubRip, WebVTT, and the words themselves as JSON."""

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import write_text_whole

if TYPE_CHECKING:
    from voiceact.engines.base import Word

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
FORMATS = (".srt", ".vtt", ".json")


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands on the screen from `start` to `end` (seconds): at most two lines."""

    text: str
    start: float
    end: float


def write(path: Path, words: "Sequence[Word]") -> None:
    """Write word timings by suffix: .srt, .vtt or .json.

    Captions break at punctuation: words that lack it get it back from `voiceact.audio.timed_text`.

    Raises:
        UsageError: for another suffix, or a folder that cannot be written
    """
    writers = {".srt": srt, ".vtt": vtt, ".json": words_json}
    if path.suffix.lower() not in writers:
        raise UsageError(f"cannot write subtitles as {path.suffix!r}; expected one of {', '.join(FORMATS)}")
    write_text_whole(path, writers[path.suffix.lower()](words))


def srt(words: "Sequence[Word]") -> str:
    """SubRip text; empty if there are no words."""
    blocks = [f"{number}\n{_clock(caption.start, ',')} --> {_clock(caption.end, ',')}\n{caption.text}\n"
              for number, caption in enumerate(captions(words), 1)]
    return "\n".join(blocks)


def vtt(words: "Sequence[Word]") -> str:
    """WebVTT text."""
    blocks = [f"{_clock(caption.start, '.')} --> {_clock(caption.end, '.')}\n{_escaped(caption.text)}\n"
              for caption in captions(words)]
    return "\n".join(["WEBVTT\n", *blocks])


def words_json(words: "Sequence[Word]") -> str:
    """A JSON list of objects with `text`, `start` and `end` in seconds."""
    rows = [{"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3)} for word in words]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def captions(words: "Iterable[Word]") -> list[Caption]:
    """Words grouped into captions.

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


def _stretches(words: "Iterable[Word]") -> "list[list[Word]]":
    """Words from one sentence end or long silence to the next."""
    stretches: list[list[Word]] = [[]]
    for word in words:
        last = stretches[-1][-1] if stretches[-1] else None
        ended = last is not None and (_ends(last.text, SENTENCE_ENDS) or word.start - last.end >= PAUSE_SECONDS)
        if ended and not _is_mark(word.text):
            stretches.append([])
        stretches[-1].append(word)
    return [stretch for stretch in stretches if stretch]


def _fitting(words: "Sequence[Word]") -> int:
    """How many of these words the next caption takes (at least one)."""
    count = 1
    while count < len(words) and _fits(words[:count + 1]):
        count += 1
    if count == len(words):
        return count
    clauses = [n for n in range(count // 2 + 1, count + 1) if _ends(words[n - 1].text, CLAUSE_ENDS)]
    return clauses[-1] if clauses else count


def _fits(words: "Sequence[Word]") -> bool:
    lines = textwrap.wrap(_joined(words), LINE_CHARACTERS, break_long_words=False, break_on_hyphens=False)
    return len(lines) <= LINES and words[-1].end - words[0].start <= LONGEST_SECONDS


def _caption(words: "Sequence[Word]") -> Caption:
    return Caption(_balanced(_joined(words)), words[0].start, words[-1].end)


def _balanced(text: str) -> str:
    """One line if it fits, else two of nearly equal length, broken after a clause where that is as good."""
    if len(text) <= LINE_CHARACTERS or " " not in text:
        return text
    breaks = [index for index, letter in enumerate(text) if letter == " "]
    halves = [(text[:index], text[index + 1:]) for index in breaks]
    first, second = min(halves, key=lambda pair: _imbalance(*pair))
    return f"{first}\n{second}"


def _imbalance(first: str, second: str) -> float:
    too_long = max(len(first), len(second)) > LINE_CHARACTERS
    at_clause = _ends(first, CLAUSE_ENDS)
    return 1000 * too_long + abs(len(first) - len(second)) - 12 * at_clause


def _joined(words: "Sequence[Word]") -> str:
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
