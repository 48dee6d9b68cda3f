"""The card of an engine: how often a judge and a coach hear each category at each intensity, beside twins, null and people.

`voiceact engine card NAME` measures one (`voiceact.director.measure_card`). An engine's package may ship its own as
`capability_card.json`; `describe_dead_cells` then tells who asks for a category that was never heard from that engine.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import hypot
from typing import Annotated, Any, Final

import msgspec

from voiceact.acting.data_file import directions_digest
from voiceact.acting.taxonomy import get
from voiceact.engines.base import Engine
from voiceact.engines.pass_rates import load_pass_rates
from voiceact.errors import UsageError
from voiceact.runtime.plugins import list_plugins
from voiceact.runtime.untrusted_text import clean_text
from voiceact.vocabulary import Evidence

FORMAT: Final = "voiceact-engine-card/1"
FILE: Final = "capability_card.json"
LEAST_TAKES: Final = 6
"""takes of a cell from which on "never heard" says something: of six, a share of 39 % or more would have shown (95 %)"""
HEARD_EVIDENCE: Final = ("category", "burst")
"""evidence of categories that the judge hears in people; what it cannot hear in anybody is no fault of an engine"""
LEAST_SHARE: Final = 0.1
"""share from which on a category is named in place of another"""
CELLS_TOLD: Final = 3
"""cells that a sentence names before it counts the rest"""

_Name = Annotated[str, msgspec.Meta(max_length=300)]
_Whole = Annotated[int, msgspec.Meta(ge=0)]


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many of so many takes.

    Attributes:
        heard: takes that were called present
        of: takes that were listened to
    """

    heard: _Whole
    of: _Whole

    @property
    def share(self) -> float | None:
        """Share that was heard, 0 to 1; None of no takes."""
        return self.heard / self.of if self.of else None

    def __str__(self) -> str:
        return f"{self.heard} of {self.of}"


