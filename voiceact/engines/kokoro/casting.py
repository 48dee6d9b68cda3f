"""The voices that play a persona: the user's choice, else a blend of two similar ones."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from voiceact.acting.persona import Persona
from voiceact.engines.kokoro.voices import Blend, parse_blend
from voiceact.errors import UsageError
from voiceact.runtime.seeds import draw_fraction

CHILD_YEARS, OLD_YEARS = 13, 60
OLD_VOICES = frozenset({"am_santa"})
"""voices for old people only"""
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

    table: dict[str, float] = json.loads((files("voiceact.engines.kokoro") / "personas.json").read_bytes())
    return table


def choose_voices(persona: Persona, names: Sequence[str]) -> Part:
    """Choose two of these voices and mix them, timbre and prosody with a share each.

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
