"""Cards of engines: what ships is whole and of now, and who asks for what was never heard is told, once and with what is nearer."""

import json
from dataclasses import replace

import pytest
from builders import ToneEngine

from voiceact.acting.data_file import directions_digest
from voiceact.acting.taxonomy import categories
from voiceact.cli.main import main
from voiceact.engines import capability_card
from voiceact.engines.capability_card import (
    FORMAT,
    CapabilityCard,
    CardCategory,
    CardCell,
    CardEngine,
    Count,
    Listener,
    decode_card,
    describe_dead_cells,
    encode_card,
    find_dead_cells,
    load_shipped_card,
)
from voiceact.engines.registry import load_engine
from voiceact.errors import UsageError
from voiceact.estimators import load_estimator
from voiceact.lines.plan import Settings, make_plan
from voiceact.synthesis.request import SynthesisRequest, resolve_request


def cell(category, intensity, heard, null=0, of=8):
    return CardCell(
        category=category,
        intensity=intensity,
        judge=Count(heard, of),
        denied=0,
        null=Count(null, 40),
        coach=Count(0, of),
        coach_null=Count(0, 40),
    )


def card(*cells, evidence="category", **changes):
    names = dict.fromkeys(one.category for one in cells)
    values = {
        "format": FORMAT,
        "engine": CardEngine("tone", "1", "00"),
        "judge": Listener("scripted", "r1"),
        "coach": Listener("deaf", "c1"),
        "directions": directions_digest(),
        "language": "en",
        "bursts": True,
        "personas": ["nurse"],
        "lines": ["One."],
        "spare_line": "Two.",
        "seeds": list(range(8)),
        "categories": [
            CardCategory(category=name, evidence=evidence, coach_evidence="none", twins=Count(0, 8)) for name in names
        ],
        "cells": list(cells),
    }
    return CapabilityCard(**values | changes)


@pytest.fixture
def shipped(monkeypatch):
    """Let every engine ship a card, and no pass rates."""
    monkeypatch.setattr(capability_card, "load_pass_rates", lambda engine: None)

    def ship(one):
        monkeypatch.setattr(capability_card, "load_shipped_card", lambda engine: one)

    return ship


# What is told


def test_a_dead_cell_is_told_with_the_intensity_at_which_it_is_heard(shipped):
    shipped(card(cell("fear", 5, 0), cell("fear", 7, 3, null=1)))
    [dead] = find_dead_cells(ToneEngine(), [("fear", 5.0)])
    assert describe_dead_cells(ToneEngine(), [dead]) == (
        "Fear at 5 was never heard from engine 'tone': the judge 'scripted' heard it in 0 of 8 takes; "
        "at intensity 7 it is heard in 3 of 8"
    )


def test_else_with_the_nearest_category_that_is_heard_above_its_null(shipped):
    # Anger lies as far as disgust, and is heard no more often than in takes asked for other categories.
    cells = [cell("fear", 5, 0), cell("anger", 5, 2, null=20), cell("disgust", 5, 4), cell("elation", 5, 8)]
    shipped(card(*cells))
    [dead] = find_dead_cells(ToneEngine(), [("fear", 5.0)])
    assert dead.nearer == "the nearest that is heard is Disgust (4 of 8)"
    shipped(card(cell("fear", 5, 0), cell("contentment", 5, 8)))
    assert find_dead_cells(ToneEngine(), [("fear", 5.0)])[0].nearer == ""


def test_the_nearest_measured_intensity_answers_and_of_two_the_higher(shipped):
    shipped(card(cell("fear", 3, 0), cell("fear", 5, 0), cell("fear", 7, 4)))
    dead = find_dead_cells(ToneEngine(), [("fear", level) for level in (1.0, 4.0, 5.9, 6.0, 7.0, 0.0)])
    assert [one.intensity for one in dead] == [1.0, 4.0, 5.9]


