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
"""usual limits of broadcast subtitles: two lines of 42 characters, at most 7 seconds"""
PAUSE_SECONDS = 1.0
"""least silence that ends a caption"""

SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
CLAUSE_ENDS = (",", ";", ":", "—", "–", "،", "、")
CLOSERS = "\"'”’»)]"
OPENERS = "\"'([{“‘«„¿¡"
TITLES = frozenset("dr mr mrs ms mx prof st sr sra srta dra hr mme mlle capt lt sgt rev vs bzw e.g i.e z.b".split())
"""written before what they belong to, so that their stop ends no sentence (English, German, Spanish, French)"""
BEFORE_NUMBERS = frozenset("no nr nos nrs núm num p pp s fig vol ch cap kap art".split())
"""written before a number"""
ATTACHED = ".,!?;:…)]»”’%"
CAPTION_FORMATS = (".srt", ".vtt", ".json")


@dataclass(frozen=True, slots=True)
class Caption:
    """Text on the screen, at most two lines.

    Attributes:
        text: with a line feed between two lines
        start: seconds from the start of the take
        end: seconds from the start of the take
    """

    text: str
    start: float
    end: float


def write_captions(path: Path, words: Sequence[Word]) -> None:
    """Write word timings by suffix: .srt, .vtt or .json.

    Captions break at punctuation; `timed_text` restores it for words that lack it.

    Raises:
        UsageError: for another suffix, or a folder that cannot be written
    """
    writers = {".srt": srt, ".vtt": vtt, ".json": words_json}
    if path.suffix.lower() not in writers:
        raise UsageError(f"cannot write subtitles as {path.suffix!r}; expected one of {', '.join(CAPTION_FORMATS)}")
    write_text_whole(path, writers[path.suffix.lower()](words))


def write_subtitles(path: Path, shown: Sequence[Caption]) -> None:
    """Write the subtitles of an audio file beside it, as .srt and as .vtt; of a file without captions, none.

    Args:
        path: of the audio file
        shown: its captions, with times from its start
    """
    if shown:
        write_text_whole(path.with_suffix(".srt"), _join_srt(shown))
        write_text_whole(path.with_suffix(".vtt"), _join_vtt(shown))


def srt(words: Sequence[Word]) -> str:
    """Return SubRip text; empty if there are no words."""
    return _join_srt(captions(words))


def _join_srt(shown: Sequence[Caption]) -> str:
    return "\n".join(srt_block(number, caption) for number, caption in enumerate(shown, 1))


def srt_block(number: int, caption: Caption) -> str:
    """Return one caption as SubRip text; blocks are separated by an empty line.

    Args:
        number: from 1
        caption: with times from the start of the file
    """
    return f"{number}\n{_clock(caption.start, ',')} --> {_clock(caption.end, ',')}\n{caption.text}\n"


def vtt(words: Sequence[Word]) -> str:
    """Return WebVTT text."""
    return _join_vtt(captions(words))


def _join_vtt(shown: Sequence[Caption]) -> str:
    return "\n".join(["WEBVTT\n", *map(vtt_block, shown)])


def vtt_block(caption: Caption) -> str:
    """Return one caption as WebVTT text; blocks are separated by an empty line, and the file begins with "WEBVTT"."""
    text = caption.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{_clock(caption.start, '.')} --> {_clock(caption.end, '.')}\n{text}\n"


