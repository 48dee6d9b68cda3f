"""The work of a run, a shard at a time: in this process, in a pool of processes, or on a Ray cluster."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from voiceact.annotate.listening import NO_VOICES, Task
from voiceact.annotate.progress import AnnotateProgress
from voiceact.annotate.run_file import Totals
from voiceact.annotate.shard import begun_file, hear_shard, journaled_rows, mark_lost, write_shard
from voiceact.annotate.voices import judge_staged, stage_shard
from voiceact.errors import UsageError, VoiceactError
from voiceact.runs.workspace import Workspace
from voiceact.runtime.process_pool import Died, JobQueue, WorkerError, catch_errors, run_jobs, stop_file
from voiceact.runtime.ray_cluster import RETRIES, connect_cluster, run_tasks
from voiceact.runtime.signals import Stop

Pass = Literal["hear", "judge"]
MOST_DEATHS = 20
"""clips of a shard over which processes may die, before it is taken for a fault of the machine"""


def work_on_shard(
    task: Task,
    shard: int,
    which: Pass,
    workspace: Workspace,
    stopping: Callable[[], bool] = lambda: False,
    on_clip: Callable[[Totals], None] = lambda totals: None,
) -> bool:
    """Make one pass over a shard.

    Args:
        task: what is asked
        shard: its number
        which: "hear" its clips, and write them where no voices are used; or "judge" them beside their voices
        workspace: of the run
        stopping: True ends the work before the next clips
        on_clip: called with the counts of each clip

    Returns:
        Whether the pass is complete.
    """
    if which == "judge":
        on_clip(judge_staged(task, shard, workspace).totals)
        return True
    if not hear_shard(task, shard, workspace, stopping=stopping, on_clip=on_clip):
        return False
    rows, heard = journaled_rows(shard, workspace)
    if task.voices == NO_VOICES:
        write_shard(task, shard, workspace, rows)
    else:
        stage_shard(shard, workspace, rows, heard)
    return True


def work_here(
    task: Task, shards: Iterable[int], which: Pass, workspace: Workspace, progress: AnnotateProgress, stop: Stop
) -> None:
    """Make a pass over shards in this process, one after another.

    Raises:
        VoiceactError: that ends the run; what was heard stays in the journals
    """
    for shard in shards:
        if stop.asked or not work_on_shard(task, shard, which, workspace, lambda: stop.asked, progress.add_clips):
            return
        progress.add_shard(shard)


# --- A pool of processes


@dataclass(frozen=True)
class _Job:
    """A pass over a shard, as it is sent to another process.

    Attributes:
        task: what is asked
        shard: its number
        which: "hear" or "judge"
        workspace: of the run
        stop_file: a file that appears when no further clip is to be heard; None where nothing says so
        isolated: whether the clips are heard in processes of their own, because one of them kills its process
    """

    task: Task
    shard: int
    which: Pass
    workspace: Workspace
    stop_file: Path | None = None
    isolated: bool = False


@dataclass(frozen=True)
class _JobResult:
    """Outcome of a job: whether the pass is complete, and the counts of the clips heard in it."""

    complete: bool
    totals: Totals


def work_in_pool(
    task: Task,
    shards: Iterable[int],
    which: Pass,
    workspace: Workspace,
    progress: AnnotateProgress,
    stop: Stop,
    *,
    workers: int,
) -> None:
    """Make a pass over shards with several processes; one that dies takes nothing with it.

    Raises:
        VoiceactError: that ends the run; what was heard stays in the journals
    """
    deaths: dict[int, int] = {}
    with stop_file(stop) as stopped:
        queue = JobQueue(_Job(task, shard, which, workspace, stopped) for shard in shards)
        for job, result in run_jobs(_run_job, queue, workers=max(2, workers), stop=stop):
            if isinstance(result, WorkerError):
                raise result.to_exception()
            if isinstance(result, Died):
                # Once again, one clip at a time; the clip that a process dies of then is entered as failed.
                deaths[job.shard] = deaths.get(job.shard, 0) + 1
                if which == "judge" or not begun_file(workspace, job.shard).exists() or deaths[job.shard] > MOST_DEATHS:
                    raise VoiceactError(
                        "the worker processes die; a script that calls annotate with workers must do so below "
                        "`if __name__ == '__main__':`; else there is too little memory, or an estimator cannot be loaded"
                    )
                lost = mark_lost(task, job.shard, workspace)
                if lost is not None:
                    progress.add_clips(lost)
                queue.repeat(job)
                continue
            progress.add_clips(result.totals)
            if result.complete:
                progress.add_shard(job.shard)


def _run_job(job: _Job) -> _JobResult | WorkerError:
    """Make a pass over a shard in a process that is not the user's."""
    totals, stop = Totals(), job.stop_file

    def work() -> _JobResult:
        if not job.isolated:
            stopping = stop.exists if stop is not None else lambda: False
            return _JobResult(work_on_shard(job.task, job.shard, job.which, job.workspace, stopping, totals.add), totals)
        counting = _Counts(totals)
        work_in_pool(job.task, [job.shard], job.which, job.workspace, counting, Stop(), workers=2)
        return _JobResult(counting.complete, totals)

    result = catch_errors(work)
    if isinstance(result, WorkerError) and stop is not None:
        # The run ends: the others need not go on to the end of their shards.
        with suppress(OSError):
            stop.touch()
    return result


class _Counts(AnnotateProgress):
    """Adds up the clips that were heard, and notes that the shard is complete."""

    def __init__(self, totals: Totals):
        self._totals, self.complete = totals, False

    def add_clips(self, totals: Totals) -> None:
        self._totals.add(totals)

    def add_shard(self, shard: int) -> None:
        self.complete = True


# --- Ray


def work_with_ray(
    task: Task,
    shards: Iterable[int],
    which: Pass,
    workspace: Workspace,
    progress: AnnotateProgress,
    stop: Stop,
    *,
    workers: int | None,
    address: str | None,
) -> None:
    """Make a pass over shards on a Ray cluster, whose machines must all see source and run folder.

    A clip that kills its worker is entered as failed, as with processes here. When the run is asked to stop, shards that have
    begun are finished: that takes a minute or two.

    Raises:
        MissingExtraError: without Ray
        UsageError: if the store is one that other processes cannot see, or there is no such cluster
        VoiceactError: that ends the run; what was heard stays in the journals
    """
    if workspace.url.startswith("memory:"):
        raise UsageError(
            f"{workspace.url}: only this process can see that store; --executor ray needs a shared folder or an "
            "object store such as s3://"
        )
    with connect_cluster(workers, address) as ray:
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(_run_job)
        queue = JobQueue(_Job(task, shard, which, workspace) for shard in shards)
        for job, result in run_tasks(ray, remote.remote, queue, workers=workers, stop=stop):
            if isinstance(result, WorkerError):
                raise result.to_exception()
            if isinstance(result, Died):
                if job.isolated:
                    raise VoiceactError(f"shard {job.shard}: its worker died again and again ({result.reason})")
                queue.repeat(replace(job, isolated=True))
                continue
            progress.add_clips(result.totals)
            if result.complete:
                progress.add_shard(job.shard)
