"""Compute how a line is spoken: a persona and its emotions in, acoustic moves and a written instruction out.

>>> from voiceact.acting.direction import direct
>>> from voiceact.acting.persona import load_persona
>>> direction = direct(load_persona("nurse"), [("distress", 5.0)])
>>> direction.moves.pitch > 0
True

The sound of each category is in `data/directions.json`, with a source for every move;
docs/direction.md explains how it becomes a direction.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from voiceact.acting import taxonomy
from voiceact.acting.bursts import Bursts
from voiceact.acting.intensity import HIGHEST, parse_intensity, word
from voiceact.acting.moves import MULTIPLIERS, NEUTRAL, Moves
from voiceact.errors import UnknownNameError

if TYPE_CHECKING:
    from voiceact.acting.persona import Persona

HEADROOM = 0.25
"""share by which an exaggerating persona may exceed the reference at intensity 7"""

VARIATION: dict[str, float] = {
    "rate": 1.02, "pause": 1.08, "pitch": 0.3, "range": 1.05, "slope": 0.3, "final": 0.3, "dynamics": 1.03,
}  # fmt: skip
"""largest difference of a take from the plain reading, in either direction: a factor of multipliers, else a difference"""

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
_ALWAYS_NAMED = ("pitch", "energy", "rate", "whisper", "sob", "laugh")
_LANGUAGES = {"de": "German", "es": "Spanish", "fr": "French"}
_NO_BRACKETS = str.maketrans("", "", "()[]{}<>")


@dataclass(frozen=True, slots=True)
class Direction:
    """How a line is to be spoken.

    Attributes:
        moves: in numbers, relative to the persona's neutral speech
        instruction: in words, English for lines of any language
        mix: category ids with intensities above 0, in the order given
        bursts: (place, kind) of the bursts that it adds to the line
    """

    moves: Moves
    instruction: str
    mix: tuple[tuple[str, float], ...] = ()
    bursts: Bursts = ()


def direct(persona: "Persona", mix: Iterable[tuple[str, float]], *, language: str = "en", seed: int = 0) -> Direction:
    """Compute the direction by which `persona` is heard to feel `mix`.

    The same arguments give the same direction. Without a category above intensity 0 it is that of the neutral twin.

    Args:
        persona: who speaks; its strength in a category scales that category
        mix: (category id or name, intensity 0 to 7) pairs; each counts by its share of the summed intensities
        language: of the line; named in the instruction if it is not English. The moves do not depend on it
        seed: of the take; 0 is the plain reading, any other varies it a little (`VARIATION`), the same way
            for every category and intensity

    Raises:
        UnknownNameError: for a category that is none of the 40
        UsageError: for an intensity outside 0 to 7, and for a persona that is not cast for a category
    """
    checked = [(taxonomy.get(name).id, parse_intensity(intensity)) for name, intensity in mix]
    present = tuple((category, intensity) for category, intensity in checked if intensity > 0)

    # Blend the categories: the mean of what each would be alone, weighted by intensity, so that nothing lies outside.
    total, distances = sum(intensity for _, intensity in present), dict[str, float]()
    for category, intensity in present:
        weight = intensity / total * _limit_effect(intensity / HIGHEST * persona.strength(category))
        distances = _add(distances, {name: weight * value for name, value in _reference_distances(category).items()})

    # Vary the take by its seed, independently of the categories.
    if seed != 0:
        import hashlib

        noise = hashlib.shake_256(f"voiceact take {seed}".encode()).digest(4 * len(VARIATION))
        draws = (int.from_bytes(noise[4 * i : 4 * i + 4]) / 2**31 - 1 for i in range(len(VARIATION)))
        variation = zip(draws, VARIATION.items(), strict=True)
        distances = _add(distances, {name: draw * _distance(name, most) for draw, (name, most) in variation})

    moves = Moves(
        **{name: math.exp(value) if name in MULTIPLIERS else NEUTRAL[name] + value for name, value in distances.items()}
    )
    return Direction(moves, _write_instruction(persona, present, moves, language), present)


def vector(category: str) -> dict[str, float]:
    """Return every move of a category at intensity 7 for a persona of strength 1: name -> value, units as in `Moves`.

    Raises:
        UnknownNameError: for a category that is none of the 40
    """
    row = _data()["categories"][taxonomy.get(category).id]
    return NEUTRAL | {name: float(value) for name, (value, _) in row["moves"].items()}


def sources(category: str) -> dict[str, str]:
    """Return the source of each changed move of a category: name -> author and year, or "own choice"."""
    row = _data()["categories"][taxonomy.get(category).id]
    return {name: source for name, (_, source) in row["moves"].items()}


def arousal_contrast() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return categories of high and of low arousal: each of the former must be higher, faster and louder than the latter."""
    contrast = _data()["contrast"]
    return tuple(contrast["high"]), tuple(contrast["low"])


