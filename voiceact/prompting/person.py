"""A person in plain words, read as a persona: age, gender presentation, pitch, timbre, pace, manner, accent.

>>> reading = read_person("a grumpy but lovable grandpa with a raspy, slow voice")
>>> reading.persona.gender, reading.persona.age, reading.persona.voice.rate < 0.8
('male', 76, True)
>>> reading.unread
()

The same words give the same person: what they leave open is drawn from their own hash. The whole description stays as a
note, which engines that follow written instructions are given.
"""

import hashlib
import math
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from voiceact.acting.persona import Manner, Persona, Voice, age_band, load_persona, persona_names
from voiceact.errors import UsageError
from voiceact.prompting.traits import PROFESSIONS, Kind, Trait, traits
from voiceact.prompting.words import ARTICLES, BOUNDARY, PlainWord, base_forms, check_description, split_words

ADULT_AGE = 36
"""years where none are said"""

# Age to F0 (Hz), vocal tract and rate: docs/persona.md, "Where the voices come from".
_AGES = (3, 6, 9, 12, 14, 16, 20, 30, 45, 60, 75, 90)
_F0_HZ = {
    "female": (300, 280, 262, 242, 228, 220, 212, 205, 192, 182, 174, 166),
    "male": (300, 275, 255, 235, 190, 140, 122, 115, 107, 113, 130, 148),
}
_TRACT = {
    "female": (0.79, 0.83, 0.87, 0.92, 0.95, 0.98, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    "male": (0.79, 0.83, 0.87, 0.93, 1.0, 1.09, 1.14, 1.16, 1.16, 1.16, 1.16, 1.15),
}
_RATE = (0.86, 0.9, 0.98, 1.02, 1.04, 1.04, 1.04, 1.0, 1.0, 0.96, 0.86, 0.76)
_PAUSE = (1.3, 1.2, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.05, 1.3, 1.6)
_TREMOR = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0.02, 0.14, 0.3)
_CREAK = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0.03, 0.12, 0.16)

_INDIVIDUAL = {"f0_hz": 0.5, "tract": 0.008, "rate": 0.015, "tilt": 0.25, "f0_range": 0.04}
"""by how much two people of one description may differ either way: semitones, shares, dB an octave"""
_STRONGER = frozenset("very really extremely incredibly super terribly awfully unusually exceptionally so ultra quite".split())
_WEAKER = frozenset("slightly somewhat bit little faintly mildly fairly rather".split())
_DENIERS = frozenset("not never no without hardly isnt".split())
_NEEDS_VOICE = frozenset("high low flat even level full big rich sharp rough clear dry even".split())
"""words that speak of a voice only beside such a word"""
_OF_A_VOICE = frozenset("voice voiced pitch pitched tone toned register timbre sound sounding talking speaking".split())
_SMALL = ARTICLES | {
    "and", "or", "but", "with", "who", "of", "in", "for", "to", "from", "at", "has", "have", "having", "speaks", "speaking",
    "talks", "sounds", "sounding", "sound", "like", "voice", "voiced", "voices", "pitch", "pitched", "accent", "tone", "person",
    "character", "some", "as", "if", "very", "really", "quite", "years", "year", "age", "speech", "pace", "manner", "way", "on",
    "yet", "rather", "slightly", "somewhat", "bit", "little", "extremely", "not", "too", "by", "into", "rate", "than", "more",
}  # fmt: skip
_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "eleven": 11, "thirteen": 13, "fourteen": 14, "seventeen": 17, "nineteen": 19,
    "hundred": 100,
    "ten": 10, "twelve": 12, "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
_PRONOUNS = {
    "himself": "male",
    "herself": "female",
    "he": "male",
    "his": "male",
    "him": "male",
    "she": "female",
    "her": "female",
    "hers": "female",
}
_NOT_BY_ENDING = frozenset("fortress mattress buttress distress human german shaman talisman norman ottoman caiman".split())
"""that end like "huntress" or "clergyman" and are nobody's"""
_HEAD_ENDS = frozenset(
    {BOUNDARY, "who", "with", "of", "that", "from", "for", "and", "to", "at", "in", "whose", "like", "after"}
)
_AGE_RANGES = ((0, 13), (14, 19), (20, 40), (41, 59), (60, 150))
_LIMITS = {
    "f0_hz": (60, 390), "f0_range": (0.3, 1.8), "tract": (0.75, 1.25), "breath": (0, 0.9), "rough": (0, 0.6), "creak": (0, 0.8),
    "tremor": (0, 0.7), "tilt": (-3, 3), "rate": (0.7, 1.35), "pause": (0.4, 2.5), "loudness": (-30, -15),
}  # fmt: skip
_OPPOSITES: dict[Kind, tuple[str, float]] = {
    "pitch": ("f0_hz", 0.0), "pace": ("rate", 1.0), "loudness": ("loudness", 0.0), "melody": ("f0_range", 1.0),
}  # fmt: skip
"""kinds of which a description may say only one direction, with the key and where it is neutral"""


