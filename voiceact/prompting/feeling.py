"""A feeling in plain words, read as a mix of categories with the words that led there.

>>> reading = read_feeling("barely holding back tears, but proud")
>>> reading.mix.as_dict()
{'sadness': 5.0, 'pride': 3.0}
>>> [(sign.words, sign.category.name) for sign in reading.signs]
[('holding back tears', 'Sadness'), ('proud', 'Pride')]

Names and keywords keep their exact answer (`voiceact.acting.taxonomy.resolve`); everything else is read by a lexicon of
words and idioms, with degree words ("slightly", "utterly") and negation ("not angry at all").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from voiceact.acting import taxonomy
from voiceact.acting.intensity import DEFAULT_INTENSITY, HIGHEST, parse_emotion, parse_intensity
from voiceact.acting.mix import EmotionMix, MixEntry
from voiceact.acting.taxonomy import HINT, Category, Resolution
from voiceact.acting.variants import variant_meant
from voiceact.errors import UnknownNameError, UsageError
from voiceact.prompting.lexicon import Sighting, sightings, single_words
from voiceact.prompting.words import ARTICLES, BOUNDARY, PlainWord, check_description, correct_spelling, split_words

MOST_CATEGORIES = 4
"""categories of a mix; of more the longest and strongest are taken"""
SECOND_FEELING = -2.0
"""what an intensity loses behind "but": the first feeling is the one that is shown"""

_DEGREES: dict[str, float] = {
    "barely": -4, "scarcely": -4, "hint of": -4, "trace of": -4, "ever so slightly": -4, "tiniest bit": -4, "vaguely": -4,
    "slightly": -3, "bit": -3, "little bit": -3, "little": -3, "tad": -3, "touch": -3, "touch of": -3, "faintly": -3,
    "faint": -3, "slight": -3, "shade": -3, "vague": -3, "mild": -2, "mildly": -2, "somewhat": -2, "fairly": -2,
    "kind of": -2, "kinda": -2, "sort of": -2, "moderately": -2, "half": -2, "partly": -2, "trifle": -2, "lightly": -2,
    "quite": -1, "rather": -1, "pretty": -1, "almost": -1, "nearly": -1,
    "very": 1, "really": 1, "so": 1, "such": 1, "deeply": 1, "deep": 1, "extremely": 1, "incredibly": 1, "totally": 1,
    "completely": 1, "terribly": 1, "awfully": 1, "highly": 1, "greatly": 1, "great": 1, "intensely": 1, "intense": 1,
    "hugely": 1, "immensely": 1, "truly": 1, "strongly": 1, "strong": 1, "much": 1, "super": 1, "super duper": 1, "full of": 1,
    "filled with": 1, "entirely": 1, "thoroughly": 1, "extreme": 1, "profoundly": 1, "profound": 1, "sheer": 1, "pure": 1,
    "seriously": 1, "dead": 1, "fiercely": 1, "bursting with": 1, "overcome with": 2, "overcome by": 2, "consumed by": 2,
    "utterly": 2, "utter": 2, "absolutely": 2, "absolute": 2, "overwhelmingly": 2, "overwhelming": 2, "insanely": 2,
    "unbearably": 2, "beyond": 2, "boundless": 2, "madly": 2, "desperately": 2, "hopelessly": 2,
}  # fmt: skip
"""words before a feeling, and by how much they move it on the scale of 0 to 7"""
_DEGREES_BEHIND: dict[str, float] = {
    "as hell": 1, "to bits": 1, "to the core": 1, "beyond words": 2, "beyond measure": 2, "beyond belief": 2,
    "out of mind": 2, "as can be": 1, "a little": -3, "a bit": -3, "somewhat": -2, "ever": 1,
}  # fmt: skip
_SPELT_DEGREES = tuple(degree for degree in _DEGREES if degree.endswith("ly"))
_LONGEST_DEGREE = 3
_SHADES = frozenset("gentle quiet soft calm warm cold sweet silent tender kind mellow playful".split())
"""adjectives that before the word of a feeling are its colour and no feeling of their own: "quiet triumph\""""
_OVERCOME = frozenset(
    ["beside oneself", "overwhelmed", "overwhelming", "mad", "wild", "blind", "boiling", "burning", "shaking", "trembling",
     "numb", "sick", "glowing", "dying", "radiant", "beaming", "choked"]
)  # fmt: skip
"""words that before "with" and a feeling only say how strong it is: "sick with envy\""""

