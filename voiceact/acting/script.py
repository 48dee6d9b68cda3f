"""Script lines: texts to be spoken, by language, category and kind.

>>> from voiceact.acting.script import pick_line
>>> pick_line(category="Distress", language="en", tags=("care",)).category
'Distress'

The lines are in `data/scripts/<language>.jsonl`, one JSON object each; docs/scripts.md explains how to add one.
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

SHARED_TAG_WEIGHT = 6
"""factor by which each tag that a line shares with the persona raises its chance over that of a line for anybody

It is a chance and no rule: a nurse has one or two lines of her own in a category, and a data set needs more.
"""

LICENCE = "Apache-2.0"
"""licence of the shipped lines, and of all of voiceact"""


@dataclass(frozen=True, slots=True)
class Line:
    """One text to be spoken.

    Attributes:
        id: stable, unique over all languages ("en-distress-01"); ids are never reused
        text: plain text in Unicode NFC
        language: ISO 639-1 ("en")
        kind: "evocative" (the words fit the category) or "neutral" (they fit any)
        category: name in the paper ("Jealousy & Envy"); None for a neutral line
        tags: speakers and places that the line fits best, of `TAGS`; empty if it fits anybody
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
    """Return the languages that have lines, as ISO 639-1, in alphabetical order."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl")))


@lru_cache
def load_lines(language: str) -> tuple[Line, ...]:
    """Load all lines of a language, in the order of its file.

    Args:
        language: ISO 639-1; a region ("en-GB") is ignored

    Raises:
        UsageError: if there are none in this language, naming the languages that have some
    """
    code = re.split("[-_]", language.strip().casefold())[0]
    if code not in languages():
        raise UsageError(
            f"no script lines in language {language!r}; available: {', '.join(languages())};"
            " for another language give the text yourself"
        )
    text = (_folder() / f"{code}.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(row) for row in text.split("\n") if row]
    return tuple(
        Line(row["id"], row["text"], code, row["kind"], row.get("category"), tuple(row.get("tags", ()))) for row in rows
    )


def _folder() -> Any:
    from importlib.resources import files

    return files("voiceact.acting") / "data" / "scripts"


# --- Choosing a line


def pick_line(
    *,
    category: str | None = None,
    language: str,
    tags: Collection[str] = (),
    seed: int = 0,
    kind: Kind = "evocative",
) -> Line:
    """Pick the line for a persona with these tags: the first of `rank_lines`, which has the same arguments.

    The same arguments give the same line. A line that is added to the file changes the result only where it is the
    result itself.
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
    """Rank all lines of a category for a persona with these tags, the best first.

    Lines that fit the persona come first: those for anybody and those whose every tag it has. Then come those
    that fit it less (from a place for which it has no tag; grown-up, for a young persona), then those
    for somebody else, such as a child. Within each of the three the order is drawn from `seed`, and each tag that a
    line shares with the persona makes it `SHARED_TAG_WEIGHT` times as likely as one for anybody. A persona without
    the tag "child" counts as a grown-up.

    Args:
        category: id, name or variant spelling; not used for neutral lines
        language: ISO 639-1
        tags: of the persona; those that are not in `TAGS` have no effect
        seed: of the order
        kind: "evocative" or "neutral"
        fitting: leave out lines for somebody else (unless there are no others)

    Raises:
        UnknownNameError: if there is no such category or kind
        UsageError: if there are no lines, and for Sexual Lust and a child
    """
    persona = frozenset(tags)

    # Lines of the kind and category.
    if kind not in KINDS:
        raise UnknownNameError("kind of line", kind, KINDS)
    name: str | None = None
    if kind != "neutral":
        if category is None:
            raise UsageError("an evocative line needs a category; give one, or ask for kind='neutral'")
        name = taxonomy.get(category).name
        if "child" in persona and name == GROWN_UP_CATEGORY:
            raise UsageError(f"a child does not say lines of {name}; choose a grown-up or another category")
    pool = _lines_of(language, name)

    # Order: how well they fit, then a draw.
    misfits = {line.id: _misfit(line, persona) for line in pool}
    if fitting:
        pool = tuple(line for line in pool if misfits[line.id] < 2) or pool
    return tuple(sorted(pool, key=lambda line: (misfits[line.id], _draw_time(line, persona, seed))))


@lru_cache(maxsize=1024)
def _lines_of(language: str, category: str | None) -> tuple[Line, ...]:
    lines = tuple(line for line in load_lines(language) if line.category == category)
    if not lines:
        raise UsageError(f"no lines of {category or 'kind neutral'} in {language!r}; give the text yourself")
    return lines


def _misfit(line: Line, persona: frozenset[str]) -> int:
    """Grade how badly a line fits a persona: 0 it fits, 1 it fits less, 2 it is for somebody else."""
    tags = frozenset(line.tags)
    if COMMAND in tags - persona:
        return 2

    # Of the ages that a line is tagged with, one is enough.
    ages = tags & AGES or ({"adult", "young"} if tags & GROWN_UP_PLACES else set())
    if not ages or ages & persona:
        age_misfit = 0
    elif "adult" not in ages or "child" in persona:
        age_misfit = 2
    else:
        age_misfit = int("young" in persona)
    return max(age_misfit, int(bool(tags & PLACES - persona)))


def _draw_time(line: Line, persona: frozenset[str], seed: int) -> float:
    """Draw the waiting time of a line in an exponential race: the smallest wins, with a chance proportional to its weight."""
    # "adult" excludes speakers rather than choosing them, so sharing it is no reason to prefer a line.
    weight: int = SHARED_TAG_WEIGHT ** len((persona & frozenset(line.tags)) - {"adult"})
    uniform = (draw_integer(seed, line.id) + 0.5) / 2**64
    return -math.log(uniform) / weight
