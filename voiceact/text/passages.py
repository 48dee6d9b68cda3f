"""A long text cut into passages: whole sentences, of bounded length, read one after another in constant memory.

>>> [passage.text for passage in iterate_passages("Dr. Lee came. He sat down.\\n\\nNobody spoke.", longest=12)]
['Dr. Lee came.', 'He sat down.', 'Nobody spoke.']
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from voiceact.errors import count_noun
from voiceact.text.form import Pause, Sentence, SpokenForm, Tag
from voiceact.text.reader import speak

PASSAGE_CHARACTERS = 300
"""length up to which sentences are taken together: some twenty seconds of speech"""
WINDOW_CHARACTERS = 2000
"""characters that are read at once to find where sentences end; no passage is longer"""

MOST_NOTES = 20
"""notes on a long text"""

_PARAGRAPH_END = re.compile(r"\s*\n\s*\n\s*")
_SPACE = re.compile(r"\s+(?![.…\s])")
_CLAUSE_END = re.compile(r"[,;:—–]\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences that stand next to one another in one paragraph.

    Attributes:
        text: as written, without white space at its ends
        start: where it begins in the whole text, in characters
        end: where it ends
        pause: what follows it: another sentence, or an empty line
    """

    text: str
    start: int
    end: int
    pause: Pause = "sentence"


def iterate_passages(
    text: str, language: str = "en", *, longest: int = PASSAGE_CHARACTERS, sounds: Sequence[int] = ()
) -> Iterator[Passage]:
    """Cut a text into passages at the ends of its sentences.

    The text is read window by window, so that the memory used does not depend on its length. Sentences end where `speak`
    ends them ("Dr. Lee" is not cut). A sentence that is longer than a window is cut behind a comma, or else between words.

    Args:
        text: as written; an empty line ends a paragraph
        language: code of the language
        longest: characters up to which several sentences form one passage; a longer sentence is a passage by itself
        sounds: characters at which something is heard that is no word (a vocal burst); a paragraph that holds nothing else
            is a passage too

    Yields:
        Passages in order, none without a word or a sound; together they hold every spoken word of the text.
    """
    place = 0
    while place < len(text):
        paragraph = _PARAGRAPH_END.search(text, place, place + WINDOW_CHARACTERS)
        while paragraph and paragraph.start() == place:
            place = paragraph.end()
            paragraph = _PARAGRAPH_END.search(text, place, place + WINDOW_CHARACTERS)
        end = paragraph.start() if paragraph else min(place + WINDOW_CHARACTERS, len(text))
        window, whole = text[place:end], paragraph is not None or end == len(text)
        bounds = _sentence_bounds(window, speak(window, language), whole=whole)
        pieces = list(_grouped(window, bounds, longest))
        if not pieces and whole and any(place <= sound < end for sound in sounds):
            pieces = [(0, len(window))]
        for number, (first, last) in enumerate(pieces):
            closing = paragraph is not None and number == len(pieces) - 1
            yield _stripped(text, place + first, place + last, "paragraph" if closing else "sentence")
        if whole:
            place = paragraph.end() if paragraph else len(text)
        else:
            place += bounds[-1][1] if bounds else len(window)


def _sentence_bounds(window: str, form: SpokenForm, *, whole: bool) -> list[tuple[int, int]]:
    """Return where each sentence of a window begins and ends; the last one, where it may go on beyond the window, is left out.

    Args:
        window: the characters that were read
        form: what they were read as
        whole: whether the paragraph ends with the window
    """
    starts = [0, *(_cut_before(window, *pair, form.tags) for pair in zip(form.sentences, form.sentences[1:], strict=False))]
    bounds = list(zip(starts, [*starts[1:], len(window)], strict=True)) if form.sentences else []
    if whole or not bounds:
        return bounds
    if len(bounds) > 1:
        return bounds[:-1]
    # One sentence fills the window: it is cut at its last clause.
    clauses = [match.end() for match in _CLAUSE_END.finditer(window, len(window) // 2)]
    cut = clauses[-1] if clauses else window.rfind(" ", 1) + 1
    return [(0, cut or len(window))]


def _cut_before(window: str, before: Sentence, after: Sentence, tags: tuple[Tag, ...]) -> int:
    """Return where to cut between two sentences: at the first space behind the marks of the first one, outside any tag."""
    low, high = before.words[-1].end, after.words[0].start
    inside = next((tag for tag in tags if tag.start < low < tag.end), None)
    for space in _SPACE.finditer(window, inside.end if inside else low, high):
        if not any(tag.start < space.start() < tag.end for tag in tags):
            return space.end()
    return high


def _grouped(window: str, bounds: list[tuple[int, int]], longest: int) -> Iterator[tuple[int, int]]:
    """Yield runs of sentences of at most `longest` characters together."""
    run: tuple[int, int] | None = None
    for start, end in bounds:
        if run and len(window[run[0] : end].rstrip()) <= longest:
            run = run[0], end
            continue
        if run:
            yield run
        run = start, end
    if run:
        yield run


def _stripped(text: str, start: int, end: int, pause: Pause) -> Passage:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Passage(piece, start, start + len(piece), pause)


def reading_notes(
    text: str,
    language: str = "en",
    lexicon: Mapping[str, str] | None = None,
    *,
    known_tags: Sequence[str] = (),
    strict: bool = False,
) -> tuple[str, ...]:
    """Return what a writer should know of the reading of a text, as `speak` notes it, one sentence each.

    A text longer than a window is read passage by passage; a note that says the same of several passages comes once, and at
    most `MOST_NOTES` are returned.

    Raises:
        UsageError: for unknown or unbalanced markup when strict, or a lone surrogate
    """
    if len(text) <= WINDOW_CHARACTERS:
        return speak(text, language, lexicon, known_tags=known_tags, strict=strict).notes
    notes: dict[str, None] = {}
    absent = dict.fromkeys(lexicon or {})
    for passage in iterate_passages(text, language):
        form = speak(passage.text, language, lexicon, known_tags=known_tags, strict=strict)
        overridden = {word.written.casefold() for word in form.words if word.given}
        absent = {word: None for word in absent if word.casefold() not in overridden}
        notes |= dict.fromkeys(note for note in form.notes if not note.startswith("the lexicon's "))
    shown = [f"the lexicon's {word!r} does not occur in the text" for word in absent] + list(notes)
    more = [f"{count_noun(len(shown) - MOST_NOTES, 'more note')} on the text left out"] if len(shown) > MOST_NOTES else []
    return (*shown[:MOST_NOTES], *more)
