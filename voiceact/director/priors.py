"""Priors: where the director's first take begins, by engine, group of voices, category and intensity.

A prior is a row of a small table that people can read (`voiceact director show`): so many just noticeable differences that a
move is shifted from the direction, as `voiceact director fit` found them. It holds for the directions it was fitted to; where
the table of directions is another one, it is not used.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from platformdirs import user_data_path

from voiceact.acting.bursts import Place
from voiceact.acting.data_file import directions_digest
from voiceact.acting.direction import shift
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.errors import UsageError
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.runtime.untrusted_text import clean_text

FORMAT: Final = "voiceact-priors/1"
MOST_BYTES: Final = 4 * 2**20
LOW_HZ: Final = 150.0
"""median F0 below which a voice is of the low group: between the usual men's and women's"""

Group = Literal["low", "high"]
_Step = Annotated[float, msgspec.Meta(ge=-10, le=10)]


class Prior(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One row of the table."""

    engine: str
    group: Group
    """of voices: median F0 below or above LOW_HZ"""
    category: str
    intensity: Annotated[float, msgspec.Meta(gt=0, le=7)]
    """at which it was fitted; others take the nearest row, a weaker one by its share"""
    steps: dict[str, _Step]
    """move -> just noticeable differences from the direction"""
    bursts: list[tuple[Place, str]] = []
    gain: float
    """nats that the coach gives for it, on voices and lines that it was not fitted to"""
    takes: int
    """that were heard to find it"""


class Priors(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of priors, with the run that made it."""

    format: str
    directions: str
    """digest of the table of directions that the rows were fitted to"""
    run: dict[str, Any]
    """coach, personas, lines, takes and seed of the fit"""
    rows: list[Prior]

    @property
    def source(self) -> str:
        """What the record calls it."""
        return f"priors {digest_of(self)} for directions {self.directions}"

    @property
    def fits(self) -> bool:
        """Whether the directions are those that the rows were fitted to."""
        return self.directions == directions_digest()

    def find(self, engine: str, persona: Persona, mix: Iterable[tuple[str, float]]) -> Prior | None:
        """Return the row for a request with one emotion, the nearest in intensity; None for a mix, and where there is none."""
        present = [(category, intensity) for category, intensity in mix if intensity > 0]
        if len(present) != 1 or not self.fits:
            return None
        [(category, intensity)] = present
        rows = [row for row in self.rows if (row.engine, row.group, row.category) == (engine, group_of(persona), category)]
        return min(rows, key=lambda row: abs(row.intensity - intensity), default=None)


def group_of(persona: Persona) -> Group:
    """Return the group of voices that a persona belongs to."""
    return "low" if persona.voice.f0_hz < LOW_HZ else "high"


def apply_prior(moves: Moves, prior: Prior, intensity: float, *, fixed: Iterable[str] = ()) -> Moves:
    """Return moves shifted by a prior: wholly from its intensity on, by its share below.

    Args:
        moves: of the direction
        prior: row of the table
        intensity: that is asked, 0 to 7
        fixed: moves that the user has set, which stay
    """
    share = min(1.0, intensity / prior.intensity)
    return shift(moves, {name: share * count for name, count in prior.steps.items() if name not in set(fixed)})


def digest_of(priors: Priors) -> str:
    """Return twelve digits that are the same for the same table of priors."""
    return hashlib.sha256(msgspec.json.encode(priors, order="sorted")).hexdigest()[:12]


# --- Files


def own_path() -> Path:
    """Return where `voiceact director fit` writes the user's own table."""
    return user_data_path("voiceact", appauthor=False) / "priors.json"


@cache
def shipped_priors() -> Priors:
    """Load the table that comes with voiceact."""
    data = (files("voiceact.director") / "data" / "priors.json").read_bytes()
    return decode_priors(data, "voiceact/director/data/priors.json")


def load_priors(path: Path | None = None) -> Priors:
    """Load a table: of a file, else the user's own, else the shipped one.

    Raises:
        UsageError: naming the file, for one that is missing, damaged or of another format
    """
    if path is None and not own_path().is_file():
        return shipped_priors()
    path = path or own_path()
    try:
        return decode_priors(read_regular_file(path, max_bytes=MOST_BYTES), str(path))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}); expected a table that 'voiceact director fit' wrote"
        ) from None


def decode_priors(data: bytes, source: str) -> Priors:
    """Decode a table, which may be from anywhere.

    Raises:
        UsageError: naming source and cause
    """
    wrote = "expected a table that 'voiceact director fit' wrote"
    try:
        priors = msgspec.json.decode(data, type=Priors)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{source}: is no table of priors ({clean_text(error)}); {wrote}") from None
    if priors.format != FORMAT:
        raise UsageError(f"{source}: is of format {clean_text(priors.format, 40)!r}, not {FORMAT!r}; {wrote}")
    for row in priors.rows:
        shift(Moves(), row.steps)  # raises UnknownNameError for a move that is none
    return priors


def encode_priors(priors: Priors) -> bytes:
    """Encode a table as JSON, a row a line."""
    head = {key: getattr(priors, key) for key in ("format", "directions", "run")}
    rows = ",\n  ".join(msgspec.json.encode(row).decode() for row in priors.rows)
    text = json.dumps(head, indent=1, ensure_ascii=False)[:-2] + f',\n "rows": [\n  {rows}\n ]\n}}\n'
    return text.encode()


def describe_steps(steps: Mapping[str, float]) -> str:
    """Describe shifts in a line, the largest first: "pitch +1.2, rate -0.8"."""
    return ", ".join(f"{name} {count:+.1f}" for name, count in sorted(steps.items(), key=lambda one: -abs(one[1])))
