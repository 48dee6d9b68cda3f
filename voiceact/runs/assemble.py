"""Work units to a shard: one tar a verdict level, clips in the order of the plan, and the index last."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from voiceact.errors import VoiceactError
from voiceact.recipe.plan import Plan
from voiceact.runs.work_unit import journal_header_of, list_work_units, next_takes
from voiceact.runs.workspace import Workspace
from voiceact.store.columns import Row, placed
from voiceact.store.filesystem import storage_error
from voiceact.store.index import Footer, Tar, count_rows, index_name, tar_name
from voiceact.store.journal import Entry, JournaledTake, read_journal
from voiceact.store.shard import ShardWriter
from voiceact.store.sidecar import write_index
from voiceact.vocabulary import LEVELS


def assemble(plan: Plan, shard: int, workspace: Workspace) -> Footer:
    """Write the shard that the journals of its work units hold, then delete the journals.

    A damaged shard's old index is removed before the first of its tars is replaced, and no tar is removed before its
    successor is complete.

    Raises:
        VoiceactError: if a journal is not complete, or the store fails; the journals stay
    """
    store = workspace.store
    rows: list[Row] = []
    with _ShardTars(workspace, shard) as shard_tars:
        for entry in _iter_entries(plan, shard, workspace):
            rows.append(shard_tars.add(entry, plan.recipe.store.format) if entry.members else entry.row)
        tars = shard_tars.close()
        store.remove(index_name(shard))
        shard_tars.publish()
    for level in LEVELS:
        if tar_name(level, shard) not in {tar.name for tar in tars}:
            store.remove(tar_name(level, shard))
    footer = Footer(shard, plan.digest, tars, count_rows(rows))
    write_index(store, rows, footer)
    workspace.remove_journals(shard)
    return footer


def _iter_entries(plan: Plan, shard: int, workspace: Workspace) -> Iterator[Entry]:
    """Yield the takes of a shard in the order of the plan; VoiceactError if one of its journals is not complete."""
    for unit in list_work_units(plan, shard):
        path, takes = workspace.journal_path(shard, unit.number), list[JournaledTake]()
        entries: Iterable[Entry] = read_journal(path, journal_header_of(plan, unit))
        if len(unit.cells) > 1:
            # Batches may take the cells by turns. Units of several cells are small enough to be held in memory.
            entries = sorted(entries, key=lambda entry: (entry.row["cell"], entry.row["take"]))
        for entry in entries:
            takes.append(JournaledTake.from_row(entry.row))
            yield entry
        if next_takes(plan, unit.cells, takes, 1):
            raise VoiceactError(f"{path}: the journal ends early; run again to make what is missing")


# --- Tars


@dataclass
class _HashingFile:
    """A file whose digest is computed while it is written."""

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
class _LevelTar:
    """The tar of one verdict level while it is written."""

    name: str
    path: Path
    file: _HashingFile
    writer: ShardWriter
    clips: int = 0


class _ShardTars:
    """The tars of a shard, opened as clips come; their temporary files are deleted on exit unless they were published."""

    def __init__(self, workspace: Workspace, shard: int):
        self._workspace, self._shard = workspace, shard
        self._levels: dict[str, _LevelTar] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for level in self._levels.values():
            # Closing flushes what a full disk did not take; the file is deleted anyway.
            with suppress(OSError):
                level.file.file.close()
            level.path.unlink(missing_ok=True)

    def add(self, entry: Entry, suffix: str) -> Row:
        """Append a clip to the tar of its verdict level; return its row with its place."""
        name = entry.row["verdict"]
        if name not in self._levels:
            self._levels[name] = self._open(tar_name(name, self._shard))
        level = self._levels[name]
        try:
            places = level.writer.add(entry.row["id"], entry.members)
        except OSError as error:
            raise storage_error(level.path, error) from error
        level.clips += 1
        return placed(entry.row, level.name, places, suffix)

    def close(self) -> tuple[Tar, ...]:
        """Finish the tars; return their descriptions from the strongest level to the weakest."""
        tars = []
        for level in (self._levels[name] for name in LEVELS if name in self._levels):
            try:
                level.writer.__exit__(None)
                level.file.file.close()
            except OSError as error:
                raise storage_error(level.path, error) from error
            tars.append(Tar(level.name, level.clips, level.file.size, level.file.digest.hexdigest()))
        return tuple(tars)

    def publish(self) -> None:
        """Move the tars to their places in the store."""
        for level in self._levels.values():
            self._workspace.store.publish(level.path, level.name)

    def _open(self, name: str) -> _LevelTar:
        store = self._workspace.store
        if store.folder is not None:
            path = store.part_path(name)
        else:
            path = self._workspace.shard_folder(self._shard) / name.replace("/", "-")
        try:
            file = _HashingFile(path.open("wb"))
        except OSError as error:
            raise storage_error(path, error) from error
        return _LevelTar(name, path, file, ShardWriter(file))  # type: ignore[arg-type]
