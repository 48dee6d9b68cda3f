"""Voices: clusters of embeddings, and scores worked out anew beside each voice, in two passes that may be interrupted."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact import audio
from voiceact.annotate import run as run_module
from voiceact.annotate.listening import STATED, Task
from voiceact.annotate.run import annotate, resume_annotation
from voiceact.annotate.voices import MOST_CLIPS, Clusters, thin
from voiceact.estimators import load_estimator

TASK = Task(attributes=False, bursts=False, shard_clips=8)


def unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@given(st.integers(0, 1000), st.integers(1, 6))
@settings(max_examples=25)
def test_embeddings_around_far_points_are_parted_as_they_were_drawn(seed: int, voices: int) -> None:
    draw = np.random.default_rng(seed)
    centres = np.eye(16)[:voices]
    truth = draw.integers(0, voices, 60)
    points = [unit(centres[one] + draw.normal(0, 0.1, 16)) for one in truth]
    clusters = Clusters(0.7)
    for point in points:
        clusters.add(point)
    clusters.join()
    names = [clusters.name_of(point.tolist()) for point in points]
    pairs = {(int(one), name) for one, name in zip(truth, names, strict=True)}
    assert len(pairs) == len(set(truth.tolist())) == len(set(names))
    # The largest is the first.
    counts = [names.count(f"voice-{number + 1:04d}") for number in range(len(pairs))]
    assert counts == sorted(counts, reverse=True) and all(counts)


def test_without_an_embedding_there_is_no_voice() -> None:
    clusters = Clusters(0.7)
    clusters.join()
    assert clusters.name_of(None) is None and clusters.name_of([1.0]) is None


@given(st.integers(0, 500))
def test_places_are_thinned_evenly_and_never_to_fewer_than_are_needed(count: int) -> None:
    places = [(0, number) for number in range(count)]
    kept = thin(places)
    assert kept == sorted(set(kept)) and len(kept) == min(count, MOST_CLIPS)
    assert not kept or kept[0] == (0, 0)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen clips of one speaker and three of another, in a table."""
    from test_annotate import write_clip

    folder = tmp_path_factory.mktemp("voices")
    lines = []
    for number in range(16):
        write_clip(folder / f"clip{number:02d}.wav", 0.4, 100 + 9 * number)
        lines.append({"path": f"clip{number:02d}.wav", "speaker": "many" if number < 13 else "few"})
    (folder / "table.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "table.jsonl"


def rows_of(folder: Path) -> dict[str, dict]:
    files = sorted((folder / "data").rglob("*.parquet"))
    return {row["id"]: row for file in files for row in parquet.read_table(file).to_pylist()}


def test_a_voice_with_twelve_clips_is_judged_beside_its_statistics_and_one_with_fewer_is_not(
    corpus: Path, tmp_path: Path
) -> None:
    report = annotate(str(corpus), tmp_path / "out", TASK)
    rows = rows_of(tmp_path / "out")
    assert report.run.task.voices == STATED and report.finished and len(rows) == 16
    assert rows["clip00.wav"]["cluster"] == "many" and rows["clip15.wav"]["cluster"] == "few"
    assert {row["reference"] for row in rows.values() if row["cluster"] == "many"} == {"statistics"}
    assert {row["reference"] for row in rows.values() if row["cluster"] == "few"} == {"none"}
    # As the judge itself answers with a reference of these clips; descriptions are kept in 16 bits between the passes.
    judge = load_estimator("human")
    clips = [audio.read(corpus.parent / f"clip{number:02d}.wav") for number in range(13)]
    profile = judge.profile(*clips[3], reference=judge.reference(clips, kind="speaker"))
    assert rows["clip03.wav"]["arousal"] == pytest.approx(profile.arousal, abs=0.02)
    for name, ratio in profile.log_ratios.items():
        assert rows["clip03.wav"][f"log_ratio_{name}"] == pytest.approx(ratio, abs=0.05), name
    assert not (tmp_path / "out" / "stage").exists() and not (tmp_path / "out" / "work").exists()


def test_voices_may_be_left_out(corpus: Path, tmp_path: Path) -> None:
    annotate(str(corpus), tmp_path / "out", TASK, voices="none")
    rows = rows_of(tmp_path / "out")
    assert {row["reference"] for row in rows.values()} == {"none"} and rows["clip00.wav"]["speaker"] == "many"


def test_a_run_that_ends_between_the_passes_goes_on(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    annotate(str(corpus), tmp_path / "whole", TASK)
    real = run_module.find_voices

    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "find_voices", interrupted)
    with pytest.raises(KeyboardInterrupt):
        annotate(str(corpus), tmp_path / "out", TASK)
    assert list((tmp_path / "out" / "stage").iterdir()) and not (tmp_path / "out" / "data").exists()
    monkeypatch.setattr(run_module, "find_voices", real)
    report = resume_annotation(tmp_path / "out")
    assert report.finished and report.heard.clips == 0
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "whole")


def test_a_tar_without_clips_has_no_rows_and_the_voices_of_the_others_are_found(tmp_path: Path) -> None:
    from test_annotate import encoded, write_tar

    write_tar(tmp_path / "in-0.tar", [])
    write_tar(tmp_path / "in-1.tar", [("one.flac", encoded()), ("one.json", b'{"speaker": "anna"}')])
    report = annotate(str(tmp_path / "in-{0,1}.tar"), tmp_path / "out", TASK, voices=STATED)
    assert report.finished and report.totals.clips == 1
    assert [row["cluster"] for row in rows_of(tmp_path / "out").values()] == ["anna"]
