"""A stint: a few cells, made take after take by one worker, each take in the journal before the next is begun."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from voiceact.errors import VoiceactError
from voiceact.recipe.plan import Plan, TakeSpec
from voiceact.recipe.schema import Recipe
from voiceact.runs.take import Studio, buried_take, make_take
from voiceact.runs.workspace import Site
from voiceact.store.columns import Row
from voiceact.store.index import Count, count_rows
from voiceact.store.journal import Done, Journal, Title

LOCK_SECONDS = 120.0
"""how long a journal may be held by a process whose run is gone: it ends with the take that it is at"""


@dataclass(frozen=True, slots=True)
class Stint:
    """Some consecutive cells of a shard.

    number: in its shard, from 0
    """

    shard: int
    number: int
    cells: range


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a stint.

    whole: whether all its takes are there; it is not if it was told to stop
    takes: made this time
    counts: of these
    """

    whole: bool
    takes: int
    counts: tuple[Count, ...]


def stints_of(plan: Plan, shard: int) -> list[Stint]:
    """The stints of a shard, in order."""
    return [Stint(shard, number, cells) for number, cells in enumerate(plan.stints_of(shard))]


def make_stint(plan: Plan, stint: Stint, site: Site, studio: Studio, *, stopping: Callable[[], bool] = lambda: False,
               told: Callable[[Row], None] = lambda row: None) -> Made:
    """Make the takes of a stint that are not in its journal yet.

    stopping: is asked before each take
    told: is given the row of each take that was made

    Raises:
        VoiceactError: if the journal cannot be written, or is held by another process
        MissingExtraError: if a part of the engine or the judge is not installed
    """
    rows: list[Row] = []
    with _opened(plan, stint, site) as journal:
        for spec in todo(plan, stint.cells, journal.done):
            if stopping():
                return Made(False, len(rows), count_rows(rows))
            entry = make_take(plan, spec, studio)
            journal.append(entry)
            # Of a long stint a row is too much to remember.
            rows.append({name: entry.row[name] for name in COUNTED})
            told(entry.row)
    return Made(True, len(rows), count_rows(rows))


def bury_next(plan: Plan, stint: Stint, site: Site) -> Row | None:
    """Enter the next take of a stint as failed: its process has died over it twice. None if there is none."""
    with _opened(plan, stint, site) as journal:
        spec = next(todo(plan, stint.cells, journal.done), None)
        if spec is None:
            return None
        entry = buried_take(plan, spec)
        journal.append(entry)
        return entry.row


COUNTED = ("language", "category", "intensity", "persona", "verdict", "included", "duration")
"""columns that `count_rows` reads"""


def todo(plan: Plan, cells: Sequence[int], done: Sequence[Done]) -> Iterator[TakeSpec]:
    """The takes of some cells that are still to be made; `done` is looked at again after each."""
    takes: dict[int, int] = {}
    included: dict[int, int] = {}
    for one in done:
        takes[one.cell] = takes.get(one.cell, 0) + 1
        included[one.cell] = included.get(one.cell, 0) + one.included
    for index in cells:
        cell, number, taken = plan.cell(index), takes.get(index, 0), included.get(index, 0)
        while not is_finished(plan.recipe, number, taken):
            number += 1
            yield plan.take(cell, number)
            taken += done[-1].included


def is_finished(recipe: Recipe, takes: int, included: int) -> bool:
    """The stop rule: whether a cell with so many takes, so many of them included, needs no more."""
    return takes >= recipe.most_takes or (recipe.stop is not None and included >= recipe.stop.included)


def title_of(plan: Plan, stint: Stint) -> Title:
    """What the journal of a stint is of."""
    return Title(plan.digest, stint.shard, stint.cells[0], stint.cells[-1])


class _opened:
    """The journal of a stint, held against every other process."""

    def __init__(self, plan: Plan, stint: Stint, site: Site):
        from filelock import FileLock

        path = site.journal(stint.shard, stint.number)
        self._journal = Journal(path, title_of(plan, stint))
        self._lock = FileLock(path.with_suffix(".lock"), timeout=LOCK_SECONDS)

    def __enter__(self) -> Journal:
        from filelock import Timeout

        from voiceact.store.filesystem import told

        path = self._journal.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise VoiceactError(f"{path}: is held by another process; end it, then run again") from None
        except OSError as error:
            raise told(path, error) from error
        try:
            return self._journal.__enter__()
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, *error: object) -> None:
        self._journal.__exit__(None, None, None)
        self._lock.release()
