"""What is said: lines by language, category and kind, and a user's own text made ready to be spoken.

>>> from voiceact.acting.script import clean_text, pick_line
>>> pick_line(category="Distress", language="en", tags=("care",)).category
'Distress'
>>> clean_text("  Well   done 🎉!  ", language="en")
('Well done!', ('dropped what cannot be spoken: 🎉',))

The lines stand in `data/scripts/<language>.jsonl`, one JSON object each; docs/scripts.md says how to add one.
"""

import json
import math
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Literal, get_args

from voiceact.acting import taxonomy
from voiceact.errors import UnknownNameError, UsageError, listed
from voiceact.text import without_markup

Kind = Literal["evocative", "neutral"]
KINDS: tuple[Kind, ...] = get_args(Kind)

TAGS = {
    "child": "said by a child",
    "young": "said by somebody of fifteen to some twenty-five",
    "adult": "said by a grown-up of any age, not by a child",
    "elder": "said by an old person",
    "authority": "said by somebody in command",
    "care": "where somebody is ill or looked after",
    "work": "at work; not for a child",
    "school": "at school or university, by either side of the desk",
    "home": "in the family",
    "friends": "among friends",
    "romance": "between lovers; not for a child",
    "sport": "in a game or a race",
    "story": "in a tale",
}
AGES = frozenset({"child", "young", "adult", "elder"})
COMMAND = "authority"
PLACES = frozenset(TAGS) - AGES - {COMMAND}
GROWN_UP_PLACES = frozenset({"work", "romance"})
GROWN_UP_CATEGORY = "Sexual Lust"

# Each tag that a line shares with the persona makes it this many times as likely as a line for anybody.
# Not always taken: a nurse has one or two lines of her own in a category, and a data set needs more.
SHARED_TAG_WEIGHT = 6

MAX_CHARACTERS = 20_000

LICENCE = "Apache-2.0"
"""of the lines that come with voiceact, as of all that it is made of"""


@dataclass(frozen=True, slots=True)
class Line:
    """One text to be spoken.

    Attributes:
        id: stable, unique over all languages ("en-distress-01"); ids are never given anew
        text: plain text in Unicode NFC
        language: ISO 639-1 ("en")
        kind: "evocative" (the words fit the category) or "neutral" (they say nothing of any)
        category: the paper's name ("Jealousy & Envy"); None for a neutral line
        tags: who or where the line fits best, of `TAGS`; empty if it fits anybody
    """

    id: str
    text: str
    language: str
    kind: Kind
    category: str | None = None
    tags: tuple[str, ...] = ()


# --- The lines


