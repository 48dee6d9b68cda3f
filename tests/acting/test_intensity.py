"""The scale is 0 to 7, what is off it is refused in words, and no map loses more than it says."""

import doctest
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting import intensity
from voiceact.acting.intensity import (
    DEFAULT_INTENSITY,
    LEVEL_WORDS,
    WORDS,
    bench_to_seven,
    empathic_to_seven,
    level_to_seven,
    parse_emotion,
    parse_intensity,
    seven_to_bench,
    seven_to_empathic,
    seven_to_level,
    seven_to_styledegree,
    seven_to_ten,
    styledegree_to_seven,
    ten_to_seven,
    word,
)
from voiceact.acting.mix import EmotionMix
from voiceact.errors import UnknownNameError, UsageError

Map = Callable[[float], float]

STEPS = "0 absent, 1 trace, 2 slight, 3 mild, 4 moderate, 5 strong, 6 intense, 7 overwhelming"
ON_SCALE = st.floats(0, 7)

# name: there, back, the other scale's places, the loss the documentation states
MAPS: dict[str, tuple[Map, Map, list[float], float]] = {
    "bench": (seven_to_bench, bench_to_seven, [0, 1, 2], 1.75),
    "ten": (seven_to_ten, ten_to_seven, [0, 2.5, 5, 10], 0),
    "empathic": (seven_to_empathic, empathic_to_seven, [0, 1, 2.5, 4], 0),
    "level": (seven_to_level, level_to_seven, [0, 1, 2, 3, 4], 0.875),
    "styledegree": (seven_to_styledegree, styledegree_to_seven, [0.01, 0.5, 1, 2], 0.035),
}
each_map = pytest.mark.parametrize("name", MAPS)


# --- Requests


@pytest.mark.parametrize(("asked", "number"), [
    (5, 5), ("5", 5), ("5.5", 5.5), (" 3 ", 3), (0, 0), (7.0, 7), ("-0", 0), (1e-5, 1e-5), (np.float32(2), 2),
    ("strong", 5), ("Absent", 0), ("OVERWHELMING", 7),
])  # fmt: skip
def test_numbers_and_words_of_the_scale(asked: str | float, number: float) -> None:
    found = parse_intensity(asked)
    assert found == number
    assert math.copysign(1, found) == 1


@pytest.mark.parametrize("asked", ["very", "very intensely", "medium", "", "5,5", "5/7", "1_0", "٥", "nan", "1e0", True])
def test_anything_else_is_refused_with_all_steps(asked: str) -> None:
    with pytest.raises(UsageError) as told:
        parse_intensity(asked)
    assert str(told.value) == (
        f"intensity {str(asked)!r} is not a step of the scale; expected a number from 0 to 7 or one of the words: {STEPS}"
    )


@pytest.mark.parametrize("asked", [8, "8", "7.01", -1, "-0.5", float("nan"), float("inf"), "9" * 400])
def test_a_number_off_the_scale_is_refused_with_all_steps(asked: str | float) -> None:
    with pytest.raises(UsageError) as told:
        parse_intensity(asked)
    assert str(told.value) == (
        f"intensity {asked} is outside the scale; expected a number from 0 to 7 or one of the words: {STEPS}"
    )


@pytest.mark.parametrize("number", range(8))
def test_each_step_has_a_word_and_each_word_its_step(number: int) -> None:
    assert word(number) == WORDS[number]
    assert parse_intensity(WORDS[number]) == number


def test_between_two_words_the_nearer_and_of_two_the_stronger() -> None:
    assert [word(x) for x in (0.49, 0.5, 4.4, 4.5, 6.9)] == [
        "absent",
        "trace",
        "moderate",
        "strong",
        "overwhelming",
    ]


@given(ON_SCALE)
def test_any_number_on_the_scale_is_taken_as_it_is(number: float) -> None:
    assert parse_intensity(number) == number


def test_the_default_is_on_the_scale_and_leaves_room_above() -> None:
    assert word(DEFAULT_INTENSITY) == "strong"


# --- Emotions with an intensity


@pytest.mark.parametrize(("asked", "category", "number"), [
    ("Embarrassment:5", "Embarrassment", 5),
    ("Embarrassment", "Embarrassment", None),
    ("Concern: 2.5", "Distress", 2.5),
    ("angry : mild", "Anger", 3),
    ("Jealousy & Envy:0", "Jealousy & Envy", 0),
])  # fmt: skip
def test_an_emotion_and_its_intensity(asked: str, category: str, number: float | None) -> None:
    resolution, found = parse_emotion(asked)
    assert (resolution.category.name, found) == (category, number)


@pytest.mark.parametrize("asked", ["", "  ", ":", ":5", "Fear:", "Fear: "])
def test_half_an_emotion_is_refused(asked: str) -> None:
    with pytest.raises(UsageError) as told:
        parse_emotion(asked)
    assert str(told.value) == f"{asked!r} lacks a part; expected an emotion, or 'Embarrassment:5'"


def test_both_parts_are_checked() -> None:
    with pytest.raises(UnknownNameError, match="unknown emotion 'Feer'; did you mean 'Fear'"):
        parse_emotion("Feer:5")
    with pytest.raises(UsageError, match="intensity 8 is outside the scale"):
        parse_emotion("Fear:8")


