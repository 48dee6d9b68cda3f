"""What is said: lines by language, category and kind.

>>> from voiceact.acting.script import pick_line
>>> pick_line(category="Distress", language="en", tags=("care",)).category
'Distress'

The lines stand in `data/scripts/<language>.jsonl`, one JSON object each; docs/scripts.md says how to add one.
"""

import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal, get_args

from voiceact.acting import taxonomy
from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime.seeds import draw_integer

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
    uniform = (draw_integer(seed, line.id) + 0.5) / 2**64
    return -math.log(uniform) / weight
