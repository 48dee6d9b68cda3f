"""The voices that play a persona: the user's choice, else the shipped cast, else a blend of two similar ones."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from voiceact.acting.persona import Persona
from voiceact.engines.kokoro.voices import ENGLISH, LETTERS, VOICE_LANGUAGES, Blend, parse_blend
from voiceact.errors import UsageError
from voiceact.runtime.seeds import draw_fraction

CHILD_YEARS, OLD_YEARS = 13, 60
OLD_VOICES = frozenset({"am_santa"})
"""voices for old people only"""
NATIVE_TIMBRE = 0.5
"""share of a language's own voice in the timbre of a persona that speaks another language than English"""
BRITISH_WORDS = re.compile(r"\b(british|english accent|england|london|scottish|welsh)\b", re.IGNORECASE)
FREE_SEMITONES, DRAW_SEMITONES = 3.0, 4.0
"""how far F0 can be shifted without harm; and the weight of the persona's own draw, so that equal pitch is not equal voice"""


@dataclass(frozen=True)
class Part:
    """The voices that play a persona.

    Attributes:
        timbre: voices of the timbre half of the style
        prosody: voices of the prosody half
    """

    timbre: Blend
    prosody: Blend

    @property
    def voices(self) -> frozenset[str]:
        """Names of all voices."""
        return frozenset(name for name, _ in (*self.timbre.shares, *self.prosody.shares))

    def __str__(self) -> str:
        return str(self.timbre) if self.timbre == self.prosody else f"{self.timbre}/{self.prosody}"


def parse_part(text: str) -> Part:
    """Parse a blend for both halves, or one for each: TIMBRE/PROSODY.

    >>> str(parse_part("af_heart/am_michael"))
    'af_heart/am_michael'
    """
    timbre, slash, prosody = text.partition("/")
    first = parse_blend(timbre)
    return Part(first, parse_blend(prosody) if slash else first)


@cache
def load_medians() -> Mapping[str, float]:
    """Return voice -> median F0 in Hz (benchmarks/kokoro.py voices); af_nicole, who whispers, is missing and never chosen."""
    import json
    from importlib.resources import files

    table: dict[str, float] = json.loads((files("voiceact.engines.kokoro") / "voices.json").read_bytes())
    return table


@cache
def load_cast() -> Mapping[str, Part]:
    """Return the voices of the shipped personas, by name: between them they use every English voice."""
    import json
    from importlib.resources import files

    table: dict[str, str] = json.loads((files("voiceact.engines.kokoro") / "cast.json").read_bytes())
    return {name: parse_part(text) for name, text in table.items()}


def choose_voices(persona: Persona, names: Sequence[str], language: str = "en") -> Part:
    """Choose voices for a persona among these.

    In English the shipped cast decides, else `draw_part`. In another language a voice of that language decides rhythm and
    melody, and shares the timbre with the persona's English voices, so that a persona stays itself in every language.

    Raises:
        UsageError: if there is no voice for it
    """
    shipped = load_cast().get(persona.name)
    english = shipped if shipped and {*shipped.voices} <= {*names} else None
    if language == "en":
        return english or draw_part(persona, names)
    native = _native(persona, names, language)
    own = english or (draw_part(persona, names) if any(name[0] in ENGLISH for name in names) else None)
    # A man is no half woman: where the language has no voice of the persona's sex, the timbre is the persona's own.
    other_sex = own is not None and persona.age >= CHILD_YEARS and abs(native.male - own.timbre.male) > 0.5
    share = 1.0 if own is None else 0.0 if other_sex else NATIVE_TIMBRE
    return Part(_mixed(native, own.timbre, share) if own else native, native)


def draw_part(persona: Persona, names: Sequence[str]) -> Part:
    """Choose two of these English voices and mix them, timbre and prosody with a share each.

    The choice depends on the persona's name, gender, age, F0 and whether language or description say British, and on the
    voices that are there; it is the same in every take, so that a persona stays one person. Children are played by women. An
    androgynous persona is a woman and a man in near-equal parts.

    Raises:
        UsageError: if there is no voice for it
    """
    pool = _pool(persona, names)
    near = [_nearest(persona, pool[sex])[:2] for sex in _sexes(persona)]
    pair = near[0] if len(near) == 1 else [near[0][0], near[1][0]]
    low, high = (0.55, 0.9) if len(near) == 1 else (0.4, 0.6)
    timbre, prosody = (low + (high - low) * _draw(persona, half) for half in ("timbre", "prosody"))
    return Part(_pair(pair, timbre), _pair(pair, prosody))


def _native(persona: Persona, names: Sequence[str], language: str) -> Blend:
    """Return the voices of a language for a persona: of its sex, both in equal parts if it is androgynous, else any."""
    own = sorted(name for name in names if name[0] == LETTERS[language])
    if not own:
        raise UsageError(
            f"persona {persona.name!r} has no voice of {VOICE_LANGUAGES[LETTERS[language]]} among the {len(names)} that are "
            "here; leave voices= away, or give voice=NAME for all"
        )
    fitting = [name for name in own if name[1] in _sexes(persona)] or own
    return Blend(tuple((name, 1 / len(fitting)) for name in fitting))


def _mixed(first: Blend, second: Blend, share: float) -> Blend:
    """Mix two blends; the share is the first one's."""
    shares = {name: share * part for name, part in first.shares if share > 0}
    for name, part in second.shares:
        if share < 1:
            shares[name] = shares.get(name, 0.0) + (1 - share) * part
    return Blend(tuple((name, round(part, 3)) for name, part in shares.items()))


def _sexes(persona: Persona) -> tuple[str, ...]:
    if persona.age < CHILD_YEARS or persona.gender == "female":
        return ("f",)
    return ("m",) if persona.gender == "male" else ("f", "m")


def _pool(persona: Persona, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the voices that fit the persona's accent and age, by sex."""
    accent = "b" if persona.language == "en-GB" or BRITISH_WORDS.search(persona.description) else "a"
    fit = [name for name in names if name in load_medians() and (name not in OLD_VOICES or persona.age >= OLD_YEARS)]
    pool = {
        sex: [name for name in fit if name.startswith(accent + sex)] or [name for name in fit if name[1] == sex] for sex in "fm"
    }
    for sex in _sexes(persona):
        if not pool[sex]:
            raise UsageError(
                f"persona {persona.name!r} has no voice among the {len(names)} that are here; give voice=NAME for "
                f'all, or cast=FILE.json with {{"{persona.name}": "NAME"}}'
            )
    return pool


def _nearest(persona: Persona, names: Sequence[str]) -> list[str]:
    """Sort voices by distance of F0 in semitones, to which the persona's own draw is added."""

    def distance(name: str) -> float:
        semitones = abs(12 * math.log2(persona.voice.f0_hz / load_medians()[name]))
        return max(semitones - FREE_SEMITONES, 0) + DRAW_SEMITONES * _draw(persona, name)

    return sorted(names, key=distance)


def _pair(names: Sequence[str], share: float) -> Blend:
    first, second = (names[0], round(share, 3)), (names[-1], round(1 - share, 3))
    return Blend((first, second) if len(names) > 1 else ((names[0], 1.0),))


def _draw(persona: Persona, what: str) -> float:
    """Return a number from 0 to 1 that is always the same for a persona and a purpose."""
    return draw_fraction(persona.name, what, separator="\n", size=4)
