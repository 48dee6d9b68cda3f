"""Which cell has which number: arithmetic only, so that a plan of any size takes as much memory as a plan of one cell.

A column is a language and a category; its rows are intensities and the personas that play the category there. Cells
are numbered row by row, so a run that is stopped early has some of every category and not all of a few. Some columns
are shorter (a minor plays no Sexual Lust); rows below their end pass them over.

With fewer personas than play a category (`each`), a balanced design assigns them: round after round, everybody once a
round.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SURVEYED = 2000
"""slots of a design that are looked at to choose it"""
MOST_TURNS, MOST_STEPS = 3, 4
"""candidates for a design's turn (from 0 on) and step"""


class Digits(NamedTuple):
    """A cell as numbers: the places of its language, category, intensity and persona in the recipe's lists.

    Attributes:
        slot: the cell's place among those of its language, category and intensity
    """

    language: int
    category: int
    intensity: int
    persona: int
    slot: int


@dataclass(frozen=True)
class BalancedDesign:
    """Assignment of personas to groups, `each` to a group; a group is a language, category and intensity.

    Every persona is assigned once in a round of `len(pool)` slots, so all are used equally often, within one.

    Attributes:
        pool: the personas' numbers
        each: slots of a group
        turn: how many places each round is rotated against the one before
        step: what a round adds to the kind of line
    """

    pool: tuple[int, ...]
    each: int
    turn: int = 1
    step: int = 0

    def persona(self, group: int, slot: int) -> int:
        """Return the number of the persona in a slot of a group."""
        rounds, place = divmod(group * self.each + slot, len(self.pool))
        return self.pool[(place + self.turn * rounds) % len(self.pool)]

    def slot(self, group: int, persona: int) -> int | None:
        """Return the slot of a persona in a group; None if it is in another group."""
        if persona not in self.pool:
            return None
        size, first = len(self.pool), group * self.each
        # A group may reach over the end of one round into the next.
        for rounds in (first // size, (first + self.each - 1) // size):
            slot = rounds * size + (self.pool.index(persona) - self.turn * rounds) % size - first
            if 0 <= slot < self.each:
                return slot
        return None

    def kind(self, group: int, slot: int) -> int:
        """Return what the persona of a slot adds to the sum that decides the kind of line."""
        if self.each == len(self.pool):
            return self.persona(group, slot)
        return slot + self.step * ((group * self.each + slot) // len(self.pool))


@dataclass(frozen=True)
class Grid:
    """The cells of a recipe.

    Attributes:
        languages, intensities: how many
        players: of each category, the numbers of the personas that play it
        each: personas of each language, category and intensity; None for all that play
        same_category, same_intensity: whether cells that differ in it alone have the same persona, line and seed
        pattern: length of the pattern of kinds of lines
    """

    languages: int
    intensities: int
    players: tuple[tuple[int, ...], ...]
    each: int | None = None
    same_category: bool = False
    same_intensity: bool = False
    pattern: int = 1
    _designs: "tuple[BalancedDesign | None, ...]" = field(init=False, repr=False, compare=False)
    _category_rank: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)
    """of each category: its place among those with the same players, and how many these are"""
    _bands: "list[_Band]" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        designs = {pool: self._choose_design(pool) for pool in dict.fromkeys(self.players) if pool}
        object.__setattr__(self, "_designs", tuple(designs.get(pool) for pool in self.players))
        # Comparing hundreds of personas for every take would cost more than all the rest of a plan.
        rank = tuple((self.players[:at].count(pool), self.players.count(pool)) for at, pool in enumerate(self.players))
        object.__setattr__(self, "_category_rank", rank)
        object.__setattr__(self, "_bands", list(self._make_bands()))

    @property
    def cells(self) -> int:
        """Number of cells."""
        last = self._bands[-1] if self._bands else _Band(0, 0, 0, ())
        return last.start + (last.end_row - last.row) * len(last.columns)

    def digits(self, index: int) -> Digits:
        """Return the cell of that number, 0 to `cells` - 1; IndexError beyond."""
        if not 0 <= index < self.cells:
            raise IndexError(f"cell {index} of {self.cells}")
        band = self._bands[bisect_right(self._bands, index, key=lambda band: band.start) - 1]
        down, across = divmod(index - band.start, len(band.columns))
        language, category = band.columns[across]
        slot, intensity = divmod(band.row + down, self.intensities)
        persona = self._design(category).persona(self._group(language, category, intensity), slot)
        return Digits(language, category, intensity, persona, slot)

    def index(self, language: int, category: int, intensity: int, persona: int) -> int | None:
        """Return the number of a cell; None if there is no such cell."""
        design = self._designs[category]
        slot = design.slot(self._group(language, category, intensity), persona) if design else None
        return None if slot is None else self.at_row(language, category, slot * self.intensities + intensity)

    def at_row(self, language: int, category: int, row: int) -> int:
        """Return the number of the cell in a row (0 to `column_height` - 1) of a category in a language."""
        band = self._bands[bisect_right(self._bands, row, key=lambda band: band.row) - 1]
        return band.start + (row - band.row) * len(band.columns) + band.columns.index((language, category))

    def column_height(self, category: int) -> int:
        """Return the number of cells of a category in one language."""
        design = self._designs[category]
        return design.each * self.intensities if design else 0

    def kind(self, at: Digits) -> int:
        """Return the sum of a cell's numbers that decides the kind of its first line: a Latin square."""
        shared = self.shared(at)
        own = self._design(at.category).kind(self._group(at.language, at.category, at.intensity), at.slot)
        return shared.language + shared.category + shared.intensity + own

    def shared(self, at: Digits) -> Digits:
        """Return the numbers of the cell whose lines and seeds this cell has: its own, unless they are the same across some."""
        return at._replace(
            category=0 if self.same_category else at.category, intensity=0 if self.same_intensity else at.intensity
        )

    def _group(self, language: int, category: int, intensity: int) -> int:
        """Return the number of a group among those that are assigned the same personas."""
        rank, alike = (0, 1) if self.same_category else self._category_rank[category]
        intensities = 1 if self.same_intensity else self.intensities
        return (language * alike + rank) * intensities + (0 if self.same_intensity else intensity)

    def _design(self, category: int) -> BalancedDesign:
        design = self._designs[category]
        assert design is not None, "a category that nobody plays has no cells"
        return design

    def _make_bands(self) -> "Iterator[_Band]":
        """Yield the runs of rows in which the same columns have a cell."""
        heights = [self.column_height(category) for category in range(len(self.players))]
        row = start = 0
        for height in sorted({height for height in heights if height}):
            columns = tuple(
                (language, category)
                for language in range(self.languages)
                for category, own in enumerate(heights)
                if own >= height
            )
            yield _Band(row, height, start, columns)
            row, start = height, start + (height - row) * len(columns)

    # Choosing a design

    def _choose_design(self, pool: tuple[int, ...]) -> BalancedDesign:
        """Return the most even of some candidate designs."""
        each = min(self.each or len(pool), len(pool))
        if each == len(pool):
            return BalancedDesign(pool, each)
        groups = sum(other == pool for other in self.players) * self.languages * self.intensities
        # Two rounds that meet in one group must not assign anybody to it twice, which bounds the turn.
        candidates = [
            BalancedDesign(pool, each, turn, step)
            for turn in range(min(len(pool) - each, MOST_TURNS) + 1)
            for step in range(min(self.pattern, MOST_STEPS))
        ]
        return min(candidates, key=lambda design: self._unevenness(design, min(groups, SURVEYED // each + 1)))

    def _unevenness(self, design: BalancedDesign, groups: int) -> int:
        """Return how far a design gives a persona always the same kind of line or intensity: a sum of squared counts."""
        counts: Counter[Sequence[object]] = Counter()
        for group in range(groups):
            category, intensity = divmod(group, 1 if self.same_intensity else self.intensities)
            for slot in range(design.each):
                kind = ((0 if self.same_category else category) + intensity + design.kind(group, slot)) % self.pattern
                persona = design.persona(group, slot)
                counts.update(
                    [
                        ("persona", persona, kind),
                        ("intensity", intensity, kind),
                        ("category", category, kind),
                        ("both", persona, intensity),
                    ]
                )
        return sum(count * count for count in counts.values())


class _Band(NamedTuple):
    """Rows `row` to `end_row` - 1, in which these columns have a cell; the first of them has number `start`."""

    row: int
    end_row: int
    start: int
    columns: tuple[tuple[int, int], ...]
