"""What the tests of exports share: a run with awkward texts, and what is in it, read by other means than voiceact's."""

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import strategies as st
from pyarrow import parquet
from tiny_run import make_clip, write_tiny_run

from voiceact.acting.persona import load_persona
from voiceact.dataset.export.formats import load_format
from voiceact.dataset.export.formats.base import EXPORT_COLUMNS, Release, Sample, make_sample
from voiceact.store.columns import COLUMNS, make_row
from voiceact.store.filesystem import Store
from voiceact.store.index import read_footer, read_rows
from voiceact.store.sidecar import write_index

AWKWARD = (
    'He said "no|yes", and left.',
    "two\nlines,\r\nno more",
    "naïve — 日本語, Grüße",
    "a, b; c\td",
    "null",
    "NA",
    "  spaces ",
    "line\u2028separator",
    "'quoted' \\ \"twice\"",
    "2024-01-01",
    "|",
    "end|",
    "=1+1",
)
"""texts that break tables"""

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\r\t|\",'\\"), min_size=1)


@dataclass(frozen=True)
class Known:
    """A clip of a run: 16-bit samples, rate, and its row as Parquet has it."""

    samples: np.ndarray
    rate: int
    row: dict[str, Any]


def awkward_run(folder: Path, **settings: Any) -> Path:
    """A tiny run whose texts are those of `AWKWARD`, in turn."""
    write_tiny_run(folder, **settings)
    change_rows(folder, lambda row: {**row, "text": AWKWARD[row["cell"] % len(AWKWARD)]})
    return folder


def change_rows(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write the indexes of a run anew, every row changed."""
    for path in sorted((folder / "index").glob("*.parquet")):
        with path.open("rb") as file:
            footer = read_footer(file, path.name)
            rows = [change(row) for row in read_rows(file, path.name)]
        write_index(Store(folder), rows, footer)


def known_clips(folder: Path, **keep: Any) -> dict[str, Known]:
    """Id -> clip, from the tars and the Parquet files themselves; keep: column -> value that a row must have."""
    sounds: dict[str, bytes] = {}
    for path in folder.glob("*/*.tar"):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith((".flac", ".wav")) and ".twin." not in member.name:
                    sounds[member.name.partition(".")[0]] = tar.extractfile(member).read()
    rows = [row for path in sorted((folder / "index").glob("*.parquet")) for row in parquet.read_table(path).to_pylist()]
    return {row["id"]: Known(*decode(sounds[row["id"]]), row) for row in rows if keep.items() <= row.items()}


def decode(data: bytes | Path) -> tuple[np.ndarray, int]:
    """16-bit samples and rate of an audio file."""
    return soundfile.read(io.BytesIO(data) if isinstance(data, bytes) else data, dtype="int16")


def assert_same_sound(found: dict[str, tuple[np.ndarray, int]], known: dict[str, Known]) -> None:
    """Every clip is there, once, and sounds as it did."""
    assert sorted(found) == sorted(known)
    for name, (samples, rate) in found.items():
        assert rate == known[name].rate
        np.testing.assert_array_equal(samples, known[name].samples)


def assert_same_columns(row: dict[str, Any], known: dict[str, Any], *, but: Iterable[str] = ()) -> None:
    """Every column of an export is there with its value; but: columns that may differ."""
    for name in EXPORT_COLUMNS:
        if name not in {"file_name", *but}:
            found, wanted = row[name], known[name]
            if COLUMNS[name].type == "float32" and wanted is not None:
                assert np.float32(found) == np.float32(wanted), name
            else:
                assert found == wanted, name


def without_torchcodec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let datasets note the path or bytes of a file: since version 4 it asks for torchcodec before it does even that.

    torchcodec needs torch and the libraries of ffmpeg. Where it can be imported nothing is changed.
    """
    import datasets

    try:
        import torchcodec.encoders  # noqa: F401
    except (ImportError, RuntimeError, OSError):
        monkeypatch.setattr(
            datasets.Audio,
            "encode_example",
            lambda _, value: (
                {"bytes": None, "path": str(value)}
                if isinstance(value, str | Path)
                else {"bytes": value.get("bytes"), "path": value.get("path")}
            ),
        )


# Without a run


@cache
def _clip() -> tuple[dict[str, Any], bytes]:
    record, sound, _ = make_clip(0, "anger", 3.0, "nurse", 1)
    return make_row(record, load_persona("nurse"), key="a-0", split="train", included=True), sound


def make_samples(said: Iterable[str]) -> Iterator[Sample]:
    """A clip for each text, all with the same sound."""
    row, sound = _clip()
    for number, text in enumerate(said):
        yield make_sample({**row, "id": f"a-{number}", "text": text, "split": "test" if number % 3 == 2 else "train"}, sound)


def write_samples(name: str, folder: Path, said: Iterable[str], **facts: Any) -> Path:
    """Write clips with these texts in a format."""
    said = list(said)
    folder.mkdir(parents=True)
    form = load_format(name)
    samples = (sample.encoded(form.suffix) if form.suffix else sample for sample in make_samples(said))
    form.write(folder, samples, replace(release(folder, len(said)), **facts))
    return folder


def release(folder: Path, clips: int) -> Release:
    tests = clips // 3
    return Release(
        name="tiny",
        description="Said.",
        folder=folder,
        splits={"train": clips - tests} | ({"test": tests} if tests else {}),
        languages=("en",),
        personas={"nurse": {"gender": "female", "age": 34, "license": "CC0-1.0"}},
        engine={"name": "fake", "version": "1"},
        judge={"name": "scripted", "revision": "r1"},
        licence="MIT",
        use="allowed",
        voiceact="0",
        plan="0" * 64,
        rate=8000,
        suffix="flac",
    )
