"""Texts as they are compared: through the spoken form, with every number as its digits, whichever way it is read.

"1984", "nineteen eighty-four" and "one thousand nine hundred eighty four" are one number to a listener; so are "97",
"siebenundneunzig" and "sieben und neunzig".

>>> [unit.key for unit in comparable("Call 911 in nineteen eighty-four.")]
['call', '911', 'in', '1984']
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from voiceact.text.form import SpokenForm
from voiceact.text.numbers import cardinal, ordinal
from voiceact.text.reader import speak

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or number as it is compared.

    Attributes:
        key: lower case without apostrophes; of a number its digits, of an ordinal number in German its digits and a stop
        said: the words it stands for
        number: whether it is a number
    """

    key: str
    said: str
    number: bool = False


def comparable(text: str | SpokenForm, language: str = "en") -> list[Unit]:
    """Bring a text, or a spoken form, to units that are the same where a listener hears the same.

    Args:
        text: as written, or its spoken form
        language: code of the language, with or without a region
    """
    base = language.partition("-")[0].lower()
    form = speak(text, language) if isinstance(text, str) else text
    stretches: list[list[str]] = [[]]
    for spoken in form.words:
        if spoken.before:
            stretches.append([])
        stretches[-1] += _split(spoken.spoken)
        if spoken.after.strip("-"):
            stretches.append([])
    # A mark between two numbers parts them; within a telephone number, which is one word of the form, it does not.
    folded = [unit for words in stretches for unit in _numbers_folded(words, base if base in _ATOMS else "")]
    return _letters_joined(folded)


def _split(spoken: str) -> list[str]:
    """Words in small letters; capitals, which are said one by one, as single letters."""
    words: list[str] = []
    for word in _WORD.findall(spoken):
        bare = word.removesuffix("'s")
        if len(bare) > 1 and bare.isupper() and bare.isalpha():
            words += [*bare.lower(), *(["s"] if bare != word else [])]
        else:
            words.append(word.lower().replace("’", "'"))
    return words


# Numbers


@dataclass(frozen=True, slots=True)
class _Atom:
    """A part of a number: its value, and whether it multiplies what stands before it, or makes an ordinal."""

    value: int
    scale: bool = False
    ordinal: bool = False


def _plain_atoms(language: str) -> dict[str, _Atom]:
    """Names of the numbers below a hundred, as this room writes them."""
    return {
        cardinal(number, language): _Atom(number)
        for number in range(100)
        if not re.search(r"[\s-]", cardinal(number, language))
    }


def _english() -> dict[str, _Atom]:
    atoms = _plain_atoms("en") | {"oh": _Atom(0), "hundred": _Atom(100, True)}
    for power, name in enumerate("thousand million billion trillion quadrillion quintillion sextillion".split(), 1):
        atoms[name] = _Atom(1000**power, True)
    return atoms


def _german() -> dict[str, _Atom]:
    atoms = {cardinal(number, "de"): _Atom(number) for number in [*range(20), *range(20, 100, 10)]}
    atoms |= dict.fromkeys("ein eine einen einem einer eines eins".split(), _Atom(1)) | {
        "zwo": _Atom(2),
        "hundert": _Atom(100, True),
        "tausend": _Atom(1000, True),
        "dreissig": _Atom(30),
        "fuenf": _Atom(5),
    }
    for power, name in enumerate("million milliarde billion billiarde trillion trilliarde".split(), 2):
        atoms |= dict.fromkeys((name, name + ("n" if name.endswith("e") else "en")), _Atom(1000**power, True))
    stems = {
        "erst": 1,
        "zweit": 2,
        "dritt": 3,
        "viert": 4,
        "fünft": 5,
        "sechst": 6,
        "siebt": 7,
        "siebent": 7,
        "acht": 8,
        "neunt": 9,
        "hundertst": 100,
        "tausendst": 1000,
        "nullt": 0,
    }
    stems |= {cardinal(number, "de") + "t": number for number in range(10, 20)}
    stems |= {cardinal(number, "de") + "st": number for number in range(20, 100, 10)}
    for stem, value in stems.items():
        for ending in ("e", "er", "en", "es", "em"):
            atoms[stem + ending] = _Atom(value, value in (100, 1000), True)
    return atoms


def _spanish() -> dict[str, _Atom]:
    atoms = (
        _plain_atoms("es")
        | dict.fromkeys(("un", "una", "uno"), _Atom(1))
        | dict.fromkeys(("veintiún", "veintiuna", "veintiuno", "veintiun"), _Atom(21))
        | {"cien": _Atom(100), "ciento": _Atom(100), "mil": _Atom(1000, True)}
    )
    for hundreds, stem in enumerate(
        "doscient trescient cuatrocient quinient seiscient setecient ochocient novecient".split(), 2
    ):
        atoms |= dict.fromkeys((stem + "os", stem + "as"), _Atom(100 * hundreds))
    for power, name in ((2, "mill"), (4, "bill"), (6, "trill")):
        atoms |= dict.fromkeys((name + "ón", name + "ones", name + "on"), _Atom(1000**power, True))
    return atoms


