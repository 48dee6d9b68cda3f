"""Every take of a recipe, by number: a pure function of the recipe and of what is installed.

>>> from voiceact.recipe.plan import make_plan
>>> plan = make_plan("smoke")
>>> plan.take(plan.cell(0), 1).key
'smoke-000000000-001'

Nothing here grows with the number of takes, and nothing is drawn from a clock or a machine: any process asked for
take 2 of cell 81,355 answers the same.
"""

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from voiceact.acting.persona import Persona
from voiceact.acting.script import LICENCE, Kind, Line
from voiceact.errors import UsageError
from voiceact.recipe.casting import Casting, cast_recipe
from voiceact.recipe.fingerprint import fingerprint, kept_files
from voiceact.recipe.grid import Digits, Grid
from voiceact.recipe.requirements import check_tools
from voiceact.recipe.schema import Recipe, Source, as_source
from voiceact.recipe.scripts import Pools, check_pools, read_own

MOST_TAKES = 2**32
"""seeds have 32 bits: from here on they would have to repeat"""
STINT_TAKES = 16
"""most takes of a stint, unless one cell alone has more"""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is asked: its takes differ in line and seed alone."""

    index: int
    language: str
    category: str
    intensity: float
    persona: str


@dataclass(frozen=True, slots=True)
class TakeSpec:
    """One take, ready to be made.

    number: in its cell, from 1
    key: its name in the data set, without dots
    kind: of line, evocative or neutral
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

    personas: name -> persona, with all that it is built on
    categories: ids
    kept: file name -> bytes, what a run keeps beside its clips to be resumed: the recipe, own tables and personas
    fingerprint: part -> what decides the clips of it, in short
    judge: name of the judge, or the path of its model
    notes: what the user should know before it runs, one sentence each
    evidence: category id -> what stands behind the judge's score of it; empty if the judge does not say
    """

    recipe: Recipe
    personas: dict[str, Persona]
    categories: tuple[str, ...]
    grid: Grid
    pools: Pools
    kept: dict[str, bytes] = field(repr=False)
    fingerprint: dict[str, str]
    judge: str
    notes: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    _names: tuple[str, ...] = field(init=False, repr=False)
    _pattern: tuple[Kind, ...] = field(init=False, repr=False)
    _own: dict[str, str | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_names", tuple(self.personas))
        object.__setattr__(self, "_pattern", pattern(self.recipe.scripts.evocative, self.recipe.scripts.neutral))
        object.__setattr__(self, "_own", {one.line.id: one.licence for one in self.pools.own})

    # How many

    @property
    def cells(self) -> int:
        """Cells, numbered from 0."""
        return self.grid.cells

    @property
    def most_takes(self) -> int:
        """Takes that a cell can come to."""
        return self.recipe.most_takes

    @property
    def takes(self) -> int:
        """Takes that the whole can come to."""
        return self.cells * self.most_takes

    @property
    def shards(self) -> int:
        """Shards, numbered from 0."""
        return -(-self.cells // self._cells_of_shard)

    @property
    def digest(self) -> str:
        """The fingerprint in one SHA-256."""
        return hashlib.sha256("\n".join(f"{part}: {text}" for part, text in self.fingerprint.items()).encode()).hexdigest()

    # Which

    def cell(self, index: int) -> Cell:
        """The cell of that number; IndexError if there is none."""
        at = self.grid.digits(index)
        return Cell(index, self.recipe.languages[at.language], self.categories[at.category],
                    self.recipe.intensities[at.intensity], self._names[at.persona])

    def index(self, *, language: str, category: str, intensity: float, persona: str) -> int:
        """The number of a cell; UsageError if the plan has none such."""
        recipe = self.recipe
        try:
            found = self.grid.index(recipe.languages.index(language), self.categories.index(category),
                                    recipe.intensities.index(intensity), self._names.index(persona))
        except ValueError:
            found = None
        if found is None:
            raise UsageError(f"the plan has no cell of {persona!r}, {category!r} at {intensity:g} in {language!r}")
        return found

    def take(self, cell: Cell, number: int) -> TakeSpec:
        """Take `number` (from 1) of a cell; IndexError if it has fewer."""
        if not 1 <= number <= self.most_takes:
            raise IndexError(f"take {number} of a cell with takes 1 to {self.most_takes}")
        at = self.grid.digits(cell.index)
        kind, before = self._kind(self.grid.kind(at), number)
        line = self._line(cell, self.grid.shared(at), kind, before)
        return TakeSpec(cell, number, self._key(cell.index, number), kind, line.id, line.text,
                        self._seed(at, cell.index, number), line.id in self._own, self._own.get(line.id, LICENCE))

    def cells_of(self, shard: int) -> range:
        """Numbers of a shard's cells; IndexError if there is no such shard."""
        if not 0 <= shard < self.shards:
            raise IndexError(f"shard {shard} of {self.shards}")
        size = self._cells_of_shard
        return range(shard * size, min((shard + 1) * size, self.cells))

    def stints_of(self, shard: int) -> list[range]:
        """Numbers of the cells of each stint of a shard, in order."""
        cells, size = self.cells_of(shard), max(1, STINT_TAKES // self.most_takes)
        return [cells[at:at + size] for at in range(0, len(cells), size)]

    @property
    def _cells_of_shard(self) -> int:
        return max(1, self.recipe.store.shard // self.most_takes)

    # What a take is made of

    def _key(self, index: int, number: int) -> str:
        wide, long = max(9, len(str(self.cells - 1))), max(3, len(str(self.most_takes)))
        return f"{self.recipe.name}-{index:0{wide}d}-{number:0{long}d}"

    def _kind(self, first: int, number: int) -> tuple[Kind, int]:
        """The kind of a take's line, and how many takes of its cell before it have a line of that kind."""
        size = len(self._pattern)
        kind = self._pattern[(first + number - 1) % size]
        rounds, rest = divmod(number - 1, size)
        partly = sum(self._pattern[(first + at) % size] == kind for at in range(rest))
        return kind, rounds * self._pattern.count(kind) + partly

    def _line(self, cell: Cell, at: Digits, kind: Kind, before: int) -> Line:
        """Each cell of a persona goes on in its order of lines where the cell before left off."""
        lines = self.pools.lines(cell.persona, cell.language, cell.category, kind)
        a_cell = -(-self.most_takes * self._pattern.count(kind) // len(self._pattern))
        cells = at.intensity if kind == "evocative" else at.category * len(self.recipe.intensities) + at.intensity
        # Were the stride a whole number of rounds, all cells would begin with the same line.
        stride = a_cell % len(lines) or 1
        return lines[(cells * stride + before) % len(lines)]

    def _seed(self, at: Digits, index: int, number: int) -> int:
        shared = self.grid.shared(at)
        if shared != at:
            index = self.grid.index(*shared[:4]) or 0
        digest = hashlib.sha256(f"{self.recipe.seed}:{index}:{number}".encode()).digest()
        return int.from_bytes(digest[:4], "big")


def pattern(evocative: int, neutral: int) -> tuple[Kind, ...]:
    """The kinds of lines of successive takes, evenly mixed: two evocative to one neutral is E E N.

    >>> pattern(1, 1), pattern(4, 2)
    (('evocative', 'neutral'), ('evocative', 'evocative', 'neutral'))
    """
    from math import gcd

    size = evocative + neutral
    parts, size = evocative // gcd(evocative, neutral), size // gcd(evocative, neutral)
    return tuple("evocative" if -(-(at + 1) * parts // size) > -(-at * parts // size) else "neutral" for at in range(size))


# --- Making one


def make_plan(recipe: "str | os.PathLike[str] | Recipe | Source", *, folders: Sequence[str | os.PathLike[str]] = (),
              kept: str | os.PathLike[str] | None = None) -> Plan:
    """The plan of a recipe; nothing is spoken or written.

    Args:
        recipe: a shipped name, a path, or a recipe
        folders: to look personas up in first
        kept: folder that holds what an earlier plan kept (`Plan.kept`): tables, personas and judge are read there

    Raises:
        UsageError: naming file, line, what was given and what is expected; for whatever of the recipe cannot be made
        MissingExtraError: if its engine is not installed
    """
    source, copies = as_source(recipe), Path(kept) if kept is not None else None
    casting = cast_recipe(source, folders, copies)
    tools = check_tools(source, casting, copies)
    own, tables, notes = read_own(source, casting, copies)
    grid = _grid(source.recipe, casting)
    _check_size(source, casting, grid)
    pools = Pools(own, source.recipe.scripts.shipped, source.recipe.seed, casting.personas)
    check_pools(source, casting, pools)
    return Plan(source.recipe, casting.personas, casting.categories, grid, pools, kept_files(source, casting, tables, tools),
                fingerprint(source.recipe, casting, own, tools), tools.judge, (*casting.notes, *notes, *tools.notes),
                tools.evidence)


def _grid(recipe: Recipe, casting: Casting) -> Grid:
    scripts = recipe.scripts
    return Grid(len(recipe.languages), len(recipe.intensities), casting.players, recipe.each,
                same_category=scripts.same_across in ("category", "both"),
                same_intensity=scripts.same_across in ("intensity", "both"),
                pattern=len(pattern(scripts.evocative, scripts.neutral)))


def _check_size(source: Source, casting: Casting, grid: Grid) -> None:
    recipe, takes = source.recipe, source.recipe.most_takes
    if grid.cells * takes <= MOST_TAKES:
        return
    keys = ("stop", "takes") if recipe.stop else ("takes",)
    raise source.wrong(keys, f"{arithmetic(recipe, casting.categories, casting.personas)} are {grid.cells:,} cells (without "
                       f"what nobody plays), × {takes:,} takes = {grid.cells * takes:,} takes; at most {MOST_TAKES:,} can have "
                       "a seed of their own: make fewer takes, or several recipes")


def arithmetic(recipe: Recipe, categories: Collection[str], personas: Collection[str]) -> str:
    """What the cells are the product of: "1 language × 40 categories × 2 intensities × 3 of 41 personas"."""
    counted = {("language", "languages"): len(recipe.languages), ("category", "categories"): len(categories),
               ("intensity", "intensities"): len(recipe.intensities)}
    parts = [f"{count} {words[count != 1]}" for words, count in counted.items()]
    of = f"{recipe.each} of " if recipe.each else ""
    return " × ".join([*parts, f"{of}{len(personas)} persona{'s' * (len(personas) != 1)}"])


__all__ = ["Cell", "Plan", "TakeSpec", "arithmetic", "make_plan", "pattern"]
