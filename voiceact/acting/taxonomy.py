"""The 40 categories of EmoNet-Voice, and which of them a word means.

>>> from voiceact.acting.taxonomy import resolve
>>> print(resolve("Concern"))
'Concern' is a keyword of Distress
>>> print(resolve("jealous"))
'jealous' is a form of 'Jealousy', a word of Jealousy & Envy

Everything stands in `data/taxonomy.json`, each column with its source; docs/taxonomy.md prints it.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

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
    """One of EmoNet's 40.

    Attributes:
        id: stable, for files and records ("jealousy_envy")
        number: the paper's, 1 to 40
        name: as the paper prints it ("Jealousy & Envy")
        group: the display group of EmoNet-Face; each category stands in exactly one of seven
        valence: LAION's coarse tag
        arousal: LAION's coarse tag, "low" to "high"
        file_stem: of its Empathic-Insight-Voice head, model_<file_stem>_best.pth
        keywords: the paper's, in its order and capitals, repeated words once
        variants: other spellings of the name, and the parts of a joined name
        face_added: keywords only EmoNet-Face gives it
        face_dropped: keywords EmoNet-Face does not give it
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
        """Positive +1, neutral and mixed 0, negative -1."""
        return VALENCE_VALUES[self.valence]

    @property
    def arousal_value(self) -> float:
        """Low -1, medium-low -0.5, medium 0, medium-high +0.5, high +1."""
        return AROUSAL_VALUES[self.arousal]

    def record(self) -> dict[str, Any]:
        """All of it as plain JSON values, the two numbers included."""
        return asdict(self) | {"valence_value": self.valence_value, "arousal_value": self.arousal_value}

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a word was taken to mean.

    Attributes:
        category: the one it stands for
        via: what `matched` is to the category; "form", "synonym" and "misspelling": what `word` is to `matched`;
            "phrase" only where free words were read (`voiceact.prompting`)
        word: as given, without surrounding space
        matched: the id, name, variant or keyword that was found, as the taxonomy prints it
        others: the other categories that own the word, likeliest first
    """

    category: Category
    via: Via
    word: str
    matched: str
    others: tuple[Category, ...]

    def __str__(self) -> str:
        return f"{self.word!r} is {self._reason()}" + _also(self.others)

    def _reason(self) -> str:
        if self.via in _KINDS:
            return f"{_KINDS[self.via]} of {self.category}"
        owner = "" if self.matched == self.category.name else f", a word of {self.category}"
        return f"a {self.via} of {self.matched!r}{owner}"


@dataclass(frozen=True, slots=True)
class _Meaning:
    """One reading of a folded word; meanings compare by `order`, the first is taken."""

    order: tuple[int, int, int]
    via: Via
    matched: str
    category: Category


def _also(others: Iterable[Category]) -> str:
    names = ", ".join(str(other) for other in others)
    return f" (also of {names})" if names else ""


# --- The table


@cache
def categories() -> tuple[Category, ...]:
    """All 40, in the paper's order."""
    return tuple(Category(**{k: _frozen(v) for k, v in row.items()}) for row in _data()["categories"])


@cache
def groups() -> dict[str, tuple[Category, ...]]:
    """The seven display groups of EmoNet-Face with their categories, both in the paper's order."""
    names = dict.fromkeys(category.group for category in categories())
    return {name: tuple(c for c in categories() if c.group == name) for name in names}


def group(name: str) -> str:
    """The full name of a display group from its beginning ("negative high"), case and hyphens aside.

    Raises:
        UnknownNameError: if no group, or more than one, begins so
    """
    key = _fold(name)
    found = [known for known in groups() if key and _fold(known).startswith(key)]
    if len(found) != 1:
        raise UnknownNameError("group", name, groups())
    return found[0]


def get(name: str) -> Category:
    """The category with this id, name or variant spelling; a keyword does not do (see `resolve`).

    Raises:
        UnknownNameError: if there is none
    """
    for meaning in _meanings().get(_fold(name), ()):
        if meaning.via in ("name", "variant"):
            return meaning.category
    known = [text for category in categories() for text in (category.name, *category.variants)]
    raise UnknownNameError("category", name, known, hint=HINT)