@dataclass(frozen=True, slots=True)
class PersonSign:
    """Words of a description and what they were taken to say: "raspy" of the timbre."""

    words: str
    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True)
class PersonReading:
    """What a description was taken to say.

    Attributes:
        text: the description
        persona: of it
        signs: the words that were understood, in order
        unread: the words that were not
        drawn: what the description leaves open and was drawn
    """

    text: str
    persona: Persona
    signs: tuple[PersonSign, ...]
    unread: tuple[str, ...]
    drawn: tuple[str, ...]

    def notes(self) -> tuple[str, ...]:
        """Return sentences for a reader: what was understood, what was drawn, what was not understood."""
        voice = self.persona.voice
        found = [
            f"the description is read as: {self.persona.gender}, {self.persona.age} years, F0 {voice.f0_hz:g} Hz, "
            f"rate ×{voice.rate:g} (" + "; ".join(f"{sign.words}: {sign.meaning}" for sign in self.signs) + ")"
        ]
        if self.drawn:
            found.append(f"the description does not say, so it was drawn: {', '.join(self.drawn)}")
        accents = [sign.words for sign in self.signs if sign.kind == "accent"]
        if accents:
            found.append(f"the accent ({', '.join(accents)}) reaches only engines that follow written instructions")
        if self.unread:
            found.append(f"words of the description that say nothing of a voice here: {', '.join(self.unread)}; kept as a note")
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "description": self.text,
            "signs": [{"words": sign.words, "kind": sign.kind, "meaning": sign.meaning} for sign in self.signs],
            "unread": list(self.unread),
            "drawn": list(self.drawn),
            "persona": self.persona.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class _Seen:
    """A trait at a place of the words; `amount` scales it, 0 where it is denied."""

    first: int
    last: int
    trait: Trait
    name: str
    amount: float


def load_or_read(
    persona: str | os.PathLike[str], folders: Iterable[str | os.PathLike[str]] = ()
) -> tuple[Persona, tuple[str, ...]]:
    """Load a persona by its name or file, or read one from a description of several words.

    Returns:
        the persona, and notes where it was read

    Raises:
        UsageError: if there is no such persona, or nothing is understood
    """
    folders = tuple(folders)
    # A single word is a description only where it is no name and says something: "grandpa", but not "nurze".
    known = str(persona) in persona_names(folders)
    if known or not (is_description(persona) or str(persona).casefold() in traits()):
        return load_persona(persona, folders), ()
    reading = read_person(str(persona))
    return reading.persona, reading.notes()


def is_known(persona: str | os.PathLike[str], folders: Iterable[str | os.PathLike[str]] = ()) -> bool:
    """Return whether there is a persona of that name, or a file of that path."""
    return str(persona) in persona_names(folders) or (len(str(persona)) < 200 and os.path.isfile(persona))


def is_description(persona: str | os.PathLike[str]) -> bool:
    """Return whether a persona is given by a description: several words, and neither a path nor a file's name."""
    if not isinstance(persona, str) or not re.search(r"\S\s+\S", persona):
        return False
    return not (os.path.exists(persona) if len(persona) < 200 else False) and not persona.endswith((".yaml", ".yml"))


def says_who(description: str) -> bool:
    """Return whether anything of a description says how somebody sounds."""
    words = split_words(description)
    return bool(_see(words)) or _stated_age(words) is not None or bool(_pronouns(description))


