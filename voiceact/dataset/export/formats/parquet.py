"""Parquet with the audio in it: a table of the columns, and a column `audio` that Hugging Face `datasets` knows as such.

`data/train-00000-of-00002.parquet`; read it with `datasets.load_dataset("parquet", data_dir="FOLDER/data")`, or with
anything that reads Parquet: `audio` is a struct of the file's bytes and name.
"""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from voiceact.dataset.export.formats.base import CLIPS_A_FILE, EXPORT_COLUMNS, Release, Sample
from voiceact.store.columns import COLUMNS
from voiceact.store.index import arrow_schema

GROUP_CLIPS = 100
GROUP_BYTES = 32 << 20
"""of a row group: what a reader holds at once, and what a viewer loads to show one row"""


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the clips of each split to files of at most `CLIPS_A_FILE`, in row groups of at most `GROUP_CLIPS`."""
    splits: dict[str, _Tables] = {}
    where, columns = folder / "data", _schema(release)
    where.mkdir()
    with ExitStack() as stack:
        for sample in samples:
            if sample.split not in splits:
                splits[sample.split] = stack.enter_context(_Tables(where, sample.split, columns))
            splits[sample.split].add(sample)
    for split in splits:
        _number(where, split)


def _number(folder: Path, split: str) -> None:
    """Give the files of a split their last names, which say how many there are."""
    files = sorted(folder.glob(f"{split}-[0-9]*.part"))
    for number, path in enumerate(files):
        path.rename(folder / f"{split}-{number:05d}-of-{len(files):05d}.parquet")


class _Tables:
    """The files of a split, one after another."""

    def __init__(self, folder: Path, split: str, columns: Any):
        self._folder, self._split, self._columns = folder, split, columns
        self._clips, self._bytes = 0, 0
        self._rows: list[dict[str, Any]] = []
        self._writer: Any = None

    def __enter__(self) -> "_Tables":
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
        if self._writer:
            self._writer.close()

    def add(self, sample: Sample) -> None:
        if self._clips % CLIPS_A_FILE == 0:
            self._next()
        self._clips += 1
        self._bytes += len(sample.data)
        self._rows.append({**sample.row, "audio": {"bytes": sample.data, "path": sample.row["file_name"]}})
        if len(self._rows) >= GROUP_CLIPS or self._bytes >= GROUP_BYTES:
            self._flush()

    def _next(self) -> None:
        from pyarrow import parquet

        self._flush()
        if self._writer:
            self._writer.close()
        path = self._folder / f"{self._split}-{self._clips // CLIPS_A_FILE:08d}.part"
        # Audio is compressed already, and a second time costs readers more than it saves.
        compression = dict.fromkeys(EXPORT_COLUMNS, "zstd") | {"audio.bytes": "none", "audio.path": "zstd"}
        self._writer = parquet.ParquetWriter(path, self._columns, compression=_leaves(compression), write_page_index=True)

    def _flush(self) -> None:
        import pyarrow

        if self._rows:
            self._writer.write_table(pyarrow.Table.from_pylist(self._rows, schema=self._columns))
        self._rows, self._bytes = [], 0


def _leaves(compression: dict[str, str]) -> dict[str, str]:
    """The same by the paths that Parquet has for values in lists."""
    return {
        f"{name}.list.element" if COLUMNS.get(name) and COLUMNS[name].type.startswith("list") else name: coding
        for name, coding in compression.items()
    }


def _schema(release: Release) -> Any:
    """The columns and the audio, with the description that `datasets` reads: docs of datasets, "Features"."""
    import pyarrow

    audio = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    described = json.dumps({"info": {"features": _features(release)}})
    columns = arrow_schema(EXPORT_COLUMNS).append(pyarrow.field("audio", audio))
    return columns.with_metadata({"huggingface": described})


def _features(release: Release) -> dict[str, Any]:
    audio: dict[str, Any] = {"_type": "Audio"} if release.rate is None else {"sampling_rate": release.rate, "_type": "Audio"}
    return {name: _feature(COLUMNS[name].type) for name in EXPORT_COLUMNS} | {"audio": audio}


def _feature(kind: str) -> dict[str, Any]:
    value = {"dtype": kind.removeprefix("list<").removesuffix(">"), "_type": "Value"}
    # "Sequence" is what older and newer `datasets` both take for a list.
    return {"feature": value, "_type": "Sequence"} if kind.startswith("list") else value
