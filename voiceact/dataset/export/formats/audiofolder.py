"""Audiofolder: files as they are, and beside them what is known of each; `datasets.load_dataset("audiofolder", …)`.

`train/0000/ID.flac` and `train/metadata.jsonl`, whose `file_name` is relative to it. `datasets` guesses the type of a
column from a split's first rows and refuses splits that differ in it, so `metadata.jsonl` leaves out the columns of which
a split does not know anything. If that loses something, all columns of all clips stand in `columns.jsonl`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from voiceact.dataset.export.formats.base import Release, Sample
from voiceact.dataset.export.formats.files import AudioFolder, Lists

METADATA = "metadata.jsonl"
COLUMNS_FILE = "columns.jsonl"
WHOLE = ".whole.jsonl"
FIRST = 1000
"""rows of a split in which a value must have come: readers look at the first 10 MB"""


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the audio of each split, and its table."""
    early: dict[str, set[str]] = {}
    ever: set[str] = set()
    clips: Counter[str] = Counter()
    files = AudioFolder(folder)
    with Lists(folder) as lists:
        for sample in samples:
            placed = files.add(sample, sample.split)
            known = {name for name, value in placed.row.items() if value is not None and value != []}
            ever |= known
            if clips[sample.split] < FIRST:
                early.setdefault(sample.split, set()).update(known)
            clips[sample.split] += 1
            lists.add(f"{sample.split}/{WHOLE}", _relative(placed))
    _finish(folder, early, ever)


def _relative(sample: Sample) -> bytes:
    """The row with the file's name as seen from its split's folder."""
    return sample.placed(str(sample.row["file_name"]).removeprefix(f"{sample.split}/")).json


def _finish(folder: Path, early: Mapping[str, set[str]], ever: set[str]) -> None:
    """Write the tables without the columns that a split does not know."""
    columns = set.intersection(*early.values()) if early else set()
    with Lists(folder) as lists:
        for split in early:
            whole = folder / split / WHOLE
            with whole.open("rb") as file:
                for line in file:
                    row = msgspec.json.decode(line)
                    lists.add(f"{split}/{METADATA}", msgspec.json.encode(_some(row, columns)))
                    if ever - columns:
                        lists.add(COLUMNS_FILE, msgspec.json.encode({**row, "file_name": f"{split}/{row['file_name']}"}))
            whole.unlink()


def _some(row: Mapping[str, Any], columns: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in columns}