@cache
def languages() -> tuple[str, ...]:
    """The languages that have lines, as ISO 639-1, in alphabetical order."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl")))


@lru_cache
def load_lines(language: str) -> tuple[Line, ...]:
    """All lines of one language, in the order of its file.

    Args:
        language: ISO 639-1; a region ("en-GB") is ignored

    Raises:
        UsageError: if there are none in this language; it names the languages there are
    """
    code = _primary(language)
    if code not in languages():
        raise UsageError(
            f"no script lines in language {language!r}; available: {', '.join(languages())};"
            " for another language give the text yourself"
        )
    text = (_folder() / f"{code}.jsonl").read_text(encoding="utf-8")
    return tuple(_line(json.loads(row), code) for row in text.split("\n") if row)


def _folder() -> Any:
    from importlib.resources import files

    return files("voiceact.acting") / "data" / "scripts"


def _primary(language: str) -> str:
    return re.split("[-_]", language.strip().casefold())[0]


def _line(row: dict[str, Any], language: str) -> Line:
    category, tags = row.get("category"), tuple(row.get("tags", ()))
    return Line(row["id"], row["text"], language, row["kind"], category, tags)


# --- Which line


def pick_line(
    *,
    category: str | None = None,
    language: str,
    tags: Collection[str] = (),
    seed: int = 0,
    kind: Kind = "evocative",
) -> Line:
    """The line for a persona with these tags: the first of `rank_lines`, which see.

    The same arguments give the same line. A new line in the file changes the answer only where the new
    line itself is the answer.
    """
    return rank_lines(category=category, language=language, tags=tags, seed=seed, kind=kind)[0]


def rank_lines(
    *,
    category: str | None = None,
    language: str,
    tags: Collection[str] = (),
    seed: int = 0,
    kind: Kind = "evocative",
    fitting: bool = False,
) -> tuple[Line, ...]:
    """All lines of a category, the best for a persona with these tags first.

    Lines that fit the persona come first: those for anybody and those of which it has every tag. Then
    come those that fit it less (from a place it has no tag for; grown-up, for a young persona), then those
    that belong to somebody else, such as a child's. Within each of the three the order is drawn from
    `seed`, and each tag a line shares with the persona makes it `SHARED_TAG_WEIGHT` times as likely as one
    for anybody. A persona that is not tagged child is taken for a grown-up.

    Args:
        category: id, name or variant spelling; not used for neutral lines
        language: ISO 639-1
        tags: the persona's; those not in `TAGS` say nothing about a line
        seed: another seed, another order
        kind: "evocative" or "neutral"
        fitting: leave out the third sort, those that belong to somebody else (unless there are no others)

    Raises:
        UnknownNameError: if there is no such category or kind
        UsageError: if there are no lines, and for Sexual Lust and a child
    """
    persona = frozenset(tags)
    pool = _pool(kind, category, language, "child" in persona)
    if fitting:
        pool = tuple(line for line in pool if _strangeness(line, persona) < 2) or pool
    return tuple(sorted(pool, key=lambda line: (_strangeness(line, persona), _draw(line, persona, seed))))


def _pool(kind: Kind, category: str | None, language: str, is_child: bool) -> tuple[Line, ...]:
    if kind not in KINDS:
        raise UnknownNameError("kind of line", kind, KINDS)
    if kind == "neutral":
        return _lines_of(language, None)
    if category is None:
        raise UsageError("an evocative line needs a category; give one, or ask for kind='neutral'")
    name = taxonomy.get(category).name
    if is_child and name == GROWN_UP_CATEGORY:
        raise UsageError(f"a child does not say lines of {name}; choose a grown-up or another category")
    return _lines_of(language, name)


@lru_cache(maxsize=1024)
def _lines_of(language: str, category: str | None) -> tuple[Line, ...]:
    found = tuple(line for line in load_lines(language) if line.category == category)
    if not found:
        raise UsageError(f"no lines of {category or 'kind neutral'} in {language!r}; give the text yourself")
    return found


def _strangeness(line: Line, persona: frozenset[str]) -> int:
    """0: fits the persona, 1: fits it less, 2: belongs to somebody else."""
    tags = frozenset(line.tags)
    if COMMAND in tags - persona:
        return 2
    ages = tags & AGES or ({"adult", "young"} if tags & GROWN_UP_PLACES else set())
    elsewhere = bool(tags & PLACES - persona)
    return max(_age_strangeness(frozenset(ages), persona), int(elsewhere))


def _age_strangeness(ages: frozenset[str], persona: frozenset[str]) -> int:
    """As `_strangeness`, for the ages a line is tagged with, of which one is enough."""
    if not ages or ages & persona:
        return 0
    if "adult" not in ages or "child" in persona:
        return 2
    return int("young" in persona)


def _draw(line: Line, persona: frozenset[str], seed: int) -> float:
    """The line's own waiting time in an exponential race: the smallest wins, in proportion to its weight."""
    # "adult" says who may not speak a line rather than who should, so sharing it is no reason to prefer it.
    weight: int = SHARED_TAG_WEIGHT ** len((persona & frozenset(line.tags)) - {"adult"})
    digest = sha256(f"{seed}:{line.id}".encode()).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
    return -math.log(uniform) / weight


# --- A user's own text

# Languages of which every letter is Latin; the text of any other language is not checked for its letters.
LATIN_LANGUAGES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "pl": "Polish", "pt": "Portuguese",
}  # fmt: skip

_UNSPEAKABLE = {
    "Cc": "control character", "Cs": "lone surrogate", "Co": "private-use character",
    "Cn": "unassigned character",
}  # fmt: skip
_WHITE_CONTROLS = "\t\n\v\f\r\x85"
_REPLACEMENT = "\ufffd"

_EMOJI = "[\U0001f000-\U0001faff\u2600-\u27bf\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55]"
_EMOJI_PART = f"{_EMOJI}[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_EMOJI_CLUSTER = re.compile(f"{_FLAG}|{_EMOJI_PART}(?:\u200d{_EMOJI_PART})*")
# With the space before it; where punctuation follows at once, that space goes as well.
_EMOJI_RUN = re.compile(f"(?: ?(?:{_EMOJI_CLUSTER.pattern}))+(?P<mark>(?=[.,;:!?…]))?")

# Soft hyphens, joiners, direction marks, variation selectors. Scripts from Hebrew to Sinhala spell with
# joiners (U+200C, U+200D), so those stay behind one of their letters.
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f\u20e3\U000e0001\U000e0020-\U000e007f]"
    "|(?<![\u0590-\u0dff])[\u200c\u200d]"
)


