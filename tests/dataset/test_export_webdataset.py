"""The tars of an export, read by webdataset itself."""

import json
import tarfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from exports import (
    assert_same_columns,
    assert_same_sound,
    awkward_run,
    decode,
    known_clips,
    texts,
    without_torchcodec,
    write_samples,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.dataset.export.export import export
from voiceact.dataset.export.formats import base
from voiceact.dataset.export.selection import Selection

wds = pytest.importorskip("webdataset")


def read(folder: Path, split: str = "*") -> list[dict]:
    urls = sorted(map(str, folder.glob(f"{split}-*.tar")))
    return list(wds.WebDataset(urls, shardshuffle=False, empty_check=False))


def members(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


def test_the_reader_gets_every_clip_as_it_was(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    done = export(run, tmp_path / "out", "webdataset")
    known, found = known_clips(run, included=True), read(tmp_path / "out")
    assert_same_sound({one["__key__"]: decode(one["flac"]) for one in found}, known)
    for one in found:
        row = json.loads(one["json"])
        assert_same_columns(row, known[one["__key__"]].row)
        assert row["file_name"] == f"{one['__key__']}.flac"
        assert one["txt"].decode() == row["text"]
    assert len(found) == done.clips == 12


def test_each_split_has_tars_of_its_own(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "webdataset")
    wanted = Counter(clip.row["split"] for clip in known_clips(run, included=True).values())
    assert {split: len(read(tmp_path / "out", split)) for split in ("train", "test")} == wanted


def test_rejected_takes_can_be_had_too(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "webdataset", selection=Selection(levels=("rejected",)), audio="wav")
    found = read(tmp_path / "out")
    assert_same_sound({one["__key__"]: decode(one["wav"]) for one in found}, known_clips(run, verdict="rejected"))
    assert {tuple(json.loads(one["json"])["reasons"]) for one in found} == {("emotion:absent",)}


def test_tars_are_bounded_and_keys_are_neighbours_without_dots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voiceact.dataset.export.formats import webdataset

    monkeypatch.setattr(webdataset, "CLIPS_A_FILE", 4)
    write_samples("webdataset", tmp_path / "out", map(str, range(15)))
    names = {path.name: members(path) for path in sorted((tmp_path / "out").iterdir())}
    assert {name: len(found) // 3 for name, found in names.items()} == {
        "test-000000.tar": 4, "test-000001.tar": 1, "train-000000.tar": 4, "train-000001.tar": 4, "train-000002.tar": 2}
    for found in names.values():
        keys = [member.partition(".")[0] for member in found]
        changes = sum(one != other for one, other in pairwise(keys))
        assert changes == len(set(keys)) - 1, "members of a clip are neighbours"
        assert all(member.count(".") == 1 for member in found)
    assert base.CLIPS_A_FILE == 1000


def test_the_same_clips_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write_samples("webdataset", tmp_path / name, ["a", "b", "c"]) for name in "xy")
    assert len(list(one.iterdir())) == 2
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()


@settings(max_examples=20, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> None:
    folder = write_samples("webdataset", tmp_path_factory.mktemp("w") / "out", said)
    wanted = {f"a-{number}": text for number, text in enumerate(said)}
    assert {one["__key__"]: one["txt"].decode() for one in read(folder)} == wanted
    assert {one["__key__"]: json.loads(one["json"])["text"] for one in read(folder)} == wanted


def test_hugging_face_datasets_reads_the_tars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    without_torchcodec(monkeypatch)
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "webdataset")
    found = datasets.load_dataset("webdataset", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    clips = known_clips(run, included=True)
    assert {split: part.num_rows for split, part in found.items()} == Counter(clip.row["split"] for clip in clips.values())
    for part in found.values():
        part = part.cast_column("flac", datasets.Audio(decode=False))
        assert_same_sound({row["__key__"]: decode(row["flac"]["bytes"]) for row in part},
                          {row["__key__"]: clips[row["__key__"]] for row in part})