class Listener(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who listened: name and revision of a judge or a coach."""

    name: _Name
    revision: _Name


class CardEngine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which engine spoke."""

    name: _Name
    version: _Name
    model_sha256: _Name


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often the judge hears people of corpora it never met: share, its 95 % interval, clips."""

    value: float
    low: float
    high: float
    n: int


class CardCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of a category does not depend on its intensity."""

    category: _Name
    evidence: Evidence
    """of the judge"""
    coach_evidence: Evidence
    twins: Count
    """neutral readings that the judge calls present, each beside a neutral reading of another line"""
    people: People | None = None
    """None where nobody measured it"""


class CardCell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A category at an intensity."""

    category: _Name
    intensity: Annotated[float, msgspec.Meta(gt=0, le=7)]
    judge: Count
    """takes in which the judge calls the category present"""
    denied: _Whole
    """takes in which it calls the category absent; the rest it leaves undecided"""
    null: Count
    """takes of the same intensity asked for other categories in which the judge calls this one present"""
    coach: Count
    """takes of which the coach's likelihood ratio is at least the judge's bound"""
    coach_null: Count
    log_ratio: float | None = None
    """mean of the judge's log-likelihood ratios; None where it has none"""
    coach_log_ratio: float | None = None
    failed: _Whole = 0
    """takes that the engine could not speak; they count nowhere else"""


class CapabilityCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an engine is heard to perform, with all that it was measured with."""

    format: str
    engine: CardEngine
    judge: Listener
    coach: Listener
    directions: _Name
    """digest of the table of directions; with another one the takes are others"""
    language: _Name
    bursts: bool
    """whether directions could add bursts of their own"""
    personas: list[_Name]
    lines: list[str]
    spare_line: str
    """whose neutral reading the twins of the last line were heard beside"""
    seeds: list[int]
    """of the takes of a cell, one each, persona by persona and line by line"""
    categories: list[CardCategory]
    cells: list[CardCell]

    @property
    def intensities(self) -> list[float]:
        """Measured intensities, ascending."""
        return sorted({cell.intensity for cell in self.cells})

    @property
    def takes(self) -> int:
        """Takes that were asked for in each cell."""
        return len(self.seeds)

    def cell(self, category: str, intensity: float) -> CardCell | None:
        """Return the cell of a category that was measured nearest to an intensity, of two as near the higher; None without."""
        return min(self.cells_of(category), key=lambda cell: (abs(cell.intensity - intensity), -cell.intensity), default=None)

    def cells_of(self, category: str) -> list[CardCell]:
        """Return the cells of a category, by intensity."""
        return sorted((cell for cell in self.cells if cell.category == category), key=lambda cell: cell.intensity)

    def null_of(self, category: str) -> Count:
        """Return the nulls of a category at all intensities together."""
        nulls = [cell.null for cell in self.cells_of(category)]
        return Count(sum(null.heard for null in nulls), sum(null.of for null in nulls))

    def is_of(self, engine: Engine) -> bool:
        """Return whether it was measured with the model that an engine has, and with today's directions."""
        return (self.engine.model_sha256, self.directions) == (engine.model_sha256, directions_digest())

    def evidence(self, category: str) -> Evidence:
        """Return what is behind the judge's score of a category."""
        return next((row.evidence for row in self.categories if row.category == category), "none")


# --- Files


def encode_card(card: CapabilityCard) -> bytes:
    """Encode a card as JSON, a category and a cell a line."""
    document = msgspec.to_builtins(card)
    rows = {key: document.pop(key) for key in ("categories", "cells")}
    text = json.dumps(document, indent=1, ensure_ascii=False)[:-2]
    for key, values in rows.items():
        lines = ",\n  ".join(json.dumps(value, ensure_ascii=False) for value in values)
        text += f',\n "{key}": [\n  {lines}\n ]'
    return (text + "\n}\n").encode()


def decode_card(data: bytes, source: str) -> CapabilityCard:
    """Decode a card, which may be from anywhere.

    Raises:
        UsageError: naming source and cause
    """
    wrote = "expected a card that 'voiceact engine card' wrote"
    try:
        card = msgspec.json.decode(data, type=CapabilityCard)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{source}: is no card of an engine ({clean_text(error)}); {wrote}") from None
    if card.format != FORMAT:
        raise UsageError(f"{source}: is of format {clean_text(card.format, 40)!r}, not {FORMAT!r}; {wrote}")
    for row in card.categories:
        get(row.category)  # raises UnknownNameError for a category that is none
    return card


def load_shipped_card(engine: object) -> CapabilityCard | None:
    """Load the card that an engine's package ships; None where it ships none.

    Args:
        engine: an engine, or its class
    """
    module = (engine if isinstance(engine, type) else type(engine)).__module__
    return _read_shipped(module.rpartition(".")[0])


@cache
def _read_shipped(package: str) -> CapabilityCard | None:
    if not package:
        return None
    file = files(package) / FILE
    return decode_card(file.read_bytes(), f"{package}/{FILE}") if file.is_file() else None


# --- Dead cells


@dataclass(frozen=True)
class DeadCell:
    """A category at an intensity that was measured, and never heard.

    Attributes:
        category: id
        intensity: that was asked for
        heard: none of so many takes, at the nearest measured intensity
        judge: name of the judge
        nearer: what would be heard instead, in a few words; empty where nothing near is
        every: whether the takes are those of every intensity, none of which was heard
    """

    category: str
    intensity: float
    heard: Count
    judge: str
    nearer: str = ""
    every: bool = False

    def __str__(self) -> str:
        return f"{get(self.category).name} at {self.intensity:g}"


def find_dead_cells(engine: Engine, cells: Iterable[tuple[str, float]], *, language: str = "en") -> list[DeadCell]:
    """Find what was measured of an engine and never heard, by the card and the pass rates that its package ships.

    Measurements of another model, language or table of directions tell nothing of these takes, and are passed over; so is a
    category that the judge has no evidence for in speech or bursts.

    Args:
        engine: that is to speak
        cells: category ids with the intensities that are asked for; those at 0 are passed over
        language: of the lines

    Returns:
        Each dead cell once, in the order given.
    """
    requested = list(dict.fromkeys((category, float(intensity)) for category, intensity in cells if intensity > 0))
    if not requested:
        return []
    card, rates = load_shipped_card(engine), load_pass_rates(engine)
    if card is not None and not (card.is_of(engine) and card.language == language):
        card = None
    if rates is not None and (language != "en" or rates.get("directions", directions_digest()) != directions_digest()):
        rates = None
    if card is not None and rates is not None and rates["judge"] != msgspec.to_builtins(card.judge):
        rates = None
    dead = [_find_dead(card, rates, category, intensity) for category, intensity in requested]
    return [cell for cell in dead if cell is not None]


def _find_dead(
    card: CapabilityCard | None, rates: Mapping[str, Any] | None, category: str, intensity: float
) -> DeadCell | None:
    """Return a cell that was never heard in enough takes, of the card and the pass rates together; None for all others."""
    if card is not None and card.evidence(category) not in HEARD_EVIDENCE:
        card = None
    count = _count_heard(card, rates, category, intensity)
    if count.heard or not count.of:
        return None
    judge = card.judge.name if card is not None else rates["judge"]["name"] if rates is not None else ""
    nearer = (_find_nearer(card, rates, category, intensity) or _find_engine(card, category, intensity)) if card else ""
    if count.of >= LEAST_TAKES:
        return DeadCell(category, intensity, count, judge, nearer)
    # Too few takes of this intensity alone: was it heard at any?
    own = [] if card is None else [row.judge for row in card.cells_of(category)]
    heard, of = sum(one.heard for one in own), sum(one.of for one in own)
    return None if heard or of < LEAST_TAKES else DeadCell(category, intensity, Count(0, of), judge, nearer, every=True)


def _count_heard(card: CapabilityCard | None, rates: Mapping[str, Any] | None, category: str, intensity: float) -> Count:
    """Return how often a category was heard at the nearest measured intensity, in the takes of card and pass rates together."""
    heard = of = 0
    if card is not None and (cell := card.cell(category, intensity)) is not None:
        heard, of = cell.judge.heard, cell.judge.of
    levels: Mapping[str, Mapping[str, float]] = {} if rates is None else rates["categories"].get(category, {})
    if levels:
        figure = levels[min(levels, key=lambda name: (abs(float(name) - intensity), -float(name)))]
        heard, of = heard + round(figure["value"] * figure["n"]), of + int(figure["n"])
    return Count(heard, of)


def describe_dead_cells(engine: Engine, dead: Sequence[DeadCell]) -> str:
    """Describe dead cells in one sentence: what, how often of how many it was heard, and what would be nearer."""
    if len(dead) == 1:
        [cell] = dead
        nearer = f"; {cell.nearer}" if cell.nearer else ""
        takes = f"{cell.heard} takes, whatever their intensity" if cell.every else f"{cell.heard} takes"
        return f"{cell} was never heard from engine {engine.name!r}: the judge {cell.judge!r} heard it in {takes}{nearer}"
    named = ", ".join(f"{cell} ({cell.heard} takes)" for cell in dead[:CELLS_TOLD])
    more = f" and {len(dead) - CELLS_TOLD} more" if len(dead) > CELLS_TOLD else ""
    return (
        f"{len(dead)} of the feelings asked for were never heard from engine {engine.name!r} by the judge {dead[0].judge!r}: "
        f"{named}{more}; 'voiceact engine card {engine.name} --shipped' shows what is heard"
    )


def _find_nearer(card: CapabilityCard, rates: Mapping[str, Any] | None, category: str, intensity: float) -> str:
    """Return the intensity at which a category is heard; else the nearest category that is, more often than by its null."""

    def beats_null(cell: CardCell) -> Count | None:
        count = _count_heard(card, rates, cell.category, cell.intensity)
        enough = count.of >= LEAST_TAKES and (count.share or 0) > (cell.null.share or 0)
        return count if enough else None

    own = [(cell, count) for cell in card.cells_of(category) if (count := beats_null(cell))]
    if own:
        cell, count = min(own, key=lambda one: abs(one[0].intensity - intensity))
        return f"at intensity {cell.intensity:g} it is heard in {count}"

    here = get(category)

    def distance(cell: CardCell) -> float:
        there = get(cell.category)
        return hypot(there.valence_value - here.valence_value, there.arousal_value - here.arousal_value)

    dead = card.cell(category, intensity)
    others = [
        (cell, count)
        for cell in card.cells
        if dead is not None
        and cell.intensity == dead.intensity
        and (count := beats_null(cell))
        and (count.share or 0) >= LEAST_SHARE
    ]
    near = min(others, key=lambda one: (distance(one[0]), -(one[1].share or 0)), default=None)
    if near is None or distance(near[0]) > 1:
        return ""
    return f"the nearest that is heard is {get(near[0].category).name} ({near[1]})"


def _find_engine(card: CapabilityCard, category: str, intensity: float) -> str:
    """Return another engine of this package whose card hears the cell."""
    for point in list_plugins("voiceact.engines"):
        # Looking into packages of others would import them.
        package = point.module.rpartition(".")[0]
        other = _read_shipped(package) if package.startswith("voiceact.engines.") and point.name != card.engine.name else None
        cell = other.cell(category, intensity) if other and other.directions == directions_digest() else None
        if cell is not None and cell.judge.heard:
            return f"engine {point.name!r} is heard in {cell.judge}"
    return ""