def _french() -> dict[str, _Atom]:
    atoms = _plain_atoms("fr") | {
        "une": _Atom(1),
        "vingts": _Atom(20),
        "cent": _Atom(100, True),
        "cents": _Atom(100, True),
        "mille": _Atom(1000, True),
        "septante": _Atom(70),
        "huitante": _Atom(80),
        "nonante": _Atom(90),
    }
    for power, name in enumerate("million milliard billion billiard trillion trilliard".split(), 2):
        atoms |= dict.fromkeys((name, name + "s"), _Atom(1000**power, True))
    return atoms


_ATOMS = {"en": _english, "de": _german, "es": _spanish, "fr": _french}
_LINKS = {"en": "and", "de": "und", "es": "y", "fr": "et"}


@lru_cache
def _atoms(language: str) -> dict[str, _Atom]:
    return _ATOMS[language]()


@lru_cache
def _german_part() -> "re.Pattern[str]":
    names = "|".join(sorted(_atoms("de"), key=len, reverse=True))
    return re.compile(rf"(?:{names}|und)")


def _parted(word: str, language: str) -> list[str]:
    """The parts of a word that is a compound number, else the word itself."""
    if language != "de" or word in _atoms("de"):
        return [word]
    for prefix in ("kubik", "quadrat"):
        if word.startswith(prefix) and len(word) > len(prefix) + 2:
            return [prefix, word[len(prefix) :]]
    for ending in ("einhalb", "stel", "tel"):
        stem = word.removesuffix(ending)
        if stem != word and stem and (stem in _atoms("de") or _parted(stem, language) != [stem]):
            return [
                *(["ein"] if ending == "einhalb" else []),
                *_parted(stem, language),
                "halb" if ending == "einhalb" else "tel",
            ]
    parts: list[str] = []
    at = 0
    while at < len(word):
        match = _german_part().match(word, at)
        if not match:
            return [word]
        parts.append(match[0])
        at = match.end()
    return parts if parts[0] != "und" and len(parts) > 1 else [word]


def _numbers_folded(words: list[str], language: str) -> list[Unit]:
    """Words with every run of number words as one unit."""
    if not language:
        return [Unit(word.replace("'", ""), word) for word in words]
    atoms, link = _atoms(language), _LINKS[language]
    parted = [(part, word if place == 0 else "") for word in words for place, part in enumerate(_parted(word, language))]
    units: list[Unit] = []
    at = 0
    while at < len(parted):
        end = at
        run: list[str] = []
        while end < len(parted):
            part = parted[end][0]
            following = parted[end + 1][0] if end + 1 < len(parted) else ""
            if part in atoms or run and part == link and following in atoms and _linked(run[-1], following, atoms, language):
                run.append(part)
            elif language == "en" and part == "a" and following in ("hundred", "thousand", "million", "billion"):
                run.append("one")
            elif language == "en" and part == "double" and following in atoms and not atoms[following].scale:
                run.append(following)
            else:
                break
            end += 1
        if run:
            spoken = " ".join(word for _, word in parted[at:end] if word)
            units.append(Unit(_value(run, atoms, language), spoken, True))
            at = end
        else:
            part = parted[at][0]
            units.append(Unit(_plain(part, language), part, language == "en" and part in _english_ordinals()))
            at += 1
    return units


@lru_cache
def _english_ordinals() -> frozenset[str]:
    """Last words of ordinal numbers; "first" and "second" have other senses too."""
    return frozenset(ordinal(number).split()[-1] for number in (*range(3, 21), *range(30, 101, 10), 1000))


def _linked(before: str, following: str, atoms: dict[str, _Atom], language: str) -> bool:
    """Whether "and" stands inside a number."""
    first, second = atoms[before], atoms[following]
    if language == "en":
        return first.scale and not second.scale
    if language == "de":
        return first.value < 10 and 20 <= second.value < 100 or first.scale
    if language == "es":
        return 30 <= first.value < 100 and second.value < 10 and not first.scale
    return 20 <= first.value < 80 and second.value in (1, 11)


