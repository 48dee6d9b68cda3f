"""Read an export that lies in a folder: which form it has, and which files hold which split."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from voiceact.dataset.export.folder import CHECKSUMS
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import sha256_file, write_text_whole

LOADABLE = ("parquet", "audiofolder", "webdataset")
"""forms that a data card can say how to load by itself"""


@dataclass(frozen=True)
class ExportFolder:
    """A folder that holds an export.

    Attributes:
        folder: the folder
        form: parquet, audiofolder or webdataset
        files: split -> its files (Parquet, metadata.jsonl or tars), relative to the folder, sorted
    """

    folder: Path
    form: str
    files: Mapping[str, tuple[str, ...]]

    @cached_property
    def clips(self) -> dict[str, int]:
        """Split -> clips in it."""
        return {split: sum(self._clips(name) for name in names) for split, names in self.files.items()}

    @property
    def patterns(self) -> dict[str, str]:
        """Split -> a pattern that finds its files."""
        return {
            split: {"parquet": f"data/{split}-*.parquet", "audiofolder": f"{split}/**", "webdataset": f"{split}-*.tar"}[
                self.form
            ]
            for split in self.files
        }

    @cached_property
    def suffix(self) -> str:
        """Suffix of the audio in the first tar of a WebDataset, flac or wav; "flac" for other forms."""
        import tarfile

        if self.form != "webdataset":
            return "flac"
        first = next(name for names in self.files.values() for name in names)
        with tarfile.open(self.folder / first) as tar:
            suffixes = {member.name.rpartition(".")[2] for member in tar}
        return "wav" if "wav" in suffixes else "flac"

    @cached_property
    def checksums(self) -> dict[str, str]:
        """File -> SHA-256, as the export's list has them; empty without a list."""
        path = self.folder / CHECKSUMS
        if not path.is_file():
            return {}
        pairs = (line.split("  ", 1) for line in path.read_text("utf-8").splitlines())
        return {name: digest for digest, name in pairs}

    def checksum(self, name: str) -> str:
        """Return the SHA-256 of one of its files."""
        return self.checksums.get(name) or sha256_file(self.folder / name)

    def features(self) -> dict[str, Any]:
        """Return column -> feature, as a Parquet export describes itself to `datasets`; empty for other forms."""
        if self.form != "parquet":
            return {}
        import json

        from pyarrow import parquet

        first = next(name for names in self.files.values() for name in names)
        metadata = parquet.read_schema(self.folder / first).metadata or {}
        described: dict[str, Any] = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
        return described

    def _clips(self, name: str) -> int:
        path = self.folder / name
        if self.form == "parquet":
            from pyarrow import parquet

            return int(parquet.read_metadata(path).num_rows)
        if self.form == "audiofolder":
            with path.open("rb") as file:
                return sum(1 for line in file if line.strip())
        import tarfile

        with tarfile.open(path) as tar:
            return sum(1 for member in tar if member.name.endswith(".json"))


def find_export(folder: str | os.PathLike[str]) -> ExportFolder:
    """Read a folder that `voiceact dataset export` wrote.

    Raises:
        UsageError: if there is no such folder, or no export of a form in `LOADABLE`
    """
    where = Path(folder)
    if not where.is_dir():
        raise UsageError(f"{where}: is no folder; make one with: voiceact dataset export RUN --format parquet --out {where}")
    for form, pattern in (("parquet", "data/*.parquet"), ("audiofolder", "*/metadata.jsonl"), ("webdataset", "*.tar")):
        names = sorted(path.relative_to(where).as_posix() for path in where.glob(pattern))
        if names:
            return ExportFolder(where, form, _by_split(form, names))
    raise UsageError(
        f"{where}: holds no export that a card can describe; expected one of {', '.join(LOADABLE)}, "
        "as voiceact dataset export writes them"
    )


def _by_split(form: str, names: list[str]) -> dict[str, tuple[str, ...]]:
    """Group the files of an export by split: train, validation and test first, then the others by name."""
    by_split: dict[str, list[str]] = {}
    for name in names:
        split = name.partition("/")[0] if form == "audiofolder" else name.rpartition("/")[2].partition("-0")[0]
        by_split.setdefault(split, []).append(name)
    known = ("train", "validation", "test")
    order = sorted(by_split, key=lambda split: (known.index(split) if split in known else len(known), split))
    return {split: tuple(by_split[split]) for split in order}


def add_checksums(folder: Path, names: list[str]) -> None:
    """Add files to the export's list of SHA-256, if it has one."""
    path = folder / CHECKSUMS
    if not path.is_file():
        return
    others = [line for line in path.read_text("utf-8").splitlines() if line.split("  ", 1)[1] not in names]
    lines = sorted([*others, *(f"{sha256_file(folder / name)}  {name}" for name in names)], key=lambda line: line[66:])
    write_text_whole(path, "\n".join(lines) + "\n")
