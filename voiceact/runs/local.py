"""Making the shards of a plan on this machine, in this process or in a pool of processes. The bytes are the same.

The unit of a pool is the work unit, so that two processes share even a single shard; a work unit lives in its journal, and
the parent puts a shard together when its work units are complete. A process that dies takes nothing with it: its work unit
goes on from the journal, and a take that kills its process twice is entered as failed.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from voiceact.errors import VoiceactError
from voiceact.recipe.plan import Plan
from voiceact.runs.assemble import assemble
from voiceact.runs.progress import RunProgress
from voiceact.runs.take import Performer, load_performer
from voiceact.runs.work_unit import WorkUnit, WorkUnitResult, list_work_units, make_work_unit, mark_next_lost
from voiceact.runs.workspace import Workspace
from voiceact.runtime.process_pool import Died, JobQueue, WorkerError, catch_errors, run_jobs, stop_file
from voiceact.runtime.signals import Stop
from voiceact.store.index import Footer, count_rows


def make_in_process(plan: Plan, shards: Iterable[int], workspace: Workspace, progress: RunProgress, stop: Stop) -> None:
    """Make shards in this process, one after another.

    Raises:
        VoiceactError: that ends the run; all takes that were made stay in their journals
    """
    performer = load_performer(plan)
    for shard in shards:
        if make_shard(plan, shard, workspace, performer, progress, lambda: stop.asked) is None:
            return


def make_shard(
    plan: Plan,
    shard: int,
    workspace: Workspace,
    performer: Performer,
    progress: RunProgress,
    stopping: Callable[[], bool],
) -> Footer | None:
    """Make the missing takes of a shard and put it together.

    Args:
        plan: of the run
        shard: its number
        workspace: of the run
        performer: makes and judges the takes
        progress: receives takes, cells and the shard
        stopping: called before each take, or batch of takes; True ends the work

    Returns:
        the shard's summary; None if the work was stopped before the shard was complete

    Raises:
        VoiceactError: that ends the run
    """
    for unit in list_work_units(plan, shard):
        result = make_work_unit(
            plan, unit, workspace, performer, stopping=stopping, on_take=lambda row: progress.add_takes(count_rows([row]))
        )
        if not result.complete:
            return None
        progress.add_cells(len(unit.cells))
    footer = assemble(plan, shard, workspace)
    progress.add_shard(shard)
    return footer


# --- A pool


@dataclass(frozen=True)
class _Job:
    """A work unit as it is sent to another process.

    Attributes:
        plan: pickled once for all jobs
        unit: to be made
        workspace: of the run
        stop_file: a file that appears when no further take is to be begun
    """

    plan: bytes
    unit: WorkUnit
    workspace: Workspace
    stop_file: Path

    @property
    def started_file(self) -> Path:
        """A file that says that a process has reached this work unit's takes."""
        return self.stop_file.with_name(f"begun-{self.unit.shard}-{self.unit.number}")


def make_in_pool(
    plan: Plan, shards: Iterable[int], workspace: Workspace, progress: RunProgress, stop: Stop, *, workers: int
) -> None:
    """Make shards with several processes, at least two.

    Raises:
        VoiceactError: that ends the run; all takes that were made stay in their journals
    """
    pickled, units_left = pickle.dumps(plan), dict[int, int]()

    def jobs() -> Iterator[_Job]:
        for shard in shards:
            units = list_work_units(plan, shard)
            units_left[shard] = len(units)
            yield from (_Job(pickled, unit, workspace, stopped) for unit in units)

    with stop_file(stop) as stopped:
        queue = JobQueue(jobs())
        for job, result in run_jobs(_run_job, queue, workers=max(2, workers), stop=stop):
            if isinstance(result, WorkerError):
                raise result.to_exception()
            if isinstance(result, Died):
                # The process has died twice over one take: enter it as failed and go on behind it.
                if not job.started_file.exists():
                    raise VoiceactError(
                        "the worker processes die before their first take; a script that calls run_recipe with workers "
                        "must do so below `if __name__ == '__main__':`, else the engine or the judge cannot be loaded"
                    )
                job.started_file.unlink()
                row = mark_next_lost(plan, job.unit, workspace)
                progress.add_takes(count_rows([row] if row else []))
                queue.repeat(job)
                continue
            progress.add_takes(result.counts)
            if result.complete:
                progress.add_cells(len(job.unit.cells))
                units_left[job.unit.shard] -= 1
                if not units_left[job.unit.shard]:
                    del units_left[job.unit.shard]
                    assemble(plan, job.unit.shard, workspace)
                    progress.add_shard(job.unit.shard)


def _run_job(job: _Job) -> WorkUnitResult | WorkerError:
    """Make a work unit in a process of the pool."""

    def work() -> WorkUnitResult:
        plan, performer = _load_plan(job.plan)
        # Where a process has died over a batch, one take at a time tells which take it died of.
        batch_size = 1 if job.started_file.exists() else None
        job.started_file.touch()
        return make_work_unit(plan, job.unit, job.workspace, performer, stopping=job.stop_file.exists, batch_size=batch_size)

    result = catch_errors(work)
    if isinstance(result, WorkerError):
        # The run ends: the others need not go on to the end of their work units.
        with suppress(OSError):
            job.stop_file.touch()
    return result


@lru_cache(maxsize=1)
def _load_plan(pickled: bytes) -> tuple[Plan, Performer]:
    """Return a plan with its performer, loaded once a process."""
    plan: Plan = pickle.loads(pickled)
    return plan, load_performer(plan)