_DENIERS = frozenset(
    "not never no without neither nor hardly scarcely nothing nobody none lack lacking lacks refuse refuses refusing stop "
    "stopped quit cease ceased devoid minus unable isnt dont doesnt wasnt cant".split()
)
_DENYING_PHRASES = (
    ("far", "from"), ("anything", "but"), ("free", "of"), ("free", "from"), ("rather", "than"), ("instead", "of"),
    ("more", "than"), ("as", "opposed", "to"), ("void", "of"), ("less", "than"), ("last", "thing"),
)  # fmt: skip
_AFFIRMED = (
    ("not", "only"), ("not", "just"), ("not", "merely"), ("not", "simply"), ("not", "help"), ("never", "been", "so"),
    ("never", "so"), ("never", "been", "more"), ("no", "end"), ("not", "a", "little"), ("not", "stop"), ("not", "hide"),
    ("not", "contain"), ("not", "conceal"), ("not", "suppress"), ("not", "hold", "back"), ("not", "control"),
    ("trying", "not"), ("tries", "not"), ("trying", "hard", "not"), ("tries", "hard", "not"), ("try", "not"),
    ("struggling", "not"), ("without", "hiding"), ("barely", "able"), ("nothing", "but"), ("not", "without"),
    ("never", "felt", "so"), ("never", "felt", "more"), ("no", "matter"), ("no", "wonder"), ("not", "keep", "from"),
    ("trying", "desperately", "not"), ("doing", "best", "not"),
)  # fmt: skip
"""words that look like a denial and are none"""
_SHUT_IN = frozenset(
    "able contain containing hold holding hide hiding hidden keep keeping control controlling controlled suppress "
    "suppressing suppressed restrain restraining conceal concealed concealing stifle stifling fighting".split()
)
"""behind "barely" or "cannot" these say that a feeling is great, not small"""
_UNDERSTATED = (
    ("not", "exactly"), ("not", "precisely"), ("not", "particularly"), ("not", "overly"), ("not", "best"), ("not", "entirely"),
    ("less", "than"), ("far", "from"), ("none", "too"),
)  # fmt: skip
"""before a pleasant feeling these say politely that the opposite is felt: "less than pleased\""""
_OPPOSITES = {
    "elation": "disappointment", "pleasure_ecstasy": "impatience_and_irritability", "contentment": "disappointment",
    "amusement": "impatience_and_irritability", "hope_enthusiasm_optimism": "disappointment",
    "thankfulness_gratitude": "bitterness",
}  # fmt: skip
_PRETENDING = frozenset("trying tries tried try pretending pretends pretend pretended attempting attempts feigning".split())
_END_OF_DENIAL = frozenset({BOUNDARY, "but", "just", "only", "yet", "though", "although", "however", "while", "more"})
_OPPOSING = frozenset({"but", "yet", "though", "although", "however"})
_LONGEST_DENIAL = 5
_FEELING_VERBS = frozenset(
    "feel feels feeling felt sound sounds sounding seem seems seeming look looks looking act acting appear get gets getting "
    "grow become becoming becomes".split()
)


@dataclass(frozen=True, slots=True)
class FeelingSign:
    """Words of a phrase that mean a category.

    Attributes:
        words: as written
        category: one of the 40
        intensity: 0 to 7; 0 where it is denied
        resolution: what the words were taken to mean
        denied: whether the phrase says that this is not felt
    """

    words: str
    category: Category
    intensity: float
    resolution: Resolution
    denied: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "words": self.words,
            "category": self.category.id,
            "name": self.category.name,
            "intensity": self.intensity,
            "via": self.resolution.via,
            "matched": self.resolution.matched,
            "denied": self.denied,
        }

    def __str__(self) -> str:
        if self.denied:
            return f"“{self.words}” denies {self.category}"
        return f"“{self.words}” → {self.category} {self.intensity:g}"