def _value(run: Sequence[str], atoms: dict[str, _Atom], language: str) -> str:
    """Digits of a run of number words: "nineteen eighty four" is 1984, so is "one thousand nine hundred eighty four"."""
    out: list[str] = []
    total = group = 0
    smallest: int = 10**30
    filled = in_order = False
    room = 10**30

    def flush() -> None:
        nonlocal total, group, smallest, filled, room
        if filled:
            out.append(str(total + group))
        total = group = 0
        smallest = room = 10**30
        filled = False

    values = _german_order(run, atoms) if language == "de" else [atoms[part] for part in run if part in atoms]
    if language == "fr":
        values = _french_order(values)
    for atom in values:
        in_order = in_order or atom.ordinal
        if atom.scale:
            if atom.value == 100 and filled and 0 < group < 100:
                group *= 100
            elif atom.value > 100 and filled and atom.value < smallest:
                total += max(group, 1) * atom.value if group or not total else 0
                group, smallest = 0, atom.value
            elif language == "es" and atom.value >= 10**6 and filled and total and atom.value > smallest:
                total, group, smallest = (total + group) * atom.value, 0, atom.value
            elif atom.value == 100 and filled and group == 0:
                group = 100
            else:
                flush()
                total, group = (0, 100) if atom.value == 100 else (atom.value, 0)
                smallest = atom.value if atom.value > 100 else 10**30
            filled, room = True, 100 if atom.value == 100 else 1000
            continue
        if atom.value == 0:
            flush()
            out.append("0")
            continue
        fits = (
            not filled
            or group == 0
            or group % 100 == 0
            and atom.value < 100
            or group % 10 == 0
            and atom.value < 10
            and (group % 100 >= 20)
        )
        if filled and (not fits or atom.value >= room):
            flush()
        group += atom.value
        filled = True
        room = 1000 if atom.value >= 100 else 10 if atom.value >= 20 and atom.value % 10 == 0 else 1
        if room == 1000:
            room = 100
    flush()
    return "".join(out) + ("." if in_order else "")


def _german_order(run: Sequence[str], atoms: dict[str, _Atom]) -> list[_Atom]:
    """Ones before tens, as Germans say them, as one value."""
    values: list[_Atom] = []
    at = 0
    while at < len(run):
        if at + 2 < len(run) and run[at + 1] == "und" and run[at + 2] in atoms:
            first, second = atoms[run[at]], atoms[run[at + 2]]
            if first.value < 10 and 20 <= second.value < 100:
                values.append(_Atom(first.value + second.value, False, second.ordinal))
                at += 3
                continue
        if run[at] in atoms:
            values.append(atoms[run[at]])
        at += 1
    return values


def _french_order(values: list[_Atom]) -> list[_Atom]:
    """Four twenties are eighty, sixty and seventeen seventy-seven."""
    merged: list[_Atom] = []
    for atom in values:
        last = merged[-1] if merged else None
        if last and not last.scale and not atom.scale:
            if last.value == 4 and atom.value == 20:
                merged[-1] = _Atom(80)
                continue
            if last.value == 10 and 7 <= atom.value <= 9:
                merged[-1] = _Atom(10 + atom.value)
                # What stands before may be sixty or eighty.
                if len(merged) > 1 and merged[-2].value in (60, 80) and not merged[-2].scale:
                    merged[-2:] = [_Atom(merged[-2].value + merged[-1].value)]
                continue
            if last.value in (60, 80) and 0 < atom.value < 20 or last.value in (70, 90) and 7 <= atom.value <= 9:
                merged[-1] = _Atom(last.value + atom.value)
                continue
            if last.value in (20, 30, 40, 50) and 0 < atom.value < 10:
                merged[-1] = _Atom(last.value + atom.value)
                continue
        merged.append(atom)
    return merged


# Words

_SPANISH_ORDINAL = re.compile(
    r"(.*(?:primer|segund|tercer|cuart|quint|sext|séptim|octav|noven|décim|ésim))[oa]s?|(.*(?:primer|tercer))"
)


def _plain(word: str, language: str) -> str:
    """A word as it is compared: endings that only agree with their noun are left out where numbers have them."""
    word = word.replace("'", "")
    if language == "es":
        match = _SPANISH_ORDINAL.fullmatch(word)
        return (match[1] or match[2]) if match else word
    if language == "de":
        return re.sub(r"^halb(?:e|er|es|en|em)$", "halb", word).replace("ss", "ß") if word.startswith("halb") else word
    return word


def _letters_joined(units: list[Unit]) -> list[Unit]:
    """Letters that are said one by one, as one unit: recognizers write "FBI"."""
    joined: list[Unit] = []
    for unit in units:
        alone = len(unit.key) == 1 and unit.key.isalpha()
        if alone and joined and joined[-1].said.endswith("\u2063"):
            joined[-1] = Unit(joined[-1].key + unit.key, f"{joined[-1].said[:-1]} {unit.said}\u2063")
        else:
            joined.append(Unit(unit.key, unit.said + "\u2063", False) if alone else unit)
    return [Unit(unit.key, unit.said.rstrip("\u2063"), unit.number) for unit in joined]
