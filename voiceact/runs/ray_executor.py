"""A plan on a Ray cluster: the same shards, made by as many machines as there are.

A task makes a whole shard, with its journals, and puts it into the store itself: no bytes of a clip pass through the
driver, which holds only the numbers of the shards under way. Journals lie in the run folder where that is a
folder that all machines share, so that any of them goes on from the last take of one that died; where the store is
elsewhere they lie on the machine's own disk, and a task that comes to another machine begins its shard anew.
"""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from voiceact.errors import UsageError, VoiceactError
from voiceact.recipe.plan import Plan
from voiceact.runs.local import make_in_pool, make_shard
from voiceact.runs.progress import RunProgress
from voiceact.runs.take import Performer, load_performer
from voiceact.runs.workspace import Workspace
from voiceact.runtime.process_pool import Died, JobQueue, WorkerError, catch_errors
from voiceact.runtime.ray_cluster import RETRIES, connect_cluster, run_tasks
from voiceact.runtime.signals import Stop
from voiceact.store.index import Count
from voiceact.store.run_file import read_run

REPORT_SECONDS = 0.5
"""between two reports of a task"""


def make_with_ray(
    plan: Plan,
    shards: Sequence[int],
    workspace: Workspace,
    progress: RunProgress,
    stop: Stop,
    *,
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """Make shards with Ray.

    Args:
        plan: of the run
        shards: to be made
        workspace: of the run
        progress: receives takes, cells and shards
        stop: says when to stop
        workers: processes on this machine, where no cluster is named; on a cluster, most tasks under way (None: no limit)
        address: of a cluster ("auto", "host:6379"); None takes the one this process is connected to, else starts one here

    Raises:
        MissingExtraError: without Ray
        UsageError: if the store is one that other processes cannot see, or there is no such cluster
        VoiceactError: that ends the run; all takes that were made stay in their journals
    """
    if workspace.url.startswith("memory:"):
        raise UsageError(
            f"{workspace.url}: only this process can see that store; --executor ray needs a shared folder or an "
            "object store such as s3://"
        )
    with connect_cluster(workers, address) as ray:
        sent, board = ray.put(plan), ray.remote(num_cpus=0)(_Board).remote()
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(_make)
        told_to_stop = False

        def start(job: _Job) -> Any:
            return remote.remote(sent, job.shard, workspace, board, job.isolated)

        def pass_on_reports() -> None:
            nonlocal told_to_stop
            if stop.asked and not told_to_stop:
                told_to_stop = ray.get(board.stop.remote())
            counts, cells = ray.get(board.collect.remote())
            progress.add_takes(counts)
            progress.add_cells(cells)

        queue = JobQueue(_Job(shard) for shard in shards)
        for job, result in run_tasks(ray, start, queue, workers=workers, stop=stop, on_wait=pass_on_reports):
            if isinstance(result, WorkerError):
                raise result.to_exception()
            if isinstance(result, Died):
                if job.isolated:
                    raise VoiceactError(f"shard {job.shard}: its worker died again and again ({result.reason})")
                # One of its takes kills its worker: processes of their own find out which, and enter it as failed.
                queue.repeat(_Job(job.shard, isolated=True))
            elif result:
                progress.add_shard(job.shard)
        pass_on_reports()


@dataclass(frozen=True)
class _Job:
    """A shard to be made; isolated, where one of its takes kills its process."""

    shard: int
    isolated: bool = False


class _Board:
    """An actor to which tasks report, and from which they learn that the run is to stop."""

    def __init__(self) -> None:
        self._counts: list[Count] = []
        self._cells, self._stopping = 0, False

    def report(self, counts: tuple[Count, ...], cells: int) -> bool:
        """Add takes and cells that were made; return whether to stop."""
        self._counts += counts
        self._cells += cells
        return self._stopping

    def collect(self) -> tuple[list[Count], int]:
        """Return what was reported since the last call."""
        counts, self._counts, cells, self._cells = self._counts, [], self._cells, 0
        return counts, cells

    def stop(self) -> bool:
        """Have all tasks begin no further take."""
        self._stopping = True
        return True


# --- On the cluster


class _BoardProgress(RunProgress):
    """Reports to the board: after each work unit, and every `REPORT_SECONDS` while one lasts."""

    def __init__(self, board: Any):
        self._board, self._waiting, self._last = board, list[Count](), time.monotonic()
        self.stopped = False

    def add_takes(self, counts: Sequence[Count]) -> None:
        self._waiting += counts
        if time.monotonic() - self._last > REPORT_SECONDS:
            self.add_cells(0)

    def add_cells(self, count: int) -> None:
        import ray

        waiting, self._waiting, self._last = tuple(self._waiting), [], time.monotonic()
        try:
            self.stopped = ray.get(self._board.report.remote(waiting, count)) or self.stopped
        except ray.exceptions.RayActorError:
            # The board is gone with its machine; the clips do not depend on it.
            return


def _make(plan: Plan, shard: int, workspace: Workspace, board: Any, isolated: bool) -> bool | WorkerError:
    """Make a shard in a worker of the cluster; return whether it is complete.

    Args:
        plan: of the run
        shard: its number
        workspace: of the run
        board: to report to
        isolated: make the takes in processes of their own, because one of them kills its process
    """
    progress = _BoardProgress(board)

    def work() -> bool:
        _check_same_run(workspace)
        if isolated:
            stop = Stop()
            make_in_pool(plan, [shard], workspace, progress, stop, workers=2)
            return not stop.asked
        return make_shard(plan, shard, workspace, _load_performer(plan), progress, lambda: progress.stopped) is not None

    return catch_errors(work)


_performers: dict[str, Performer] = {}


def _load_performer(plan: Plan) -> Performer:
    """Return the performer of a plan, loaded once a worker."""
    if plan.digest not in _performers:
        _performers.clear()
        _performers[plan.digest] = load_performer(plan)
    return _performers[plan.digest]


def _check_same_run(workspace: Workspace) -> None:
    """Raise UsageError unless this machine sees the store that the driver writes to."""
    run = read_run(workspace.store)
    if run is None or run.plan != workspace.plan:
        raise UsageError(
            f"{workspace.url}: machine {socket.gethostname()} of the cluster does not see this run; --out must be a "
            "folder that all machines share, or an object store such as s3://"
        )