@cache
def _data() -> dict[str, Any]:
    from importlib.resources import files

    text = (files("voiceact.acting") / "data" / "taxonomy.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


# --- What a word means


def resolve(word: str) -> Resolution:
    """The category a word stands for: an id, a name, a keyword, or another form of one of these.

    Case, spaces, hyphens, underscores, slashes, ampersands and "and" make no difference.
    A name goes before a variant spelling, that before a keyword of the paper, that before a keyword of
    EmoNet-Face, that before another form ("angry") and that before a synonym ("scared").
    Of several categories with the same keyword the one that lists it earliest is taken, then the first in
    the paper's order; two words where that misleads are settled by the table `preferred` of the data file.

    Raises:
        UnknownNameError: if it means none of the 40, with the nearest word that does
        UsageError: for "neutral", which is an intensity (0) and not a category
    """
    word = word.strip()
    if reason := _data()["refused"].get(_fold(word)):
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
    found: dict[str, list[_Meaning]] = {}
    for text, meaning in _listed():
        found.setdefault(_fold(text), []).append(meaning)
    for via in _DERIVED:
        for target, words in _data()[f"{via}s"].items():
            for word in words:
                found.setdefault(_fold(word), []).extend(_derived(via, found[_fold(target)]))
    return {key: tuple(sorted(meanings, key=lambda m: m.order)) for key, meanings in found.items()}


def _listed() -> Iterator[tuple[str, _Meaning]]:
    """Every name, variant and keyword of every category."""
    preferred = {_fold(word): choice["category"] for word, choice in _data()["preferred"].items()}
    for c in categories():
        for rank, texts in enumerate(((c.name,), c.variants, c.keywords, c.face_added)):
            for position, text in enumerate(texts):
                position = -1 if preferred.get(_fold(text)) == c.id else position
                yield text, _Meaning((rank, position, c.number), _PREFERENCE[rank], text, c)


def _derived(via: Via, meanings: Iterable[_Meaning]) -> list[_Meaning]:
    """The meanings of a form or synonym: those of the word it is a form of, in the same order."""
    ordered = sorted(meanings, key=lambda m: m.order)
    rank = _PREFERENCE.index(via)
    return [_Meaning((rank, i, m.category.number), via, m.matched, m.category) for i, m in enumerate(ordered)]


@cache
def known_words() -> tuple[str, ...]:
    """What a misspelling is compared with; a keyword that is also a name appears as the name."""
    derived = [word for via in _DERIVED for words in _data()[f"{via}s"].values() for word in words]
    known = {_fold(text): text for text in [*derived, *(text for text, _ in _listed())]}
    return tuple((known | {_fold(c.name): c.name for c in categories()}).values())


def _fold(text: str) -> str:
    """Letters and digits only, lower case, without the word "and"."""
    return "".join(token for token in re.findall(r"[^\W_]+", text.casefold()) if token != "and")


def _uninflected(key: str) -> Iterator[str]:
    """What `key` may be another form of, likeliest first.

    Plural and adverb: worries -> worry, sadly -> sad. Adjective: shy -> shyness, angry by the table `forms`.
    Verb: worried -> worry, amused -> amusement, confused -> confusion, relaxing -> relaxation.
    """
    if key in map(_fold, _data()["false_friends"]):
        return
    adjectives, verbs = [key, *_without_ly(key)], list(_without_ed_ing(key))
    yield from (*adjectives, *_without_s(key), *verbs)
    yield from (_nounlike(base) + "ness" for base in adjectives)
    yield from (base + ending for base in verbs for ending in ("ment", "ion", "ation"))


def _nounlike(adjective: str) -> str:
    return adjective[:-1] + "i" if len(adjective) > 3 and adjective.endswith("y") else adjective


def _without_ly(key: str) -> Iterator[str]:
    if key.endswith("ily"):
        yield key.removesuffix("ily") + "y"
    if key.endswith("ly"):
        yield key.removesuffix("ly")


def _without_s(key: str) -> Iterator[str]:
    for ending, repair in (("ies", "y"), ("es", ""), ("s", "")):
        if key.endswith(ending):
            yield key.removesuffix(ending) + repair


def _without_ed_ing(key: str) -> Iterator[str]:
    """The verb: its e or y put back, a doubled last letter made single."""
    for ending in ("ed", "ing"):
        if key.endswith(ending):
            stem = key.removesuffix(ending)
            yield from (stem, stem + "e")
            if stem.endswith("i"):
                yield stem[:-1] + "y"
            if stem[-1:] == stem[-2:-1]:
                yield stem[:-1]


# --- How far apart two categories are


def distance(a: Category, b: Category) -> float:
    """How far apart two categories lie, 0 to 3.

    The square root of (valence difference)² + (arousal difference)² + (0 in the same display group, 1
    otherwise)², the first two from -1 to +1. Two categories with equal tags and group have distance 0:
    the tags are coarse, this tells opposites and not neighbours.
    """
    return math.hypot(a.valence_value - b.valence_value, a.arousal_value - b.arousal_value, float(a.group != b.group))


def contrast(category: Category, among: Iterable[Category] | None = None) -> Category:
    """The category farthest from `category`: what should be absent where `category` is present.

    Of several equally far ones the first in the paper's order, so the same question has the same answer.

    Args:
        category: the one to contrast with
        among: the candidates; if None all 40. `category` itself is never taken

    Raises:
        UsageError: if no candidate is left
    """
    pool = set(categories() if among is None else among) - {category}
    if not pool:
        raise UsageError(f"nothing to contrast {category} with; give at least one other category")
    return min(pool, key=lambda other: (-distance(category, other), other.number))
