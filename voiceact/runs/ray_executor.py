"""A plan on a Ray cluster: the same shards, made by as many machines as there are.

A task makes a whole shard, with its journals, and puts it into the store itself: no bytes of a clip pass through the
driver, which holds only the numbers of the shards under way. Journals lie in the run folder where that is a
folder that all machines share, so that any of them goes on from the last take of one that died; where the store is
elsewhere they lie on the machine's own disk, and a task that comes to another machine begins its shard anew.

Ray is an extra (`pip install 'voiceact[ray]'`) and is imported here alone.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from voiceact.errors import UsageError, VoiceactError
from voiceact.recipe.plan import Plan
from voiceact.runs.local import make_in_pool, make_shard
from voiceact.runs.progress import RunProgress
from voiceact.runs.take import Performer, load_performer
from voiceact.runs.workspace import Workspace
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.process_pool import WorkerError
from voiceact.runtime.signals import Stop
from voiceact.store.index import Count
from voiceact.store.run_file import read_run

RETRIES = 3
"""times that Ray begins a task again whose worker died"""
CONNECT_SECONDS = 5.0
REPORT_SECONDS = 0.5
"""between two reports of a task, and between two looks of the driver"""
TASKS_PER_WORKER = 2
"""tasks under way for each worker: one at work and one waiting"""


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
        _Driver(ray, plan, workspace, progress, stop, workers).make(shards)


class _Driver:
    """Keeps the cluster busy, and passes on what its tasks report."""

    def __init__(self, ray: Any, plan: Plan, workspace: Workspace, progress: RunProgress, stop: Stop, workers: int | None):
        self._ray, self._workspace, self._progress, self._stop = ray, workspace, progress, stop
        self._plan = ray.put(plan)
        self._board = ray.remote(num_cpus=0)(_Board).remote()
        self._task = ray.remote(num_cpus=1, max_retries=RETRIES)(_make)
        cpus = int(ray.cluster_resources().get("CPU", 1))
        self._most = TASKS_PER_WORKER * min(workers or cpus, cpus)
        self._under_way: dict[Any, tuple[int, bool]] = {}

    def make(self, shards: Sequence[int]) -> None:
        """Make these shards, or as many as are begun when the run is asked to stop."""
        left, board_stopped = iter(shards), False
        try:
            while self._start_tasks(left) or self._under_way:
                if self._stop.asked and not board_stopped:
                    board_stopped = self._ray.get(self._board.stop.remote())
                done, _ = self._ray.wait(list(self._under_way), num_returns=1, timeout=REPORT_SECONDS)
                self._pass_on_reports()
                for task in done:
                    self._finish(task, *self._under_way.pop(task))
            self._pass_on_reports()
        finally:
            for task in self._under_way:
                self._ray.cancel(task, force=True)

    def _start_tasks(self, left: Iterator[int]) -> bool:
        """Start as many tasks as the cluster has room for; return whether any was started."""
        if self._stop.asked:
            return False
        shards = list(islice(left, self._most - len(self._under_way)))
        for shard in shards:
            self._start(shard, isolated=False)
        return bool(shards)

    def _start(self, shard: int, *, isolated: bool) -> None:
        task = self._task.remote(self._plan, shard, self._workspace, self._board, isolated)
        self._under_way[task] = shard, isolated

    def _finish(self, task: Any, shard: int, isolated: bool) -> None:
        """Take the result of a task; start it anew in isolation if its worker died."""
        errors = self._ray.exceptions
        try:
            result = self._ray.get(task)
        except (errors.WorkerCrashedError, errors.OutOfMemoryError, errors.NodeDiedError) as error:
            if isolated:
                raise VoiceactError(f"shard {shard}: its worker died again and again ({_first_line(error)})") from None
            # One of its takes kills its worker: processes of their own find out which, and enter it as failed.
            self._start(shard, isolated=True)
            return
        if isinstance(result, WorkerError):
            raise result.to_exception()
        if result:
            self._progress.add_shard(shard)

    def _pass_on_reports(self) -> None:
        counts, cells = self._ray.get(self._board.collect.remote())
        self._progress.add_takes(counts)
        self._progress.add_cells(cells)


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
    try:
        _check_same_run(workspace)
        if isolated:
            stop = Stop()
            make_in_pool(plan, [shard], workspace, progress, stop, workers=2)
            return not stop.asked
        return make_shard(plan, shard, workspace, _load_performer(plan), progress, lambda: progress.stopped) is not None
    except VoiceactError as error:
        return WorkerError(str(error), error.exit_status)
    except OSError as error:
        return WorkerError(f"a worker failed: {error}", 1)


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


# --- The cluster


def check_address(address: str) -> None:
    """Check that a server listens at HOST:PORT, before anything is written: Ray itself tries for many minutes.

    Raises:
        UsageError: if none does
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return  # "auto", or a name that Ray knows
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from None


@contextmanager
def connect_cluster(workers: int | None, address: str | None) -> Iterator[Any]:
    """Connect to Ray and yield its module; a cluster that was started here is ended afterwards."""
    # Read when Ray is imported and when it starts its processes.
    for name, value in (("RAY_USAGE_STATS_ENABLED", "0"), ("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")):
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise MissingExtraError("the executor Ray", "ray") from None
    own = not ray.is_initialized()
    if own:
        _connect(ray, workers, address)
    try:
        yield ray
    finally:
        if own:
            ray.shutdown()


def _connect(ray: Any, workers: int | None, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    before = signal.getsignal(signal.SIGTERM)
    try:
        if address is None:
            ray.init(address="local", num_cpus=workers, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _no_cluster(address, error) from None
    if threading.current_thread() is threading.main_thread():
        # Ray installs a handler of SIGTERM, which would end the run in the middle of a take.
        signal.signal(signal.SIGTERM, before)


def _no_cluster(address: str | None, error: BaseException) -> UsageError:
    return UsageError(
        f"--address {address}: no Ray cluster answers there ({_first_line(error)}); start one with "
        "'ray start --head', or leave --address out"
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
