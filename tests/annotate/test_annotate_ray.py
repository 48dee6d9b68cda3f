"""An annotation on a Ray cluster of two nodes: the same bytes, and a clip that kills its worker is one bad clip."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
import soundfile
from ray_nodes import no_longer, two_nodes

from voiceact.annotate.audit import check_annotation
from voiceact.annotate.listening import Task
from voiceact.annotate.progress import AnnotateProgress
from voiceact.annotate.run import AnnotateSettings, annotate, resume_annotation
from voiceact.errors import UsageError, VoiceactError

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.cluster
RAY = AnnotateSettings(executor="ray", workers=2)
FRAIL = """
import os
import numpy as np
from voiceact.acting.taxonomy import categories
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile

IDS = [category.id for category in categories()]

class Frail(Estimator):
    name, revision, thresholds, options = "frail", "1", {}, {"full": "whether a full disk ends it"}

    def __init__(self, full=""):
        self._full = full

    def profile(self, samples, sample_rate, **known):
        peak = float(np.abs(samples).max())
        if peak > 0.85:
            if self._full:
                raise OSError(28, "No space left on device")
            os._exit(9)
        return Profile(dict.fromkeys(IDS, peak), peak, 0.0, 0.0, dict.fromkeys(IDS, "category"), "frail", "1", "none")

    def reference(self, clips, regime="neutral"):
        raise NotImplementedError
"""
"""an estimator whose process dies of a clip that is loud"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[object]:
    plugin = tmp_path_factory.mktemp("plugin")
    (plugin / "frail.py").write_text(FRAIL)
    (plugin / "frail-1.dist-info").mkdir()
    (plugin / "frail-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: frail\nVersion: 1\n")
    (plugin / "frail-1.dist-info" / "entry_points.txt").write_text("[voiceact.estimators]\nfrail = frail:Frail\n")
    with two_nodes(plugin, Path(__file__).parents[2]) as nodes:
        yield nodes


@pytest.fixture(autouse=True)
def in_time(cluster) -> Iterator[None]:
    with no_longer():
        yield


def write_clips(folder: Path, peaks: list[float]) -> Path:
    folder.mkdir()
    for number, peak in enumerate(peaks):
        sound = peak * np.sin(2 * np.pi * (100 + number) * np.arange(8000) / 16_000)
        soundfile.write(folder / f"clip{number:02d}.wav", sound.astype(np.float32), 16_000, subtype="FLOAT")
    return folder


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in (folder / "data").rglob("*.parquet")}


def errors_of(folder: Path) -> dict[str, str | None]:
    rows = [row for path in (folder / "data").rglob("*.parquet") for row in parquet.read_table(path).to_pylist()]
    return {row["clip"]: row["error"] for row in rows}


def test_two_nodes_write_the_bytes_of_one_process(tmp_path: Path) -> None:
    source = write_clips(tmp_path / "in", [0.1 + 0.03 * number for number in range(20)])
    task = Task(estimators=("frail",), bursts=False, shard_clips=8)
    annotate(str(source), tmp_path / "alone", task)
    report = annotate(str(source), tmp_path / "ray", task, RAY)
    assert report.finished and report.heard.clips == 20 and report.run.sessions == ()
    assert bytes_of(tmp_path / "ray") == bytes_of(tmp_path / "alone") != {}


def test_a_clip_that_kills_its_worker_again_and_again_is_entered_as_failed(tmp_path: Path) -> None:
    peaks = [0.2] * 12
    peaks[3] = peaks[9] = 0.95
    source = write_clips(tmp_path / "in", peaks)
    report = annotate(str(source), tmp_path / "ray", Task(estimators=("frail",), bursts=False, shard_clips=8), RAY)
    assert report.finished and (report.totals.clips, report.totals.failed) == (12, 2)
    errors = errors_of(tmp_path / "ray")
    assert {name for name, error in errors.items() if error} == {"clip03.wav", "clip09.wav"}
    assert "the process that heard it died" in str(errors["clip03.wav"])
    assert [name for name, _ in report.faults] == ["clip03.wav", "clip09.wav"]
    assert check_annotation(tmp_path / "ray").clean


def test_what_ends_a_run_is_told_from_the_worker_and_another_executor_goes_on(tmp_path: Path) -> None:
    source = write_clips(tmp_path / "in", [0.2] * 9 + [0.95])
    task = Task(estimators=("frail:full=yes",), bursts=False, shard_clips=8)
    with pytest.raises(VoiceactError, match="a worker failed: .*No space left"):
        annotate(str(source), tmp_path / "ray", task, RAY)
    soundfile.write(source / "clip09.wav", np.zeros(10, np.float32), 16_000)
    report = resume_annotation(tmp_path / "ray")
    assert report.finished and report.totals.clips == 10 and "was changed" in str(errors_of(tmp_path / "ray")["clip09.wav"])


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_goes_on_here(tmp_path: Path, sent: signal.Signals) -> None:
    class Stopping(AnnotateProgress):
        sent = False

        def add_shard(self, shard: int) -> None:
            if not self.sent:
                self.sent = True
                signal.raise_signal(sent)

    source = write_clips(tmp_path / "in", [0.2] * 96)
    task = Task(estimators=("frail",), bursts=False, shard_clips=8)
    report = annotate(str(source), tmp_path / "ray", task, RAY, progress=Stopping())
    assert not report.finished and report.signal == sent and 0 < report.heard.clips < 96
    assert resume_annotation(tmp_path / "ray").finished
    assert check_annotation(tmp_path / "ray").clean


def test_a_store_that_no_other_process_sees_is_refused(tmp_path: Path) -> None:
    source = write_clips(tmp_path / "in", [0.2])
    with pytest.raises(UsageError, match="only this process can see that store"):
        annotate(str(source), "memory://ray-annotation", Task(estimators=("frail",), bursts=False), RAY)