def clean_text(text: str, *, language: str | None = None) -> tuple[str, tuple[str, ...]]:
    """A user's text as an engine may have it, and what was dropped from it.

    Unicode NFC, single spaces, no emoji, nothing invisible; an empty line between paragraphs stays, a word that is broken
    over a line end is joined. Markup stays, as it is found and left unspoken later (`voiceact.text.find_tags`). Cleaning twice
    is cleaning once.

    Args:
        text: plain text, at most `MAX_CHARACTERS` characters once cleaned
        language: ISO 639-1; if None, or none of `LATIN_LANGUAGES`, the letters are not checked

    Returns:
        the text, and notes for the user, one sentence each; no note if only white space was changed

    Raises:
        UsageError: if the text is empty, too long, or has nothing to speak, such as markup alone; if it holds a control
            character, or letters that the language is not written in
    """
    _refuse_unspeakable(text)
    text, notes = _without_unsounded(_single_spaces(text))
    text = _single_spaces(unicodedata.normalize("NFC", text))
    if notes and not text:
        raise UsageError(f"nothing is left to speak of the text: {'; '.join(notes)}; write some words")
    _refuse_unusable(text)
    if language is not None:
        _refuse_foreign_letters(text, _primary(language))
    return text, notes


_EMPTY_LINE = re.compile(r"(?:\r\n|[^\S\n])*\n(?:[^\S\n]*\n)+\s*")
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])-\r?\n[ \t]*(?=[a-zß-öø-ÿ])")


def _single_spaces(text: str) -> str:
    """White space as single spaces, empty lines as one, words that are broken over a line end joined."""
    text = _BROKEN_WORD.sub("", text.replace("\r\n", "\n"))
    paragraphs = (" ".join(paragraph.split()) for paragraph in _EMPTY_LINE.split(text))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _refuse_unspeakable(text: str) -> None:
    for position, character in enumerate(text):
        kind = _UNSPEAKABLE.get(unicodedata.category(character))
        if character == _REPLACEMENT:
            kind = "replacement character of a text read in the wrong encoding"
        # Emoji newer than this Python's Unicode tables are unassigned to it, and dropped like the others.
        if kind and character not in _WHITE_CONTROLS and not _EMOJI_CLUSTER.match(character):
            raise UsageError(
                f"the text holds U+{ord(character):04X} ({kind}) at character {position + 1};"
                " remove it, or read the file as UTF-8"
            )


def _without_unsounded(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without emoji and invisible characters, and a note on each of the two."""
    emoji = dict.fromkeys(_EMOJI_CLUSTER.findall(text))
    text = _EMOJI_RUN.sub(lambda run: " " if run["mark"] is None else "", text)
    invisible = dict.fromkeys(_INVISIBLE.findall(text))
    text = _INVISIBLE.sub("", text)
    notes = []
    if emoji:
        notes.append(f"dropped what cannot be spoken: {listed(emoji)}")
    if invisible:
        notes.append(f"dropped what cannot be seen: {listed(f'U+{ord(c):04X}' for c in invisible)}")
    return text, tuple(notes)


def _refuse_unusable(text: str) -> None:
    spoken = without_markup(text)
    if not any(character.isalnum() for character in spoken):
        if any(character.isalnum() for character in text):
            raise UsageError(f"the text is nothing but markup, which is not spoken ({text[:60]!r}); write some words")
        raise UsageError(
            "the text has no letter or digit, so there is nothing to speak; write some words"
            if text
            else "the text is empty; write some words, or leave it out and a fitting line is picked"
        )
    if len(text) > MAX_CHARACTERS:
        raise UsageError(
            f"the text has {len(text):,} characters and {MAX_CHARACTERS:,} can be spoken at once;"
            " put one paragraph on each row of a table and use `voiceact lines`, or split it"
        )


def _refuse_foreign_letters(text: str, language: str) -> None:
    name = LATIN_LANGUAGES.get(language)
    for word in without_markup(text).split() if name else ():
        if not all(map(_is_latin, word)):
            shown = re.sub(r"^[\W_]+|[\W_]+$", "", word)
            raise UsageError(
                f"{shown!r} is not in Latin letters, in which {name} ({language}) is written;"
                " write it in Latin letters, or name the language of the text"
            )


def _is_latin(character: str) -> bool:
    """Whether it is a Latin letter or no letter at all; modifier letters and µ, ª, º belong to all."""
    return (
        unicodedata.category(character) not in ("Lu", "Ll", "Lt", "Lo")
        or character in "µªº"
        or "LATIN" in unicodedata.name(character, "")
    )
