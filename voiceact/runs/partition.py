"""Partitions of a run (`--shard 2/8`) and the locks that keep two processes from making the same shards.

Partition i of n is every n-th shard from shard i - 1 on. Two partitions may be made at once if no shard is in both: the
locks belong to a process, and the operating system releases them when it is killed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Self

from voiceact.errors import UsageError
from voiceact.store.append_file import hold_lock

LOCKS = "locks"
STATE_LOCK = "door.lock"
"""held for a moment by each process that takes a partition's lock or writes run.json, so that of two at once one waits"""
STATE_LOCK_SECONDS = 60.0
PROBE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Partition:
    """Partition `number` (from 1) of `count`."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2/8`.

        Raises:
            UsageError: for any other form
        """
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text.strip())
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            raise UsageError(
                f"--shard {text!r}: expected the number of a share and how many there are, such as 2/8 (from 1/8 to 8/8)"
            )
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def shards(self, count: int) -> range:
        """Return the numbers of its shards, of `count` shards in all."""
        return range(self.number - 1, count, self.count)

    def overlaps(self, other: "Partition") -> bool:
        """Return whether some shard number is in both."""
        return (self.number - other.number) % gcd(self.count, other.count) == 0


@contextmanager
def lock_partition(work_folder: Path, partition: Partition, where: str) -> Iterator[None]:
    """Hold the lock of a partition.

    Args:
        work_folder: of the run's journals
        partition: to be made by this process
        where: the run folder, for messages

    Raises:
        UsageError: if another process makes a partition that overlaps it, or the folder cannot be written
    """
    from filelock import FileLock

    lock = FileLock(_lock_path(work_folder, partition))
    with state_lock(work_folder):
        busy = [other for other in list_held_partitions(work_folder, seconds=PROBE_SECONDS) if other.overlaps(partition)]
        if busy:
            what = "it" if busy[0] == Partition() else f"its share {busy[0]}"
            raise UsageError(
                f"{where}: another process is making {what}; wait for it, end it, or take another share with --shard"
            )
        lock.acquire()
    try:
        yield
    finally:
        # Unlinked while it is held: a process that waits for it notices, and begins anew.
        _lock_path(work_folder, partition).unlink(missing_ok=True)
        lock.release()


def list_held_partitions(work_folder: Path, *, seconds: float = 0.0) -> list[Partition]:
    """Return the partitions that a process is making now; empty also where the locks cannot be probed.

    Args:
        work_folder: of the run's journals
        seconds: to wait for each lock, since another process that probes holds it for a moment
    """
    from filelock import FileLock, Timeout

    held = []
    for path in sorted((work_folder / LOCKS).glob("share-*-of-*.lock")):
        partition = Partition(*map(int, path.stem.removeprefix("share-").split("-of-")))
        try:
            with FileLock(path, timeout=seconds):
                path.unlink(missing_ok=True)
        except Timeout:
            held.append(partition)
        except OSError:
            continue
    return held


@contextmanager
def state_lock(work_folder: Path) -> Iterator[None]:
    """Hold the lock that guards the partition locks and run.json.

    Raises:
        VoiceactError: if another process holds it for longer than `STATE_LOCK_SECONDS`, or the folder cannot be written
    """
    with hold_lock(work_folder / LOCKS / STATE_LOCK, seconds=STATE_LOCK_SECONDS, advice="try again"):
        yield


def _lock_path(work_folder: Path, partition: Partition) -> Path:
    return work_folder / LOCKS / f"share-{partition.number}-of-{partition.count}.lock"
