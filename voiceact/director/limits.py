"""How far each move may go while a feeling is sought: a search without limits ends in whispers that nobody would call it.

>>> from voiceact.acting.moves import Moves
>>> limit_moves("disgust", Moves())["whisper"]
(0.0, 0.0)
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from voiceact.acting.direction import shift, steps, vector
from voiceact.acting.moves import LIMITS, NEUTRAL, PARAMETERS, Moves

PROSODY = frozenset(
    {"rate", "pause", "pitch", "range", "glide", "slope", "final", "energy", "dynamics", "fade", "tilt", "effort", "stress",
     "articulation", "tract", "hold"}
)  # fmt: skip
"""moves of any feeling: pace, melody, level and spectrum. All others (breath, roughness, sobs) belong to some feelings alone"""
REACH_STEPS = 2.5
"""just noticeable differences that prosody may go from the direction, to either side"""
QUALITY_SHARE, QUALITY_FLOOR = 1.3, 0.12
"""a quality of the voice may go up to this share of the table's value at intensity 7, or to the floor if the table has some"""
TRACT = (0.93, 1.07)
"""beyond it is another person"""


def limit_moves(
    category: str, moves: Moves, *, variant: str | None = None, fixed: Sequence[str] = ()
) -> dict[str, tuple[float, float]]:
    """Return the least and most value of each move that the director may change for a feeling.

    Args:
        category: id of the strongest category that is asked
        moves: of the direction
        variant: name of the variant in which the category is acted; None is its usual reading
        fixed: moves that the user has set, which stay
    """
    table, known = vector(category, variant), steps(moves)
    limits: dict[str, tuple[float, float]] = {}
    for name, (lowest, highest) in LIMITS.items():
        value = getattr(moves, name)
        if name in PARAMETERS or name in fixed or name not in known:
            continue
        if name in PROSODY:
            low, high = (_shifted(name, value, way * REACH_STEPS) for way in (-1, 1))
            lowest, highest = TRACT if name == "tract" else (lowest, highest)
            limits[name] = (min(max(low, lowest), value), max(min(high, highest), value))
        elif table[name] != NEUTRAL[name]:
            most = min(highest, max(QUALITY_SHARE * table[name], QUALITY_FLOOR))
            limits[name] = (min(lowest, value), max(most, value))
        else:
            limits[name] = (value, value)
    return limits


def hold_inside(moves: Moves, limits: Mapping[str, tuple[float, float]]) -> Moves:
    """Return the moves with every limited one held between its least and most value."""
    return replace(moves, **{name: min(max(getattr(moves, name), low), high) for name, (low, high) in limits.items()})


def _shifted(name: str, value: float, count: float) -> float:
    return float(getattr(shift(replace(Moves(), **{name: value}), {name: count}), name))
