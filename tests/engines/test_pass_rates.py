"""Pass rates that ship with an engine, and people beside them on the page of `voiceact engine show`."""

import json
from importlib.resources import files

import pytest

from voiceact.acting.taxonomy import get
from voiceact.cli.main import main
from voiceact.engines.pass_rates import load_pass_rates, people_beside
from voiceact.engines.registry import load_engine
from voiceact.estimators import load_estimator
from voiceact.estimators.base import people_heard


def show(*more: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(["engine", "show", "embedded", *more])
    assert not stopped.value.code
    return capsys.readouterr().out


def test_the_embedded_engine_has_pass_rates_of_the_judge_that_ships() -> None:
    rates, judge = load_pass_rates(load_engine("embedded")), load_estimator()
    assert rates is not None
    assert rates["judge"] == {"name": judge.name, "revision": judge.revision}, "another judge: benchmarks/loop.py --shipped"
    category = {name for name, level in judge.evidence("neutral").items() if level == "category"}
    assert set(rates["categories"]) == category
    for figures in rates["categories"].values():
        for figure in figures.values():
            assert figure["n"] == rates["personas"] * rates["lines"] >= 24
            assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1


def test_people_stand_beside_every_pass_rate(capsys: pytest.CaptureFixture[str]) -> None:
    printed = show(capsys=capsys)
    judge, rates = load_estimator(), load_pass_rates(load_engine("embedded"))
    assert rates is not None and "people" in printed
    for category, figures in rates["categories"].items():
        row = next(line for line in printed.splitlines() if line.strip().startswith(get(category).name))
        people = people_heard(judge, category, rates["reference"])
        shares = [f"{figure['value']:.0%}" for figure in figures.values()]
        expected = [*shares, f"{people['value']:.0%}"] if people else [*shares, "not", "measured"]
        assert row.split()[-len(expected) :] == expected
    document = json.loads(show("--json", capsys=capsys))
    assert document["pass_rates"]["people"]["fear"] == people_heard(judge, "fear")


def test_people_of_another_judge_are_not_set_beside() -> None:
    rates = load_pass_rates(load_engine("embedded"))
    assert rates is not None
    other = {**rates, "judge": {"name": "human", "revision": "000000000000"}}
    assert set(people_beside(other).values()) == {None}


def test_an_engine_that_ships_none_has_none() -> None:
    class Plain:
        pass

    assert load_pass_rates(Plain()) is None and load_pass_rates(Plain) is None
    assert (files("voiceact.engines.embedded") / "pass_rates.json").is_file()
