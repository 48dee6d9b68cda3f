"""Stage directions: notes beside a line ("whispering, slower"), read as changes of the moves.

>>> from voiceact.acting.stage_directions import parse_stage
>>> parse_stage("whispering, rate=0.9")
Stage(changes={'whisper': 1.0, 'rate': 0.9}, words=())

Phrases that mean no move stay words: an engine that follows written instructions receives them, any
other reports them as ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from voiceact.acting.moves import LIMITS, MULTIPLIERS, NEUTRAL, PARAMETERS, Moves
from voiceact.errors import UnknownNameError, UsageError

# Sizes are voiceact's own choice: one clear step of each move, well inside LIMITS.
_STAGE_WORDS: dict[str, dict[str, float]] = {
    "whisper": {"whisper": 1.0},
    "mutter": {"energy": -5.0, "articulation": 0.75, "range": 0.7},
    "mumble": {"energy": -4.0, "articulation": 0.65},
    "shout": {"shout": 0.9, "pitch": 3.0},
    "scream": {"shout": 1.0, "pitch": 6.0, "rough": 0.2},
    "call": {"shout": 0.5, "hold": 0.4},
    "slow": {"rate": 0.82},
    "fast": {"rate": 1.22},
    "quick": {"rate": 1.22},
    "hurried": {"rate": 1.3, "pause": 0.6},
    "soft": {"energy": -5.0, "tilt": -1.0},
    "quiet": {"energy": -6.0},
    "loud": {"energy": 5.0, "tilt": 0.8},
    "breathy": {"breath": 0.6},
    "out of breath": {"breath": 0.6, "pause": 1.6, "hesitation": 0.3},
    "hoarse": {"rough": 0.4},
    "creaky": {"creak": 0.8},
    "tremble": {"tremor": 0.6},
    "shaky": {"tremor": 0.6},
    "laugh": {"laugh": 0.7},
    "giggle": {"laugh": 0.6, "pitch": 2.0},
    "sob": {"sob": 0.7},
    "cry": {"sob": 0.7, "tremor": 0.3},
    "hesitant": {"hesitation": 0.5},
    "halting": {"hesitation": 0.6},
    "monotone": {"range": 0.3},
    "flat": {"range": 0.4},
    "lively": {"range": 1.4},
    "drawl": {"hold": 0.7, "rate": 0.9},
    "slurred": {"articulation": 0.6},
    "crisp": {"articulation": 1.25},
    "high": {"pitch": 3.0},
    "low": {"pitch": -3.0},
    "long pause": {"pause": 2.5},
    "smile": {"tract": 0.95},
    "tense": {"tilt": 1.5},
    "dark": {"tilt": -1.0},
    "forceful": {"effort": 0.7, "attack": 0.4},
    "clipped": {"attack": 0.5, "stress": 0.4, "rate": 1.08},
    "unsteady": {"waver": 0.6},
    "fade": {"fade": -6.0},
}
_FILLERS = frozenset({"and", "a", "little", "bit", "very", "more", "with", "voice", "in", "the"})


@dataclass(frozen=True, slots=True)
class Stage:
    """A parsed stage direction.

    Attributes:
        changes: move name -> value, to be combined with a direction's moves
        words: phrases that mean no move
    """

    changes: Mapping[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def parse_stage(text: str) -> Stage:
    """Read a stage direction: phrases and `move=value` pairs, separated by commas or semicolons.

    Raises:
        UnknownNameError: if the name before "=" is no move
        UsageError: if a value is no number or outside the move's limits
    """
    changes: dict[str, float] = {}
    words: list[str] = []
    for part in filter(None, (piece.strip() for piece in re.split(r"[,;]", text))):
        if "=" not in part:
            if moves := _read_phrase(part):
                changes = _combine(changes, moves)
            else:
                words.append(part)
            continue
        # A pair move=value is taken as it is, once it is checked.
        name, _, value = (side.strip() for side in part.partition("="))
        if name not in NEUTRAL:
            raise UnknownNameError("move", name, NEUTRAL, "docs/direction.md explains them")
        try:
            number = float(value)
        except ValueError as error:
            low, high = LIMITS[name]
            raise UsageError(f"move {name!r} is {value!r}; expected a number from {low:g} to {high:g}") from error
        Moves(**{name: number}).check()
        changes[name] = number
    return Stage(changes, tuple(words))


def apply_stage(moves: Moves, stage: Stage) -> Moves:
    """Combine moves with the changes (multipliers multiply, all others add) and limit them to `LIMITS`."""
    return replace(moves, **_combine({name: getattr(moves, name) for name in stage.changes}, stage.changes)).bounded()


def _combine(moves: Mapping[str, float], changes: Mapping[str, float]) -> dict[str, float]:
    """Apply changes to moves: multipliers multiply, parameters replace, all others add."""
    combined = dict(moves)
    for name, value in changes.items():
        start = combined.get(name, NEUTRAL[name])
        if name in PARAMETERS:
            combined[name] = value
        else:
            combined[name] = start * value if name in MULTIPLIERS else start + value
    return combined


def _read_phrase(phrase: str) -> dict[str, float]:
    """Return the moves of a phrase that consists of stage words and fillers alone; empty for any other."""
    folded = phrase.casefold().strip(" .!()[]*")
    if folded in _STAGE_WORDS:
        return dict(_STAGE_WORDS[folded])
    moves: dict[str, float] = {}
    for word in re.findall(r"[^\W\d_]+", folded):
        if word in _FILLERS:
            continue
        stem = next((stem for stem in _stems(word) if stem in _STAGE_WORDS), None)
        if stem is None:
            return {}
        moves = _combine(moves, _STAGE_WORDS[stem])
    return moves


def _stems(word: str) -> list[str]:
    """List a word and the words of which it may be an inflection: whispering, whispered, softly, louder, lower."""
    stems = [word]
    for ending in ("ing", "ed", "er", "ly", "s", "d", "r"):
        if word.endswith(ending):
            stem = word[: -len(ending)]
            stems += [stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem]
    return stems + (["cry"] if word == "cries" else [])
