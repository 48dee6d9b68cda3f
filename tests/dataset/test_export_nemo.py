"""The manifests of an export, read as NeMo does.

NeMo itself needs a GPU's worth of packages, so its reader is followed from its source
(nemo/collections/common/parts/preprocessing/manifest.py): one JSON object a line; audio_filepath, duration and text are
looked for; a path that is not absolute and is below a folder is taken from the manifest's own folder.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
from exports import assert_same_columns, assert_same_sound, awkward_run, decode, known_clips, texts, write_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.dataset.export.export import export
from voiceact.errors import UsageError


def items(manifest: Path) -> list[dict]:
    """As `item_iter` of NeMo."""
    found = []
    with manifest.open(encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            path = Path(item["audio_filepath"])
            if not path.is_absolute() and path.parent != Path():
                path = manifest.parent / path
            found.append({"audio_file": path, "duration": item["duration"], "text": item["text"], "all": item})
    return found


def manifests(folder: Path) -> dict[str, list[dict]]:
    return {path.name.removesuffix("_manifest.json"): items(path) for path in folder.glob("*_manifest.json")}


def test_every_clip_is_as_it_was(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "nemo")
    known, found = known_clips(run, included=True), manifests(tmp_path / "out")
    entries = [item for part in found.values() for item in part]
    assert_same_sound({item["all"]["id"]: decode(item["audio_file"]) for item in entries}, known)
    for item in entries:
        clip = known[item["all"]["id"]]
        assert item["text"] == clip.row["text"]
        assert item["duration"] == pytest.approx(len(clip.samples) / clip.rate, abs=1e-6)
        assert_same_columns(item["all"], clip.row)
    assert {split: len(part) for split, part in found.items()} == Counter(clip.row["split"] for clip in known.values())


def test_a_folder_can_be_moved(tmp_path: Path) -> None:
    export(awkward_run(tmp_path / "run"), tmp_path / "out", "nemo")
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    assert all(item["audio_file"].is_file() for item in manifests(tmp_path / "elsewhere")["train"])


def test_absolute_paths_are_those_of_the_last_place(tmp_path: Path) -> None:
    export(awkward_run(tmp_path / "run"), tmp_path / "out", "nemo", paths="absolute")
    for item in manifests(tmp_path / "out")["train"]:
        assert Path(item["all"]["audio_filepath"]).is_absolute() and item["audio_file"].is_file()


def test_paths_are_refused_where_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="parquet has no lists with paths of audio"):
        export(awkward_run(tmp_path / "run"), tmp_path / "out", "parquet", paths="absolute")


@settings(max_examples=20, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> None:
    folder = write_samples("nemo", tmp_path_factory.mktemp("n") / "out", said)
    found = {item["all"]["id"]: item["text"] for part in manifests(folder).values() for item in part}
    assert found == {f"a-{number}": text for number, text in enumerate(said)}
