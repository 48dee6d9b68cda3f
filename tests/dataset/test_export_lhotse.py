"""The cuts of an export, read by lhotse itself, which needs torch (the extra test-engines)."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from exports import assert_same_columns, assert_same_sound, awkward_run, known_clips, texts, write_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.dataset.export.export import export

pytest.importorskip("torch", reason="lhotse imports torch")
lhotse = pytest.importorskip("lhotse", reason="not installed; pip install 'voiceact[test-engines]'")


def cuts(folder: Path, split: str) -> "lhotse.CutSet":
    return lhotse.CutSet.from_file(folder / f"cuts_{split}.jsonl.gz")


def sounds(found: "lhotse.CutSet") -> dict[str, tuple[np.ndarray, int]]:
    return {cut.id: ((cut.load_audio()[0] * 32768).astype(np.int16), cut.sampling_rate) for cut in found}


def test_every_clip_is_as_it_was(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "lhotse")
    known = known_clips(run, included=True)
    assert {split: len(cuts(tmp_path / "out", split).to_eager()) for split in ("train", "test")} == Counter(
        clip.row["split"] for clip in known.values())
    assert_same_sound(sounds(cuts(tmp_path / "out", "train")) | sounds(cuts(tmp_path / "out", "test")), known)
    for cut in cuts(tmp_path / "out", "train"):
        said, row = cut.supervisions[0], known[cut.id].row
        assert (said.text, said.language, said.speaker, said.gender) == (
            row["text"], row["language"], row["persona"], row["gender"])
        columns = {**said.custom, "id": cut.id, "text": said.text, "language": said.language, "gender": said.gender,
                   "duration": cut.duration}
        assert_same_columns(columns, row)


def test_lhotse_finds_nothing_wrong(tmp_path: Path) -> None:
    from lhotse.qa import validate, validate_recordings_and_supervisions

    export(awkward_run(tmp_path / "run"), tmp_path / "out", "lhotse")
    for split in ("train", "test"):
        validate(cuts(tmp_path / "out", split).to_eager(), read_data=True)
        validate_recordings_and_supervisions(
            lhotse.RecordingSet.from_file(tmp_path / "out" / f"recordings_{split}.jsonl.gz").to_eager(),
            lhotse.SupervisionSet.from_file(tmp_path / "out" / f"supervisions_{split}.jsonl.gz").to_eager(), read_data=True)


def test_relative_paths_take_the_folder_as_a_prefix(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "lhotse", paths="relative")
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    known = {name: clip for name, clip in known_clips(run, included=True).items() if clip.row["split"] == "train"}
    assert_same_sound(sounds(cuts(tmp_path / "elsewhere", "train").with_recording_path_prefix(tmp_path / "elsewhere")), known)


def test_the_same_clips_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write_samples("lhotse", tmp_path / name, ["a", "b"], paths="relative") for name in "xy")
    assert (one / "cuts_train.jsonl.gz").read_bytes() == (other / "cuts_train.jsonl.gz").read_bytes()


@settings(max_examples=20, deadline=None)
@given(st.lists(texts, min_size=3, max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> None:
    folder = write_samples("lhotse", tmp_path_factory.mktemp("l") / "out", said)
    found = {cut.id: cut.supervisions[0].text for split in ("train", "test") for cut in cuts(folder, split)}
    assert found == {f"a-{number}": text for number, text in enumerate(said)}