def read_person(description: str, name: str | None = None) -> PersonReading:
    """Read a description in plain words.

    Args:
        description: "a tired old sailor with a raspy voice"
        name: of the persona; None makes one of the description's words

    Raises:
        UsageError: if it is empty, contradicts itself, or nothing in it says how somebody sounds
    """
    text = check_description(description, "the description of the persona")
    words = split_words(text)
    seen = _see(words)
    years = _stated_age(words)
    if not seen and years is None and not _pronouns(text):
        raise UsageError(
            f"nothing of the description {text[:80]!r} says how somebody sounds; "
            "give age, gender, pitch, pace, timbre or manner, as in 'a tired old sailor with a raspy voice'"
        )
    _check_contradictions(seen, words)
    dice = _dice(text)
    drawn: list[str] = []

    # Who it is
    gender = _gender(text, seen, drawn, dice)
    age = _age(seen, words, years)
    voice = _base_voice(gender, age)

    # How it sounds: each trait on top of the voice of that age and gender
    expressiveness, shows = 1.0, dict[str, float]()
    for one in seen:
        _apply(voice, one)
        expressiveness *= 1 + (one.trait.expressiveness - 1) * one.amount
        for word, factor in one.trait.shows.items():
            if one.amount > 0:
                shows[word] = shows.get(word, 1.0) * factor
    for key, most in _INDIVIDUAL.items():
        _move(voice, key, most * (2 * dice[key] - 1) if key in ("f0_hz", "tilt") else 1 + most * (2 * dice[key] - 1))
    bounded: dict[str, Any] = {key: round(min(max(value, _LIMITS[key][0]), _LIMITS[key][1]), 3) for key, value in voice.items()}
    bounded["f0_hz"] = round(bounded["f0_hz"], 1)

    tags = [age_band(age), *(tag for one in seen if one.amount > 0 for tag in one.trait.tags)]
    profession = next((one.name for one in seen if one.name in PROFESSIONS and one.amount > 0), "")
    shows = {word: factor for word, factor in shows.items() if not (age < 18 and word == "Lust")}
    persona = Persona(
        name=name or _name_of(text, words),
        description=text,
        gender=cast(Literal["female", "male", "androgynous"], gender),
        age=age,
        profession=profession,
        temperament=tuple(dict.fromkeys(one.name for one in seen if one.trait.kind == "manner" and one.amount > 0)),
        tags=tuple(dict.fromkeys(tags)),
        voice=Voice(**bounded),
        manner=Manner(
            expressiveness=round(min(max(expressiveness, 0.3), 1.9), 2),
            exaggerates={word: round(min(factor, 3.0), 2) for word, factor in shows.items() if factor > 1},
            masks={word: round(factor, 2) for word, factor in shows.items() if factor < 1},
            note=text,
        ),
    )
    return PersonReading(text, persona, _signs(text, words, seen), _unread(words, seen), tuple(drawn))


def _see(words: Sequence[PlainWord]) -> list[_Seen]:
    """Find the traits, longer phrases first; each with how strongly it is meant."""
    known, found = traits(), list[_Seen]()
    place = 0
    while place < len(words):
        for size in (3, 2, 1):
            run = [word.text for word in words[place : place + size] if word.text not in ARTICLES or size == 1]
            stop = place + size
            if size > 1 and stop < len(words) and len(run) < size and words[place].text not in ARTICLES:
                # "in his seventies": a pronoun between the words of a phrase
                run = [word.text for word in words[place : stop + 1] if word.text not in ARTICLES][:size]
                stop = place + size + 1
            if len(run) < size or BOUNDARY in run or words[place].text in ARTICLES:
                continue
            name = " ".join(run)
            if size == 1 and name not in known:
                name = next((form for form in sorted(base_forms(name)) if form in known and len(form) > 3), name)
            if name in ("old", "older") and place and words[place - 1].text in ("year", "years", "yr"):
                continue  # "nine years old" is an age by its number
            if name == "cold" and [word.text for word in words[max(0, place - 2) : place]] in (["with", "a"], ["has", "a"]):
                continue  # an illness and no manner
            if name.endswith("ties") and [word.text for word in words[max(0, place - 2) : place]][-1:] == ["the"]:
                continue  # "a film star of the late fifties" is of a time, not of an age
            if name in known and not (name in _NEEDS_VOICE and not _speaks_of_voice(words, place)):
                found.append(_Seen(place, min(stop, len(words)) - 1, known[name], name, _amount(words, place)))
                place = stop - 1
                break
        place += 1
    return found


def _speaks_of_voice(words: Sequence[PlainWord], place: int) -> bool:
    """Whether a word like "low" is said of a voice: such a word stands behind it, or it goes on from one: "smooth and low"."""
    if any(word.text in _OF_A_VOICE for word in words[place + 1 : place + 5]):
        return True
    before = [word.text for word in words[max(0, place - 4) : place]]
    if {"speaks", "speaking", "talks", "talking"} & set(before):
        return True
    known = traits().get(before[-2]) if len(before) > 1 and before[-1] in ("and", "but", BOUNDARY) else None
    return known is not None and known.kind in ("timbre", "pitch", "melody")


