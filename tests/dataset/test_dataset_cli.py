"""`voiceact dataset export` and `pairs`: what they print, what they refuse, and how they leave off."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from exports import change_rows
from tiny_run import write_tiny_run

from voiceact.cli.dataset import COMMANDS
from voiceact.cli.main import cli, main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_tiny_run(tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["dataset", *arguments])
    printed = capsys.readouterr()
    return int(stopped.value.code or 0), printed.out, printed.err


def test_an_export_says_what_it_wrote(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed, error = call("export", "run", "--format", "webdataset", "--out", "out", capsys=capsys)
    assert (status, error) == (0, "")
    assert printed.startswith("out: 12 clips (") and printed.rstrip().endswith("MB in 4 files")


def test_an_export_as_json_is_one_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, printed, _ = call(
        "export", "run", "--format", "parquet", "--out", "out", "--evidence", "dimension", "--json", capsys=capsys
    )
    found = json.loads(printed)
    assert (found["clips"], found["format"], found["use"]) == (18, "parquet", "allowed")
    assert sum(found["splits"].values()) == 18 and found["verdicts"] == {"verified": 12, "consistent": 6, "rejected": 18}


def test_notes_go_to_standard_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "run" / "index" / "shard-000001.parquet").unlink()
    status, _, error = call("export", "run", "--format", "nemo", "--out", "out", capsys=capsys)
    assert status == 0 and "voiceact: the run is not finished: 1 of 2 shards are finished" in error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "run", "--format", "csv", "--out", "out"], "'csv' is not one of"),
        (["export", "run", "--format", "nemo"], "Missing option '--out'"),
        (["export", "nowhere", "--format", "nemo", "--out", "out"], "nowhere: is no run folder"),
        (["export", "run", "--format", "nemo", "--out", "out", "--level", "verfied"], "did you mean 'verified'"),
        (["export", "run", "--format", "nemo", "--out", "out", "--split", "tset"], "did you mean 'test'"),
        (["export", "run", "--format", "nemo", "--out", "out", "--skip-restricted"], "commercial-only is not asked"),
        (["export", "run", "--format", "nemo", "--out", "run"], "lies in the run folder"),
        (["export", "run", "--format", "ljspeech", "--out", "out", "--audio", "flac"], "ljspeech holds wav files only"),
        (["pairs", "run", "--out", "no/pairs.jsonl"], "does not exist; create it first"),
        (["pairs", "run", "--out", "p.jsonl", "--least-margin", "9"], "makes no pair"),
        (["exprot", "run"], "did you mean 'export'"),
    ],
)
def test_wrong_usage_is_status_2_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    status, printed, error = call(*arguments, capsys=capsys)
    assert status == 2 and words in error and printed == "" and "Traceback" not in error
    assert [path.name for path in folder.iterdir()] == ["run"]


def test_commercial_only_refuses_before_anything_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_rows(folder / "run", lambda row: {**row, "license": "CC-BY-NC-4.0"})
    status, _, error = call("export", "run", "--format", "nemo", "--out", "out", "--commercial-only", capsys=capsys)
    assert status == 2 and "CC-BY-NC-4.0 forbids it (12 clips)" in error
    assert not (folder / "out").exists()


def test_a_damaged_shard_is_status_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "run" / "verified" / "shard-000000.tar").write_bytes(b"")
    status, _, error = call("export", "run", "--format", "nemo", "--out", "out", capsys=capsys)
    assert status == 1 and "is cut short" in error and not (folder / "out").exists()


def test_pairs_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed, _ = call("pairs", "run", "--out", "p.jsonl", capsys=capsys)
    assert status == 0
    assert printed == (
        "p.jsonl: 12 pairs (12 of the same line) from 12 of 18 cells\n"
        "12 accepted and 18 rejected takes; left out: 0 undecided, 0 failed\n"
    )
    _, printed, _ = call("pairs", "run", "--out", "p.jsonl", "--evidence", "dimension", "--json", capsys=capsys)
    assert json.loads(printed)["pairs"] == 18 == len((folder / "p.jsonl").read_text().splitlines())


def test_help_names_every_command_without_importing_any() -> None:
    result = CliRunner().invoke(cli, ["dataset", "--help"])
    assert result.exit_code == 0 and all(verb in result.output for verb in COMMANDS)


@pytest.mark.parametrize("verb", ["export", "pairs"])
def test_commands_have_help(verb: str) -> None:
    result = CliRunner().invoke(cli, ["dataset", verb, "--help"])
    assert result.exit_code == 0 and "Usage:" in result.output


def test_a_terminal_sees_a_bar(folder: Path) -> None:
    result = CliRunner(env={"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}).invoke(
        cli, ["dataset", "export", "run", "--format", "nemo", "--out", "out"]
    )
    assert result.exit_code == 0 and "12 clips" in result.output
