"""How a line is said: a persona and the emotions it feels in, acoustic moves and a written instruction out.

>>> from voiceact.acting.direction import direct
>>> from voiceact.acting.persona import load_persona
>>> direction = direct(load_persona("nurse"), [("distress", 5.0)])
>>> direction.moves.pitch > 0
True

What each category sounds like stands in `data/directions.json`, with a source for every move;
docs/direction.md says how it becomes a direction.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from voiceact.acting import taxonomy
from voiceact.acting.intensity import HIGHEST, parse_intensity, word
from voiceact.acting.moves import MULTIPLIERS, NEUTRAL, Moves

if TYPE_CHECKING:
    from voiceact.acting.persona import Persona

HEADROOM = 0.25
"""How far an exaggerating persona may go beyond the reference at intensity 7, as a share of it."""

VARIATION: dict[str, float] = {
    "rate": 1.02, "pause": 1.08, "pitch": 0.3, "range": 1.05, "slope": 0.3, "final": 0.3, "dynamics": 1.03,
}  # fmt: skip
"""The most by which one take differs from another: a factor either way, or an addition either way."""

_SIZES = (
    (4.5, "very much", "extreme"), (2.7, "much", "strong"), (1.6, "clearly", "clear"), (1.0, "slightly", "slight"),
)  # fmt: skip

# Moves in the order of an instruction: pitch, loudness, pace, breath, tension. Comparisons below and above
# neutral; a move with one phrase only grows from nothing.
_PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pitch", ("a {} lower pitch", "a {} higher pitch")),
    ("range", ("a {} flatter melody", "a {} wider melody")),
    ("slope", ("a {} stronger fall over the sentence", "a {} stronger climb over the sentence")),
    ("final", ("{} lower sentence ends", "{} higher sentence ends")),
    ("energy", ("a {} softer voice", "a {} louder voice")),
    ("shout", ("{} shouting",)),
    ("dynamics", ("{} flatter stresses", "{} heavier stresses")),
    ("rate", ("a {} slower pace", "a {} faster pace")),
    ("pause", ("{} shorter pauses", "{} longer pauses")),
    ("hesitation", ("{} hesitation",)),
    ("hold", ("{} lingering on vowels",)),
    ("articulation", ("{} looser articulation", "{} crisper articulation")),
    ("whisper", ("{} whispering",)),
    ("breath", ("{} breathiness",)),
    ("tilt", ("a {} darker, softer tone", "a {} brighter, tenser tone")),
    ("tract", ("{} wider, smiling lips", "{} rounder lips")),
    ("rough", ("{} roughness",)),
    ("creak", ("{} creak",)),
    ("tremor", ("{} trembling",)),
    ("sob", ("{} catching of the voice as in crying",)),
    ("laugh", ("{} laughter in the voice",)),
)  # fmt: skip

_MOST_PHRASES = 6
_ALWAYS_SAID = ("pitch", "energy", "rate", "whisper", "sob", "laugh")
_LANGUAGES = {"de": "German", "es": "Spanish", "fr": "French"}
_NO_BRACKETS = str.maketrans("", "", "()[]{}<>")


@dataclass(frozen=True, slots=True)
class Direction:
    """What the actor is asked.

    Attributes:
        moves: in numbers, relative to how this persona speaks when nothing is felt
        instruction: in words, English whatever the language of the line
        mix: category ids with intensities above 0, in the order given
    """

    moves: Moves
    instruction: str
    mix: tuple[tuple[str, float], ...] = ()


def direct(
    persona: "Persona", mix: Iterable[tuple[str, float]], *, language: str = "en", seed: int = 0
) -> Direction:
    """What to ask of an actor so that `persona` is heard to feel `mix`.

    The same arguments give the same direction. Intensity 0, of any category or of none, is the neutral twin.

    Args:
        persona: who speaks; how strongly it shows a category scales that category
        mix: (category id or name, intensity 0 to 7) pairs; each counts by its share of the summed intensities
        language: of the line; named in the instruction if it is not English. The moves do not depend on it
        seed: of the take; 0 is the plain reading, any other varies it a little (`VARIATION`), the same way
            for every category and intensity

    Raises:
        UnknownNameError: for a category that is none of the 40
        UsageError: for an intensity outside 0 to 7, and for a persona that is not cast for a category
    """
    felt = tuple((taxonomy.get(name).id, parse_intensity(intensity)) for name, intensity in mix)
    felt = tuple((category, intensity) for category, intensity in felt if intensity > 0)
    moves = _moves(_sum(_blend(persona, felt), _variation(seed)))
    return Direction(moves, _instruction(persona, felt, moves, language), felt)


def vector(category: str) -> dict[str, float]:
    """Every move of a category at intensity 7, by name, for a persona of strength 1; units as in `Moves`.

    Raises:
        UnknownNameError: for a category that is none of the 40
    """
    row = _data()["categories"][taxonomy.get(category).id]
    return NEUTRAL | {name: float(value) for name, (value, _) in row["moves"].items()}


def sources(category: str) -> dict[str, str]:
    """Where the direction of each changed move of a category comes from: author and year, or "own choice"."""
    row = _data()["categories"][taxonomy.get(category).id]
    return {name: source for name, (_, source) in row["moves"].items()}


def arousal_contrast() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Categories of high and of low arousal: each of the former is to be higher, faster and louder than each
    of the latter.
    """
    contrast = _data()["contrast"]
    return tuple(contrast["high"]), tuple(contrast["low"])


