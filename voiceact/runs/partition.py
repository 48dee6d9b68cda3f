"""Shares of a run (`--shard 2/8`) and the locks that keep two processes from making the same shards.

Share i of n is every n-th shard from shard i - 1 on. Two shares may be made at once if no shard is in both: the locks
belong to a process, and the operating system takes them back when it is killed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Self

from voiceact.errors import UsageError, VoiceactError
from voiceact.store.filesystem import told

LOCKS = "locks"
DOOR = "door.lock"
"""held for a moment by whoever takes a share's lock, so that of two that come at once one gets it"""
DOOR_SECONDS, LOOK_SECONDS = 60.0, 0.5


@dataclass(frozen=True, slots=True)
class Share:
    """Share `number` (from 1) of `count`."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """`2/8`; UsageError if it is no such thing."""
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text.strip())
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"--shard {text!r}: expected the number of a share and how many there are, such as 2/8 "
                             "(from 1/8 to 8/8)")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def shards(self, count: int) -> range:
        """Its shards, of so many."""
        return range(self.number - 1, count, self.count)

    def meets(self, other: "Share") -> bool:
        """Whether some shard number is in both."""
        return (self.number - other.number) % gcd(self.count, other.count) == 0


@contextmanager
def locked(work: Path, share: Share, where: str) -> Iterator[None]:
    """Hold a share of the run whose journals lie in `work`.

    where: the run folder, for messages
    Raises:
        UsageError: if another process makes a share that meets it, or the folder cannot be written
    """
    from filelock import FileLock

    lock = FileLock(_path(work, share))
    with door(work):
        busy = [other for other in held(work, seconds=LOOK_SECONDS) if other.meets(share)]
        if busy:
            what = "it" if busy[0] == Share() else f"its share {busy[0]}"
            raise UsageError(f"{where}: another process is making {what}; wait for it, end it, or take another share "
                             "with --shard")
        lock.acquire()
    try:
        yield
    finally:
        # Unlinked while it is held: whoever waits for it finds out, and begins anew.
        _path(work, share).unlink(missing_ok=True)
        lock.release()


def held(work: Path, *, seconds: float = 0.0) -> list[Share]:
    """Shares that a process is making just now; empty too where locks may not be looked at.

    seconds: how long to look, since another one who looks holds a lock for a moment
    """
    from filelock import FileLock, Timeout

    found = []
    for path in sorted((work / LOCKS).glob("share-*-of-*.lock")):
        share = Share(*map(int, path.stem.removeprefix("share-").split("-of-")))
        try:
            with FileLock(path, timeout=seconds):
                path.unlink(missing_ok=True)
        except Timeout:
            found.append(share)
        except OSError:
            continue
    return found


@contextmanager
def door(work: Path) -> Iterator[None]:
    """Be alone with the locks, and with run.json, for a moment."""
    from filelock import FileLock, Timeout

    lock = FileLock(work / LOCKS / DOOR, timeout=DOOR_SECONDS)
    try:
        (work / LOCKS).mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise VoiceactError(f"{work / LOCKS / DOOR}: is held by another process; try again") from None
    except OSError as error:
        raise told(work / LOCKS, error) from error
    try:
        yield
    finally:
        lock.release()


def _path(work: Path, share: Share) -> Path:
    return work / LOCKS / f"share-{share.number}-of-{share.count}.lock"