def words_json(words: Sequence[Word]) -> str:
    """Return a JSON list of objects with `text`, `start` and `end` in seconds."""
    rows = [{"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3)} for word in words]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def captions(words: Iterable[Word]) -> list[Caption]:
    """Group words into captions.

    A caption ends with a sentence or before a silence of a second. Words that do not fit into two lines
    of 42 characters or seven seconds are cut after the last clause mark in the second half, else
    after the last word that fits.
    """
    # Stretches from one sentence end or long silence to the next; a mark alone stays with the word before it.
    stretches: list[list[Word]] = [[]]
    for word in words:
        last = stretches[-1][-1] if stretches[-1] else None
        ended = last is not None and (_ends_sentence(last.text, word.text) or word.start - last.end >= PAUSE_SECONDS)
        if ended and not _is_mark(word.text):
            stretches.append([])
        stretches[-1].append(word)

    grouped = []
    for stretch in stretches:
        while stretch:
            count = _count_fitting(stretch)
            grouped.append(Caption(_break_line(_join_words(stretch[:count])), stretch[0].start, stretch[count - 1].end))
            stretch = stretch[count:]
    return grouped


def _count_fitting(words: Sequence[Word]) -> int:
    """Return how many of these words the next caption holds (at least one)."""
    count = 1
    while count < len(words):
        text = _join_words(words[: count + 1])
        lines = textwrap.wrap(text, LINE_CHARACTERS, break_long_words=False, break_on_hyphens=False)
        if len(lines) > LINES or words[count].end - words[0].start > LONGEST_SECONDS:
            break
        count += 1
    if count == len(words):
        return count
    clauses = [n for n in range(count // 2 + 1, count + 1) if _ends(words[n - 1].text, CLAUSE_ENDS)]
    return clauses[-1] if clauses else count


def _break_line(text: str) -> str:
    """Break a text that is longer than a line into two of nearly equal length, preferably after a clause."""
    if len(text) <= LINE_CHARACTERS or " " not in text:
        return text

    def imbalance(place: int) -> float:
        first, second = text[:place], text[place + 1 :]
        too_long = max(len(first), len(second)) > LINE_CHARACTERS
        return 1000 * too_long + abs(len(first) - len(second)) - 12 * _ends(first, CLAUSE_ENDS)

    place = min((index for index, letter in enumerate(text) if letter == " "), key=imbalance)
    return f"{text[:place]}\n{text[place + 1 :]}"


def _join_words(words: Sequence[Word]) -> str:
    text = ""
    for word in words:
        glued = not text or _is_mark(word.text)
        text += word.text if glued else " " + word.text
    return text


def _is_mark(text: str) -> bool:
    return bool(text) and all(letter in ATTACHED for letter in text)


def _ends(text: str, marks: tuple[str, ...]) -> bool:
    return text.rstrip(CLOSERS).endswith(marks)


def _ends_sentence(text: str, following: str) -> bool:
    """Whether a sentence ends with a word, by its mark and what follows: not with "Dr." before "Lee", "p.m." before "on"."""
    if not _ends(text, SENTENCE_ENDS):
        return False
    plain = text.rstrip(CLOSERS)
    first = following.lstrip(OPENERS)[:1]
    if not plain.endswith(".") or plain.endswith("..") or not first:
        return True
    name = plain.lstrip(OPENERS).rstrip(".").casefold()
    return not (first.islower() or (first.isdecimal() and name in BEFORE_NUMBERS) or name in TITLES)


def _clock(seconds: float, point: str) -> str:
    milliseconds = max(0, round(seconds * 1000))
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


# --- The written text on the engine's clock

_PART = re.compile(r"\w+(?:['’.,:/-]\w+)*")


@dataclass(frozen=True, slots=True)
class _Part:
    """A word inside a stretch of text without spaces: "re-do" and "now" in "re-do—now"."""

    stretch: int
    folded: str


def timed_text(text: str, words: Sequence[Word]) -> tuple[Word, ...]:
    """Cut a written text at spaces and return each piece with the time at which it is spoken.

    An engine times the spoken form ("three fifteen"); captions show the written form ("3:15,").

    >>> words = (Word("At", 0, 0.1), Word("three", 0.1, 0.3), Word("fifteen", 0.3, 0.6), Word("no", 0.7, 0.9))
    >>> [word.text for word in timed_text("At 3:15, “no”.", words)]
    ['At', '3:15,', '“no”.']

    Text that differs from its spoken form has the time of the words in its place, divided by length. A mark that
    stands alone is joined to the word before it.

    Args:
        text: in its written form
        words: the words that the engine spoke, with their times

    Returns:
        The pieces; none if the engine timed nothing, or spoke no word of the text.
    """
    stretches = text.split()
    parts = [_Part(number, _fold(word)) for number, stretch in enumerate(stretches) for word in _PART.findall(stretch)]

    # Start and end of each part that was spoken.
    matcher = SequenceMatcher(None, [part.folded for part in parts], [_fold(word.text) for word in words], False)
    spans: list[tuple[_Part, float, float]] = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            spans += [(part, word.start, word.end) for part, word in zip(parts[i1:i2], words[j1:j2], strict=True)]
        elif kind == "replace":
            start, end = words[j1].start, words[j2 - 1].end
            ends = list(accumulate(len(part.folded) + 1 for part in parts[i1:i2]))
            edges = [start + (end - start) * reached / ends[-1] for reached in (0, *ends)]
            spans += zip(parts[i1:i2], edges, edges[1:], strict=False)
    times: dict[int, tuple[float, float]] = {}
    for part, start, end in spans:
        first, last = times.get(part.stretch, (start, end))
        times[part.stretch] = min(first, start), max(last, end)

    # A stretch without a time joins the one before it, at the beginning the one after it.
    pieces: list[Word] = []
    waiting: list[str] = []
    for number, stretch in enumerate(stretches):
        if number in times:
            pieces.append(Word(" ".join([*waiting, stretch]), *times[number]))
            waiting = []
        elif pieces:
            pieces[-1] = Word(f"{pieces[-1].text} {stretch}", pieces[-1].start, pieces[-1].end)
        else:
            waiting.append(stretch)
    return tuple(pieces)


def _fold(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
