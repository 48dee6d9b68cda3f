"""What people hand to the command line by mistake: one sentence, no trace of Python, nothing harmed."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result
from tiny_run import write_tiny_run

from voiceact import audio
from voiceact.cli.main import cli, main
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import check_folder, write_whole

LONG = "a" * 300


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny_run(tmp_path / "run")


def told(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main([str(one) for one in arguments])
    return int(stopped.value.code or 0), capsys.readouterr().err


def invoked(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments], input=stdin)


# --- Names


@pytest.mark.parametrize(
    "arguments",
    [
        ("persona", "show", f"{LONG}.yaml"),
        ("recipe", "validate", f"{LONG}.yaml"),
        ("recipe", "audit", LONG),
        ("estimate", f"{LONG}.wav"),
        ("verify", f"{LONG}.wav"),
        ("replay", f"{LONG}.json"),
        ("listen", "status", LONG),
        ("dataset", "export", LONG, "--format", "nemo", "--out", "x"),
        ("lines", f"{LONG}.csv", "--out", "x"),
        ("synth", "--persona", "nurse", "--no-verify", "--text", "Hi.", "--out", f"{LONG}.wav"),
    ],
    ids=lambda words: " ".join(words[:2])[:20],
)
def test_a_name_that_is_too_long_is_told(arguments, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    status, error = told(*arguments, capsys=capsys)
    assert status in (1, 2) and "Traceback" not in error
    assert error.startswith(("voiceact: ", "aaaa"))
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fails_is_told_with_the_file(monkeypatch, capsys) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "disk/run.json")

    monkeypatch.setattr(cli, "main", broken)
    assert told("doctor", capsys=capsys) == (1, "voiceact: disk/run.json: cannot be used (Input/output error); name another\n")


def test_an_error_that_names_no_file_is_ours_to_find(monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(cli, "main", broken)
    with pytest.raises(OSError, match="Too many"):
        main(["doctor"])


@pytest.mark.parametrize(
    "arguments",
    [("lines", "table.csv", "--out", ""), ("estimate", "x.wav", "--statistics", ""), ("persona", "list", "--personas", "")],
)
def test_an_empty_name_is_not_the_working_folder(arguments) -> None:
    found = invoked(*arguments)
    assert found.exit_code == 2 and "the name is empty" in found.output


def test_an_empty_name_among_files_is_told(capsys) -> None:
    assert told("estimate", "", capsys=capsys) == (
        2,
        "voiceact: a file name is empty; expected an audio file, a folder or a pattern\n",
    )


# --- Places to write


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_device_or_pipe_is_not_replaced_by_a_file(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for write in (
        lambda path: write_whole(path, b"x"),
        check_folder,
        lambda path: audio.write(path, np.zeros(10, np.float32), 8000),
    ):
        with pytest.raises(UsageError, match="is a device or a pipe; expected the name of a file to write"):
            write(tmp_path / "pipe.wav")
    assert (tmp_path / "pipe.wav").is_fifo()


@pytest.mark.parametrize("verb", ["card", "report", "pairs"])
@pytest.mark.parametrize("name", ["run.json", "index/shard-000000.parquet", "index/new.txt"])
def test_no_file_of_a_run_is_written_over(tiny, verb, name, capsys) -> None:
    before = {path: path.read_bytes() for path in tiny.rglob("*") if path.is_file()}
    status, error = told("dataset", verb, tiny, "--out", tiny / name, capsys=capsys)
    assert (status, "is, or lies among, the files of the run itself; name a file outside" in error) == (2, True)
    assert {path: path.read_bytes() for path in tiny.rglob("*") if path.is_file()} == before


def test_a_listening_test_does_not_lie_in_its_run(tiny, capsys) -> None:
    status, error = told("listen", "new", tiny, "--protocol", "presence", "--out", tiny / "new", capsys=capsys)
    assert status == 2 and "whose sounds an audit counts; name a folder outside" in error
    assert not (tiny / "new").exists()


def test_a_store_that_cannot_be_reached_is_told(monkeypatch, capsys) -> None:
    class BotoCoreError(Exception):
        """As botocore has it: no OSError."""

    def failing(*_: object, **__: object) -> None:
        raise BotoCoreError("Unable to locate credentials")

    monkeypatch.setitem(sys.modules, "botocore.exceptions", SimpleNamespace(BotoCoreError=BotoCoreError))
    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.isfile", failing)
    assert told("recipe", "status", "memory://run", capsys=capsys) == (
        2,
        "voiceact: memory://run: the store cannot be reached (Unable to locate credentials); check its keys and its address\n",
    )


def test_a_store_that_is_not_there_is_told(capsys) -> None:
    status, error = told("recipe", "status", "ftp://host.invalid/run", capsys=capsys)
    assert (status, error.startswith("voiceact: ftp://host.invalid/run: the store cannot be reached (")) == (2, True)


def test_an_empty_share_is_not_all_of_the_run(tmp_path, capsys) -> None:
    status, error = told("recipe", "run", "smoke", "--out", tmp_path / "run", "--shard", "", capsys=capsys)
    assert (status, error.startswith("voiceact: --shard '': expected the number of a share")) == (2, True)
    assert not (tmp_path / "run").exists()


def test_a_replay_is_not_written_over_its_original(tmp_path, capsys) -> None:
    told("synth", "--persona", "nurse", "--no-verify", "--text", "Hi.", "--out", tmp_path / "x.wav", capsys=capsys)
    before = (tmp_path / "x.wav").read_bytes()
    status, error = told("replay", tmp_path / "x.json", "--out", tmp_path / "x.wav", capsys=capsys)
    assert (status, "is the clip that is replayed; write the replay beside it" in error) == (2, True)
    assert (tmp_path / "x.wav").read_bytes() == before


# --- Numbers


@pytest.mark.parametrize("given", ["nan", "inf", "-inf", "1e400"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("listen", "new", "run", "--protocol", "presence", "--out", "x", "--gold-share"),
        ("listen", "new", "run", "--protocol", "presence", "--out", "x", "--contrastive"),
        ("listen", "serve", "test", "--days"),
        ("dataset", "pairs", "run", "--out", "x", "--least-margin"),
        ("recipe", "plan", "smoke", "--pilot", "1", "--cost-per-hour"),
    ],
    ids=lambda words: words[-1],
)
def test_what_is_no_number_is_refused(arguments, given) -> None:
    found = invoked(*arguments, given)
    assert found.exit_code == 2 and f"Invalid value for '{arguments[-1]}'" in found.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("listen", "plan", "--protocol", "presence", "--raters", 2, "--clips", 4),
        ("listen", "analyse", "x"),
        ("judge", "evaluate", "--corpus", "a", "b", "--out", "c"),
        ("dataset", "report", "x"),
    ],
    ids=lambda words: words[1],
)
def test_a_negative_seed_is_refused_where_none_can_be(arguments) -> None:
    found = invoked(*arguments, "--seed", -1)
    assert found.exit_code == 2 and "-1 is not in the range x>=0" in found.output


# --- Bytes


@pytest.mark.parametrize("name", ["gold.csv", "gold.jsonl"])
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("key,category,values\ncaf\xe9,Anger,1\n".encode("latin-1"), "is not UTF-8 text; save it as UTF-8"),
        (b'{"key": ' + b"9" * 5000 + b"}", ""),
    ],
)
def test_a_gold_file_that_cannot_be_read_is_told(tiny, tmp_path, name, data, sentence, capsys) -> None:
    (tmp_path / name).write_bytes(data)
    status, error = told(
        "listen", "new", tiny, "--protocol", "presence", "--out", tmp_path / "test", "--gold", tmp_path / name, capsys=capsys
    )
    assert status == 2 and error.startswith(f"voiceact: --gold {tmp_path / name}") and sentence in error


def test_a_list_on_standard_input_that_is_not_utf8_is_told() -> None:
    found = invoked("estimate", "-", stdin=b"\xff\xfe\n")
    assert isinstance(found.exception, UsageError)
    assert str(found.exception) == "the list on standard input is not UTF-8; expected a file name a line"


def test_samples_beyond_any_full_scale_are_refused(tmp_path) -> None:
    soundfile.write(tmp_path / "x.wav", np.full(100, 1e30), 8000, subtype="FLOAT")
    with pytest.raises(UsageError, match=r"holds samples of 1e\+30; full scale is 1, so this is no sound"):
        audio.read(tmp_path / "x.wav")
    soundfile.write(tmp_path / "x.wav", np.full(100, 32767.0), 8000, subtype="FLOAT")
    assert audio.read(tmp_path / "x.wav")[0].max() == 32767


@pytest.mark.parametrize("url", ["not a url", "example.org", "ftp://example.org", "https://", "https://a b", "https://a/#x"])
def test_listeners_are_given_no_address_that_cannot_be_opened(tmp_path, url, capsys) -> None:
    status, error = told("listen", "serve", tmp_path, "--url", url, capsys=capsys)
    assert (status, "is no address that listeners could open" in error) == (2, True)


# --- Where it is printed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "arguments", [("emotion", "list"), ("emotion", "list", "--json"), ("recipe", "plan", "smoke", "--json")]
)
def test_a_full_disk_behind_standard_output_is_told(arguments) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "voiceact", *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "voiceact: cannot write what is to be said (No space left on device); free some space and run again"
    )
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's words")
@pytest.mark.parametrize("way", ["| head -0", ">&-"])
def test_nobody_who_reads_is_nothing_to_complain_of(tmp_path, way) -> None:
    out = tmp_path / "x.wav"
    done = subprocess.run(
        f"'{sys.executable}' -m voiceact synth --persona nurse --no-verify --text Hi --out '{out}' {way}",
        shell=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    # On a machine that is busy the command says how far it is: that is no complaint.
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("speaking, ")]
    assert (complaints, out.is_file()) == ([], True)


# --- Signals


SLOW = """
import time
from voiceact.cli import doctor, main

def slow(**_):
    print("begun", flush=True)
    time.sleep(60)

doctor.command.callback = slow
main.main(["doctor"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a program at once")
@pytest.mark.parametrize(("sent", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_any_verb_is_ended_in_order(sent, expected) -> None:
    with subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "begun\n"
        process.send_signal(sent)
        error = process.communicate(timeout=30)[1]
    assert (process.returncode, error.strip()) == (expected, "voiceact: interrupted; nothing is left half-written")
