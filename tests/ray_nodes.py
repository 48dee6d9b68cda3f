"""A Ray cluster of two nodes on this machine, for tests; one that hangs fails its test."""

import faulthandler
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LONGEST = 240.0
"""seconds that a test, or the start of the cluster, may last: twenty times what they do"""


@contextmanager
def no_longer(seconds: float = LONGEST) -> Iterator[None]:
    """A cluster that hangs fails its test; if not even a signal reaches it, it ends the process."""

    def late(number, frame):
        raise TimeoutError(f"Ray did not answer for {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(2 * seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def two_nodes(plugin: Path, *paths: Path, **environment: str) -> Iterator[Any]:
    """Start two nodes with a processor each, each with processes of its own, as on two machines with a shared folder.

    Args:
        plugin: folder of a package that registers plug-ins, importable here and there
        paths: further folders to import from there
        environment: variables of their processes
    """
    import ray
    from ray.cluster_utils import Cluster

    added = {
        "PYTHONPATH": os.pathsep.join(map(str, (plugin, *paths))),
        "RAY_USAGE_STATS_ENABLED": "0",
        **environment,
    }
    before = {name: os.environ.get(name) for name in added}
    os.environ |= added
    sys.path.insert(0, str(plugin))
    # Hardly anything passes through the object store: the least of memory that Ray takes will do.
    node = {"num_cpus": 1, "object_store_memory": 80_000_000}
    nodes = None
    try:
        with no_longer():
            nodes = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
            nodes.add_node(**node)
            ray.init(address=nodes.address, log_to_driver=False)
        yield nodes
    finally:
        with no_longer(60):
            ray.shutdown()
            if nodes is not None:
                nodes.shutdown()
        sys.path.remove(str(plugin))
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