@pytest.mark.parametrize(
    "one",
    [
        card(cell("fear", 5, 1)),
        card(cell("fear", 5, 0, of=5)),
        card(cell("fear", 5, 0), evidence="dimension"),
        card(cell("fear", 5, 0), evidence="none"),
        card(cell("fear", 5, 0), directions="000000000000"),
        card(cell("fear", 5, 0), engine=CardEngine("tone", "1", "ff")),
        card(cell("fear", 5, 0), language="de"),
        card(cell("anger", 5, 0)),
    ],
    ids=["heard", "few takes", "dimension", "no evidence", "other directions", "other model", "other language", "not measured"],
)
def test_what_was_not_measured_of_these_takes_is_not_dead(one, shipped):
    shipped(one)
    assert find_dead_cells(ToneEngine(), [("fear", 5.0)]) == []


def test_of_too_few_takes_those_of_every_intensity_count(shipped):
    shipped(card(*(cell("fear", level, 0, of=2) for level in (3, 5, 7))))
    [dead] = find_dead_cells(ToneEngine(), [("fear", 5.0)])
    assert dead.every and "heard it in 0 of 6 takes, whatever their intensity" in describe_dead_cells(ToneEngine(), [dead])
    shipped(card(cell("fear", 3, 0, of=2), cell("fear", 5, 0, of=2), cell("fear", 7, 1, of=2)))
    assert find_dead_cells(ToneEngine(), [("fear", 5.0)]) == []


def test_card_and_pass_rates_of_one_judge_count_together(shipped, monkeypatch):
    rates = {"judge": {"name": "scripted", "revision": "r1"}, "categories": {"fear": {"5": {"value": 0.125, "n": 24}}}}
    shipped(card(cell("fear", 5, 0, of=2)))
    monkeypatch.setattr(capability_card, "load_pass_rates", lambda engine: rates)
    assert find_dead_cells(ToneEngine(), [("fear", 5.0)]) == []
    rates["categories"]["fear"]["5"]["value"] = 0.0
    assert [one.heard for one in find_dead_cells(ToneEngine(), [("fear", 5.0)])] == [Count(0, 26)]
    # Another judge's table, and one of other directions, are passed over: two takes are too few.
    rates["judge"] = {"name": "scripted", "revision": "r2"}
    assert find_dead_cells(ToneEngine(), [("fear", 5.0)]) == []
    rates |= {"judge": {"name": "scripted", "revision": "r1"}, "directions": "000000000000"}
    assert find_dead_cells(ToneEngine(), [("fear", 5.0)]) == []


def test_several_are_told_in_one_sentence_each_once(shipped):
    shipped(card(*(cell(one.id, 5, 0) for one in categories())))
    asked = [(one.id, 5.0) for one in categories()][:5]
    told = describe_dead_cells(ToneEngine(), find_dead_cells(ToneEngine(), asked * 2))
    assert told.startswith("5 of the feelings asked for were never heard from engine 'tone' by the judge 'scripted': ")
    assert "Amusement at 5 (0 of 8 takes)" in told and "and 2 more; 'voiceact engine card tone --shipped'" in told


def test_without_a_card_the_pass_rates_answer(shipped, monkeypatch):
    shipped(None)
    rates = {
        "judge": {"name": "human", "revision": "r"},
        "categories": {"fear": {"5": {"value": 0.0, "n": 24}, "7": {"value": 0.5, "n": 24}}},
    }
    monkeypatch.setattr(capability_card, "load_pass_rates", lambda engine: rates)
    dead = find_dead_cells(ToneEngine(), [("fear", 5.0), ("fear", 7.0), ("anger", 5.0)])
    assert [(one.category, one.intensity, one.heard) for one in dead] == [("fear", 5.0, Count(0, 24))]


# Who is told


def test_strict_refuses_it_and_else_it_is_spoken(shipped):
    shipped(card(cell("fear", 5, 0)))
    asked = SynthesisRequest(persona="nurse", emotions=["Fear:5"], text="One.", engine=ToneEngine())
    assert resolve_request(asked).category == "fear"
    with pytest.raises(UsageError, match="Fear at 5 was never heard from engine 'tone'.*without --strict it is spoken"):
        resolve_request(replace(asked, strict=True))


