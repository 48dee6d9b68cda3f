"""`voiceact synth` with a director, as a user calls it."""

import json

import pytest

from voiceact.cli.main import main

LINE = ("synth", "--persona", "museum-guide", "--emotion", "Fear", "--text", "It is here.", "--no-verify")


@pytest.fixture
def call(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        return ended.value.code, *capsys.readouterr()

    return run


def test_a_budget_directs_and_one_take_is_written(call, tmp_path):
    out = tmp_path / "take.wav"
    status, printed, said = call(*LINE, "--takes", "3", "--budget", "60", "--out", str(out), "--json")
    assert status == 0, said
    told = json.loads(printed)["record"]["director"]
    assert (told["strategy"], len(told["takes"]), told["most_seconds"]) == ("auto", 3, 60.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take.json", "take.wav"]


def test_without_a_director_takes_lie_side_by_side(call, tmp_path):
    _, printed, _ = call(*LINE, "--takes", "2", "--out", str(tmp_path / "take.wav"), "--json")
    assert ["director" in entry["record"] for entry in json.loads(printed)] == [False, False]


def test_a_reader_sees_every_take_and_which_was_kept(call, tmp_path, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, printed, _ = call(*LINE, "--director", "ladder", "--takes", "2", "--out", str(tmp_path / "take.wav"))
    assert "directed   ladder, heard by coach functionals" in printed
    assert "▸ take " in printed and "of 2 takes is kept" in printed or "of 2 is kept" in printed


def test_what_cannot_be_directed_is_told_in_one_sentence_and_nothing_is_written(call, tmp_path):
    out = ("--out", str(tmp_path / "take.wav"))
    for arguments, said in (
        ((*LINE, *out, "--budget", "0"), "a budget of 0 s leaves nothing to hear"),
        ((*LINE, *out, "--director", "bestof"), "did you mean 'best-of'?"),
        ((*LINE, *out, "--coach", "human"), "is the judge 'human'"),
        ((*LINE[:3], *LINE[5:], *out, "--director"), "without an emotion has nothing that a coach could hear"),
    ):
        status, _, told = call(*arguments)
        assert status == 2 and said in told, told
        assert list(tmp_path.iterdir()) == []


def test_priors_are_shown_with_the_run_that_made_them(call):
    status, printed, _ = call("director", "show")
    assert status == 0 and printed.startswith("priors ")
    shown = json.loads(call("director", "show", "--json")[1])
    assert shown["format"] == "voiceact-priors/1"


def test_a_fit_is_written_whole_and_used_from_then_on(call, tmp_path, monkeypatch):
    from voiceact.director.priors import own_path

    monkeypatch.setenv("COLUMNS", "200")
    asked = ("director", "fit", "--category", "Fear", "--variations", "3", "--intensity", "5")
    status, printed, said = call(*asked)
    assert status == 0, said
    assert printed.count("Fear 5, ") == 2 and own_path().is_file()
    told = json.loads(own_path().read_text())
    assert told["run"]["variations"] == 3 and told["run"]["coach"].startswith("functionals ")
    assert "variations   3" in call("director", "show")[1]


def test_a_fit_by_the_judge_is_refused(call, tmp_path):
    status, _, said = call("director", "fit", "--coach", "human", "--out", str(tmp_path / "p.json"))
    assert status == 2 and "is the judge" in said and list(tmp_path.iterdir()) == []
