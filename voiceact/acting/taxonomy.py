"""The 40 categories of EmoNet-Voice, and the resolution of words to them.

>>> from voiceact.acting.taxonomy import resolve
>>> print(resolve("Concern"))
'Concern' is a keyword of Distress
>>> print(resolve("jealous"))
'jealous' is a form of 'Jealousy', a word of Jealousy & Envy

The data are in `data/taxonomy.json`, each column with its source; docs/taxonomy.md prints them.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

from voiceact.acting.data_file import read_table
from voiceact.errors import UnknownNameError, UsageError

Valence = Literal["positive", "neutral", "mixed", "negative"]
Arousal = Literal["low", "medium-low", "medium", "medium-high", "high"]
Via = Literal["id", "name", "variant", "keyword", "face keyword", "form", "synonym", "phrase", "misspelling"]

VALENCE_VALUES: dict[Valence, float] = {"positive": 1.0, "neutral": 0.0, "mixed": 0.0, "negative": -1.0}
AROUSAL_VALUES: dict[Arousal, float] = {
    "low": -1.0, "medium-low": -0.5, "medium": 0.0, "medium-high": 0.5, "high": 1.0,
}  # fmt: skip
HINT = "'voiceact emotion list' shows all 40"

# The order in which the meanings of a word are preferred.
_DERIVED: tuple[Via, ...] = ("form", "synonym")
_PREFERENCE: tuple[Via, ...] = ("name", "variant", "keyword", "face keyword", *_DERIVED)
_KINDS: dict[Via, str] = {
    "id": "the id", "name": "the name", "variant": "another name", "keyword": "a keyword",
    "face keyword": "a keyword, in EmoNet-Face's list only,", "phrase": "a phrase",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Category:
    """One of the 40 categories of EmoNet.

    Attributes:
        id: stable, for files and records ("jealousy_envy")
        number: in the paper, 1 to 40
        name: in the paper ("Jealousy & Envy")
        group: display group of EmoNet-Face; each category belongs to exactly one of seven
        valence: LAION's coarse tag
        arousal: LAION's coarse tag, "low" to "high"
        file_stem: of its Empathic-Insight-Voice head, model_<file_stem>_best.pth
        keywords: of the paper, in its order and capitals, without repetitions
        variants: other spellings of the name, and the parts of a joined name
        face_added: keywords in the list of EmoNet-Face alone
        face_dropped: keywords that are missing in the list of EmoNet-Face
    """

    id: str
    number: int
    name: str
    group: str
    valence: Valence
    arousal: Arousal
    file_stem: str
    keywords: tuple[str, ...]
    variants: tuple[str, ...]
    face_added: tuple[str, ...]
    face_dropped: tuple[str, ...]

    @property
    def valence_value(self) -> float:
        """Valence as a number: positive +1, neutral and mixed 0, negative -1."""
        return VALENCE_VALUES[self.valence]

    @property
    def arousal_value(self) -> float:
        """Arousal as a number: low -1, medium-low -0.5, medium 0, medium-high +0.5, high +1."""
        return AROUSAL_VALUES[self.arousal]

    def record(self) -> dict[str, Any]:
        """Return all attributes as plain JSON values, with the numbers of valence and arousal."""
        return asdict(self) | {"valence_value": self.valence_value, "arousal_value": self.arousal_value}

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Resolution:
    """The category that a word means, and why.

    Attributes:
        category: the resolved category
        via: kind of `matched` in the category; "form", "synonym" and "misspelling": relation of `word` to `matched`;
            "phrase" only where free words were read (`voiceact.prompting`)
        word: as given, without surrounding space
        matched: the id, name, variant or keyword of the category, as the taxonomy prints it
        others: other categories with the same word, likeliest first
    """

    category: Category
    via: Via
    word: str
    matched: str
    others: tuple[Category, ...]

    def __str__(self) -> str:
        if self.via in _KINDS:
            reason = f"{_KINDS[self.via]} of {self.category}"
        else:
            owner = "" if self.matched == self.category.name else f", a word of {self.category}"
            reason = f"a {self.via} of {self.matched!r}{owner}"
        names = ", ".join(str(other) for other in self.others)
        return f"{self.word!r} is {reason}" + (f" (also of {names})" if names else "")


@dataclass(frozen=True, slots=True)
class _Meaning:
    """A meaning of a folded word; the one with the lowest `order` is preferred."""

    order: tuple[int, int, int]
    via: Via
    matched: str
    category: Category


# --- The table


@cache
def categories() -> tuple[Category, ...]:
    """Return all 40 categories, in the order of the paper."""
    rows: list[dict[str, Any]] = [
        {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in read_table("taxonomy")["categories"]
    ]
    return tuple(Category(**row) for row in rows)


@cache
def groups() -> dict[str, tuple[Category, ...]]:
    """Return the seven display groups of EmoNet-Face with their categories, both in the order of the paper."""
    names = dict.fromkeys(category.group for category in categories())
    return {name: tuple(c for c in categories() if c.group == name) for name in names}


def group(name: str) -> str:
    """Return the full name of a display group from its beginning ("negative high"), ignoring case and hyphens.

    Raises:
        UnknownNameError: if no group, or more than one, begins so
    """
    key = _fold(name)
    matches = [known for known in groups() if key and _fold(known).startswith(key)]
    if len(matches) != 1:
        raise UnknownNameError("group", name, groups())
    return matches[0]


def get(name: str) -> Category:
    """Return the category with this id, name or variant spelling; keywords are resolved by `resolve` alone.

    Raises:
        UnknownNameError: if there is none
    """
    for meaning in _meanings().get(_fold(name), ()):
        if meaning.via in ("name", "variant"):
            return meaning.category
    known = [text for category in categories() for text in (category.name, *category.variants)]
    raise UnknownNameError("category", name, known, hint=HINT)


# --- Meanings of words


def resolve(word: str) -> Resolution:
    """Resolve a word to a category: an id, a name, a keyword, or another form of one of these.

    Case, spaces, hyphens, underscores, slashes, ampersands and "and" make no difference.
    Meanings are preferred in this order: name, variant spelling, keyword of the paper, keyword of EmoNet-Face,
    another form ("angry"), synonym ("scared"). Of several categories with the same keyword the one that lists it
    earliest is chosen, then the first in the order of the paper; the table `preferred` of the data file decides two
    words where that misleads.

    Raises:
        UnknownNameError: if it means none of the 40, with the nearest word that does
        UsageError: for "neutral", which is an intensity (0) and not a category
    """
    word = word.strip()
    if reason := read_table("taxonomy")["refused"].get(_fold(word)):
        raise UsageError(f"{word!r} is none of the 40 emotions; {reason}")
    resolution = lookup(word)
    if resolution is None:
        raise UnknownNameError("emotion", word, known_words(), hint=HINT)
    return resolution


def lookup(word: str) -> Resolution | None:
    """Return what `resolve` returns, or None for a word that means none of the 40."""
    word = word.strip()
    if word in _by_id():
        return Resolution(_by_id()[word], "id", word, word, ())
    key, direct = _fold(word), True
    if key not in _meanings():
        key, direct = next((k for k in _uninflected(key) if k in _meanings()), ""), False
    if not key:
        return None
    first, *rest = _meanings()[key]
    via: Via = first.via if direct or first.via == "synonym" else "form"
    others = dict.fromkeys(meaning.category for meaning in rest if meaning.category != first.category)
    return Resolution(first.category, via, word, first.matched, tuple(others))


@cache
def _by_id() -> dict[str, Category]:
    return {category.id: category for category in categories()}


@cache
def _meanings() -> dict[str, tuple[_Meaning, ...]]:
    """Folded word -> its meanings, best first."""
    meanings: dict[str, list[_Meaning]] = {}
    for text, meaning in _listed():
        meanings.setdefault(_fold(text), []).append(meaning)

    # A form or synonym has the meanings of its target, in the same order, after all that are listed.
    for via in _DERIVED:
        rank = _PREFERENCE.index(via)
        for target, words in read_table("taxonomy")[f"{via}s"].items():
            for word in words:
                of_target = sorted(meanings[_fold(target)], key=lambda m: m.order)
                derived = [_Meaning((rank, i, m.category.number), via, m.matched, m.category) for i, m in enumerate(of_target)]
                meanings.setdefault(_fold(word), []).extend(derived)
    return {key: tuple(sorted(readings, key=lambda m: m.order)) for key, readings in meanings.items()}


def _listed() -> Iterator[tuple[str, _Meaning]]:
    """Yield every name, variant and keyword of every category, with its meaning."""
    preferred = {_fold(word): choice["category"] for word, choice in read_table("taxonomy")["preferred"].items()}
    for c in categories():
        for rank, texts in enumerate(((c.name,), c.variants, c.keywords, c.face_added)):
            for position, text in enumerate(texts):
                position = -1 if preferred.get(_fold(text)) == c.id else position
                yield text, _Meaning((rank, position, c.number), _PREFERENCE[rank], text, c)


@cache
def known_words() -> tuple[str, ...]:
    """Return the words with which a misspelling is compared; a keyword that is also a name appears as the name."""
    derived = [word for via in _DERIVED for words in read_table("taxonomy")[f"{via}s"].values() for word in words]
    known = {_fold(text): text for text in [*derived, *(text for text, _ in _listed())]}
    return tuple((known | {_fold(c.name): c.name for c in categories()}).values())


def _fold(text: str) -> str:
    """Reduce a text to letters and digits in lower case, without the word "and"."""
    return "".join(token for token in re.findall(r"[^\W_]+", text.casefold()) if token != "and")


def _uninflected(key: str) -> Iterator[str]:
    """Yield the words of which `key` may be an inflection, likeliest first.

    Plural and adverb: worries -> worry, sadly -> sad. Adjective: shy -> shyness, angry by the table `forms`.
    Verb: worried -> worry, amused -> amusement, confused -> confusion, relaxing -> relaxation.
    """
    if key in map(_fold, read_table("taxonomy")["false_friends"]):
        return
    # Adjectives: without "ly".
    adjectives = [key]
    if key.endswith("ily"):
        adjectives.append(key.removesuffix("ily") + "y")
    if key.endswith("ly"):
        adjectives.append(key.removesuffix("ly"))

    # Singulars: without "s".
    singulars = [key.removesuffix(end) + new for end, new in (("ies", "y"), ("es", ""), ("s", "")) if key.endswith(end)]

    # Verbs: without "ed" or "ing", with e or y restored and a doubled last letter reduced.
    verbs: list[str] = []
    for ending in ("ed", "ing"):
        if key.endswith(ending):
            stem = key.removesuffix(ending)
            verbs += [stem, stem + "e"]
            if stem.endswith("i"):
                verbs.append(stem[:-1] + "y")
            if stem[-1:] == stem[-2:-1]:
                verbs.append(stem[:-1])

    yield from (*adjectives, *singulars, *verbs)
    for base in adjectives:
        yield (base[:-1] + "i" if len(base) > 3 and base.endswith("y") else base) + "ness"
    yield from (base + ending for base in verbs for ending in ("ment", "ion", "ation"))


# --- Distances between categories


def distance(a: Category, b: Category) -> float:
    """Measure the distance of two categories, 0 to 3.

    The square root of (valence difference)² + (arousal difference)² + (0 in the same display group, 1
    otherwise)², the first two from -1 to +1. Two categories with equal tags and group have distance 0:
    the tags are coarse and separate opposites, not neighbours.
    """
    return math.hypot(a.valence_value - b.valence_value, a.arousal_value - b.arousal_value, float(a.group != b.group))


def contrast(category: Category, among: Iterable[Category] | None = None) -> Category:
    """Choose the category farthest from `category`: it should be absent where `category` is present.

    Of several equally far ones the first in the order of the paper is chosen.

    Args:
        category: to contrast with
        among: the candidates; None is all 40. `category` itself is never chosen

    Raises:
        UsageError: if no candidate is left
    """
    pool = set(categories() if among is None else among) - {category}
    if not pool:
        raise UsageError(f"nothing to contrast {category} with; give at least one other category")
    return min(pool, key=lambda other: (-distance(category, other), other.number))
