"""LJSpeech: `wavs/ID.wav`, and `metadata.csv` with `id|text|normalised text`, no header and no quoting.

So a text cannot hold a line end or a pipe: the one becomes a space, the other a comma. Both texts are the same but for
Unicode (the second is NFC): nothing is expanded, since the engine reads numbers as they stand. `metadata_train.csv` and
the like are the same rows by split, `columns.jsonl` has all columns, and the text as it was. Always WAV, 16 bits.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from voiceact.dataset.export.formats.base import Release, Sample
from voiceact.dataset.export.formats.files import AudioFolder, Lists, one_line

SUFFIX = "wav"
"""of the audio, whatever was kept"""
MARKS = tuple(",.!?;:…")


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the WAV files and the tables."""
    files = AudioFolder(folder, deep=False)
    with Lists(folder) as lists:
        for sample in samples:
            placed = files.add(sample, "wavs")
            line = _line(placed)
            lists.add("metadata.csv", line)
            lists.add(f"metadata_{placed.split}.csv", line)
            lists.add("columns.jsonl", placed.json)


def _line(sample: Sample) -> bytes:
    text = without_pipes(str(sample.row["text"]))
    return "|".join((sample.id, text, unicodedata.normalize("NFC", text))).encode()


def without_pipes(text: str) -> str:
    """A text that stays in one field and on one line.

    >>> without_pipes("yes|no,\\n| maybe")
    'yes, no, maybe'
    """
    parts = [part for part in map(one_line, text.split("|")) if part]
    return " ".join([part if part.endswith(MARKS) else f"{part}," for part in parts[:-1]] + parts[-1:])
