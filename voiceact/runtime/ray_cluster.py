"""A Ray cluster: connecting to one, or starting one here, and keeping it busy with jobs; one that kills its workers is told.

Ray is an extra (`pip install 'voiceact[ray]'`) and is imported here alone.
"""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.process_pool import Died
from voiceact.runtime.signals import Stop

RETRIES = 3
"""times that Ray begins a task again whose worker died"""
CONNECT_SECONDS = 5.0
WAIT_SECONDS = 0.5
"""between two looks of the driver"""
TASKS_PER_WORKER = 2
"""tasks under way for each worker: one at work and one waiting"""

Job = TypeVar("Job")


def run_tasks(
    ray: Any,
    start: Callable[[Job], Any],
    jobs: Iterator[Job],
    *,
    workers: int | None,
    stop: Stop,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Job, Any]]:
    """Keep a cluster busy and yield each job with its result, as they complete; `Died` where its workers died every time.

    Args:
        ray: its module, connected
        start: begins the task of a job and returns what Ray returns for it
        jobs: to be done; asked again after its end, for jobs that are to be repeated
        workers: tasks at work at most; None is one for each processor
        stop: once it is requested, tasks that have begun are finished and no other is started
        on_wait: called between two looks
    """
    cpus = int(ray.cluster_resources().get("CPU", 1))
    most = TASKS_PER_WORKER * min(workers or cpus, cpus)
    under_way: dict[Any, Job] = {}
    try:
        while True:
            while not stop.asked and len(under_way) < most:
                job = next(jobs, None)
                if job is None:
                    break
                under_way[start(job)] = job
            if not under_way:
                return
            done, _ = ray.wait(list(under_way), num_returns=1, timeout=WAIT_SECONDS)
            on_wait()
            for task in done:
                yield under_way.pop(task), _result_of(ray, task)
    finally:
        for task in under_way:
            ray.cancel(task, force=True)


def _result_of(ray: Any, task: Any) -> Any:
    errors = ray.exceptions
    try:
        return ray.get(task)
    except (errors.WorkerCrashedError, errors.OutOfMemoryError, errors.NodeDiedError) as error:
        return Died(first_line_of(error))


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
        f"--address {address}: no Ray cluster answers there ({first_line_of(error)}); start one with "
        "'ray start --head', or leave --address out"
    )


def first_line_of(error: BaseException) -> str:
    """Return the first line of an error's message, or its name if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
