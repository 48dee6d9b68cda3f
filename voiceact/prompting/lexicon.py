"""The lexicon of feelings: words and idioms, each with its category, found in a list of words.

`data/feelings.json` holds the entries; the keywords of the taxonomy count as entries of their own and go before them.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from voiceact.acting import taxonomy
from voiceact.acting.taxonomy import Resolution
from voiceact.prompting.words import ARTICLES, BOUNDARY, PlainWord, base_forms, split_words

LONGEST_KEYWORD = 4
"""words of the longest keyword of the taxonomy"""
MOST_SKIPPED = 1
"""words within an idiom that the lexicon does not have: "a huge weight off her shoulders\""""
_NEVER_SKIPPED = frozenset({"not", "never", "no", "without", "while", "when", "because", "as", "than", "but", BOUNDARY})
_FUNCTION_WORDS = ARTICLES | frozenset(
    "to of in on at for from with by and or but not no so do can will would could should have has had get go up out off if "
    "as too than more most much many about then what who why how when where there here".split()
)
_NO_FEELING = frozenset({("in", "spite", "of"), ("on", "pain", "of")})
"""words that look like a feeling and only join two clauses"""
_ENTRY = re.compile(r"(?P<words>.*?)(?: (?P<shift>[+-]\d))?(?P<weak> \?)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the lexicon.

    Attributes:
        category: id
        text: as the data file has it
        words: that must follow one another, articles and pronouns left out where the rest still says it
        shift: how much stronger than the category's own word
        weak: counts only where little else is said
        strict: `words` are all of the text's, and nothing may stand between them
    """

    category: str
    text: str
    words: tuple[str, ...]
    shift: int
    weak: bool
    strict: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """An entry or keyword in a list of words.

    Attributes:
        first, last: places of its first and last word in the list
        size: how many words it matched
        category: id
        matched: the entry or keyword
        shift: how much stronger than the category's own word
        weak: see `Entry`
        resolution: of the taxonomy, where it is a keyword
    """

    first: int
    last: int
    size: int
    category: str
    matched: str
    shift: int = 0
    weak: bool = False
    resolution: Resolution | None = None


def sightings(words: Sequence[PlainWord]) -> list[Sighting]:
    """Return what is found in a list of words, by place; of two that overlap the longer one, then the taxonomy's."""
    seen = [*_keywords(words), *_entries(words)]
    # "jealous of what she has", but "beaming at what she has achieved"
    seen = [one for one in seen if not (words[one.last].text in ("has", "have") and _is_participle(words, one.last + 1))]
    # "he laughed in spite of himself" tells of no spite
    seen = [one for one in seen if not (one.first == one.last and _around(words, one.first) in _NO_FEELING)]
    chosen: list[Sighting] = []
    taken: set[int] = set()
    for one in sorted(seen, key=lambda one: (-one.size, one.weak, one.resolution is None, one.first, one.category)):
        if taken.isdisjoint(range(one.first, one.last + 1)):
            chosen.append(one)
            taken.update(range(one.first, one.last + 1))
    return sorted(chosen, key=lambda one: one.first)


def _around(words: Sequence[PlainWord], place: int) -> tuple[str, ...]:
    return tuple(word.text for word in words[max(place - 1, 0) : place + 2])


def _is_participle(words: Sequence[PlainWord], place: int) -> bool:
    return place < len(words) and words[place].text.endswith(("ed", "en", "ne", "won")) and len(words[place].text) > 3


@cache
def entries() -> tuple[Entry, ...]:
    """Return all entries of the data file."""
    data = json.loads((files("voiceact.prompting") / "data" / "feelings.json").read_text(encoding="utf-8"))
    return tuple(
        _entry(category, text)
        for category, rows in data["feelings"].items()
        for row in rows
        for text in row.split("; ")
    )  # fmt: skip


@cache
def single_words() -> dict[str, str]:
    """Return every entry of one word with its category: what a misspelling is compared with."""
    return {entry.words[0]: entry.category for entry in entries() if len(entry.words) == 1 and not entry.weak}


def _entry(category: str, text: str) -> Entry:
    match = _ENTRY.fullmatch(text)
    assert match is not None  # the pattern takes any text
    full = tuple(word.text for word in split_words(match["words"]))
    kept = tuple(word for word in full if word not in ARTICLES)
    content = [word for word in kept if word not in _FUNCTION_WORDS]
    # "who is she" without its pronouns would be "who": such entries are taken to the letter.
    strict = not content or (len(kept) < len(full) and len(content) == 1)
    words = full if strict else kept
    return Entry(category, match["words"], words, int(match["shift"] or 0), bool(match["weak"]), strict)


@cache
def _by_first_word() -> dict[str, list[Entry]]:
    index: dict[str, list[Entry]] = {}
    for entry in entries():
        for base in _wanted(entry.words[0], alone=len(entry.words) == 1):
            index.setdefault(base, []).append(entry)
    return index


@cache
def _wanted(word: str, alone: bool = False) -> frozenset[str]:
    """What a word of an entry stands for: itself where it stands alone, else all its inflections."""
    return frozenset({word}) if alone else base_forms(word)


def _entries(words: Sequence[PlainWord]) -> Iterator[Sighting]:
    index = _by_first_word()
    for place, word in enumerate(words):
        candidates = {entry: None for base in base_forms(word.text) for entry in index.get(base, ())}
        for entry in candidates:
            last = _follow(entry, words, place)
            if last is not None:
                yield Sighting(place, last, len(entry.words), entry.category, entry.text, entry.shift, entry.weak)


def _follow(entry: Entry, words: Sequence[PlainWord], place: int) -> int | None:
    """Return the place of the last word of an entry that begins at `place`; None if the words do not go on like it."""
    at, skipped = place, 0
    for number, wanted in enumerate(entry.words):
        if number:
            at += 1
        while True:
            if at >= len(words):
                return None
            word = words[at].text
            if not _wanted(wanted, entry.strict or len(entry.words) == 1).isdisjoint(base_forms(word)):
                break
            if number == 0 or entry.strict or word in _NEVER_SKIPPED:
                return None
            if word not in ARTICLES:
                skipped += 1
                if skipped > MOST_SKIPPED:
                    return None
            at += 1
    return at


def _keywords(words: Sequence[PlainWord]) -> Iterator[Sighting]:
    for first in range(len(words)):
        for size in range(1, LONGEST_KEYWORD + 1):
            run = [word.text for word in words[first : first + size]]
            if len(run) < size or BOUNDARY in run:
                break
            if run[0] in ("and", *ARTICLES) or run[-1] in ("and", *ARTICLES):
                continue
            found = taxonomy.lookup(" ".join(run))
            if found is not None:
                yield Sighting(first, first + size - 1, size, found.category.id, found.matched, resolution=found)