@dataclass(frozen=True, slots=True)
class FeelingReading:
    """What a phrase was taken to mean.

    Attributes:
        text: the phrase
        mix: categories with intensities, those denied at 0 where nothing else is felt
        signs: the words that led there, in the order written
        unread: the words of the phrase that led nowhere, articles and the like left out
        exact: whether the whole phrase is a name or keyword
    """

    text: str
    mix: EmotionMix
    signs: tuple[FeelingSign, ...]
    unread: tuple[str, ...] = ()
    exact: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "phrase": self.text,
            "mix": self.mix.as_dict(),
            "signs": [sign.as_dict() for sign in self.signs],
            "unread": list(self.unread),
            "exact": self.exact,
        }


@dataclass(frozen=True, slots=True)
class EmotionReading:
    """Emotions as a user types them, read.

    Attributes:
        mix: of all of them
        notes: one sentence for each text that was no name or keyword
    """

    mix: EmotionMix
    notes: tuple[str, ...] = ()


def read_emotions(emotions: Iterable[str], default: float | str = DEFAULT_INTENSITY) -> EmotionReading:
    """Read emotions as `EmotionMix.parse` does, and phrases in plain words among them.

    Args:
        emotions: "Concern", "Embarrassment:5", "barely holding back tears, but proud"
        default: intensity of those that state none

    Raises:
        UsageError: if a text means no feeling, an intensity is off the scale, or two names mean one category
    """
    emotions = list(emotions) if not isinstance(emotions, str) else emotions
    if isinstance(emotions, str) or all(_is_exact(text) for text in emotions):
        return EmotionReading(EmotionMix.parse(emotions, default))
    entries: dict[Category, MixEntry] = {}
    notes: list[str] = []
    for text in emotions:
        reading = read_feeling(text, default)
        for entry in reading.mix:
            known = entries.get(entry.category)
            if known is None or known.intensity < entry.intensity:
                entries[entry.category] = entry
        if not reading.exact:
            notes.append(describe_reading(reading))
    return EmotionReading(EmotionMix(tuple(entries.values())), tuple(notes))


def describe_reading(reading: FeelingReading) -> str:
    """Return one sentence: what a phrase was taken to mean, and by which words."""
    return f"{reading.text!r} is read as " + "; ".join(str(sign) for sign in reading.signs)


def resolve_category(text: str) -> Resolution:
    """Return the one category that a name, a keyword or a phrase means: what a grid of categories takes.

    Raises:
        UnknownNameError, UsageError: if it means none, several, or is denied
    """
    if _is_exact(text):
        return taxonomy.resolve(text)
    felt = [entry for entry in read_feeling(text).mix if entry.intensity > 0]
    if len(felt) != 1 or felt[0].resolution is None:
        names = ", ".join(str(entry.category) for entry in felt) or "no feeling"
        raise UsageError(f"{text!r} means {names}; expected one category here")
    return felt[0].resolution


