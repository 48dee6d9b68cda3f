"""Tars that no index has named yet: a byte for each shard and level, and the names of those that are called otherwise."""

from collections.abc import Iterable, Iterator

from voiceact.store.index import is_tar_name, shard_number, tar_name
from voiceact.verify.base import LEVELS


class Strays:
    """A set of names of tars that takes a byte for each that a run can have."""

    def __init__(self, names: Iterable[str], shards: int):
        self._marks: dict[str, bytearray] = {level: bytearray(shards) for level in LEVELS}
        self._others: set[str] = set()
        for name in names:
            if not self._mark(name, 1):
                self._others.add(name)

    def discard(self, name: str) -> None:
        """It is none, if it was one."""
        if not self._mark(name, 0):
            self._others.discard(name)

    def __iter__(self) -> Iterator[str]:
        """Those that are left, sorted."""
        marked = (tar_name(level, shard) for level, marks in self._marks.items() for shard, mark in enumerate(marks) if mark)
        yield from sorted({*self._others, *marked})

    def _mark(self, name: str, mark: int) -> bool:
        """Mark a tar of the run; whether it is one."""
        shard = shard_number(name) if is_tar_name(name) else None
        marks = self._marks.get(name.partition("/")[0])
        if shard is None or marks is None or shard >= len(marks):
            return False
        marks[shard] = mark
        return True
