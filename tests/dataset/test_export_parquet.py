"""The Parquet files of an export, read by Hugging Face datasets and by pandas."""

import json
from collections import Counter
from pathlib import Path

import pytest
from exports import assert_same_columns, assert_same_sound, awkward_run, change_rows, decode, known_clips, texts, write_samples
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from voiceact.dataset.export.export import export

datasets = pytest.importorskip("datasets")


def load(folder: Path, cache: Path) -> dict:
    found = datasets.load_dataset("parquet", data_dir=str(folder / "data"), cache_dir=str(cache))
    return {split: part.cast_column("audio", datasets.Audio(decode=False)) for split, part in found.items()}


def test_datasets_gets_every_clip_as_it_was(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "parquet")
    known, found = known_clips(run, included=True), load(tmp_path / "out", tmp_path / "cache")
    rows = {row["id"]: row for part in found.values() for row in part}
    assert_same_sound({name: decode(row["audio"]["bytes"]) for name, row in rows.items()}, known)
    for name, row in rows.items():
        assert_same_columns(row, known[name].row)
        assert row["audio"]["path"] == row["file_name"] == f"{name}.flac"
    assert {split: len(part) for split, part in found.items()} == Counter(clip.row["split"] for clip in known.values())


def test_the_audio_column_is_declared_with_its_rate(tmp_path: Path) -> None:
    export(awkward_run(tmp_path / "run"), tmp_path / "out", "parquet")
    found = datasets.load_dataset("parquet", data_dir=str(tmp_path / "out" / "data"), cache_dir=str(tmp_path / "cache"))
    features = found["train"].features
    assert isinstance(features["audio"], datasets.Audio) and features["audio"].sampling_rate == 8000
    assert features["reasons"] == datasets.List(datasets.Value("string"))
    assert features["score_anger"] == datasets.Value("float32")


def test_two_rates_are_not_declared_as_one(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    change_rows(run, lambda row: {**row, "sampling_rate": 8000 if row["cell"] % 2 else 16000})
    export(run, tmp_path / "out", "parquet")
    declared = json.loads(parquet.read_schema(next((tmp_path / "out" / "data").glob("train-*"))).metadata[b"huggingface"])
    assert declared["info"]["features"]["audio"] == {"_type": "Audio"}


def test_the_folder_itself_loads_too(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "parquet")
    found = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert sum(part.num_rows for part in found.values()) == len(known_clips(run, included=True))


def test_streaming_reads_it_too(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "parquet")
    part = datasets.load_dataset("parquet", data_dir=str(tmp_path / "out" / "data"), streaming=True, split="train")
    known = {name: clip for name, clip in known_clips(run, included=True).items() if clip.row["split"] == "train"}
    assert_same_sound({row["id"]: decode(row["audio"]["bytes"])
                       for row in part.cast_column("audio", datasets.Audio(decode=False))}, known)


def test_files_and_row_groups_are_bounded_and_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voiceact.dataset.export.formats import parquet as exporter

    monkeypatch.setattr(exporter, "CLIPS_A_FILE", 4)
    monkeypatch.setattr(exporter, "GROUP_CLIPS", 3)
    write_samples("parquet", tmp_path / "out", map(str, range(15)))
    groups = {path.name: [parquet.ParquetFile(path).metadata.row_group(at).num_rows
                          for at in range(parquet.ParquetFile(path).num_row_groups)]
              for path in sorted((tmp_path / "out" / "data").iterdir())}
    assert groups == {"test-00000-of-00002.parquet": [3, 1], "test-00001-of-00002.parquet": [1],
                      "train-00000-of-00003.parquet": [3, 1], "train-00001-of-00003.parquet": [3, 1],
                      "train-00002-of-00003.parquet": [2]}


@settings(max_examples=20, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> None:
    folder = write_samples("parquet", tmp_path_factory.mktemp("p") / "out", said)
    rows = [row for path in (folder / "data").iterdir() for row in parquet.read_table(path, columns=["id", "text"]).to_pylist()]
    assert {row["id"]: row["text"] for row in rows} == {f"a-{number}": text for number, text in enumerate(said)}
