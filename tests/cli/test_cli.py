"""The command line: what it prints, where it says what went wrong, and its exit status."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from voiceact.cli.main import COMMANDS, cli, main

TEXT = "A short one."


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    printed = capsys.readouterr()
    return int(stopped.value.code or 0), printed.out, printed.err


def test_every_verb_has_help() -> None:
    for verb in COMMANDS:
        result = CliRunner().invoke(cli, [verb, "--help"])
        assert result.exit_code == 0, verb
        assert "Usage:" in result.output


def test_a_misspelled_verb_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, error = run("synht", capsys=capsys)
    assert status == 2 and "did you mean 'synth'?" in error


def test_piped_it_prints_the_path_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.wav"
    status, printed, error = run(
        "synth", "--persona", "nurse", "--emotion", "Teasing", "--text", TEXT, "--no-verify", "--out", str(out), capsys=capsys
    )
    assert (status, printed, error) == (0, f"{out}\n", "")
    assert out.is_file() and out.with_suffix(".json").is_file()


def test_json_is_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed, _ = run(
        "synth",
        "--persona",
        "nurse",
        "--emotion",
        "Pride:3",
        "--emotion",
        "Sadness:5",
        "--text",
        TEXT,
        "--no-verify",
        "--out",
        str(tmp_path / "x.flac"),
        "--json",
        capsys=capsys,
    )
    found = json.loads(printed)
    assert status == 0
    assert found["record"]["mix"] == {"pride": 3.0, "sadness": 5.0}
    assert found["record"]["requested"]["emotions"] == ["Pride:3", "Sadness:5"]
    assert set(found["record"]) >= {
        "schema_version",
        "id",
        "text",
        "language",
        "persona",
        "requested",
        "category",
        "intensity",
        "mix",
        "direction",
        "engine",
        "seed",
        "audio",
        "created",
        "replay",
        "verdict",
    }


def test_a_person_is_shown_who_feels_what_and_how(tmp_path: Path) -> None:
    result = CliRunner(env={"FORCE_COLOR": "1"}).invoke(
        cli,
        [
            "synth",
            "--persona",
            "nurse",
            "--emotion",
            "Concern",
            "--text",
            TEXT,
            "--no-verify",
            "--out",
            str(tmp_path / "x.wav"),
        ],
    )
    assert result.exit_code == 0
    assert "Concern (keyword of Distress) at 5 of 7, strong" in result.output
    assert "│" in result.output and "pitch" in result.output and "x.wav" in result.output


def test_standard_input_is_spoken(tmp_path: Path) -> None:
    out = tmp_path / "x.wav"
    done = subprocess.run(
        [sys.executable, "-m", "voiceact", "synth", "--persona", "nurse", "--text", "-", "--no-verify", "--out", str(out)],
        input=TEXT,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(out.with_suffix(".json").read_text())["text"] == TEXT


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["synth", "--persona", "nurze"], 2, "unknown persona 'nurze'; did you mean 'nurse'?"),
        (["synth", "--persona", "nurse", "--emotion", "Anger", "--intensity", "8"], 2, "8"),
        (["synth", "--persona", "nurse", "--text", ""], 2, "the text is empty"),
        (["synth", "--persona", "nurse", "--say", "Nguyen"], 2, "lacks a part"),
        (["synth", "--persona", "nurse", "--text", "a", "--text-file", "b"], 2, "name one of them"),
        (["synth", "--persona", "nurse", "--text-file", "missing.txt"], 2, "cannot be read"),
        (["synth"], 2, "Missing option '--persona'"),
        (["engine", "show", "embeded"], 2, "did you mean 'embedded'?"),
        (["replay", "missing.json"], 2, "missing.json: no such record"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(
    arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, printed, error = run(*arguments, capsys=capsys)
    assert found == status and words in error and printed == ""
    assert "Traceback" not in error


def test_debug_shows_the_trace() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "voiceact", "--debug", "synth", "--persona", "nurze"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" in done.stderr


def test_replay_says_identical_and_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("synth", "--persona", "nurse", "--text", TEXT, "--no-verify", "--out", str(tmp_path / "x.ogg"), capsys=capsys)
    status, printed, _ = run("replay", str(tmp_path / "x.json"), capsys=capsys)
    assert status == 0 and printed.startswith("identical: ")


def test_the_list_of_engines_never_cuts_how_one_is_installed(capsys, monkeypatch):
    from voiceact.engines.registry import describe_engines

    monkeypatch.setenv("COLUMNS", "40")
    _, printed, _ = run("engine", "list", capsys=capsys)
    for entry in describe_engines():
        assert f"{entry['name']}  {entry['state']}" in printed.splitlines()
    assert "  weights     Apache-2.0" in printed.splitlines()


def test_doctor_and_engines_speak_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, printed, _ = run("doctor", "--json", capsys=capsys)
    assert status == 0 and json.loads(printed)["healthy"] is True
    _, printed, _ = run("engine", "list", "--json", capsys=capsys)
    listed = {entry["name"]: entry for entry in json.loads(printed)}
    assert listed["embedded"]["installed"] and listed["embedded"]["languages"] == ["en"]
    _, printed, _ = run("engine", "show", "embedded", "--json", capsys=capsys)
    assert json.loads(printed)["capabilities"]["deterministic"] is True


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed, _ = run("completion", shell, capsys=capsys)
    assert status == 0 and "_VOICEACT_COMPLETE" in printed


def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "voiceact",
            "synth",
            "--persona",
            "nurse",
            "--text",
            TEXT * 400,
            "--no-verify",
            "--out",
            str(tmp_path / "x.wav"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert (process.returncode, left) in [(130, []), (0, ["x.json", "x.wav"])]
    assert "Traceback" not in error