def read_feeling(phrase: str, default: float | str = DEFAULT_INTENSITY, *, correct_misspellings: bool = True) -> FeelingReading:
    """Read a phrase in plain words.

    Args:
        phrase: "trying not to cry", or a name or keyword; ":N" behind it sets its intensity
        default: intensity where no degree word moves it, 0 to 7 or a word of the scale
        correct_misspellings: whether unknown words are taken for misspelt ones; printed text has none

    Raises:
        UsageError: if the phrase is empty or too long, or no feeling is understood in it
    """
    text = check_description(phrase, "the emotion")
    base = parse_intensity(default)
    if _is_exact(text):
        resolution, own = parse_emotion(text)
        variant = variant_meant(resolution.category.id, resolution.word)
        entry = MixEntry(resolution.category, base if own is None else own, resolution, variant)
        return FeelingReading(
            text, EmotionMix((entry,)), (FeelingSign(text, entry.category, entry.intensity, resolution),), exact=True
        )
    text, base = _without_strength(text, base)

    words = [_with_spelt_degree(word) for word in split_words(text)]
    denied = _denied_places(words)
    words = _without_comparison(words)
    seen = _with_misspellings(words, sightings(words)) if correct_misspellings else sightings(words)
    seen = [one for one in seen if not one.weak or _stands_out(one, words)]
    seen = [one for one in seen if not _is_degree(one, seen, words)]
    if not seen and not _denied_words(words):
        raise UnknownFeelingError(text)

    # What is denied, and how strong the rest is
    signs: list[tuple[int, Sighting, FeelingSign]] = []
    opposed = False
    for one in seen:
        opposed = opposed or (bool(signs) and _is_opposed([word.text for word in words[: one.first]]))
        is_denied = one.first in denied
        if is_denied and one.category in _OPPOSITES and _is_understated(words, one):
            one = replace(one, category=_OPPOSITES[one.category], shift=-1, resolution=None)
            is_denied = False
        change = _degree(words, one)
        if change is None:
            change = SECOND_FEELING if opposed and any(not sign.denied for *_, sign in signs) else 0.0
        intensity = 0.0 if is_denied else min(max(base + one.shift + change, 1.0), HIGHEST)
        signs.append((one.size, one, _sign(text, words, one, intensity, is_denied)))
    signs += [(1, one, _sign(text, words, one, 0.0, True)) for one in _denied_words(words)]

    felt = [entry for entry in signs if not entry[2].denied]
    if opposed and len(felt) == 2 and _is_pretended(words, felt[0][1]):
        # "trying to sound brave, but terrified": what is pretended is the weaker of the two.
        (size, one, mask), (other_size, other, true) = felt
        mask, true = replace(mask, intensity=true.intensity), replace(true, intensity=mask.intensity)
        felt = [(other_size, other, true), (size, one, mask)]
        signs = [*felt, *(entry for entry in signs if entry[2].denied)]
    strongest: dict[Category, tuple[int, FeelingSign]] = {}
    for size, _, sign in felt:
        known = strongest.get(sign.category)
        if known is None or (sign.intensity, size) > (known[1].intensity, known[0]):
            strongest[sign.category] = size, sign
    kept = sorted(strongest.values(), key=lambda pair: -pair[0])[:MOST_CATEGORIES]
    chosen = [sign for _, sign in kept] if kept else [sign for *_, sign in signs]
    mix = EmotionMix(
        tuple(
            {
                sign.category: MixEntry(sign.category, sign.intensity, sign.resolution, variant_meant(sign.category.id, text))
                for sign in chosen
            }.values()
        )
    )
    return FeelingReading(text, mix, tuple(sign for *_, sign in signs), _unread(words, [one for _, one, _ in signs]))


class UnknownFeelingError(UnknownNameError):
    """A phrase in which no feeling is understood; a single word is answered with the nearest known one."""

    def __init__(self, text: str):
        if len(text.split()) == 1:
            # A near miss of a known word may be its opposite: "hapy" is nearer to "happy" than to "unhappy".
            known = taxonomy.known_words()
            further = {*single_words()} - {name.casefold() for name in known}
            super().__init__("emotion", text, {*known, *further}, hint=HINT, cutoff=0.75)
            return
        self.kind, self.given, self.known, self.nearest = "emotion", text, [], None
        UsageError.__init__(
            self,
            f"no feeling is understood in {text[:100]!r}; name a category or keyword ({HINT}), "
            "or describe a feeling, as in 'trying not to cry'",
        )


def _is_exact(text: str) -> bool:
    """Whether the text is for `parse_emotion` alone: a known name, with or without an intensity, or a refused word."""
    name, colon, strength = text.rpartition(":")
    if taxonomy.lookup(name if colon else text) is not None:
        return True
    return not text.strip() or (bool(colon) and not (name.strip() and strength.strip())) or text.strip().casefold() == "neutral"


def _without_strength(text: str, base: float) -> tuple[str, float]:
    """Split "holding back tears:3" into the phrase and its intensity."""
    name, colon, strength = text.rpartition(":")
    if not colon or not strength.strip() or len(strength.split()) > 1:
        return text, base
    return name.strip(), parse_intensity(strength)


def _is_opposed(before: Sequence[str]) -> bool:
    """Whether a feeling stands behind a "but" that takes something back; behind "not only sad but" it adds."""
    adding = any(pair in _AFFIRMED for pair in zip(before, before[1:], strict=False))
    return any(word in _OPPOSING and not (adding and word == "but") for word in before)


def _sign(text: str, words: Sequence[PlainWord], one: Sighting, intensity: float, denied: bool) -> FeelingSign:
    written = text[words[one.first].start : words[one.last].end]
    category = taxonomy.get(one.category)
    resolution = one.resolution or Resolution(category, "phrase", written, one.matched, ())
    return FeelingSign(written, category, intensity, replace(resolution, word=written), denied)


