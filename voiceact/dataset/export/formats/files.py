"""Write the files that several formats share: audio in numbered folders, and lists that grow line by line."""

import gzip
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self, cast

from voiceact.dataset.export.formats.base import Sample
from voiceact.errors import VoiceactError

FILES_A_FOLDER = 10_000
"""most audio files in one folder: what file systems and hubs still list at ease"""


class AudioFolder:
    """Audio files in numbered folders: `audio/0000/ID.flac`."""

    def __init__(self, folder: Path, *, deep: bool = True):
        """Start without a file.

        Args:
            folder: folder below which the files lie
            deep: whether there are numbered folders at all
        """
        self._folder, self._deep = folder, deep
        self._counts: Counter[str] = Counter()

    def add(self, sample: Sample, under: str) -> Sample:
        """Write a clip's audio and return the clip with its file name, relative to the folder.

        Raises:
            VoiceactError: if there is a file of that name, so that two clips have one id
        """
        place = f"{under}/{self._counts[under] // FILES_A_FOLDER:04d}" if self._deep else under
        self._counts[under] += 1
        name = f"{place}/{sample.id}.{sample.suffix}"
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                file.write(sample.data)
        except FileExistsError:
            raise VoiceactError(f"two clips have the id {sample.id!r}; check the run with: voiceact recipe audit") from None
        return sample.placed(name)


class Lists:
    """Files that are written a line at a time, each opened with its first line."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._open: dict[str, IO[bytes]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def add(self, name: str, line: bytes) -> None:
        """Append a line to the file of that name; a name that ends in .gz is compressed, without a time stamp."""
        if name not in self._open:
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            file: IO[bytes] = self._stack.enter_context(path.open("xb"))
            if name.endswith(".gz"):
                file = cast(IO[bytes], self._stack.enter_context(gzip.GzipFile("", "wb", 6, file, mtime=0)))
            self._open[name] = file
        self._open[name].write(line + b"\n")


def one_line(text: str) -> str:
    """Put a text on one line: any run of white space, line ends included, becomes a single space."""
    return " ".join(text.split())


__all__ = ["AudioFolder", "FILES_A_FOLDER", "Lists", "one_line"]