def steps(moves: Moves) -> dict[str, float]:
    """Measure how far each move is from neutral, in just noticeable differences; negative values lie below neutral.

    A difference of 1 is about the least that a listener can hear; `tremor_hz` is no distance and left out.
    """
    units = {name: _distance(name, step) for name, (step, _) in _data()["jnd"].items()}
    return {name: _distance(name, getattr(moves, name)) / unit for name, unit in units.items()}


def shift(moves: Moves, by: Mapping[str, float]) -> Moves:
    """Return the moves shifted by so many just noticeable differences each, held inside the limits.

    Args:
        moves: to be shifted
        by: name -> steps, negative ones downwards; multipliers are shifted by their logarithm

    Raises:
        UnknownNameError: for a move that has no step
    """
    changes: dict[str, float] = {}
    for name, count in by.items():
        if name not in _data()["jnd"]:
            raise UnknownNameError("move", name, _data()["jnd"], "docs/direction.md has their steps")
        unit = _distance(name, _data()["jnd"][name][0])
        value = _distance(name, getattr(moves, name)) + count * unit
        changes[name] = math.exp(value) if name in MULTIPLIERS else NEUTRAL[name] + value
    return replace(moves, **changes).bounded()


def redirect(persona: "Persona", direction: Direction, moves: Moves, *, language: str = "en") -> Direction:
    """Return the direction with other moves, and an instruction that says the same."""
    return replace(direction, moves=moves, instruction=_write_instruction(persona, direction.mix, moves, language))


def distance(a: Moves, b: Moves) -> float:
    """Measure how far apart two readings are, in just noticeable differences: Euclidean over the moves."""
    return math.dist(list(steps(a).values()), list(steps(b).values()))


def describe(moves: Moves) -> str:
    """Describe the audible moves in words: pitch, loudness, pace, breath, tension; "as always" if none is audible.

    The six largest are named, and pitch, loudness, pace, whisper, sobs and laughter whenever they are audible.

    >>> describe(Moves(pitch=5.0, rate=0.9))
    'a much higher pitch and a clearly slower pace'
    """
    sizes = steps(moves)
    largest = sorted(sizes, key=lambda name: -abs(sizes[name]))[:_MOST_PHRASES]
    audible: list[str] = []
    for name, phrases in _PHRASES:
        if name not in (*largest, *_ALWAYS_NAMED):
            continue
        for least, comparison, amount in _SIZES:
            if abs(sizes[name]) >= least:
                one_sided = len(phrases) == 1
                audible.append(phrases[0].format(amount) if one_sided else phrases[sizes[name] > 0].format(comparison))
                break
    return _enumerate(audible) or "as always"


# --- The numbers


@cache
def _data() -> dict[str, Any]:
    text = (files("voiceact.acting") / "data" / "directions.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def _distance(name: str, value: float) -> float:
    """Measure how far a value is from neutral, with a logarithm for multipliers: half and double are equally far."""
    return math.log(value) if name in MULTIPLIERS else value - NEUTRAL[name]


@cache
def _reference_distances(category: str) -> dict[str, float]:
    """Return the changed moves of a category at intensity 7 as distances from neutral."""
    moves = _data()["categories"][category]["moves"]
    return {name: _distance(name, value) for name, (value, _) in moves.items()}


def _limit_effect(demand: float) -> float:
    """Return the acted share of the reference: `demand` up to 1, above that it approaches 1 + HEADROOM."""
    if demand <= 1:
        return demand
    return 1 + HEADROOM * -math.expm1((1 - demand) / HEADROOM)


def _add(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    return {name: a.get(name, 0.0) + b.get(name, 0.0) for name in (*a, *(n for n in b if n not in a))}


# --- The words


def _write_instruction(persona: "Persona", present: Sequence[tuple[str, float]], moves: Moves, language: str) -> str:
    """Write the instruction: acoustics, then the emotions from the strongest down, then the persona's manner."""
    manner = describe(moves) if present else "as always"
    how = manner if manner == "as always" else f"with {manner}"
    acoustics = " ".join(filter(None, ("Speak", _LANGUAGES.get(language.partition("-")[0], ""), how)))

    emotions: list[str] = []
    for category, intensity in sorted(present, key=lambda entry: -entry[1]):
        degree = word(max(intensity, 1.0))
        amount = "a trace of" if degree == "trace" else degree
        emotions.append(f"{amount} {_enumerate(_data()['categories'][category]['words'])}")
    feeling = f"Let {emotions[0]} be heard" if emotions else "Let no particular feeling be heard"
    feeling += "".join(f", together with {emotion}" for emotion in emotions[1:])

    # Sentences begin with a capital and end with a stop; brackets are removed, as some engines take them for tags.
    sentences: list[str] = []
    for part in (acoustics, feeling, persona.manner.note):
        if text := part.translate(_NO_BRACKETS).strip():
            sentences.append(text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else "."))
    return " ".join(sentences)


def _enumerate(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