def _amount(words: Sequence[PlainWord], place: int) -> float:
    before = [word.text for word in words[max(0, place - 3) : place] if word.text not in ARTICLES]
    if before and (
        before[-1] in _DENIERS or (len(before) > 1 and before[-2] in _DENIERS and before[-1] in {"too", "at", *_STRONGER})
    ):
        return 0.0
    if before and before[-1] in _STRONGER:
        return 1.4
    return 0.55 if before and before[-1] in _WEAKER else 1.0


def _check_contradictions(seen: Sequence[_Seen], words: Sequence[PlainWord]) -> None:
    for kind, (key, neutral) in _OPPOSITES.items():
        said = [one for one in seen if one.trait.kind == kind and one.amount > 0 and key in one.trait.voice]
        up = [one for one in said if one.trait.voice[key] > neutral]
        down = [one for one in said if one.trait.voice[key] < neutral]
        if up and down:
            raise UsageError(
                f"the description contradicts itself: {down[0].name!r} and {up[0].name!r} both speak of the {kind}; keep one"
            )
    end = _end_of_head(words, seen)
    head = [one for one in seen if one.first <= end and one.amount > 0]
    genders = {one.trait.gender: one.name for one in head if one.trait.gender}
    if len(genders) > 1:
        first, second = list(genders.values())[:2]
        raise UsageError(f"the description contradicts itself: {first!r} and {second!r} are of two genders; keep one")
    ages = [(one.trait.age, one.name) for one in head if one.trait.age is not None]
    years = _stated_age(words)
    if years is not None:
        ages.append((years, f"{years} years"))
    for age, name in ages:
        for other, second in ages:
            # Between neighbouring ranges anything may be meant: "a young girl", "an older student".
            if age is not None and other is not None and _range(other) - _range(age) > 2:
                raise UsageError(f"the description contradicts itself: {name!r} and {second!r} are of two ages; keep one")


def _range(age: int) -> int:
    return next(number for number, (low, high) in enumerate(_AGE_RANGES) if low <= age <= high)


def _end_of_head(words: Sequence[PlainWord], seen: Sequence[_Seen]) -> int:
    """The last word of the phrase that names the person: "a grumpy old man | with a dog"."""
    named = next((one.last for one in seen if one.trait.gender), -1)
    for place, word in enumerate(words):
        if place > named and word.text in _HEAD_ENDS:
            return place
    return len(words)


def _stated_age(words: Sequence[PlainWord]) -> int | None:
    """Years as written: "78-year-old", "aged 60", "nine years old", "in her forties" is a trait."""
    texts = [word.text for word in words]
    for place, text in enumerate(texts):
        number = int(text) if text.isdigit() and len(text) <= 3 else _NUMBERS.get(text)
        if number is None:
            continue
        before, last = texts[max(0, place - 1) : place], place
        if number >= 20 and not text.isdigit() and _NUMBERS.get("".join(texts[place + 1 : place + 2]), 99) < 10:
            last += 1
            number += _NUMBERS[texts[last]]
        behind = texts[last + 1 : last + 2]
        # "a man of sixty-eight", "a girl of seven", "who is ninety": not "a mother of three", nor where things are counted
        whose = traits().get("".join(texts[max(0, place - 2) : place - 1]))
        of_age = before == ["of"] and (number >= 18 or (whose is not None and (whose.age or ADULT_AGE) < 18))
        ends = not behind or behind[0] in _HEAD_ENDS
        said = ends and (of_age or before in (["is"], ["turned"], ["nearly"], ["almost"], ["only"]))
        if behind in (["year"], ["years"], ["yo"]) or before in (["aged"], ["age"]) or said:
            if not 2 <= number <= 120:
                raise UsageError(f"the description says {number} years; expected an age from 2 to 120")
            return number
    return None


def _pronouns(text: str) -> list[str]:
    """Return the genders of the pronouns of a description, in order."""
    return [_PRONOUNS[word] for word in re.findall(r"[a-z]+", text.casefold()) if word in _PRONOUNS]


def _gender_by_ending(word: str) -> str:
    """Return the gender of a word such as "huntress" or "clergyman"; "" of any other."""
    if len(word) < 6 or word in _NOT_BY_ENDING:
        return ""
    if word.endswith(("tress", "dess", "woman", "girl", "lady", "maid", "wife")) or word == "governess":
        return "female"
    return "male" if word.endswith(("man", "boy", "lord", "father")) else ""


