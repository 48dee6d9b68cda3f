"""A plan on a Ray cluster: the same shards, made by as many machines as there are.

A task makes a whole shard, with its journals, and puts it into the store itself: no bytes of a clip pass through the
driver, which holds nothing but the numbers of the shards under way. Journals lie in the run folder where that is a
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

from voiceact.errors import MissingExtraError, UsageError, VoiceactError
from voiceact.recipe.plan import Plan
from voiceact.runs.local import Trouble, make_pooled, make_shard
from voiceact.runs.progress import Watch
from voiceact.runs.take import open_studio
from voiceact.runs.workspace import Site
from voiceact.runtime.signals import Stop
from voiceact.store.index import Count
from voiceact.store.run_file import read_run

RETRIES = 3
"""times that Ray begins a task again whose worker died"""
KNOCK_SECONDS = 5.0
LOOK_SECONDS = 0.5
AHEAD = 2
"""tasks under way for each worker: one at work and one waiting"""


def make_with_ray(plan: Plan, shards: Sequence[int], site: Site, watch: Watch, stop: Stop, *, workers: int | None = None,
                  address: str | None = None) -> None:
    """Make shards with Ray.

    workers: processes on this machine, where no cluster is named; on a cluster, tasks under way at most (None: no limit)
    address: of a cluster ("auto", "host:6379"); None takes the one this process is connected to, else starts one here

    Raises:
        MissingExtraError: without Ray
        UsageError: if the store is one that other processes cannot see, or there is no such cluster
        VoiceactError: what ends the run; all takes that were made stay in their journals
    """
    if site.url.startswith("memory:"):
        raise UsageError(f"{site.url}: only this process can see that store; --executor ray needs a shared folder or an "
                         "object store such as s3://")
    with _cluster(workers, address) as ray:
        _Driver(ray, plan, site, watch, stop, workers).make(shards)


class _Driver:
    """Keeps the cluster busy, and passes on what it tells."""

    def __init__(self, ray: Any, plan: Plan, site: Site, watch: Watch, stop: Stop, workers: int | None):
        self._ray, self._site, self._watch, self._stop, self._plan = ray, site, watch, stop, plan
        self._sent = ray.put(plan)
        self._board = ray.remote(num_cpus=0)(_Board).remote()
        self._task = ray.remote(num_cpus=1, max_retries=RETRIES)(_make)
        cpus = int(ray.cluster_resources().get("CPU", 1))
        self._most = AHEAD * min(workers or cpus, cpus)
        self._under_way: dict[Any, tuple[int, bool]] = {}

    def make(self, shards: Sequence[int]) -> None:
        """Make these shards, or as many as are begun when it is asked to stop."""
        left, told = iter(shards), False
        try:
            while self._fill(left) or self._under_way:
                if self._stop.asked and not told:
                    told = self._ray.get(self._board.stop.remote())
                done, _ = self._ray.wait(list(self._under_way), num_returns=1, timeout=LOOK_SECONDS)
                self._pass_on()
                for task in done:
                    self._finish(task, *self._under_way.pop(task))
            self._pass_on()
        finally:
            for task in self._under_way:
                self._ray.cancel(task, force=True)

    def _fill(self, left: Iterator[int]) -> bool:
        if self._stop.asked:
            return False
        new = list(islice(left, self._most - len(self._under_way)))
        for shard in new:
            self._begin(shard, wary=False)
        return bool(new)

    def _begin(self, shard: int, *, wary: bool) -> None:
        task = self._task.remote(self._sent, shard, self._site, self._board, wary)
        self._under_way[task] = shard, wary

    def _finish(self, task: Any, shard: int, wary: bool) -> None:
        errors = self._ray.exceptions
        try:
            found = self._ray.get(task)
        except (errors.WorkerCrashedError, errors.OutOfMemoryError, errors.NodeDiedError) as error:
            if wary:
                raise VoiceactError(f"shard {shard}: its worker died again and again ({_first_line(error)})") from None
            # One of its takes kills its worker: in processes of their own it is found, and entered as failed.
            self._begin(shard, wary=True)
            return
        if isinstance(found, Trouble):
            raise found.raised()
        if found:
            self._watch.shard(shard)

    def _pass_on(self) -> None:
        counts, cells = self._ray.get(self._board.news.remote())
        self._watch.made(counts)
        self._watch.cells(cells)


class _Board:
    """An actor to which tasks report, and from which they hear that the run is to stop."""

    def __init__(self) -> None:
        self._counts: list[Count] = []
        self._cells, self._stopping = 0, False

    def report(self, counts: tuple[Count, ...], cells: int) -> bool:
        """Takes and cells that were made; whether to stop."""
        self._counts += counts
        self._cells += cells
        return self._stopping

    def news(self) -> tuple[list[Count], int]:
        """What was reported since this was last asked."""
        found, self._counts, cells, self._cells = self._counts, [], self._cells, 0
        return found, cells

    def stop(self) -> bool:
        """No further take is to be begun."""
        self._stopping = True
        return True


# --- On the cluster


class _Reporting(Watch):
    """Tells the board, a few times a minute: once a stint, and on the way while one lasts."""

    def __init__(self, board: Any):
        self._board, self._waiting, self._last = board, list[Count](), time.monotonic()
        self.stopped = False

    def made(self, counts: Sequence[Count]) -> None:
        self._waiting += counts
        if time.monotonic() - self._last > LOOK_SECONDS:
            self._tell(0)

    def cells(self, count: int) -> None:
        self._tell(count)

    def _tell(self, cells: int) -> None:
        import ray

        waiting, self._waiting, self._last = tuple(self._waiting), [], time.monotonic()
        try:
            self.stopped = ray.get(self._board.report.remote(waiting, cells)) or self.stopped
        except ray.exceptions.RayActorError:
            # The board is gone with its machine; the clips do not depend on it.
            return


def _make(plan: Plan, shard: int, site: Site, board: Any, wary: bool) -> bool | Trouble:
    """Make a shard in a worker of the cluster; whether it is whole."""
    watch = _Reporting(board)
    try:
        _check_seen(site)
        if wary:
            stop = Stop()
            make_pooled(plan, [shard], site, watch, stop, workers=2)
            return not stop.asked
        return make_shard(plan, shard, site, _studio(plan), watch, lambda: watch.stopped) is not None
    except VoiceactError as error:
        return Trouble(str(error), error.exit_status)
    except OSError as error:
        return Trouble(f"a worker failed: {error}", 1)


_studios: dict[str, Any] = {}


def _studio(plan: Plan) -> Any:
    """Engine and judge, loaded once a worker."""
    if plan.digest not in _studios:
        _studios.clear()
        _studios[plan.digest] = open_studio(plan)
    return _studios[plan.digest]


def _check_seen(site: Site) -> None:
    """Whether this machine sees the store that the driver writes to."""
    known = read_run(site.store)
    if known is None or known.plan != site.plan:
        raise UsageError(f"{site.url}: machine {socket.gethostname()} of the cluster does not see this run; --out must be a "
                         "folder that all machines share, or an object store such as s3://")


# --- The cluster


def check_address(address: str) -> None:
    """Whether anybody listens at HOST:PORT, before anything is written: Ray itself asks for many minutes.

    Raises:
        UsageError: if nobody does
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return  # "auto", or a name that Ray knows
    try:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from None


@contextmanager
def _cluster(workers: int | None, address: str | None) -> Iterator[Any]:
    """Ray, connected; a cluster that was started here is ended afterwards."""
    # Read when Ray is imported and when it starts its processes.
    for name, value in (("RAY_USAGE_STATS_ENABLED", "0"), ("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")):
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise MissingExtraError("the executor Ray", "ray") from None
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, workers, address)
    try:
        yield ray
    finally:
        if ours:
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
        signal.signal(signal.SIGTERM, before)  # Ray takes SIGTERM to itself, and would end the run in the middle of it


def _no_cluster(address: str | None, error: BaseException) -> UsageError:
    return UsageError(f"--address {address}: no Ray cluster answers there ({_first_line(error)}); start one with "
                      "'ray start --head', or leave --address out")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
