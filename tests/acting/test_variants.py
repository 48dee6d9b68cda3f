"""Variants: several ways to act one category, named, meant by a word, or drawn by a seed."""

import pytest

from voiceact.acting import taxonomy
from voiceact.acting.direction import direct, sources, vector
from voiceact.acting.mix import EmotionMix
from voiceact.acting.moves import LIMITS, NEUTRAL, Moves
from voiceact.acting.persona import Persona
from voiceact.acting.variants import draw_variant, find_variant, variant_meant, variants
from voiceact.errors import UnknownNameError, UsageError

PLAIN = Persona(name="somebody", description="Somebody.", gender="female", age=40)
IDS = [category.id for category in taxonomy.categories()]
SEVERAL = [(name, variant.name) for name in IDS for variant in variants(name) if len(variants(name)) > 1]


@pytest.mark.parametrize("category", IDS)
def test_every_category_has_a_usual_reading_which_is_its_vector(category: str) -> None:
    usual = variants(category)[0]
    assert NEUTRAL | dict(usual.moves) == vector(category) == vector(category, usual.name)
    assert usual.moves.keys() == usual.sources.keys()
    names = [variant.name for variant in variants(category)]
    assert len(set(names)) == len(names) and "any" not in names


def test_anger_fear_and_sadness_have_two_readings() -> None:
    found = {name: [variant.name for variant in variants(name)] for name in ("anger", "fear", "sadness")}
    assert found == {"anger": ["hot", "cold"], "fear": ["panic", "dread"], "sadness": ["halting", "whimper"]}


@pytest.mark.parametrize("category, name", SEVERAL)
def test_a_variant_is_acted_within_limits_and_says_where_its_moves_come_from(category: str, name: str) -> None:
    moves = Moves(**vector(category, name))
    moves.check()
    assert moves == moves.bounded()
    assert all(sources(category, name).values())
    assert all(LIMITS[move][0] <= value <= LIMITS[move][1] for move, value in moves.changed().items())


@pytest.mark.parametrize("category, name", SEVERAL)
def test_a_named_variant_is_its_vector_at_intensity_7_and_its_words(category: str, name: str) -> None:
    direction = direct(PLAIN, [(category, 7.0)], variants={category: name})
    assert {k: pytest.approx(v) for k, v in vector(category, name).items()} == {k: getattr(direction.moves, k) for k in NEUTRAL}
    assert direction.variants == ((category, name),)
    assert find_variant(category, name).words[0] in direction.instruction


def test_what_is_not_named_is_the_usual_reading_and_not_recorded() -> None:
    direction = direct(PLAIN, [("anger", 7.0)])
    assert direction.variants == () and direction.moves == direct(PLAIN, [("anger", 7.0)], variants={"anger": "hot"}).moves


def test_cold_anger_is_lower_and_softer_than_hot() -> None:
    hot, cold = (direct(PLAIN, [("anger", 7.0)], variants={"anger": name}).moves for name in ("hot", "cold"))
    assert cold.pitch < hot.pitch - 3 and cold.energy < hot.energy - 3


def test_an_unknown_variant_is_answered_with_those_that_are() -> None:
    with pytest.raises(UnknownNameError, match="unknown variant of Anger 'clod'; did you mean 'cold'"):
        direct(PLAIN, [("anger", 5.0)], variants={"anger": "clod"})
    with pytest.raises(UnknownNameError, match="unknown variant of Pride 'cold'"):
        EmotionMix.of({"pride": 5.0}, {"pride": "cold"})


def test_any_is_drawn_by_the_seed_alone_and_comes_to_all() -> None:
    drawn = [draw_variant("anger", seed).name for seed in range(1, 60)]
    assert set(drawn) == {"hot", "cold"} and drawn == [draw_variant("anger", seed).name for seed in range(1, 60)]
    assert draw_variant("anger", 0).name == "hot"
    taken = direct(PLAIN, [("anger", 5.0)], seed=4, variants={"anger": "any"})
    assert taken.variants == (("anger", draw_variant("anger", 4).name),)


@pytest.mark.parametrize(
    "text, category, variant",
    [("cold anger", "anger", "cold"), ("panic", "fear", "panic"), ("dread", "fear", "dread"), ("anger", "anger", None)],
)
def test_a_word_may_mean_a_variant(text: str, category: str, variant: str | None) -> None:
    assert variant_meant(category, text) == variant


def test_a_mix_keeps_the_variant_of_the_word_it_was_read_from() -> None:
    assert EmotionMix.parse(["dread:6", "joy"]).variants() == {"fear": "dread"}


def test_a_variant_is_given_to_the_strongest_emotion_that_has_it() -> None:
    mix = EmotionMix.of({"fear": 3.0, "anger": 5.0, "pride": 7.0})
    assert mix.with_variant("Dread").variants() == {"fear": "dread"}
    assert mix.with_variant("any").variants() == {"fear": "any", "anger": "any", "pride": "any"}
    with pytest.raises(UnknownNameError, match="unknown variant of Pride 'icy'"):
        mix.with_variant("icy")
    with pytest.raises(UsageError, match="the variant 'cold' is of an emotion"):
        EmotionMix().with_variant("cold")


def test_plain_words_name_a_variant() -> None:
    from voiceact.prompting.feeling import read_feeling

    assert read_feeling("in cold anger").mix.variants() == {"anger": "cold"}
