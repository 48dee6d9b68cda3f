"""What an engine does on this machine, as heard: how fast, whether the same call gives the same sound, which controls are live.

A control is live if the same line from the same seed sounds otherwise with it than without it. That says nothing of
whether it sounds as it was meant; a judge says that (`voiceact verify`).
"""

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import msgspec
import numpy as np

from voiceact.acting.direction import Direction, direct, vector
from voiceact.acting.moves import NEUTRAL, PARAMETERS, Moves
from voiceact.acting.persona import Persona
from voiceact.acting.taxonomy import categories
from voiceact.engines.base import Engine, Take
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import check_folder, write_whole

LINES = (
    "The kettle stands on the second shelf, next to the cup.",
    "I did not think that you would come back so soon.",
    "She left the blue cup by the window.",
)
PROBED = ("amusement", "anger", "sadness", "fear", "astonishment_surprise")
"""categories that are tried, at intensity 6"""
INTENSITY = 6.0
SEED = 7


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found.

    machine: what it ran on, in words
    real_time_factor: seconds to speak a second, the median of the lines, after one to warm up
    repeatable: whether the same call gave the same samples
    seeded: whether another seed gave others
    moves, categories: which of those tried are live; level alone does not count as a category
    """

    engine: str
    version: str
    model_sha256: str
    machine: str
    real_time_factor: float
    repeatable: bool
    seeded: bool
    moves: dict[str, bool]
    categories: dict[str, bool]


def probe(engine: Engine, persona: Persona, *, language: str = "en", tried: Sequence[str] = PROBED) -> Measured:
    """Speak some lines and compare.

    tried: category ids; those the persona is not cast for are left out
    Raises:
        UsageError: what the engine refuses
    """

    def say(direction: Direction, seed: int = SEED, line: str = LINES[0]) -> Take:
        return engine.perform(line, persona, direction, language=language, seed=seed)

    plain = direct(persona, [], language=language)
    first = say(plain)
    # A parameter of another move is nothing by itself.
    promised = sorted(engine.capabilities.moves - PARAMETERS)
    moves = {name: _differs(first, say(_moved(plain, name)), level=name == "energy") for name in promised}
    felt = {
        name: _differs(first, say(direct(persona, [(name, INTENSITY)], language=language)))
        for name in tried
        if persona.plays(name)
    }
    return Measured(
        engine.name,
        engine.version,
        engine.model_sha256,
        platform.processor() or platform.machine(),
        _speed(say, plain),
        np.array_equal(first.samples, say(plain).samples),
        _differs(first, say(plain, SEED + 1)),
        moves,
        felt,
    )


def _speed(say: Callable[..., Take], plain: Direction) -> float:
    found = []
    for line in LINES:
        began = perf_counter()
        take = say(plain, SEED, line)
        found.append((perf_counter() - began) / take.duration)
    return round(median(found), 3)


def _moved(plain: Direction, name: str) -> Direction:
    """That move alone, as far as the category that asks most of it goes."""
    values = [vector(category.id)[name] for category in categories()]
    furthest = max(values, key=lambda value: abs(value - NEUTRAL[name]))
    return Direction(Moves(**{name: furthest}), plain.instruction)


def _differs(one: Take, other: Take, *, level: bool = False) -> bool:
    """Whether two takes differ by more than their level, or at all if `level` is what was asked for."""
    if len(one.samples) != len(other.samples):
        return True
    first, second = (take.samples.astype(np.float64) for take in (one, other))
    if not level:
        first, second = (samples / max(float(np.sqrt((samples**2).mean())), 1e-9) for samples in (first, second))
    return not np.allclose(first, second, atol=1e-3)


# --- Kept for the list of engines


def measured_folder() -> Path:
    """Where what was measured is kept: the user's data folder."""
    import platformdirs

    return Path(platformdirs.user_data_dir("voiceact")) / "measured"


def write_measurement(found: Measured) -> Path:
    """Write it down for the list of engines; what was measured of the same engine before is replaced."""
    path = measured_folder() / f"{found.engine}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    check_folder(path)
    write_whole(path, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    return path


def read_measurement(name: str) -> dict[str, Any] | None:
    """What was measured of an engine on this machine; None if nothing was.

    Raises:
        UsageError: if what was written down cannot be read
    """
    path = measured_folder() / f"{name}.json"
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = msgspec.to_builtins(msgspec.json.decode(path.read_bytes(), type=Measured))
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); measure again with: voiceact engine probe {name}") from error
    return found
