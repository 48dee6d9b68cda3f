"""Stints to a shard: one tar a verdict level, clips in the order of the plan, and the index last."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from voiceact.errors import VoiceactError
from voiceact.recipe.plan import Plan
from voiceact.runs.work_unit import Stint, stints_of, title_of, todo
from voiceact.runs.workspace import Site
from voiceact.store.columns import Row, placed
from voiceact.store.filesystem import told
from voiceact.store.index import Footer, Tar, count_rows, encode_index, index_name, tar_name
from voiceact.store.journal import Done, Entry, read_journal
from voiceact.store.shard import ShardWriter
from voiceact.verify.base import LEVELS


def assemble(plan: Plan, shard: int, site: Site) -> Footer:
    """Write the shard that the journals of its stints hold, then take them away.

    Where the shard was damaged, its old index is taken away before the first tar is replaced and no tar is taken away
    before its successor is whole.

    Raises:
        VoiceactError: if a journal is not whole, or the store fails; the journals stay
    """
    rows: list[Row] = []
    with _Tars(site, shard) as tars:
        for entry in _entries(plan, shard, site):
            rows.append(tars.add(entry, plan.recipe.store.format) if entry.members else entry.row)
        found = tars.close()
        site.store.remove(index_name(shard))
        tars.publish()
    for level in LEVELS:
        if tar_name(level, shard) not in {tar.name for tar in found}:
            site.store.remove(tar_name(level, shard))
    footer = Footer(shard, plan.digest, found, count_rows(rows))
    site.store.write(index_name(shard), encode_index(rows, footer))
    site.clear(shard)
    return footer


def _entries(plan: Plan, shard: int, site: Site) -> Iterator[Entry]:
    """The takes of a shard, in the order of the plan."""
    for stint in stints_of(plan, shard):
        yield from _stint_entries(plan, stint, site)


def _stint_entries(plan: Plan, stint: Stint, site: Site) -> Iterator[Entry]:
    path, done = site.journal(stint.shard, stint.number), list[Done]()
    for entry in read_journal(path, title_of(plan, stint)):
        done.append(Done(entry.row["cell"], entry.row["take"], entry.row["included"]))
        yield entry
    if next(todo(plan, stint.cells, done), None) is not None:
        raise VoiceactError(f"{path}: the journal ends early; run again to make what is missing")


# --- Tars


@dataclass
class _Hashed:
    """A file that is written through a digest."""

    file: IO[bytes]
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.file.write(data)

    def tell(self) -> int:
        return self.size


@dataclass
class _Level:
    """The tar of one verdict level while it is written."""

    name: str
    path: Path
    file: _Hashed
    writer: ShardWriter
    clips: int = 0


class _Tars:
    """The tars of a shard, opened as clips come; nothing is left of them unless they are published."""

    def __init__(self, site: Site, shard: int):
        self._site, self._shard = site, shard
        self._levels: dict[str, _Level] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        for level in self._levels.values():
            # What a full disk did not take is not wanted any more.
            with suppress(OSError):
                level.file.file.close()
            level.path.unlink(missing_ok=True)

    def add(self, entry: Entry, suffix: str) -> Row:
        """Append a clip to its level's tar; its row with its place."""
        name = entry.row["verdict"]
        if name not in self._levels:
            self._levels[name] = self._open(tar_name(name, self._shard))
        level = self._levels[name]
        try:
            places = level.writer.add(entry.row["id"], entry.members)
        except OSError as error:
            raise told(level.path, error) from error
        level.clips += 1
        return placed(entry.row, level.name, places, suffix)

    def close(self) -> tuple[Tar, ...]:
        """End the tars; what they are, from the strongest level to the weakest."""
        found = []
        for level in (self._levels[name] for name in LEVELS if name in self._levels):
            try:
                level.writer.__exit__(None)
                level.file.file.close()
            except OSError as error:
                raise told(level.path, error) from error
            found.append(Tar(level.name, level.clips, level.file.size, level.file.digest.hexdigest()))
        return tuple(found)

    def publish(self) -> None:
        """Bring them to their places."""
        for level in self._levels.values():
            self._site.store.publish(level.path, level.name)

    def _open(self, name: str) -> _Level:
        store = self._site.store
        path = store.part(name) if store.folder is not None else self._site.shard_folder(self._shard) / name.replace("/", "-")
        try:
            file = _Hashed(path.open("wb"))
        except OSError as error:
            raise told(path, error) from error
        return _Level(name, path, file, ShardWriter(file))  # type: ignore[arg-type]
