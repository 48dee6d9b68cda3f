"""Words of a search -> conditions on columns.

>>> from voiceact.annotate.query import parse_query
>>> [term.said for term in parse_query("embarrassed, elderly, fast, f0_hz>200").terms]
['Embarrassment', 'age from 65', 'rate in the highest quarter', 'f0_hz > 200']
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from voiceact.acting.taxonomy import known_words, lookup
from voiceact.annotate.caption import BURST_WORDS, CHILD, OLD, burst_word
from voiceact.bursts.kinds import find_burst
from voiceact.errors import UnknownNameError, UsageError
from voiceact.estimators.human.score_scale import PRESENT

STRONG, WEAK = 4.0, 3.0
"""scores from which a category counts as strong, and below which it counts as slight"""
YOUNG = 30.0
HIGH, LOW = ">", "<"
ATTRIBUTE_WORDS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("fast", "quick", "rapid"), ("rate", HIGH)),
    **dict.fromkeys(("slow", "slowly"), ("rate", LOW)),
    **dict.fromkeys(("high", "high-pitched", "shrill"), ("f0_hz", HIGH)),
    **dict.fromkeys(("low", "deep", "low-pitched"), ("f0_hz", LOW)),
    **dict.fromkeys(("lively", "melodic", "expressive"), ("f0_range", HIGH)),
    **dict.fromkeys(("monotone", "monotonous", "flat"), ("f0_range", LOW)),
    **dict.fromkeys(("halting", "hesitant", "pausing"), ("pauses", HIGH)),
    **dict.fromkeys(("fluent",), ("pauses", LOW)),
    **dict.fromkeys(("hoarse", "rough"), ("hnr", LOW)),
    **dict.fromkeys(("pure",), ("hnr", HIGH)),
    **dict.fromkeys(("shaky", "trembling"), ("jitter", HIGH)),
    **dict.fromkeys(("whispered", "breathy", "whispering"), ("voiced", LOW)),
    **dict.fromkeys(("loud",), ("lufs", HIGH)),
    **dict.fromkeys(("soft", "quiet"), ("lufs", LOW)),
    **dict.fromkeys(("noisy",), ("snr", LOW)),
    **dict.fromkeys(("clean",), ("snr", HIGH)),
    **dict.fromkeys(("dull", "muffled"), ("bandwidth", LOW)),
    **dict.fromkeys(("excited", "aroused"), ("arousal", HIGH)),
    **dict.fromkeys(("calm",), ("arousal", LOW)),
    **dict.fromkeys(("positive", "pleasant"), ("valence", HIGH)),
    **dict.fromkeys(("negative", "unpleasant"), ("valence", LOW)),
    **dict.fromkeys(("dominant",), ("dominance", HIGH)),
    **dict.fromkeys(("submissive",), ("dominance", LOW)),
    **dict.fromkeys(("long",), ("duration", HIGH)),
    **dict.fromkeys(("short",), ("duration", LOW)),
}
"""word -> column, and whether its highest or its lowest quarter is meant"""
QUARTERS = {HIGH: 0.75, LOW: 0.25}
GENDERS = {
    **dict.fromkeys(("female", "woman", "women", "girl"), ("female", "f", "woman")),
    **dict.fromkeys(("male", "man", "men", "boy"), ("male", "m", "man")),
}
KEYS = (
    "speaker",
    "persona",
    "cluster",
    "license",
    "language",
    "category",
    "verdict",
    "path",
    "clip",
    "transcript",
    "text",
    "engine",
)
"""columns that may be asked for as key=value"""
_COMPARED = re.compile(r"(?P<column>[a-z][a-z0-9_]*)\s*(?P<sign><=|>=|<|>)\s*(?P<value>-?\d+(?:\.\d+)?)")
_GRADED = re.compile(r"(?P<word>.+?)\s*[:>=]+\s*(?P<value>\d+(?:\.\d+)?)")
_ADVERBS = {"strong": STRONG, "strongly": STRONG, "very": STRONG, "intense": STRONG, "slightly": PRESENT, "slight": PRESENT}


@dataclass(frozen=True)
class Term:
    """One condition.

    Attributes:
        said: what was understood, in words
        condition: SQL with ? for each value
        values: of the question marks
        columns: that it reads
        quantile: column and share, where the last value is a quantile that has to be looked up first
        rank: SQL by which rows are ordered, the largest first; empty for none
    """

    said: str
    condition: str
    values: tuple[Any, ...] = ()
    columns: tuple[str, ...] = ()
    quantile: tuple[str, float] | None = None
    rank: str = ""


@dataclass(frozen=True)
class Query:
    """The terms of a search, all of which must hold."""

    text: str
    terms: tuple[Term, ...] = field(default_factory=tuple)


def parse_query(text: str) -> Query:
    """Read a search: terms with commas between, each a feeling (`angry`, `strong fear`, `sadness:4`, `not angry`), a speaker
    (`elderly`, `woman`, `speaker=anna`), the voice (`fast`, `low`, `f0_hz>200`), a burst (`sighs`) or words in quotes.

    Raises:
        UnknownNameError: for a term that is none of these, with the nearest that is
    """
    terms = [_parse_term(part) for part in split_terms(text)]
    return Query(text, tuple(terms))


def split_terms(text: str) -> list[str]:
    """Split at the commas that are not within quotes."""
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', text)
    return [part.strip() for part in parts if part.strip()]


def _parse_term(part: str) -> Term:
    negated = re.fullmatch(r"(?:not |no |without |-)\s*(.+)", part)
    if negated is not None and not re.fullmatch(r"-?\d.*", part):
        term = _parse_term(negated[1])
        return Term(f"not {term.said}", f"(NOT ({term.condition}))", term.values, term.columns, term.quantile)
    if part.startswith('"'):
        words = part.strip('"').strip()
        if not words:
            raise UsageError('a search for "" says nothing; put words of a caption or text between the quotes')
        return Term(f"words {words!r}", "contains(lower(words), ?)", (words.casefold(),), ("words",))
    plain = " ".join(part.casefold().split())
    if match := _COMPARED.fullmatch(plain):
        column, sign, value = match["column"], match["sign"], float(match["value"])
        if lookup(column) is None:
            return Term(f"{column} {sign} {value:g}", f'"{column}" {sign} ?', (value,), (column,), rank="")
    if (match := re.fullmatch(r"([a-z_]+)\s*=\s*(.+)", " ".join(part.split()))) and match[1].casefold() in KEYS:
        column = match[1].casefold()
        return Term(f"{column} {match[2]}", f'lower("{column}") = ?', (match[2].strip('"').casefold(),), (column,))
    return _speaker_term(plain) or _voice_term(plain) or _burst_term(plain) or _category_term(plain, part)


def _speaker_term(plain: str) -> Term | None:
    if plain in GENDERS:
        names = GENDERS[plain]
        marks = ", ".join("?" * len(names))
        return Term(names[0], f"lower(gender) IN ({marks})", names, ("gender",))
    if plain in ("elderly", "old", "aged"):
        return Term(f"age from {OLD:g}", "age >= ?", (OLD,), ("age",))
    if plain in ("child", "childlike"):
        return Term(f"age to {CHILD:g}", "age <= ?", (CHILD,), ("age",))
    if plain == "young":
        return Term(f"age to {YOUNG:g}", "age <= ?", (YOUNG,), ("age",))
    return None


def _voice_term(plain: str) -> Term | None:
    word = plain.removeprefix("very ")
    if word not in ATTRIBUTE_WORDS:
        return None
    column, sign = ATTRIBUTE_WORDS[word]
    share = QUARTERS[sign] if word == plain else 1 - (1 - QUARTERS[sign]) / 2.5 if sign == HIGH else QUARTERS[sign] / 2.5
    which = "highest" if sign == HIGH else "lowest"
    part = "quarter" if word == plain else "tenth"
    return Term(f"{column} in the {which} {part}", f'"{column}" {sign}= ?', (), (column,), (column, share))


def _burst_term(plain: str) -> Term | None:
    if plain in ("burst", "bursts", "wordless"):
        return Term("a burst", "burst_seconds > 0", (), ("burst_seconds",))
    kind = find_burst(plain)
    if kind is None or plain.startswith("burst"):
        return None
    word = burst_word(kind.laion)
    parts = next(parts for name, parts in BURST_WORDS if name == word)
    tests = " OR ".join("contains(burst_kinds, ?)" for _ in parts)
    return Term(f"a {word}", f"({tests})", parts, ("burst_kinds",))


def _category_term(plain: str, part: str) -> Term:
    least, most = PRESENT, None
    word = plain
    if match := _GRADED.fullmatch(plain):
        word, least = match["word"], float(match["value"])
    first, _, rest = plain.partition(" ")
    if first in _ADVERBS and rest:
        word, least = rest, _ADVERBS[first]
        most = WEAK if first.startswith("slight") else None
    feeling = lookup(word)
    if feeling is None:
        known = [*ATTRIBUTE_WORDS, *GENDERS, "elderly", "young", "child", "bursts", *known_words()]
        raise UnknownNameError(
            "term of a search",
            part,
            known,
            "put words of a caption in quotes; columns go as in f0_hz>200; see docs/annotate.md",
        )
    column, evidence = f"score_{feeling.category.id}", f"evidence_{feeling.category.id}"
    words = feeling.category.name + ("" if least == PRESENT else f" from {least:g}") + (f" below {most:g}" if most else "")
    condition = f'"{column}" >= ? AND "{evidence}" <> \'none\'' + (f' AND "{column}" < ?' if most else "")
    values: Sequence[Any] = (least, most) if most else (least,)
    return Term(words, f"({condition})", tuple(values), (column, evidence), rank=f'"{column}"')
