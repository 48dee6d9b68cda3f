"""Protocols: what is asked, what counts as an answer, and that adding one is adding one file."""

import sys

import pytest
from listening_tests import made_test, silent_test

from voiceact.errors import UnknownNameError, UsageError
from voiceact.listening import protocols
from voiceact.listening.analysis.analyse import analyse_test
from voiceact.listening.answers.answer import check_answer, deciding_value, has_valid_digest, make_answers, values_of_answer
from voiceact.listening.assignment import assign, sides
from voiceact.listening.delivery.words import load_words
from voiceact.listening.protocols.base import Protocol
from voiceact.listening.protocols.registry import load_protocol, protocol_names
from voiceact.listening.simulation.power import PowerPlan, plan_power
from voiceact.listening.simulation.simulate import make_listeners, make_world, take_test

OWN = {
    "presence": (0, 1, 2),
    "binary": (0, 1),
    "intensity": tuple(range(8)),
    "pair": (1, 2),
    "naturalness": (1, 2, 3, 4, 5),
    "identity": (0, 1),
}

FILE = """
from voiceact.listening.protocols.material import ask_clip
from voiceact.listening.protocols.base import Protocol, choices

def liked(test, table, *, draws, seed):
    return {"liking": {"mean": float(table.asked().value.mean()), "draws": draws, "seed": seed}}

def planned(test, table, strength, *, draws):
    value = float(table.asked().value.mean())
    return {"mean liking": {"value": value, "low": value - 0.25, "high": value + 0.25}}

def louder_is_liked(values, hearing):
    return max(values) if hearing.strengths[0] + hearing.bias > 0 else min(values)

PROTOCOL = Protocol(
    name="liking", summary="how much a clip is liked", choices=choices("liking", (-1, 0, 1)), make=ask_clip, raters=5,
    needs_category=False, figures=liked, simulate=louder_is_liked, planned_figures=planned,
    words={"en": {"question_liking": "Do you like it?", "value_liking_-1": "No", "value_liking_0": "So-so",
                  "value_liking_1": "Yes"}})
"""


def test_the_protocols_of_the_field_are_there() -> None:
    assert set(OWN) <= set(protocol_names())
    assert {name: load_protocol(name).values for name in OWN} == OWN
    assert all(load_protocol(name).name == name for name in OWN)


def test_an_unknown_one_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown protocol 'presense'; did you mean 'presence'"):
        load_protocol("presense")


@pytest.mark.parametrize("name", OWN)
def test_every_choice_has_a_text_and_a_key_of_its_own(name: str) -> None:
    protocol, words = load_protocol(name), load_words("de")
    keys = [choice.key for choice in protocol.choices]
    assert len(set(keys)) == len(keys)
    assert all(choice.label in words for choice in protocol.choices) and protocol.question in words


def test_presence_asks_a_third_only_where_all_of_the_first_round_heard_it() -> None:
    presence = load_protocol("presence")
    assert [presence.wanted(values, 2) for values in ([], [2], [1, 2], [0, 2], [1, 1, 0], [1, 1, 2])] == [2, 2, 3, 2, 3, 3]
    assert [presence.stage("target", values, 2) for values in ([], [2], [1, 2], [0, 2])] == [1, 1, 2, 1]


def test_binary_goes_on_while_the_answer_is_yes() -> None:
    binary = load_protocol("binary")
    assert [binary.wanted(values, 3) for values in ([], [1], [1, 1], [1, 1, 1], [0], [1, 0])] == [1, 2, 3, 3, 1, 2]
    assert binary.raters_wanted("contrastive", [1], 3) == 1, "a contrastive item is asked once"
    assert [binary.stage("target", values, 3) for values in ([], [1], [1, 1])] == [1, 2, 3]


@pytest.fixture(params=["a file in the folder", "an entry point"])
def liking(request, tmp_path, monkeypatch) -> str:
    """A protocol that somebody adds."""
    (tmp_path / "added").mkdir()
    (tmp_path / "added" / "liking.py").write_text(FILE)
    if request.param == "a file in the folder":
        monkeypatch.setattr(protocols, "__path__", [*protocols.__path__, str(tmp_path / "added")])
    else:
        info = tmp_path / "added" / "added-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: added\nVersion: 1\n")
        (info / "entry_points.txt").write_text("[voiceact.protocols]\nliking = liking:PROTOCOL\n")
        monkeypatch.syspath_prepend(tmp_path / "added")
    yield "liking"
    for name in ("liking", "voiceact.listening.protocols.liking"):
        sys.modules.pop(name, None)


def test_an_added_one_has_figures_of_its_own_in_reports_simulations_and_plans(liking) -> None:
    world = make_world(liking, clips=24, seed=1)
    answers = take_test(world, make_listeners(6, seed=1), seed=1)
    asked = [answer.value for answer in answers if answer.kind == "target"]
    assert set(asked) == {-1, 1}, "its own rule of answering never gives the 0 in the middle"
    report = analyse_test(world.test, answers, draws=20, seed=7)
    assert report["liking"] == {"mean": sum(asked) / len(asked), "draws": 20, "seed": 7}
    assert not {"confirmation", "opinions", "identity", "pairs", "sequence"} & set(report)
    figures = plan_power(PowerPlan(liking, raters=6, clips=12), repeats=2)["figures"]
    assert list(figures) == ["mean liking"] and figures["mean liking"]["width"] == pytest.approx(0.5)


def test_values_of_a_pair_are_turned_where_the_clips_were_shown_the_other_way_round() -> None:
    test = silent_test("pair")
    for draw in assign(test, [], "somebody"):
        item = test.items[draw.item]
        is_turned = sides(test, item, draw.seed) != item.clips
        assert values_of_answer(test, draw, 1) == {"anger": 2 if is_turned else 1}
        assert deciding_value(item, values_of_answer(test, draw, 2)) == (1 if is_turned else 2)


def test_of_many_values_that_of_the_item_decides_or_else_the_first() -> None:
    test = silent_test("intensity")
    [draw] = assign(test, [], "somebody")[:1]
    values = values_of_answer(test, draw, {"anger": 5, "contentment": 1, "sadness": 0})
    assert deciding_value(test.items[draw.item], values) == 5
    assert deciding_value(test.items[draw.item], {"contentment": 1, "sadness": 0}) == 1


def test_adding_one_is_adding_one_file(liking, tmp_path) -> None:
    """It is listed, loaded, designed, assigned, shown and answered like those that come with voiceact."""
    assert liking in protocol_names() and isinstance(load_protocol(liking), Protocol)
    test = made_test(tmp_path, liking, clips=4)
    draws = assign(test, [], "somebody")
    assert {test.items[draw.item].kind for draw in draws} >= {"target"}
    assert load_words("fr", test.protocol)["question_liking"] == "Do you like it?"
    assert check_answer(test, draws[0].item, -1) == -1
    with pytest.raises(UsageError, match="2 is no answer of liking; expected one of -1, 0, 1"):
        check_answer(test, draws[0].item, 2)
    rows = make_answers(test, draws[0], -1, at="2026-01-01T00:00:00Z")
    assert len(rows) == 1 and has_valid_digest(rows[0]) and rows[0].value == -1
