"""Keeping a cluster busy: results as they come, a job whose workers died told, a repeated one begun before the rest, a stop."""

import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from voiceact.runtime.process_pool import Died, JobQueue, WorkerError, catch_errors, stop_file
from voiceact.runtime.ray_cluster import run_tasks
from voiceact.runtime.signals import Stop


class CrashedError(Exception):
    pass


class Cluster:
    """As much of Ray as `run_tasks` asks for: a task is a function, called when its result is asked for."""

    exceptions = SimpleNamespace(WorkerCrashedError=CrashedError, OutOfMemoryError=MemoryError, NodeDiedError=CrashedError)

    def __init__(self, cpus: float):
        self._cpus = cpus
        self.most = 0
        self.cancelled: list[Any] = []

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": self._cpus}

    def wait(self, under_way: list[Any], *, num_returns: int, timeout: float) -> tuple[list[Any], list[Any]]:
        self.most = max(self.most, len(under_way))
        return under_way[:num_returns], under_way[num_returns:]

    def get(self, task: Callable[[], Any]) -> Any:
        return task()

    def cancel(self, task: Any, *, force: bool) -> None:
        self.cancelled.append(task)


def test_every_job_has_its_result_and_two_are_under_way_for_each_worker() -> None:
    cluster = Cluster(4)
    found = dict(run_tasks(cluster, lambda job: lambda: 10 * job, iter(range(9)), workers=2, stop=Stop()))
    assert found == {job: 10 * job for job in range(9)} and cluster.most == 4
    assert dict(run_tasks(cluster, lambda job: lambda: job, iter(range(20)), workers=None, stop=Stop())) and cluster.most == 8


def test_a_job_whose_workers_died_is_told_and_repeated_before_the_others_even_if_it_was_the_last() -> None:
    begun: list[str] = []

    def start(job: str) -> Callable[[], str]:
        begun.append(job)

        def task() -> str:
            if job == "bad":
                raise CrashedError("the worker died\nand more")
            return job

        return task

    queue = JobQueue(["bad", "a", "b"])
    told = []
    for job, result in run_tasks(Cluster(1), start, queue, workers=1, stop=Stop()):
        if isinstance(result, Died):
            told.append((job, result.reason))
            queue.repeat("apart")
    assert told == [("bad", "the worker died")] and begun == ["bad", "a", "apart", "b"]
    queue = JobQueue(["bad"])
    seen = []
    for job, result in run_tasks(Cluster(1), start, queue, workers=1, stop=Stop()):
        seen.append(job)
        if isinstance(result, Died):
            queue.repeat("apart")
    assert seen == ["bad", "apart"]


def test_a_stop_lets_what_has_begun_end_and_an_error_ends_the_rest() -> None:
    stop, cluster = Stop(), Cluster(1)
    found = []
    for job, _ in run_tasks(cluster, lambda job: lambda: job, iter(range(9)), workers=1, stop=stop):
        found.append(job)
        stop.asked = True
    assert found == [0, 1] and not cluster.cancelled

    def fail() -> None:
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="a fault of ours"):
        list(run_tasks(cluster, lambda job: partial(fail), iter(range(9)), workers=1, stop=Stop()))
    assert len(cluster.cancelled) == 1, "the other that was under way"


def test_errors_of_a_worker_are_sent_as_sentences() -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    assert catch_errors(full) == WorkerError("a worker failed: [Errno 28] No space left on device", 1)
    assert catch_errors(lambda: 3) == 3


def test_the_stop_file_appears_when_the_run_is_to_stop_and_is_gone_afterwards() -> None:
    stop = Stop()
    with stop_file(stop) as path:
        assert not path.exists()
        stop.asked = True
        for _ in range(200):
            if path.exists():
                break
            time.sleep(0.05)
        assert path.exists()
    assert not path.parent.exists()
