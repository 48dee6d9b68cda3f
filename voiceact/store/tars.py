"""Clips one after another out of a run's tars, which stay open meanwhile: a remote store is asked for megabytes at a
time, not for every clip.
"""

from contextlib import ExitStack
from typing import IO, Self

from voiceact.errors import VoiceactError
from voiceact.store.columns import Row
from voiceact.store.index import is_tar_name
from voiceact.store.reader import AUDIT, Run

MOST_OPEN = 8
"""tars at a time; a shard has one for each verdict"""


class Tars:
    """`with Tars(run) as tars: tars.audio(row)`, the rows in the order of the plan."""

    def __init__(self, run: Run):
        self._run = run
        self._open: dict[str, IO[bytes]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def audio(self, row: Row) -> bytes:
        """The bytes of a clip's audio file; VoiceactError if the shard is not there or cut short."""
        name, start, length = row["tar"], row["audio_start"], row["audio_length"]
        # An index may come from anywhere: it names no other place than the run's tars.
        if not is_tar_name(name) or start < 0 or length < 0:
            raise VoiceactError(f"the index places {row['id']} at byte {start} of {name!r}, where no clip of a run is; {AUDIT}")
        file = self._file(name)
        file.seek(start)
        data = file.read(length)
        if len(data) != length:
            raise VoiceactError(f"{self._run.store.url}/{name}: is cut short; run the recipe again to make it whole")
        return data

    def _file(self, name: str) -> IO[bytes]:
        if name not in self._open:
            if len(self._open) == MOST_OPEN:
                self._stack.close()
                self._open.clear()
            self._open[name] = self._stack.enter_context(self._run.store.open(name))
        return self._open[name]
