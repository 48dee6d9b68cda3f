"""Every take of a recipe, by number: a pure function of the recipe and of what is installed.

>>> from voiceact.recipe.plan import make_plan
>>> plan = make_plan("smoke")
>>> plan.take(plan.cell(0), 1).key
'smoke-000000000-001'

Nothing here grows with the number of takes, and nothing is drawn from a clock or a machine: any process that computes
take 2 of cell 81,355 gets the same.
"""

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path

from voiceact.acting.persona import Persona
from voiceact.acting.script import LICENCE, Kind, Line
from voiceact.errors import UsageError, count_noun
from voiceact.recipe.casting import resolve_cast
from voiceact.recipe.fingerprint import fingerprint, frozen_inputs
from voiceact.recipe.grid import Digits, Grid
from voiceact.recipe.requirements import check_requirements
from voiceact.recipe.schema import Recipe
from voiceact.recipe.scripts import LinePools, check_pools, read_own_lines
from voiceact.recipe.source import Source, as_source
from voiceact.runtime.seeds import draw_integer

MOST_TAKES = 2**32
"""seeds have 32 bits: from here on they would have to repeat"""
WORK_UNIT_TAKES = 16
"""most takes of a work unit, unless one cell alone has more"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of language, category, intensity and persona; its takes differ in line and seed alone."""

    index: int
    language: str
    category: str
    intensity: float
    persona: str


@dataclass(frozen=True, slots=True)
class TakeSpec:
    """One take, ready to be made.

    Attributes:
        cell: that it belongs to
        number: in its cell, from 1
        key: its name in the data set, without dots
        kind: of line, evocative or neutral
        line_id: of the line
        text: of the line
        seed: of the take, 32 bits
        own: whether the line comes from the user's own tables
        licence: of the line; None for an own one of which the recipe states none
    """

    cell: Cell
    number: int
    key: str
    kind: Kind
    line_id: str
    text: str
    seed: int
    own: bool = False
    licence: str | None = LICENCE