def test_a_table_is_told_once_and_its_rows_are_refused_when_strict(shipped, tmp_path):
    shipped(card(cell("fear", 5, 0), cell("anger", 5, 0)))
    table = tmp_path / "lines.csv"
    table.write_text("id,persona,text,emotion\na,nurse,One.,Fear\nb,nurse,Two.,Fear\nc,nurse,Three.,Anger\n")
    plan = make_plan(table, tmp_path / "out", Settings(engine=ToneEngine()))
    [note] = [note for note in plan.notes if "never heard" in note]
    assert note.startswith("2 of the feelings asked for")
    with pytest.raises(UsageError, match=r"row 2 \(a\), row 3 \(b\): Fear at 5 was never heard"):
        make_plan(table, tmp_path / "out", Settings(engine=ToneEngine(), strict=True))


def test_synth_warns_once_on_standard_error(shipped, tmp_path, capsys):
    shipped(card(cell("fear", 5, 0), engine=CardEngine("embedded", "1", load_engine("embedded").model_sha256)))
    arguments = ["synth", "--persona", "nurse", "--emotion", "Fear", "--text", "One cup.", "--no-verify"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--takes", "2", "--json", "--out", str(tmp_path / "a.wav")])
    said = capsys.readouterr()
    assert not ended.value.code and said.err.count("Fear at 5 was never heard from engine 'embedded'") == 1
    assert len(json.loads(said.out)) == 2
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--strict", "--out", str(tmp_path / "b.wav")])
    assert ended.value.code == 2 and not (tmp_path / "b.wav").exists()


def test_a_recipe_is_told_and_refused_when_strict(shipped, tmp_path, capsys):
    shipped(card(cell("fear", 5, 0), engine=CardEngine("embedded", "1", load_engine("embedded").model_sha256)))
    recipe = tmp_path / "r.yaml"
    recipe.write_text("name: r\ndescription: d\npersonas: [nurse]\ncategories: [Fear]\nintensities: [5]\n")
    with pytest.raises(SystemExit) as ended:
        main(["recipe", "plan", str(recipe)])
    assert not ended.value.code and capsys.readouterr().err.count("Fear at 5 was never heard") == 1
    with pytest.raises(SystemExit) as ended:
        main(["recipe", "plan", str(recipe), "--strict"])
    assert ended.value.code == 2


# Files


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "is no card of an engine"),
        (b"[" * 100_000, "is no card of an engine"),
        (encode_card(card(cell("fear", 5, 0), format="voiceact-engine-card/9")), "is of format 'voiceact-engine-card/9'"),
        (encode_card(card(cell("fear", 5, 0))).replace(b'"fear"', b'"gloom"'), "gloom"),
    ],
    ids=["cut", "deep", "format", "category"],
)
def test_a_file_that_is_no_card_is_refused(data, said):
    with pytest.raises(UsageError, match=said):
        decode_card(data, "card.json")


def test_the_embedded_engine_ships_a_card_of_the_directions_and_the_judge_that_ship():
    engine, judge = load_engine("embedded"), load_estimator()
    one = load_shipped_card(engine)
    assert one is not None
    assert one.directions == directions_digest(), "other directions: voiceact engine card embedded"
    assert (one.judge.name, one.judge.revision) == (judge.name, judge.revision), "another judge: voiceact engine card embedded"
    assert one.engine.model_sha256 == engine.model_sha256
    assert {row.category for row in one.categories} == {category.id for category in categories()}
    assert {(row.category, row.intensity) for row in one.cells} == {
        (category.id, level) for category in categories() for level in (3.0, 5.0, 7.0)
    }
    assert all(row.judge.heard + row.denied <= row.judge.of == one.takes for row in one.cells)


def test_the_shipped_card_is_printed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["engine", "card", "embedded", "--shipped", "--json"])
    assert not ended.value.code
    assert decode_card(capsys.readouterr().out.encode(), "printed") == load_shipped_card(load_engine("embedded"))


def test_an_engine_without_a_card_says_how_to_measure_one(monkeypatch, capsys):
    monkeypatch.setattr(capability_card, "load_shipped_card", lambda engine: None)
    with pytest.raises(SystemExit) as ended:
        main(["engine", "card", "embedded", "--shipped"])
    assert ended.value.code == 2 and "measure one: voiceact engine card embedded" in capsys.readouterr().err