def _gender(text: str, seen: Sequence[_Seen], drawn: list[str], dice: dict[str, float]) -> str:
    said = next((one.trait.gender for one in seen if one.trait.gender and one.amount > 0), "")
    if not said:
        said = next(
            (gender for word in text.casefold().split() for gender in [_gender_by_ending(word.strip(".,;:"))] if gender), ""
        )
    if not said:
        said = next(iter(_pronouns(text)), "")
    if not said:
        low = sum(one.trait.voice.get("f0_hz", 0.0) for one in seen if one.trait.kind == "pitch")
        said = "male" if low < 0 else "female" if low > 0 else "female" if dice["gender"] < 0.5 else "male"
        drawn.append(f"gender {said}")
    return said


def _age(seen: Sequence[_Seen], words: Sequence[PlainWord], years: int | None) -> int:
    if years is not None:
        return years
    if any(one.name in ("voice breaking", "breaking voice") and one.amount > 0 for one in seen):
        return 13
    end = _end_of_head(words, seen)
    said = [one for one in seen if one.trait.age is not None and one.amount > 0]
    said = [one for one in said if one.first <= end] or said
    if not said:
        return ADULT_AGE
    ages = [one.trait.age for one in said if one.trait.age is not None]
    # "an old man" and "a young boy": the word that is further from an adult says it.
    return max(ages, key=lambda age: abs(age - ADULT_AGE))


def _base_voice(gender: str, age: int) -> dict[str, float]:
    """A voice of that age and gender, with neutral timbre."""

    def of(row: Sequence[float]) -> float:
        return float(np.interp(age, _AGES, row))

    if gender == "androgynous":
        f0 = math.sqrt(of(_F0_HZ["female"]) * of(_F0_HZ["male"]))
        tract = (of(_TRACT["female"]) + of(_TRACT["male"])) / 2
    else:
        f0, tract = of(_F0_HZ[gender]), of(_TRACT[gender])
    return {
        "f0_hz": f0, "tract": tract, "rate": of(_RATE), "pause": of(_PAUSE), "tremor": of(_TREMOR), "creak": of(_CREAK),
        "breath": 0.04, "rough": 0.0, "tilt": 0.0, "f0_range": 1.0, "loudness": -23.0,
    }  # fmt: skip


def _apply(voice: dict[str, float], one: _Seen) -> None:
    for key, value in one.trait.voice.items():
        if key in ("rate", "pause", "tract", "f0_range"):
            _move(voice, key, value**one.amount)
        elif key in ("breath", "rough", "creak", "tremor"):
            voice[key] = 1 - (1 - voice[key]) * (1 - value * one.amount)
        else:
            _move(voice, key, value * one.amount)


def _move(voice: dict[str, float], key: str, change: float) -> None:
    """Semitones for F0, dB for tilt and loudness, a factor for the rest."""
    if key == "f0_hz":
        voice[key] *= 2 ** (change / 12)
    elif key in ("tilt", "loudness"):
        voice[key] += change
    else:
        voice[key] *= change


def _dice(text: str) -> dict[str, float]:
    """Numbers from 0 to 1 out of the words alone: case, spaces and marks make no difference."""
    folded = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    noise = hashlib.shake_256(f"voiceact persona {folded}".encode()).digest(4 * (len(_INDIVIDUAL) + 1))
    return {
        key: int.from_bytes(noise[4 * number : 4 * number + 4]) / 2**32 for number, key in enumerate(["gender", *_INDIVIDUAL])
    }


def _name_of(text: str, words: Sequence[PlainWord]) -> str:
    """A name of the first telling words and four digits of the hash: no two descriptions share one."""
    telling = [word.text for word in words if word.text not in _SMALL | {BOUNDARY} and word.text.isascii()][:4]
    folded = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    return "-".join([*telling, hashlib.sha256(folded.encode()).hexdigest()[:4]])


def _signs(text: str, words: Sequence[PlainWord], seen: Sequence[_Seen]) -> tuple[PersonSign, ...]:
    signs = []
    for one in seen:
        trait = one.trait
        said = [f"{trait.age} years"] if trait.age is not None else []
        said += [trait.gender] if trait.gender else []
        meaning = ", ".join(said) or trait.kind
        if one.amount == 0:
            meaning = f"{trait.kind}, denied"
        signs.append(PersonSign(text[words[one.first].start : words[one.last].end], trait.kind, meaning))
    return tuple(signs)


def _unread(words: Sequence[PlainWord], seen: Sequence[_Seen]) -> tuple[str, ...]:
    taken = {place for one in seen for place in range(one.first, one.last + 1)}
    return tuple(
        word.text
        for place, word in enumerate(words)
        if place not in taken and word.text not in _SMALL | {BOUNDARY} and not word.text.isdigit() and word.text not in _NUMBERS
    )
