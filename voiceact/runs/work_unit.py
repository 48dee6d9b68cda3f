"""A work unit: a few cells, made take after take by one worker, each take in the journal before the next is begun."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from voiceact.recipe.plan import Plan, TakeSpec
from voiceact.recipe.schema import Recipe
from voiceact.runs.take import Performer, lost_take, make_takes
from voiceact.runs.workspace import Workspace
from voiceact.store.append_file import hold_lock
from voiceact.store.columns import Row
from voiceact.store.index import Count, count_rows
from voiceact.store.journal import Journal, JournaledTake, JournalHeader

COUNTED_COLUMNS = ("language", "category", "intensity", "persona", "verdict", "included", "duration")
"""columns that `count_rows` reads"""


@dataclass(frozen=True, slots=True)
class WorkUnit:
    """Some consecutive cells of a shard.

    Attributes:
        shard: its number, from 0
        number: of the unit in its shard, from 0
        cells: numbers of the cells
    """

    shard: int
    number: int
    cells: range


@dataclass(frozen=True, slots=True)
class WorkUnitResult:
    """Outcome of one pass over a work unit.

    Attributes:
        complete: whether all its takes are in the journal; not if the pass was stopped
        takes: made in this pass
        counts: of these takes
    """

    complete: bool
    takes: int
    counts: tuple[Count, ...]


def list_work_units(plan: Plan, shard: int) -> list[WorkUnit]:
    """Return the work units of a shard, in order."""
    return [WorkUnit(shard, number, cells) for number, cells in enumerate(plan.work_units_of(shard))]


def make_work_unit(
    plan: Plan,
    unit: WorkUnit,
    workspace: Workspace,
    performer: Performer,
    *,
    stopping: Callable[[], bool] = lambda: False,
    on_take: Callable[[Row], None] = lambda row: None,
    batch_size: int | None = None,
) -> WorkUnitResult:
    """Make the takes of a work unit that are not in its journal yet.

    Args:
        plan: of the run
        unit: to be made
        workspace: of the run
        performer: makes and judges the takes
        stopping: called before each take, or batch of takes; True ends the pass
        on_take: called with the row of each take that was made
        batch_size: takes made at a time; None leaves it to the performer

    Raises:
        VoiceactError: if the journal cannot be written, or is held by another process
        MissingExtraError: if a part of the engine or the judge is not installed
    """
    rows: list[Row] = []
    most = batch_size or performer.batch_size
    with _locked_journal(plan, unit, workspace) as journal:
        while specs := next_takes(plan, unit.cells, journal.takes, most):
            if stopping():
                return WorkUnitResult(False, len(rows), count_rows(rows))
            for entry in make_takes(plan, specs, performer):
                journal.append(entry)
                # Whole rows of a long work unit would take too much memory.
                rows.append({name: entry.row[name] for name in COUNTED_COLUMNS})
                on_take(entry.row)
    return WorkUnitResult(True, len(rows), count_rows(rows))


def mark_next_lost(plan: Plan, unit: WorkUnit, workspace: Workspace) -> Row | None:
    """Enter the next missing take of a work unit as failed, because its process has died over it twice.

    Returns:
        the row of that take; None if no take is missing
    """
    with _locked_journal(plan, unit, workspace) as journal:
        specs = next_takes(plan, unit.cells, journal.takes, 1)
        if not specs:
            return None
        entry = lost_take(plan, specs[0])
        journal.append(entry)
        return entry.row


def next_takes(plan: Plan, cells: Sequence[int], journaled: Sequence[JournaledTake], most: int) -> list[TakeSpec]:
    """Return the next takes of some cells that are still to be made, by the stop rule.

    A cell that stops at a number of included takes gives one at a time, since the next depends on what becomes of it.

    Args:
        plan: of the run
        cells: numbers of the cells
        journaled: takes that are made
        most: takes to return at most
    """
    takes: dict[int, int] = {}
    included: dict[int, int] = {}
    for take in journaled:
        takes[take.cell] = takes.get(take.cell, 0) + 1
        included[take.cell] = included.get(take.cell, 0) + take.included
    specs: list[TakeSpec] = []
    for index in cells:
        number = takes.get(index, 0)
        while len(specs) < most and not is_finished(plan.recipe, number, included.get(index, 0)):
            number += 1
            specs.append(plan.take(plan.cell(index), number))
            if plan.recipe.stop is not None:
                break
        if len(specs) == most:
            break
    return specs


def is_finished(recipe: Recipe, takes: int, included: int) -> bool:
    """Apply the stop rule: whether a cell with so many takes, so many of them included, needs no more."""
    return takes >= recipe.most_takes or (recipe.stop is not None and included >= recipe.stop.included)


def journal_header_of(plan: Plan, unit: WorkUnit) -> JournalHeader:
    """Return the header of a work unit's journal."""
    return JournalHeader(plan.digest, unit.shard, unit.cells[0], unit.cells[-1])


@contextmanager
def _locked_journal(plan: Plan, unit: WorkUnit, workspace: Workspace) -> Iterator[Journal]:
    """Open the journal of a work unit, locked against every other process."""
    path = workspace.journal_path(unit.shard, unit.number)
    with hold_lock(path.with_suffix(".lock")), Journal(path, journal_header_of(plan, unit)) as journal:
        yield journal
