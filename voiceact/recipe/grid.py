"""Which cell has which number: arithmetic only, so that a plan of any size is as large as a plan of one.

A column is a language and a category; its rows are intensities and the personas that play the category there. Cells
are numbered row by row, so a run that is stopped early has some of every category and not all of a few. Some columns
are shorter (a minor plays no Sexual Lust); rows below their end pass them over.

With fewer personas than play a category (`each`) they are dealt like cards: round after round, everybody once a round.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SURVEYED = 2000
"""slots of a deal that are looked at to choose it"""


class Digits(NamedTuple):
    """A cell as numbers: the places of its language, category, intensity and persona in the recipe's lists.

    slot: the cell's place among those of its language, category and intensity
    """

    language: int
    category: int
    intensity: int
    persona: int
    slot: int


@dataclass(frozen=True)
class Deal:
    """Personas dealt to groups, so many a group; a group is a language, category and intensity.

    Everybody is dealt once in a round of `len(pool)` slots, so all are used equally often, within one.

    pool: the personas' numbers
    each: slots of a group
    turn: how far each round begins after the one before
    step: what a round adds to the kind of line
    """

    pool: tuple[int, ...]
    each: int
    turn: int = 1
    step: int = 0

    def persona(self, group: int, slot: int) -> int:
        """Who is in a slot of a group."""
        rounds, place = divmod(group * self.each + slot, len(self.pool))
        return self.pool[(place + self.turn * rounds) % len(self.pool)]

    def slot(self, group: int, persona: int) -> int | None:
        """Where in a group somebody is; None if elsewhere."""
        if persona not in self.pool:
            return None
        size, first = len(self.pool), group * self.each
        for rounds in (first // size, (first + self.each - 1) // size):
            slot = rounds * size + (self.pool.index(persona) - self.turn * rounds) % size - first
            if 0 <= slot < self.each:
                return slot
        return None

    def kind(self, group: int, slot: int) -> int:
        """What the persona of a slot adds to the sum that decides the kind of line."""
        if self.each == len(self.pool):
            return self.persona(group, slot)
        return slot + self.step * ((group * self.each + slot) // len(self.pool))


@dataclass(frozen=True)
class Grid:
    """The cells of a recipe.

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
    _deals: "tuple[Deal | None, ...]" = field(init=False, repr=False, compare=False)
    _kin: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)
    _levels: "list[_Level]" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        deals = {pool: self._dealt(pool) for pool in dict.fromkeys(self.players) if pool}
        object.__setattr__(self, "_deals", tuple(deals.get(pool) for pool in self.players))
        # To compare hundreds of personas for every take would cost more than all the rest of a plan.
        object.__setattr__(
            self,
            "_kin",
            tuple((self.players[:at].count(pool), self.players.count(pool)) for at, pool in enumerate(self.players)),
        )
        object.__setattr__(self, "_levels", list(self._levelled()))

    @property
    def cells(self) -> int:
        """How many there are."""
        last = self._levels[-1] if self._levels else _Level(0, 0, 0, ())
        return last.start + (last.end_row - last.row) * len(last.columns)

    def digits(self, index: int) -> Digits:
        """The cell of that number, 0 to `cells` - 1; IndexError beyond."""
        if not 0 <= index < self.cells:
            raise IndexError(f"cell {index} of {self.cells}")
        level = self._levels[bisect_right(self._levels, index, key=lambda level: level.start) - 1]
        down, across = divmod(index - level.start, len(level.columns))
        language, category = level.columns[across]
        slot, intensity = divmod(level.row + down, self.intensities)
        persona = self._deal(category).persona(self._group(language, category, intensity), slot)
        return Digits(language, category, intensity, persona, slot)

    def index(self, language: int, category: int, intensity: int, persona: int) -> int | None:
        """The number of a cell; None if there is no such cell."""
        deal = self._deals[category]
        slot = deal.slot(self._group(language, category, intensity), persona) if deal else None
        if slot is None:
            return None
        return self.at_row(language, category, slot * self.intensities + intensity)

    def at_row(self, language: int, category: int, row: int) -> int:
        """The number of the cell in that row (0 to `columns` - 1) of a category in a language."""
        level = self._levels[bisect_right(self._levels, row, key=lambda level: level.row) - 1]
        return level.start + (row - level.row) * len(level.columns) + level.columns.index((language, category))

    def columns(self, category: int) -> int:
        """Cells of a category in one language."""
        deal = self._deals[category]
        return deal.each * self.intensities if deal else 0

    def kind(self, at: Digits) -> int:
        """The sum of a cell's numbers that decides the kind of its first line: a Latin square."""
        shared = self.shared(at)
        return (
            shared.language + shared.category + shared.intensity + self._deal(at.category).kind(self._group(*at[:3]), at.slot)
        )

    def shared(self, at: Digits) -> Digits:
        """The numbers of the cell whose lines and seeds this cell has: its own, unless they are the same across some."""
        return at._replace(
            category=0 if self.same_category else at.category, intensity=0 if self.same_intensity else at.intensity
        )

    def _group(self, language: int, category: int, intensity: int) -> int:
        """Number of a group among those that deal out the same personas."""
        place, alike = (0, 1) if self.same_category else self._kin[category]
        intensities = 1 if self.same_intensity else self.intensities
        return (language * alike + place) * intensities + (0 if self.same_intensity else intensity)

    def _deal(self, category: int) -> Deal:
        deal = self._deals[category]
        assert deal is not None, "a category that nobody plays has no cells"
        return deal

    def _levelled(self) -> "Iterator[_Level]":
        """Runs of rows in which the same columns have a cell."""
        heights = [self.columns(category) for category in range(len(self.players))]
        row = start = 0
        for height in sorted({height for height in heights if height}):
            columns = tuple(
                (language, category)
                for language in range(self.languages)
                for category, own in enumerate(heights)
                if own >= height
            )
            yield _Level(row, height, start, columns)
            row, start = height, start + (height - row) * len(columns)

    # Dealing

    def _dealt(self, pool: tuple[int, ...]) -> Deal:
        each = min(self.each or len(pool), len(pool))
        if each == len(pool):
            return Deal(pool, each)
        groups = sum(other == pool for other in self.players) * self.languages * self.intensities
        # Two rounds that meet in one group must not deal somebody to it twice.
        candidates = [
            Deal(pool, each, turn, step) for turn in range(min(len(pool) - each, 3) + 1) for step in range(min(self.pattern, 4))
        ]
        return min(candidates, key=lambda deal: self._unevenness(deal, min(groups, SURVEYED // each + 1)))

    def _unevenness(self, deal: Deal, groups: int) -> int:
        """How far a deal always gives somebody the same kind of line, or the same intensity: a sum of squares."""
        counts: Counter[Sequence[object]] = Counter()
        for group in range(groups):
            category, intensity = divmod(group, 1 if self.same_intensity else self.intensities)
            for slot in range(deal.each):
                kind = ((0 if self.same_category else category) + intensity + deal.kind(group, slot)) % self.pattern
                persona = deal.persona(group, slot)
                counts.update(
                    [
                        ("persona", persona, kind),
                        ("intensity", intensity, kind),
                        ("category", category, kind),
                        ("both", persona, intensity),
                    ]
                )
        return sum(count * count for count in counts.values())


class _Level(NamedTuple):
    """Rows `row` to `end_row` - 1, in which these columns have a cell; the first of them has number `start`."""

    row: int
    end_row: int
    start: int
    columns: tuple[tuple[int, int], ...]
