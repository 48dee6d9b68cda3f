"""Reading a run: its rows in the order of the plan, and the bytes of any clip, with memory that does not grow.

>>> from voiceact.store.reader import open_run
>>> run = open_run("my-run")  # doctest: +SKIP
>>> [row["id"] for row in run.rows(keep={"verdict": "verified"})]  # doctest: +SKIP
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import msgspec

from voiceact.clip.record import Record
from voiceact.errors import VoiceactError
from voiceact.store.columns import COLUMNS, FAILED, Row
from voiceact.store.filesystem import Store
from voiceact.store.footers import read_footers
from voiceact.store.index import Footer, Keep, index_name, index_number, is_tar_name, read_rows
from voiceact.store.run_file import RunFile, need_run
from voiceact.store.splits import Rule, recipe_rule
from voiceact.store.splits_file import read_rule

SPLIT = "split"
DRAWN_FROM = ("persona", "line")
"""columns that decide the split of a row"""
AUDIT = "see: voiceact recipe audit"


class Run:
    """A run folder that is read.

    Attributes:
        store: where it is
        file: its run.json
        own_rule: the rule of splits that `voiceact dataset split` gave it; None if it goes by its recipe
    """

    def __init__(self, store: Store):
        self.store, self.file = store, need_run(store)
        self.own_rule = read_rule(store)

    @property
    def rule(self) -> Rule:
        """The rule that `rows` follows in the column `split`."""
        return self.own_rule or recipe_rule(self.file.recipe)

    def indexes(self) -> list[str]:
        """Names of the indexes there are: one a finished shard, in order."""
        return [index_name(shard) for shard in self._shards()]

    def footers(self) -> Iterator[Footer]:
        """What each finished shard says of itself."""
        for _, footer in read_footers(self.store, self._shards()):
            if isinstance(footer, VoiceactError):
                raise footer
            yield footer

    def _shards(self) -> list[int]:
        numbers = (index_number(name) for name, _ in self.store.listed("index"))
        return sorted(number for number in numbers if number is not None)

    def rows(self, columns: Sequence[str] | None = None, keep: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """The takes of all finished shards, their splits by the rule in force (`own_rule`, else the recipe's).

        columns: to read; None reads all
        keep: column -> value, or a list of values, that a row must have

        Raises:
            UsageError: if there is no such column
        """
        own = self.own_rule and (columns is None or SPLIT in columns or SPLIT in (keep or {}))
        for name in self.indexes():
            with self.store.open(name) as file:
                yield from self._divided(file, name, columns, keep or {}) if own else read_rows(file, name, columns, keep)

    def _divided(self, file: IO[bytes], name: str, columns: Sequence[str] | None, keep: Mapping[str, Any]) -> Iterator[Row]:
        """Rows with the split of the run's own rule, which its indexes do not know."""
        wanted = list(COLUMNS if columns is None else columns)
        needed = list(dict.fromkeys([*wanted, *keep, SPLIT, *DRAWN_FROM]))
        test = Keep(keep)
        for row in read_rows(file, name, needed, {column: value for column, value in keep.items() if column != SPLIT}):
            row[SPLIT] = self.rule.of(row["persona"], row["line"])
            if test(row):
                yield {column: row[column] for column in wanted}

    def audio(self, row: Row) -> bytes:
        """The bytes of a clip's audio file; VoiceactError if the take failed or the shard is cut short."""
        return self._bytes(row, "audio")

    def twin(self, row: Row) -> bytes | None:
        """The bytes of its neutral twin; None if it was not kept."""
        return self._bytes(row, "twin") if row["twin_start"] is not None else None

    def record(self, row: Row) -> Record:
        """The record of a clip; VoiceactError if there is none, or what lies there is not one."""
        try:
            return msgspec.json.decode(self._bytes(row, "record"), type=Record)
        except (msgspec.DecodeError, RecursionError) as error:
            raise VoiceactError(f"{self.store.url}/{row['tar']}: the record of {row['id']} is damaged ({error}); "
                                f"{AUDIT}") from error

    def _bytes(self, row: Row, part: str) -> bytes:
        start, length = row[f"{part}_start"], row[f"{part}_length"]
        if row["tar"] is None or start is None:
            why = "; ".join(row["reasons"]) if row["verdict"] == FAILED else "it was not kept"
            raise VoiceactError(f"take {row['id']} has no {part}: {why}")
        # An index is a file like any other, and may come from anywhere: it names no other place than the run's tars.
        if not is_tar_name(row["tar"]) or start < 0 or length < 0:
            raise VoiceactError(f"the index places {row['id']} at byte {start} of {row['tar']!r}, where no clip of a run is; "
                                f"{AUDIT}")
        data = self.store.read_range(row["tar"], start, length)
        if len(data) != length:
            raise VoiceactError(f"{self.store.url}/{row['tar']}: is cut short; run the recipe again to make it whole")
        return data


def open_run(url: str | os.PathLike[str]) -> Run:
    """The run in a folder or store.

    Raises:
        UsageError: if there is none
    """
    return Run(Store(url))


__all__ = ["Run", "RunFile", "open_run"]