@dataclass(frozen=True)
class Plan:
    """All takes of a recipe.

    Attributes:
        recipe: the recipe
        personas: name -> persona, with everything it extends
        categories: ids
        grid: numbers the cells
        pools: the lines
        frozen_inputs: file name -> bytes, what a run keeps beside its clips to be resumed: the recipe, own tables and
            personas
        fingerprint: part -> what decides the clips of it, in short
        judge: name of the judge, or the path of its model
        notes: what the user should know before it runs, one sentence each
        evidence: category id -> what stands behind the judge's score of it; empty if the judge does not say
        never_heard: sentence for the cells that were never heard from the engine, which is among the notes; empty without
    """

    recipe: Recipe
    personas: dict[str, Persona]
    categories: tuple[str, ...]
    grid: Grid
    pools: LinePools
    frozen_inputs: dict[str, bytes] = field(repr=False)
    fingerprint: dict[str, str]
    judge: str
    notes: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    never_heard: str = ""
    _names: tuple[str, ...] = field(init=False, repr=False)
    _pattern: tuple[Kind, ...] = field(init=False, repr=False)
    _own_licences: dict[str, str | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        scripts = self.recipe.scripts
        object.__setattr__(self, "_names", tuple(self.personas))
        object.__setattr__(self, "_pattern", pattern(scripts.evocative, scripts.neutral))
        object.__setattr__(self, "_own_licences", {own.line.id: own.licence for own in self.pools.own})

    # Counts

    @property
    def cells(self) -> int:
        """Cells, numbered from 0."""
        return self.grid.cells

    @property
    def most_takes(self) -> int:
        """Most takes of a cell."""
        return self.recipe.most_takes

    @property
    def takes(self) -> int:
        """Most takes of the whole plan."""
        return self.cells * self.most_takes

    @property
    def shards(self) -> int:
        """Shards, numbered from 0."""
        return -(-self.cells // self._cells_of_shard)

    @property
    def digest(self) -> str:
        """The fingerprint in one SHA-256."""
        return hashlib.sha256("\n".join(f"{part}: {text}" for part, text in self.fingerprint.items()).encode()).hexdigest()

    # Cells, shards, work units

    def cell(self, index: int) -> Cell:
        """Return the cell of that number; IndexError if there is none."""
        at = self.grid.digits(index)
        return Cell(
            index,
            self.recipe.languages[at.language],
            self.categories[at.category],
            self.recipe.intensities[at.intensity],
            self._names[at.persona],
        )

    def index(self, *, language: str, category: str, intensity: float, persona: str) -> int:
        """Return the number of a cell.

        Raises:
            UsageError: if the plan has no such cell
        """
        recipe = self.recipe
        try:
            index = self.grid.index(
                recipe.languages.index(language),
                self.categories.index(category),
                recipe.intensities.index(intensity),
                self._names.index(persona),
            )
        except ValueError:
            index = None
        if index is None:
            raise UsageError(f"the plan has no cell of {persona!r}, {category!r} at {intensity:g} in {language!r}")
        return index

    def cells_of(self, shard: int) -> range:
        """Return the numbers of a shard's cells; IndexError if there is no such shard."""
        if not 0 <= shard < self.shards:
            raise IndexError(f"shard {shard} of {self.shards}")
        size = self._cells_of_shard
        return range(shard * size, min((shard + 1) * size, self.cells))

    def work_units_of(self, shard: int) -> list[range]:
        """Return the numbers of the cells of each work unit of a shard, in order."""
        cells, size = self.cells_of(shard), max(1, WORK_UNIT_TAKES // self.most_takes)
        return [cells[at : at + size] for at in range(0, len(cells), size)]

    @property
    def _cells_of_shard(self) -> int:
        return max(1, self.recipe.store.shard // self.most_takes)

    # Takes

    def take(self, cell: Cell, number: int) -> TakeSpec:
        """Return take `number` (from 1) of a cell; IndexError if the cell has fewer."""
        if not 1 <= number <= self.most_takes:
            raise IndexError(f"take {number} of a cell with takes 1 to {self.most_takes}")
        at = self.grid.digits(cell.index)
        kind, before = self._kind(self.grid.kind(at), number)
        line = self._line(cell, self.grid.shared(at), kind, before)

        # The key has as many digits as the largest numbers of the plan, at least 9 and 3.
        cell_digits, take_digits = max(9, len(str(self.cells - 1))), max(3, len(str(self.most_takes)))
        key = f"{self.recipe.name}-{cell.index:0{cell_digits}d}-{number:0{take_digits}d}"

        # Cells that share lines share seeds too.
        shared = self.grid.shared(at)
        seed_cell = cell.index if shared == at else self.grid.index(*shared[:4]) or 0
        seed = draw_integer(self.recipe.seed, seed_cell, number, size=4)
        licence = self._own_licences.get(line.id, LICENCE)
        return TakeSpec(cell, number, key, kind, line.id, line.text, seed, line.id in self._own_licences, licence)

    def _kind(self, first: int, number: int) -> tuple[Kind, int]:
        """Return the kind of a take's line, and how many takes of its cell before it have a line of that kind."""
        size = len(self._pattern)
        kind = self._pattern[(first + number - 1) % size]
        rounds, rest = divmod(number - 1, size)
        partly = sum(self._pattern[(first + at) % size] == kind for at in range(rest))
        return kind, rounds * self._pattern.count(kind) + partly

    def _line(self, cell: Cell, at: Digits, kind: Kind, before: int) -> Line:
        """Return the line of a take: each cell of a persona goes on in its order of lines where the cell before ended."""
        lines = self.pools.lines(cell.persona, cell.language, cell.category, kind)
        lines_of_cell = -(-self.most_takes * self._pattern.count(kind) // len(self._pattern))
        cells = at.intensity if kind == "evocative" else at.category * len(self.recipe.intensities) + at.intensity
        # Were the stride a whole number of rounds, all cells would begin with the same line.
        stride = lines_of_cell % len(lines) or 1
        return lines[(cells * stride + before) % len(lines)]


def pattern(evocative: int, neutral: int) -> tuple[Kind, ...]:
    """Return the kinds of lines of successive takes, evenly mixed: two evocative to one neutral is E E N.

    >>> pattern(1, 1), pattern(4, 2)
    (('evocative', 'neutral'), ('evocative', 'evocative', 'neutral'))
    """
    size = evocative + neutral
    parts, size = evocative // gcd(evocative, neutral), size // gcd(evocative, neutral)
    return tuple("evocative" if -(-(at + 1) * parts // size) > -(-at * parts // size) else "neutral" for at in range(size))


# --- Making a plan


def make_plan(
    recipe: "str | os.PathLike[str] | Recipe | Source",
    *,
    folders: Sequence[str | os.PathLike[str]] = (),
    run_folder: str | os.PathLike[str] | None = None,
) -> Plan:
    """Make the plan of a recipe; nothing is spoken or written.

    Args:
        recipe: a shipped name, a path, or a recipe
        folders: to look personas up in first
        run_folder: a folder that holds the frozen inputs of an earlier plan: tables, personas and judge are read there

    Raises:
        UsageError: naming file, line, what was given and what is expected, for any part of the recipe that cannot be made
        MissingExtraError: if its engine is not installed
    """
    source, folder = as_source(recipe), Path(run_folder) if run_folder is not None else None
    cast = resolve_cast(source, folders, folder)
    requirements = check_requirements(source, cast, folder)
    own, tables, notes = read_own_lines(source, cast, folder)

    # Number the cells.
    scripts = source.recipe.scripts
    grid = Grid(
        len(source.recipe.languages),
        len(source.recipe.intensities),
        cast.players,
        source.recipe.each,
        same_category=scripts.same_across in ("category", "both"),
        same_intensity=scripts.same_across in ("intensity", "both"),
        pattern=len(pattern(scripts.evocative, scripts.neutral)),
    )
    takes = source.recipe.most_takes
    if grid.cells * takes > MOST_TAKES:
        raise source.wrong(
            ("stop", "takes") if source.recipe.stop else ("takes",),
            f"{arithmetic(source.recipe, cast.categories, cast.personas)} are {count_noun(grid.cells, 'cell')} (without "
            f"what nobody plays), × {count_noun(takes, 'take')} = {count_noun(grid.cells * takes, 'take')}; "
            f"at most {MOST_TAKES:,} can have "
            "a seed of their own: make fewer takes, or several recipes",
        )

    # Give each cell its lines.
    pools = LinePools(own, scripts.shipped, source.recipe.seed, cast.personas)
    check_pools(source, cast, pools)
    return Plan(
        source.recipe,
        cast.personas,
        cast.categories,
        grid,
        pools,
        frozen_inputs(source, cast, tables, requirements),
        fingerprint(source.recipe, cast, own, requirements),
        requirements.judge,
        (*cast.notes, *notes, *requirements.notes),
        requirements.evidence,
        requirements.never_heard,
    )


def arithmetic(recipe: Recipe, categories: Collection[str], personas: Collection[str]) -> str:
    """Return what the cells are the product of: "1 language × 40 categories × 2 intensities × 3 of 41 personas"."""
    counted = {
        ("language", "languages"): len(recipe.languages),
        ("category", "categories"): len(categories),
        ("intensity", "intensities"): len(recipe.intensities),
    }
    parts = [f"{count} {words[count != 1]}" for words, count in counted.items()]
    of = f"{recipe.each} of " if recipe.each else ""
    return " × ".join([*parts, f"{of}{len(personas)} persona{'s' * (len(personas) != 1)}"])


__all__ = ["Cell", "Plan", "TakeSpec", "arithmetic", "make_plan", "pattern"]
