"""Reading a run: its rows in the order of the plan, and the bytes of any clip, with memory that does not grow.

>>> from voiceact.store.reader import open_run
>>> run = open_run("my-run")  # doctest: +SKIP
>>> [row["id"] for row in run.rows(keep={"verdict": "verified"})]  # doctest: +SKIP
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import IO, Any, Self

from voiceact.clip.record import Record, decode_record
from voiceact.errors import UsageError, VoiceactError
from voiceact.store.columns import COLUMNS, Row
from voiceact.store.filesystem import Store
from voiceact.store.index import Footer, RowFilter, index_name, is_tar_name, read_rows
from voiceact.store.run_file import RunFile, need_run
from voiceact.store.sidecar import list_indexes, read_footers
from voiceact.store.splits import Rule, read_rule, recipe_rule
from voiceact.vocabulary import FAILED

SPLIT = "split"
SPLIT_KEYS = ("persona", "line")
"""columns that decide the split of a row"""
AUDIT = "see: voiceact recipe audit"
MOST_OPEN = 8
"""tars open at a time; a shard has one for each verdict"""


class Run:
    """A run folder opened for reading.

    Attributes:
        store: where it is
        file: its run.json
        own_rule: the rule of splits that `voiceact dataset split` gave it; None if the recipe's applies
    """

    def __init__(self, store: Store):
        self.store, self.file = store, need_run(store)
        self.own_rule = read_rule(store)

    @property
    def rule(self) -> Rule:
        """The rule that `rows` follows in the column `split`."""
        return self.own_rule or recipe_rule(self.file.recipe)

    def indexes(self) -> list[str]:
        """Return the names of the indexes that are present, one a finished shard, in order."""
        return [index_name(index.shard) for index in list_indexes(self.store)]

    def footers(self) -> Iterator[Footer]:
        """Yield the summary of each finished shard.

        Raises:
            VoiceactError: if the index of a shard is damaged
        """
        for _, footer in read_footers(self.store, list_indexes(self.store)):
            if isinstance(footer, VoiceactError):
                raise footer
            yield footer

    def rows(self, columns: Sequence[str] | None = None, keep: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """Yield the takes of all finished shards, with splits by the rule in force (`own_rule`, else the recipe's).

        Args:
            columns: to read; None reads all
            keep: column -> value, or a list of values, that a row must have

        Raises:
            UsageError: if there is no such column
        """
        own = self.own_rule and (columns is None or SPLIT in columns or SPLIT in (keep or {}))
        for name in self.indexes():
            with self.store.open(name) as file:
                yield from self._resplit_rows(file, name, columns, keep or {}) if own else read_rows(file, name, columns, keep)

    def _resplit_rows(
        self, file: IO[bytes], name: str, columns: Sequence[str] | None, keep: Mapping[str, Any]
    ) -> Iterator[Row]:
        """Yield rows with the split of the run's own rule, which its indexes do not hold."""
        wanted = list(COLUMNS if columns is None else columns)
        needed = list(dict.fromkeys([*wanted, *keep, SPLIT, *SPLIT_KEYS]))
        matches = RowFilter(keep)
        for row in read_rows(file, name, needed, {column: value for column, value in keep.items() if column != SPLIT}):
            row[SPLIT] = self.rule.of(row["persona"], row["line"])
            if matches(row):
                yield {column: row[column] for column in wanted}

    def audio(self, row: Row) -> bytes:
        """Return the bytes of a clip's audio file.

        Raises:
            VoiceactError: if the take failed or the shard is cut short
        """
        return self._read_part(row, "audio")

    def twin(self, row: Row) -> bytes | None:
        """Return the bytes of a clip's neutral twin; None if it was not kept."""
        return self._read_part(row, "twin") if row["twin_start"] is not None else None

    def record(self, row: Row) -> Record:
        """Return the record of a clip.

        Raises:
            VoiceactError: if there is none, or the bytes at its place are not one
        """
        try:
            return decode_record(self._read_part(row, "record"), f"the record of {row['id']}")
        except UsageError as error:
            raise VoiceactError(
                f"{self.store.url}/{row['tar']}: the record of {row['id']} is damaged ({error}); {AUDIT}"
            ) from error

    def _read_part(self, row: Row, part: str) -> bytes:
        """Return the bytes of `audio`, `record` or `twin` from the row's tar."""
        start, length = row[f"{part}_start"], row[f"{part}_length"]
        if row["tar"] is None or start is None:
            why = "; ".join(row["reasons"]) if row["verdict"] == FAILED else "it was not kept"
            raise VoiceactError(f"take {row['id']} has no {part}: {why}")
        _check_place(row, start, length)
        data = self.store.read_range(row["tar"], start, length)
        if len(data) != length:
            raise VoiceactError(f"{self.store.url}/{row['tar']}: is cut short; run the recipe again to make it whole")
        return data


def open_run(url: str | os.PathLike[str]) -> Run:
    """Open the run in a folder or store for reading.

    Raises:
        UsageError: if there is none
    """
    return Run(Store(url))


class TarReader:
    """Reads clips one after another from tars that stay open: `with TarReader(run) as tars: tars.audio(row)`.

    A remote store is asked for megabytes at a time, not for every clip, when the rows come in the order of the plan.
    """

    def __init__(self, run: Run):
        self._run = run
        self._files: dict[str, IO[bytes]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def audio(self, row: Row) -> bytes:
        """Return the bytes of a clip's audio file.

        Raises:
            VoiceactError: if the shard is missing or cut short
        """
        name, start, length = row["tar"], row["audio_start"], row["audio_length"]
        _check_place(row, start, length)
        if name not in self._files:
            if len(self._files) == MOST_OPEN:
                self._stack.close()
                self._files.clear()
            self._files[name] = self._stack.enter_context(self._run.store.open(name))
        file = self._files[name]
        file.seek(start)
        data = file.read(length)
        if len(data) != length:
            raise VoiceactError(f"{self._run.store.url}/{name}: is cut short; run the recipe again to make it whole")
        return data


def _check_place(row: Row, start: int, length: int) -> None:
    """Refuse a place outside the run's tars: an index is a file like any other, and may come from anywhere."""
    if not is_tar_name(row["tar"]) or start < 0 or length < 0:
        raise VoiceactError(
            f"the index places {row['id']} at byte {start} of {row['tar']!r}, where no clip of a run is; {AUDIT}"
        )


__all__ = ["Run", "RunFile", "TarReader", "open_run"]
