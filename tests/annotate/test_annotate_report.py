"""The report of an annotation: shares and percentiles as they are, every name escaped, nothing from elsewhere."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from voiceact.annotate.columns import ATTRIBUTES
from voiceact.annotate.listening import Task
from voiceact.annotate.report import Sample, category_rows, distribution, read_sample, write_report
from voiceact.annotate.run import annotate
from voiceact.annotate.run_file import ShardFile
from voiceact.cli.main import cli
from voiceact.errors import UsageError
from voiceact.estimators.human.estimator import IDS
from voiceact.store.filesystem import Store

HOSTILE = "<img src=x onerror=alert(1)>.wav"


@pytest.fixture(scope="module")
def annotated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "in").mkdir()
    for number in range(20):
        sound = 0.3 * np.sin(2 * np.pi * (120 + 5 * number) * np.arange(8000) / 16_000)
        soundfile.write(folder / "in" / f"clip{number:02d}.wav", sound.astype(np.float32), 16_000)
    (folder / "in" / HOSTILE).write_bytes(b"no sound")
    annotate(str(folder / "in"), folder / "out", Task(estimators=(), bursts=False, license="CC-BY-4.0", language="de"))
    return folder / "out"


def test_the_page_has_the_sums_the_attributes_and_the_faults_and_asks_for_nothing(annotated: Path, tmp_path: Path) -> None:
    page = write_report(annotated, tmp_path / "page.html").read_text("utf-8")
    for words in ("<b>21</b>", "of 21 listed", "CC-BY-4.0", "<td>de</td><td>20</td>", "<h2>Could not be heard</h2>"):
        assert words in page
    titles = re.findall(r'<figure class="spread"><figcaption>(\w+)', page)
    assert titles == [name for name in ATTRIBUTES if name in titles] and {"f0_hz", "lufs", "snr"} <= set(titles)
    assert "<h2>Feelings</h2>" not in page, "nobody was asked for scores"
    assert "<img" not in page and "&lt;img src=x onerror=alert(1)&gt;.wav" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//|<script""", page)


def test_percentiles_are_numpys_and_what_lies_beyond_the_picture_counts_at_its_end() -> None:
    values = np.random.default_rng(0).normal(5, 2, 1000)
    found = distribution("rate", "syllables", values.tolist(), (4.0, 6.0))
    assert found is not None and found.count == 1000
    assert (found.low, found.median, found.high) == pytest.approx(tuple(np.percentile(values, (5, 50, 95))))
    heights = [float(height) for height in re.findall(r'class="column"[^>]* height="([\d.]+)"', str(found.picture))]
    assert heights[0] == max(heights[:5]) and heights[-1] == max(heights[-5:])
    assert distribution("rate", "syllables", []) is None
    assert distribution("rate", "syllables", [2.0, 2.0]) is not None


def test_shares_of_rows_in_which_a_category_is_present_and_strong() -> None:
    sample = Sample(
        rows=4,
        values={f"score_{name}": [] for name in IDS} | {"score_anger": [0.0, 2.0, 5.0, 7.0], "score_fear": [1.9]},
        words={},
        evidence={name: Counter() for name in IDS} | {"anger": Counter(category=3, none=1)},
    )
    anger, fear = category_rows(sample)
    assert (anger.name, anger.count, anger.present, anger.strong) == ("Anger", 4, 0.75, 0.5)
    assert anger.evidence == "category 3, none 1" and (fear.present, fear.strong) == (0.0, 0.0)


def test_of_many_rows_files_are_read_evenly(annotated: Path, monkeypatch) -> None:
    monkeypatch.setattr("voiceact.annotate.report.MOST_ROWS", 10)
    names = sorted(path.relative_to(annotated).as_posix() for path in (annotated / "data").rglob("*.parquet"))
    files = [ShardFile(name, 8, 0, "") for name in names]
    assert len(files) == 3
    sample = read_sample(Store(annotated), files)
    assert sample.rows in (7, 8), "one file of three"
    assert sample.words["language"] == {"de": sample.rows} and len(sample.values["lufs"]) == sample.rows


def test_what_cannot_be_reported_is_said(annotated: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no annotation"):
        write_report(tmp_path, tmp_path / "page.html")
    done = CliRunner().invoke(cli, ["annotate", "x", "--out", str(annotated), "--report", str(tmp_path / "page.html")])
    assert done.exit_code and isinstance(done.exception, UsageError) and "leave SOURCE out" in str(done.exception)
    done = CliRunner().invoke(cli, ["annotate", "--out", str(annotated), "--report", str(tmp_path / "no" / "page.html")])
    assert done.exit_code and isinstance(done.exception, UsageError) and not (tmp_path / "no").exists()
    assert CliRunner().invoke(cli, ["annotate", "--out", str(annotated), "--report", str(tmp_path / "p.html")]).exit_code == 0
