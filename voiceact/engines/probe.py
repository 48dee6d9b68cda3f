"""Measure an engine on this machine: its speed, whether the same call returns the same samples, which controls are live.

A control is live if the same line from the same seed sounds different with it. Whether it sounds as intended is for a
judge to say (`voiceact verify`).
"""

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import msgspec
import numpy as np

from voiceact.acting.direction import Direction, direct
from voiceact.acting.moves import NEUTRAL, PARAMETERS, Moves
from voiceact.acting.persona import Persona
from voiceact.acting.taxonomy import categories
from voiceact.acting.variants import variants
from voiceact.engines.base import Engine, Take
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import check_folder, write_whole

PROBE_LINES = (
    "The kettle stands on the second shelf, next to the cup.",
    "I did not think that you would come back so soon.",
    "She left the blue cup by the window.",
)
PROBED = ("amusement", "anger", "sadness", "fear", "astonishment_surprise")
"""categories that are tried, at intensity 6"""
INTENSITY = 6.0
PROBE_SEED = 7


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Result of `probe`.

    Attributes:
        engine: name of the engine
        version: of the engine
        model_sha256: of the engine
        machine: the processor, in words
        real_time_factor: seconds needed to speak a second, median of the lines, after one to warm up
        repeatable: whether the same call returned the same samples
        seeded: whether another seed returned other samples
        moves: move -> whether it is live
        categories: category -> whether it is live; a change of level alone does not count
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
    """Speak some lines with an engine and compare them.

    Args:
        engine: engine to measure
        persona: who speaks
        language: language code
        tried: category ids; those that the persona does not play are left out

    Raises:
        UsageError: what the engine refuses
    """

    def say(direction: Direction, seed: int = PROBE_SEED, line: str = PROBE_LINES[0]) -> Take:
        return engine.perform(line, persona, direction, language=language, seed=seed)

    plain = direct(persona, [], language=language)
    first = say(plain)
    # A parameter of another move has no effect by itself.
    declared = sorted(engine.capabilities.moves - PARAMETERS)
    moves = {name: _differs(first, say(_single_move(plain, name)), level=name == "energy") for name in declared}
    live = {
        name: _differs(first, say(direct(persona, [(name, INTENSITY)], language=language)))
        for name in tried
        if persona.plays(name)
    }
    return Measured(
        engine.name,
        engine.version,
        engine.model_sha256,
        platform.processor() or platform.machine(),
        _real_time_factor(say, plain),
        np.array_equal(first.samples, say(plain).samples),
        _differs(first, say(plain, PROBE_SEED + 1)),
        moves,
        live,
    )


def _real_time_factor(say: Callable[..., Take], plain: Direction) -> float:
    factors = []
    for line in PROBE_LINES:
        began = perf_counter()
        take = say(plain, PROBE_SEED, line)
        factors.append((perf_counter() - began) / take.duration)
    return round(median(factors), 3)


def _single_move(plain: Direction, name: str) -> Direction:
    """Return a direction with one move alone, as large as in the variant of a category that uses it most."""
    values = [reading.moves.get(name, NEUTRAL[name]) for category in categories() for reading in variants(category.id)]
    furthest = max(values, key=lambda value: abs(value - NEUTRAL[name]))
    return Direction(Moves(**{name: furthest}), plain.instruction)


def _differs(take: Take, other: Take, *, level: bool = False) -> bool:
    """Return whether two takes differ by more than their level, or in any way if `level` is set."""
    if len(take.samples) != len(other.samples):
        return True
    first, second = (take.samples.astype(np.float64) for take in (take, other))
    if not level:
        first, second = (samples / max(float(np.sqrt((samples**2).mean())), 1e-9) for samples in (first, second))
    return not np.allclose(first, second, atol=1e-3)


# --- Stored for the list of engines


def measured_folder() -> Path:
    """Return the folder of stored measurements, in the user's data folder."""
    import platformdirs

    return Path(platformdirs.user_data_dir("voiceact")) / "measured"


def write_measurement(measured: Measured) -> Path:
    """Store a measurement for the list of engines, instead of an earlier one of the same engine; return the file."""
    path = measured_folder() / f"{measured.engine}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    check_folder(path)
    write_whole(path, msgspec.json.format(msgspec.json.encode(measured), indent=2) + b"\n")
    return path


def read_measurement(name: str) -> dict[str, Any] | None:
    """Return the stored measurement of an engine as JSON data; None if there is none.

    Raises:
        UsageError: if the file cannot be read
    """
    path = measured_folder() / f"{name}.json"
    if not path.is_file():
        return None
    try:
        measured: dict[str, Any] = msgspec.to_builtins(msgspec.json.decode(path.read_bytes(), type=Measured))
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); measure again with: voiceact engine probe {name}") from error
    return measured
