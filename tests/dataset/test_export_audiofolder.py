"""The files and tables of an export, read by the audiofolder builder of Hugging Face datasets."""

import json
from collections import Counter
from pathlib import Path

import pytest
from exports import (
    assert_same_columns,
    assert_same_sound,
    awkward_run,
    change_rows,
    decode,
    known_clips,
    texts,
    without_torchcodec,
    write_samples,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.dataset.export.export import export
from voiceact.dataset.export.formats.base import EXPORT_COLUMNS

datasets = pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def noting_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    without_torchcodec(monkeypatch)


def load(folder: Path, cache: Path) -> dict:
    found = datasets.load_dataset("audiofolder", data_dir=str(folder), cache_dir=str(cache))
    return {split: part.cast_column("audio", datasets.Audio(decode=False)) for split, part in found.items()}


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def test_datasets_gets_every_clip_as_it_was(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "audiofolder")
    known, found = known_clips(run, included=True), load(tmp_path / "out", tmp_path / "cache")
    rows = {row["id"]: row for part in found.values() for row in part}
    assert_same_sound({name: decode(Path(row["audio"]["path"])) for name, row in rows.items()}, known)
    for name, row in rows.items():
        unknown = {column for column in EXPORT_COLUMNS if column not in row}
        assert all(known[name].row[column] in (None, []) for column in unknown - {"file_name"})
        assert_same_columns(row, known[name].row, but=unknown)
    assert {split: len(part) for split, part in found.items()} == Counter(clip.row["split"] for clip in known.values())


def test_there_is_no_column_that_nobody_wrote(tmp_path: Path) -> None:
    export(awkward_run(tmp_path / "run"), tmp_path / "out", "audiofolder")
    columns = load(tmp_path / "out", tmp_path / "cache")["train"].column_names
    assert set(columns) <= {*EXPORT_COLUMNS, "audio"} and "label" not in columns


def test_a_column_that_one_split_does_not_know_stands_elsewhere(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    change_rows(run, lambda row: {**row, "wer": 0.25 if row["split"] == "train" else None})
    export(run, tmp_path / "out", "audiofolder")
    known, found = known_clips(run, included=True), load(tmp_path / "out", tmp_path / "cache")
    assert "wer" not in found["train"].column_names, "datasets would refuse splits whose columns differ in type"
    whole = lines(tmp_path / "out" / "columns.jsonl")
    assert sorted(row["id"] for row in whole) == sorted(known)
    for row in whole:
        assert_same_columns(row, known[row["id"]].row)
        assert (tmp_path / "out" / row["file_name"]).is_file()


def test_file_names_are_relative_to_their_table(tmp_path: Path) -> None:
    export(awkward_run(tmp_path / "run"), tmp_path / "out", "audiofolder")
    for split in ("train", "test"):
        rows = lines(tmp_path / "out" / split / "metadata.jsonl")
        assert rows and all((tmp_path / "out" / split / row["file_name"]).is_file() for row in rows)
    assert not list((tmp_path / "out").rglob(".*")), "what was needed on the way is gone"


def test_no_folder_grows_beyond_what_hubs_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voiceact.dataset.export.formats import files

    monkeypatch.setattr(files, "FILES_A_FOLDER", 4)
    write_samples("audiofolder", tmp_path / "out", map(str, range(15)))
    counts = {path.relative_to(tmp_path / "out").as_posix(): len(list(path.iterdir()))
              for path in (tmp_path / "out").glob("*/*") if path.is_dir()}
    assert counts == {"train/0000": 4, "train/0001": 4, "train/0002": 2, "test/0000": 4, "test/0001": 1}


@settings(max_examples=20, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> None:
    folder = write_samples("audiofolder", tmp_path_factory.mktemp("a") / "out", said)
    rows = [row for path in folder.glob("*/metadata.jsonl") for row in lines(path)]
    assert {row["id"]: row["text"] for row in rows} == {f"a-{number}": text for number, text in enumerate(said)}
