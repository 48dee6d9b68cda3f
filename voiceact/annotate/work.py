"""The work of a run, a shard at a time: in this process, in a pool of processes, or on a Ray cluster."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

from voiceact.annotate.listening import NO_VOICES, Task
from voiceact.annotate.progress import AnnotateProgress
from voiceact.annotate.run_file import Totals
from voiceact.annotate.shard import begun_file, hear_shard, journaled_rows, mark_lost, write_shard
from voiceact.annotate.voices import judge_staged, stage_shard
from voiceact.errors import VoiceactError
from voiceact.runs.workspace import Workspace
from voiceact.runtime.process_pool import Died, WorkerError, run_jobs
from voiceact.runtime.signals import Stop

Pass = Literal["hear", "judge"]
POLL_SECONDS = 0.2
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
    """A pass over a shard, as it is sent to another process."""

    task: Task
    shard: int
    which: Pass
    workspace: Workspace
    stop_file: Path


@dataclass(frozen=True)
class _JobResult:
    """Outcome of a job: whether the pass is complete, and the counts of the clips heard in it."""

    complete: bool
    totals: Totals


class _Jobs:
    """The shards of a pass, one after another; one that has to be repeated comes first."""

    def __init__(self, jobs: Iterable[_Job]):
        self._jobs, self._again = iter(jobs), deque[_Job]()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Job:
        return self._again.popleft() if self._again else next(self._jobs)

    def repeat(self, job: _Job) -> None:
        """Hand a job out once more."""
        self._again.append(job)


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
    with TemporaryDirectory(prefix="voiceact-") as folder, _stop_file(stop, Path(folder, "stop")) as stop_file:
        jobs = _Jobs(_Job(task, shard, which, workspace, stop_file) for shard in shards)
        for job, result in run_jobs(_run_job, jobs, workers=max(2, workers), stop=stop):
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
                jobs.repeat(job)
                continue
            progress.add_clips(result.totals)
            if result.complete:
                progress.add_shard(job.shard)


def _run_job(job: _Job) -> _JobResult | WorkerError:
    result = _work_apart(job.task, job.shard, job.which, job.workspace, job.stop_file.exists)
    if isinstance(result, WorkerError):
        # The run ends: the others need not go on to the end of their shards.
        with suppress(OSError):
            job.stop_file.touch()
    return result


def _work_apart(
    task: Task, shard: int, which: Pass, workspace: Workspace, stopping: Callable[[], bool] = lambda: False
) -> _JobResult | WorkerError:
    """Make a pass over a shard in a process that is not the user's, whose errors are sent rather than raised."""
    totals = Totals()
    try:
        return _JobResult(work_on_shard(task, shard, which, workspace, stopping, totals.add), totals)
    except VoiceactError as error:
        return WorkerError(str(error), error.exit_status)
    except OSError as error:
        return WorkerError(f"a worker failed: {error}", 1)


@contextmanager
def _stop_file(stop: Stop, path: Path) -> Iterator[Path]:
    """Create a file once the run is asked to stop, for processes that cannot see `stop`."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(POLL_SECONDS):
            if stop.asked:
                path.touch()
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        over.set()
        thread.join()


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

    Raises:
        MissingExtraError: without Ray
        VoiceactError: that ends the run; what was heard stays in the journals
    """
    from voiceact.runs.ray_executor import RETRIES, TASKS_PER_WORKER, connect_cluster

    with connect_cluster(workers, address) as ray:
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(_work_apart)
        cpus = int(ray.cluster_resources().get("CPU", 1))
        most = TASKS_PER_WORKER * min(workers or cpus, cpus)
        left, under_way = iter(shards), dict[Any, int]()
        try:
            while True:
                while not stop.asked and len(under_way) < most and (shard := next(left, None)) is not None:
                    under_way[remote.remote(task, shard, which, workspace)] = shard
                if not under_way:
                    return
                # A shard that has begun is finished: it takes a minute or two.
                done, _ = ray.wait(list(under_way), num_returns=1, timeout=1.0)
                for one in done:
                    result = ray.get(one)
                    if isinstance(result, WorkerError):
                        raise result.to_exception()
                    progress.add_clips(result.totals)
                    progress.add_shard(under_way.pop(one))
        finally:
            for one in under_way:
                ray.cancel(one, force=True)
