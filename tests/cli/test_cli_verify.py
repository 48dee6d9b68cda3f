"""`voiceact verify` adds a verdict, keeps the earlier one, and prints the null beside a pass rate."""

import json
from pathlib import Path

import pytest

from voiceact import synth
from voiceact.cli.main import main

TEXT = "The blue cup stands next to the kettle."


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def test_a_second_verdict_is_added_and_the_first_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    synth(persona="nurse", emotion="Anger:6", text=TEXT).save(tmp_path / "a.wav")
    before = json.loads((tmp_path / "a.json").read_text())
    assert run("verify", str(tmp_path / "a.wav"), "--check", "quality", "--check", "emotion") == 0
    first = json.loads((tmp_path / "a.json").read_text())
    assert run("verify", str(tmp_path / "a.json"), "--check", "quality") == 0
    second = json.loads((tmp_path / "a.json").read_text())
    assert second["verdicts"] == [first["verdict"]] and second["verdict"] != first["verdict"]
    assert {name: value for name, value in second.items() if not name.startswith("verdict")} == {
        name: value for name, value in before.items() if not name.startswith("verdict")}
    assert "verdict" in capsys.readouterr().out


def test_several_clips_are_counted_beside_their_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, emotion in enumerate(("Anger:7", "Sadness:7", "Fear:7")):
        synth(persona="nurse", emotion=emotion, text=f"{TEXT} It is number {number}.").save(tmp_path / f"{number}.wav")
    assert run("verify", *(str(tmp_path / f"{n}.wav") for n in range(3)), "--check", "emotion") == 0
    printed = capsys.readouterr().out
    assert "levels     " in printed and "pass rate  " in printed and "dealt" in printed or "anew" in printed


def test_a_clip_that_cannot_be_judged_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    synth(persona="nurse", emotion="Anger:6", text=TEXT).save(tmp_path / "a.wav")
    assert run("verify", str(tmp_path / "missing.wav"), str(tmp_path / "a.wav"), "--check", "quality") == 1
    caught = capsys.readouterr()
    assert "missing" in caught.err and "a.wav" in caught.out


def test_an_unknown_judge_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", str(tmp_path / "a.wav"), "--judge", "humann") == 2
    assert "unknown estimator 'humann'; did you mean 'human'?" in capsys.readouterr().err