def steps(moves: Moves) -> dict[str, float]:
    """How far each move is from neutral, in just noticeable differences, below 0 downwards.

    A difference of 1 is about the least a listener can tell; `tremor_hz` is left out, for it is no distance.
    """
    units = {name: _distance(name, step) for name, (step, _) in _data()["jnd"].items()}
    return {name: _distance(name, getattr(moves, name)) / unit for name, unit in units.items()}


def distance(a: Moves, b: Moves) -> float:
    """How far apart two readings are, in just noticeable differences: Euclidean over the moves."""
    from_a, from_b = steps(a), steps(b)
    return math.dist(list(from_a.values()), list(from_b.values()))


def describe(moves: Moves) -> str:
    """The audible moves in words, by size: pitch, loudness, pace, breath, tension; "as always" if none is.

    Named are the six largest, and pitch, loudness, pace, whisper, sobs and laughter whenever they are audible.

    >>> describe(Moves(pitch=5.0, rate=0.9))
    'a much higher pitch and a clearly slower pace'
    """
    sizes = steps(moves)
    largest = sorted(sizes, key=lambda name: -abs(sizes[name]))[:_MOST_PHRASES]
    said = [_phrase(phrases, sizes[name]) for name, phrases in _PHRASES if name in (*largest, *_ALWAYS_SAID)]
    return _joined([phrase for phrase in said if phrase]) or "as always"


# --- The numbers


@cache
def _data() -> dict[str, Any]:
    text = (files("voiceact.acting") / "data" / "directions.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def _distance(name: str, value: float) -> float:
    """How far a value is from neutral: a logarithm for multipliers, so that half and double are equally far."""
    return math.log(value) if name in MULTIPLIERS else value - NEUTRAL[name]


def _value(name: str, away: float) -> float:
    return math.exp(away) if name in MULTIPLIERS else NEUTRAL[name] + away


@cache
def _away(category: str) -> dict[str, float]:
    """The changed moves of a category at intensity 7 as distances from neutral."""
    moves = _data()["categories"][category]["moves"]
    return {name: _distance(name, value) for name, (value, _) in moves.items()}


def _effect(demand: float) -> float:
    """The share of the reference that is acted: `demand` itself up to 1, above that ever less, under 1.25."""
    if demand <= 1:
        return demand
    return 1 + HEADROOM * -math.expm1((1 - demand) / HEADROOM)


def _blend(persona: "Persona", felt: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The mean of the categories as each would be acted alone, weighted by intensity: nothing lies outside."""
    total, blend = sum(intensity for _, intensity in felt), dict[str, float]()
    for category, intensity in felt:
        weight = intensity / total * _effect(intensity / HIGHEST * persona.strength(category))
        blend = _sum(blend, {name: weight * away for name, away in _away(category).items()})
    return blend


def _variation(seed: int) -> dict[str, float]:
    """What this take does otherwise than the plain reading; it knows nothing of what is felt."""
    if seed == 0:
        return {}
    import hashlib

    noise = hashlib.shake_256(f"voiceact take {seed}".encode()).digest(4 * len(VARIATION))
    dice = (int.from_bytes(noise[4 * i : 4 * i + 4]) / 2**31 - 1 for i in range(len(VARIATION)))
    return {name: die * _distance(name, most) for die, (name, most) in zip(dice, VARIATION.items(), strict=True)}


def _sum(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    return {name: a.get(name, 0.0) + b.get(name, 0.0) for name in (*a, *(n for n in b if n not in a))}


def _moves(away: Mapping[str, float]) -> Moves:
    return Moves(**{name: _value(name, distance) for name, distance in away.items()})


# --- The words


def _instruction(persona: "Persona", felt: Sequence[tuple[str, float]], moves: Moves, language: str) -> str:
    """Acoustics first, then the feeling, then the persona's manner."""
    tongue = _LANGUAGES.get(language.partition("-")[0], "")
    manner = describe(moves) if felt else "as always"
    how = manner if manner == "as always" else f"with {manner}"
    sentences = [" ".join(filter(None, ("Speak", tongue, how))), _feeling(felt), persona.manner.note]
    return " ".join(filter(None, map(_sentence, sentences)))


def _feeling(felt: Sequence[tuple[str, float]]) -> str:
    """The strongest first, each with the word of its intensity."""
    if not felt:
        return "Let no particular feeling be heard"
    first, *others = (_named(*one) for one in sorted(felt, key=lambda one: -one[1]))
    return f"Let {first} be heard" + "".join(f", together with {other}" for other in others)


def _named(category: str, intensity: float) -> str:
    degree = word(max(intensity, 1.0))
    amount = "a trace of" if degree == "trace" else degree
    return f"{amount} {_joined(_data()['categories'][category]['words'])}"


def _phrase(phrases: Sequence[str], size: float) -> str:
    """The phrase of one move with the word of its size; empty if nobody would hear it."""
    for least, comparison, amount in _SIZES:
        if abs(size) >= least:
            return phrases[0].format(amount) if len(phrases) == 1 else phrases[size > 0].format(comparison)
    return ""


def _joined(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _sentence(text: str) -> str:
    """Capital first, full stop last, no brackets: some engines take these for tags."""
    text = text.translate(_NO_BRACKETS).strip()
    return text and text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")