def _with_misspellings(words: Sequence[PlainWord], seen: list[Sighting]) -> list[Sighting]:
    """Add what words outside all sightings mean if they are misspelt."""
    taken = {place for one in seen for place in range(one.first, one.last + 1)}
    known = _known_single_words()
    added = []
    for place, word in enumerate(words):
        if place in taken or word.text in ARTICLES or word.text in _DEGREES or word.text == BOUNDARY:
            continue
        right = correct_spelling(word.text, _spellings())
        if right is None:
            continue
        found = taxonomy.lookup(known.get(right, right))
        category = found.category if found else taxonomy.get(single_words()[right])
        resolution = Resolution(category, "misspelling", word.text, known.get(right, right), ())
        added.append(Sighting(place, place, 1, category.id, right, resolution=resolution))
    return sorted([*seen, *added], key=lambda one: one.first)


@cache
def _known_single_words() -> dict[str, str]:
    """Return the names and keywords of one word, in small letters, each with how it is written."""
    return {word.casefold(): word for word in taxonomy.known_words() if " " not in word}


@cache
def _spellings() -> tuple[str, ...]:
    """Return what a misspelt word is compared with: the lexicon's words, then names and keywords."""
    return tuple({**single_words(), **_known_single_words()})


def _with_spelt_degree(word: PlainWord) -> PlainWord:
    """Return a misspelt degree word ("extremly") as it is spelt."""
    if not word.text.endswith("ly") or word.text in _DEGREES:
        return word
    right = correct_spelling(word.text, _SPELT_DEGREES)
    return replace(word, text=right) if right else word


def _without_comparison(words: Sequence[PlainWord]) -> list[PlainWord]:
    """Return the words with "prouder" as "proud" where it says how great a feeling is: "never been prouder"."""
    texts = [word.text for word in words]
    plain = list(words)
    for place, word in enumerate(words):
        before = [text for text in texts[max(0, place - 3) : place] if text not in ARTICLES]
        if not word.text.endswith("er") or not {"never", "could"} & set(before):
            continue
        stem = word.text.removesuffix("er")
        forms = (stem, stem + "e", stem[:-1] + "y" if stem.endswith("i") else stem, stem[:-1])
        known = next((form for form in forms if form in single_words() or taxonomy.lookup(form)), None)
        if known:
            plain[place] = replace(word, text=known)
    return plain


def _is_understated(words: Sequence[PlainWord], one: Sighting) -> bool:
    """Whether the words right before a sighting deny it politely: "not exactly", "less than"."""
    before = [word.text for word in words[: one.first] if word.text not in ARTICLES]
    return any(tuple(before[-len(phrase) :]) == phrase for phrase in _UNDERSTATED)


def _is_pretended(words: Sequence[PlainWord], one: Sighting) -> bool:
    """Whether somebody only tries to show a feeling: "trying to sound brave"."""
    before = [word.text for word in words[max(0, one.first - 4) : one.first]]
    return bool(_PRETENDING & set(before)) and "to" in before and "not" not in before


def _stands_out(one: Sighting, words: Sequence[PlainWord]) -> bool:
    """Whether a word of many meanings is about a feeling: little else is said around it, or a verb of feeling leads to it."""
    first = one.first
    while first > 0 and words[first - 1].text not in (BOUNDARY, "and", "but", "or", "yet"):
        first -= 1
    last = one.last
    while last + 1 < len(words) and words[last + 1].text not in (BOUNDARY, "and", "but", "or", "yet"):
        last += 1
    others = [
        word.text
        for place, word in enumerate(words[first : last + 1], start=first)
        if not one.first <= place <= one.last and word.text not in ARTICLES
    ]
    if len(others) <= 1:
        return True
    before = words[one.first - 1].text if one.first else ""
    return before in _FEELING_VERBS or before in _DEGREES


def _is_degree(one: Sighting, seen: Sequence[Sighting], words: Sequence[PlainWord]) -> bool:
    """Whether a sighting only says how, or how strong, the next one is: "mildly annoyed", "quiet triumph", "wild with joy"."""
    text = words[one.first].text
    single = one.first == one.last
    if single and (text in _DEGREES or text.endswith("ly") or text in _SHADES):
        return any(other.first == one.last + 1 for other in seen)
    if one.matched in _OVERCOME or (single and text in _OVERCOME):
        behind = words[one.last + 1].text if one.last + 1 < len(words) else ""
        return behind in ("with", "by") and any(other.first == one.last + 2 for other in seen)
    return False


