"""Find pairs of clips that differ in one thing: the same line with two feelings, the same feeling at two intensities.

Clips are kept in a temporary database on disk, so memory does not grow with their number.
"""

import sqlite3
from collections import deque
from collections.abc import Iterator
from itertools import groupby
from typing import Self

import msgspec

from voiceact.clip.record import decode_record, encode_record
from voiceact.dataset.instruct.items import Heard
from voiceact.errors import VoiceactError

LEAST_STEP = 1.0
"""least difference of two intensities, 0 to 7"""


class Contrasts:
    """The clips of an export, and the pairs among them: `with Contrasts() as contrasts: contrasts.add(clip)`."""

    def __init__(self) -> None:
        # Without a name SQLite makes a file of its own, which grows beyond memory and goes away with the connection.
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE clips (split, language, persona, text, category, intensity, clip)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._database.close()

    def add(self, clip: Heard) -> None:
        """Add a clip.

        Raises:
            VoiceactError: if the disk for temporary files is full
        """
        row = clip.row
        packed = msgspec.json.encode((row, encode_record(clip.record).decode(), clip.measured, clip.twin, clip.files))
        place = (row["split"], row["language"], row["persona"], clip.record.text, row["category"], row["intensity"], packed)
        try:
            self._database.execute("INSERT INTO clips VALUES (?, ?, ?, ?, ?, ?, ?)", place)
        except sqlite3.OperationalError as error:
            raise VoiceactError(f"the temporary list of clips cannot be written ({error}); make room for it") from error

    def feelings(self) -> Iterator[tuple[Heard, Heard]]:
        """Yield two clips of one split, voice and line that differ in category; a clip stands in one pair at most."""
        for one, other in self._pairs("split, language, persona, text", "category"):
            yield self._clip(one), self._clip(other)

    def intensities(self) -> Iterator[tuple[Heard, Heard]]:
        """Yield two clips of one split, voice and category, the stronger first; of one line where there are such."""
        for numbers in self._pairs("split, language, persona, category", "intensity"):
            one, other = map(self._clip, numbers)
            yield (one, other) if one.row["intensity"] > other.row["intensity"] else (other, one)

    def _pairs(self, group: str, column: str) -> Iterator[tuple[int, int]]:
        """Yield the row numbers of two clips of a group that differ in a column; each clip once at most."""
        # Clips of one line are neighbours, so that they are matched before those of another.
        rows = self._database.execute(f"SELECT {group}, {column}, rowid FROM clips ORDER BY {group}, text, rowid")
        for _, members in groupby(rows, key=lambda row: row[:-2]):
            # Those that wait agree in the column, or they would have been matched: the first stands for all.
            waiting: deque[tuple[str | float, int]] = deque()
            for *_, value, number in members:
                if waiting and _differ(waiting[0][0], value):
                    yield waiting.popleft()[1], number
                else:
                    waiting.append((value, number))

    def _clip(self, number: int) -> Heard:
        (packed,) = self._database.execute("SELECT clip FROM clips WHERE rowid = ?", (number,)).fetchone()
        row, record, measured, twin, files = msgspec.json.decode(packed)
        return Heard(row, decode_record(record.encode(), f"the record of {row['id']}"), measured, twin, files)


def _differ(one: str | float, other: str | float) -> bool:
    """Compare two categories, or two intensities that must be a step apart."""
    if isinstance(one, str) or isinstance(other, str):
        return one != other
    return abs(one - other) >= LEAST_STEP


__all__ = ["LEAST_STEP", "Contrasts"]