def test_a_mix_keeps_its_order_and_fills_in_the_default() -> None:
    def named(mix: EmotionMix) -> list[tuple[str, float]]:
        return [(entry.category.id, entry.intensity) for entry in mix]

    assert named(EmotionMix.parse(["Shame:2", "Concern"])) == [("shame", 2), ("distress", DEFAULT_INTENSITY)]
    assert named(EmotionMix.parse(["Shame:2", "Concern"], 6)) == [("shame", 2), ("distress", 6)]
    assert named(EmotionMix.parse(["Shame:0"], 6)) == [("shame", 0)]
    assert EmotionMix.parse([]).entries == ()


def test_a_mix_names_a_category_once() -> None:
    with pytest.raises(UsageError) as told:
        EmotionMix.parse(["Concern:3", "joy", "worry"])
    assert str(told.value) == "'Concern:3' and 'worry' both mean Distress; name it once"


def test_a_mix_is_a_list_and_its_default_on_the_scale() -> None:
    with pytest.raises(UsageError, match=r"expected a list of emotions, not the text 'joy'; write \['joy'\]"):
        EmotionMix.parse("joy")
    with pytest.raises(UsageError, match="intensity 9 is outside the scale"):
        EmotionMix.parse(["joy:1"], 9)


# --- Maps


@each_map
@given(a=ON_SCALE, b=ON_SCALE)
def test_a_stronger_one_never_maps_to_a_weaker(name: str, a: float, b: float) -> None:
    there, *_ = MAPS[name]
    low, high = sorted((a, b))
    assert there(low) <= there(high)


@each_map
@given(number=ON_SCALE)
def test_there_and_back_loses_no_more_than_stated(name: str, number: float) -> None:
    there, back, _, loss = MAPS[name]
    assert abs(back(there(number)) - number) <= loss + 1e-9


@each_map
def test_the_stated_loss_is_really_met(name: str) -> None:
    there, back, _, loss = MAPS[name]
    grid = np.linspace(0, 7, 8001)
    assert max(abs(back(there(x)) - x) for x in grid) == pytest.approx(loss, abs=1e-2)


@each_map
def test_the_places_of_the_other_scale_come_back_as_they_were(name: str) -> None:
    there, back, places, _ = MAPS[name]
    assert [there(back(place)) for place in places] == pytest.approx(places)


@each_map
def test_ends_meet_ends(name: str) -> None:
    there, back, places, _ = MAPS[name]
    assert there(0) == places[0]
    assert there(7) == places[-1]
    assert back(places[-1]) == 7
    assert back(places[0]) == pytest.approx(0, abs=0.035)


@each_map
@pytest.mark.parametrize("number", [-0.1, 7.1, math.nan, math.inf])
def test_an_intensity_off_the_scale_is_not_mapped(name: str, number: float) -> None:
    with pytest.raises(UsageError, match="is outside its scale; expected a number from 0 to 7"):
        MAPS[name][0](number)


@pytest.mark.parametrize(("back", "number", "ends"), [
    (bench_to_seven, 3, "0 to 2"), (ten_to_seven, -1, "0 to 10"), (level_to_seven, 5, "0 to 4"),
    (styledegree_to_seven, 0, "0.01 to 2"), (styledegree_to_seven, math.nan, "0.01 to 2"),
])  # fmt: skip
def test_a_value_off_the_other_scale_is_not_mapped(back: Map, number: float, ends: str) -> None:
    with pytest.raises(UsageError, match=f"expected a number from {ends}"):
        back(number)


def test_the_bench_and_the_analysis_scale_agree_as_in_the_paper() -> None:
    # human answers 0, 1, 2 stand at 0, 5, 10
    assert [seven_to_ten(bench_to_seven(answer)) for answer in (0, 1, 2)] == [0, 5, 10]


def test_where_the_bench_answers_change() -> None:
    assert [seven_to_bench(x) for x in (0, 1.74, 1.75, 5.24, 5.25, 7)] == [0, 0, 1, 1, 2, 2]


def test_levels_of_the_whole_steps() -> None:
    assert [seven_to_level(x) for x in range(8)] == [0, 1, 1, 2, 2, 3, 3, 4]
    assert LEVEL_WORDS == ("", "slightly", "clearly", "extremely", "very intensely")


def test_raw_scores_beyond_four_are_cut() -> None:
    assert empathic_to_seven(5.3125) == 7
    assert empathic_to_seven(-0.0287) == 0
    assert empathic_to_seven(2) == 3.5
    with pytest.raises(UsageError, match="not a number"):
        empathic_to_seven(math.nan)


@given(st.floats(0.0175, 7))
def test_a_style_degree_is_lost_by_half_a_hundredth(number: float) -> None:
    degree = seven_to_styledegree(number)
    assert degree == round(degree, 2)
    assert abs(styledegree_to_seven(degree) - number) <= 0.0175 + 1e-9


def test_the_style_as_it_is_lies_in_the_middle() -> None:
    assert seven_to_styledegree(3.5) == 1


# --- The page

PAGE = Path(__file__).parents[2] / "docs" / "intensity.md"


def test_examples_run() -> None:
    assert doctest.testmod(intensity).failed == 0
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0


@pytest.mark.parametrize("step", range(8))
def test_the_page_prints_the_maps(step: int) -> None:
    level = f"{seven_to_level(step)} {LEVEL_WORDS[seven_to_level(step)]}".strip()
    row = (
        f"| {step} | {WORDS[step]} | {seven_to_bench(step)} | {seven_to_ten(step):.2f} "
        f"| {seven_to_empathic(step):.2f} | {level} | {seven_to_styledegree(step):.2f} |"
    )
    assert row in PAGE.read_text(encoding="utf-8").split("\n")