def _degree(words: Sequence[PlainWord], one: Sighting) -> float | None:
    """Return by how much the words around a sighting move it; None if they do not."""
    before = [word.text for word in words[: one.first]]
    while before and before[-1] in ARTICLES:
        before.pop()
    total: float | None = None
    while before:
        for size in range(min(_LONGEST_DEGREE, len(before)), 0, -1):
            change = _DEGREES.get(" ".join(before[-size:]))
            if change is not None:
                break
        else:
            break
        if " ".join(before[-size:]) == "so" and total is not None:
            break
        if words[one.first].text not in _SHUT_IN:
            total = change if total is None or abs(change) > abs(total) else total
        before = before[:-size]
        while before and before[-1] in ARTICLES:
            before.pop()
    behind = " ".join(word.text for word in words[one.last + 1 : one.last + 4])
    for phrase, change in _DEGREES_BEHIND.items():
        if behind == phrase or behind.startswith(f"{phrase} "):
            total = change if total is None else total
    return total


def _denied_places(words: Sequence[PlainWord]) -> set[int]:
    """Return the places of the words that stand under a negation."""
    texts = [word.text for word in words]
    affirmed = {
        place + offset
        for phrase in _AFFIRMED
        for place in range(len(texts))
        if _reads(texts, place, phrase)
        for offset in range(len(phrase))
    }
    places: set[int] = set()
    for place, text in enumerate(texts):
        if text == "too" and "to" in texts[place + 1 : place + 4]:
            # "too tired to care": what is too much stands before, what does not come about behind.
            start = texts.index("to", place)
            places.update(range(start + 1, min(start + 4, len(texts))))
            continue
        if text == "not" and texts[place + 1 : place + 2] == ["what"] and texts[place - 1] in ("is", "was"):
            # "fear is not what he feels"
            places.add(place - 2)
        phrase = next((phrase for phrase in _DENYING_PHRASES if _reads(texts, place, phrase)), None)
        behind = next((word for word in texts[place + 1 :] if word not in ARTICLES), "")
        compared = text == "never" and any(word.endswith("er") and len(word) > 4 for word in texts[place + 1 : place + 5])
        if phrase is None and (text not in _DENIERS or place in affirmed or behind in _SHUT_IN or compared):
            continue
        start = place + (len(phrase) if phrase else 1)
        counted = 0
        for at in range(start, len(texts)):
            if texts[at] in _END_OF_DENIAL and not (texts[at] == "more" and at == start):
                break
            if texts[at] == "and" and text not in ("without", "no"):
                break
            places.add(at)
            counted += texts[at] not in ARTICLES
            if counted >= _LONGEST_DENIAL:
                break
    return places


def _reads(texts: Sequence[str], place: int, phrase: Sequence[str]) -> bool:
    """Whether a phrase stands at a place, pronouns between its words left out."""
    at = place
    for wanted in phrase:
        while at > place and at < len(texts) and texts[at] != wanted and texts[at] in ARTICLES:
            at += 1
        if at >= len(texts) or texts[at] != wanted:
            return False
        at += 1
    return True


def _denied_words(words: Sequence[PlainWord]) -> list[Sighting]:
    """Words that deny a feeling by themselves: "fearless", "unashamed"."""
    found = []
    for place, word in enumerate(words):
        for stem in (word.text.removesuffix("less"), word.text.removeprefix("un")):
            if stem == word.text or len(stem) < 4 or word.text in single_words() or taxonomy.lookup(word.text):
                continue
            resolution = taxonomy.lookup(stem)
            category = resolution.category.id if resolution else single_words().get(stem)
            if category:
                found.append(Sighting(place, place, 1, category, stem, resolution=resolution))
                break
    return found


def _unread(words: Sequence[PlainWord], seen: Sequence[Sighting]) -> tuple[str, ...]:
    taken = {place for one in seen for place in range(one.first, one.last + 1)}
    small = ARTICLES | _OPPOSING | _DENIERS | {BOUNDARY, "and", "or", "of", "to", "at", "all", "with", "in", "by", "from"}
    return tuple(
        word.text
        for place, word in enumerate(words)
        if place not in taken and word.text not in small and word.text not in _DEGREES
    )
