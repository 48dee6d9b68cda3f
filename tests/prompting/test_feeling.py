"""A feeling in plain words: which categories, how strong, by which words."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.acting import taxonomy
from voiceact.cli.main import cli
from voiceact.errors import UnknownNameError, UsageError
from voiceact.lines.table import split_emotions
from voiceact.prompting.feeling import read_emotions, read_feeling, resolve_category
from voiceact.prompting.lexicon import entries


def mix(phrase: str) -> dict[str, float]:
    return read_feeling(phrase).mix.as_dict()


def test_every_name_and_keyword_keeps_its_answer() -> None:
    for category in taxonomy.categories():
        for word in (category.id, category.name, *category.variants, *category.keywords):
            reading = read_feeling(word)
            assert reading.exact
            assert reading.mix.as_dict() == {taxonomy.resolve(word).category.id: 5.0}


def test_the_lexicon_names_real_categories_and_no_entry_twice() -> None:
    seen: dict[str, str] = {}
    for entry in entries():
        assert taxonomy.get(entry.category).id == entry.category
        assert seen.setdefault(entry.text, entry.category) == entry.category
        assert entry.words
    assert set(seen.values()) == {category.id for category in taxonomy.categories()}


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("barely holding back tears, but proud", {"sadness": 5.0, "pride": 3.0}),
        ("on cloud nine", {"elation": 6.0}),
        ("a huge weight off her shoulders", {"relief": 5.0}),
        ("he's fed up", {"impatience_and_irritability": 5.0}),
        ("angry and disappointed", {"anger": 5.0, "disappointment": 5.0}),
        ("bitterly jealuos of his brother", {"jealousy_envy": 5.0}),
        ("can't thank him enough", {"thankfulness_gratitude": 6.0}),
        ("SCARED", {"fear": 5.0}),
    ],
)
def test_a_phrase_is_read_as_a_mix(phrase: str, expected: dict[str, float]) -> None:
    assert mix(phrase) == expected


@pytest.mark.parametrize(
    ("phrase", "intensity"),
    [
        ("barely amused", 1.0),
        ("slightly amused", 2.0),
        ("somewhat amused", 3.0),
        ("rather amused", 4.0),
        ("feeling amused", 5.0),
        ("very amused", 6.0),
        ("utterly amused", 7.0),
        ("extremly amused", 6.0),
        ("amused beyond words", 7.0),
    ],
)
def test_degree_words_move_the_intensity(phrase: str, intensity: float) -> None:
    assert mix(phrase) == {"amusement": intensity}


def test_degree_words_move_the_given_intensity_and_stay_on_the_scale() -> None:
    assert read_feeling("very amused", 3).mix.as_dict() == {"amusement": 4.0}
    assert read_feeling("utterly amused", 7).mix.as_dict() == {"amusement": 7.0}
    assert read_feeling("barely amused", 1).mix.as_dict() == {"amusement": 1.0}
    assert read_feeling("feeling on cloud nine:2").mix.as_dict() == {"elation": 3.0}


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("not angry at all", {"anger": 0.0}),
        ("not angry, just disappointed", {"disappointment": 5.0}),
        ("without fear or shame", {"fear": 0.0, "shame": 0.0}),
        ("neither sad nor angry", {"sadness": 0.0, "anger": 0.0}),
        ("anything but bored", {"emotional_numbness": 0.0}),
        ("confused more than angry", {"confusion": 5.0}),
        ("fearless", {"fear": 0.0}),
        ("can hardly hide her pride", {"pride": 5.0}),
        ("not only angry but disgusted", {"anger": 5.0, "disgust": 5.0}),
    ],
)
def test_what_is_denied_is_not_felt(phrase: str, expected: dict[str, float]) -> None:
    assert mix(phrase) == expected


def test_a_denial_is_neutral_where_nothing_else_is_felt() -> None:
    assert read_feeling("not angry at all").mix.is_neutral


def test_the_words_that_led_there_are_kept_as_written() -> None:
    reading = read_feeling("Barely holding back TEARS over the spreadsheet")
    assert [sign.words for sign in reading.signs] == ["holding back TEARS"]
    assert reading.unread == ("over", "spreadsheet")


@pytest.mark.parametrize(
    ("phrase", "message"),
    [
        ("", "the emotion is empty"),
        ("  ", "the emotion is empty"),
        ("12 - 7", "holds no word"),
        ("x" * 2000, "expected a description of at most 1,000"),
        ("the table is made of oak", "no feeling is understood in 'the table is made of oak'"),
        ("qwxz", "unknown emotion 'qwxz'"),
        ("on cloud nine:9", "outside the scale"),
    ],
)
def test_what_means_no_feeling_is_refused_with_a_reason(phrase: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_feeling(phrase)


def test_words_of_many_meanings_count_only_where_little_else_is_said() -> None:
    assert mix("cold") == {"emotional_numbness": 5.0}
    assert mix("she sounds cold to the visitors from abroad") == {"emotional_numbness": 5.0}
    with pytest.raises(UnknownNameError):
        read_feeling("a glass of cold water from the kitchen tap")


def test_emotions_are_read_one_by_one_and_the_stronger_of_two_alike_is_kept() -> None:
    reading = read_emotions(["Pride:3", "on cloud nine", "mildly elated"])
    assert reading.mix.as_dict() == {"pride": 3.0, "elation": 6.0}
    assert len(reading.notes) == 2
    assert "on cloud nine" in reading.notes[0]
    assert read_emotions(["Pride:3", "Awe"]).notes == ()
    with pytest.raises(UsageError, match="both mean"):
        read_emotions(["anger", "rage"])


def test_a_grid_takes_phrases_of_one_category() -> None:
    assert resolve_category("trying not to cry").category.id == "sadness"
    with pytest.raises(UsageError, match=r"means .*Anger.*expected one category"):
        resolve_category("angry and disappointed")


def test_a_cell_of_a_table_holds_names_or_a_phrase() -> None:
    assert split_emotions("Pride:3, Sadness") == ("Pride:3", "Sadness")
    assert split_emotions("barely holding back tears, but proud") == ("barely holding back tears, but proud",)
    assert split_emotions("Pride:3; on cloud nine") == ("Pride:3", "on cloud nine")


def test_the_command_shows_the_mix_and_its_words() -> None:
    result = CliRunner().invoke(cli, ["emotion", "resolve", "not angry, but very sad", "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["mix"] == {"sadness": 6.0}
    assert [(sign["words"], sign["denied"]) for sign in shown["signs"]] == [("angry", True), ("sad", False)]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_answered_or_refused_and_never_off_the_scale(text: str) -> None:
    try:
        reading = read_feeling(text)
    except UsageError:
        return
    assert all(0 <= entry.intensity <= 7 for entry in reading.mix)
    assert reading.signs


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("not exactly thrilled", {"disappointment": 4.0}),
        ("less than pleased", {"impatience_and_irritability": 4.0}),
        ("far from happy", {"disappointment": 4.0}),
        ("not happy", {"elation": 0.0}),
        ("less than angry", {"anger": 0.0}),
    ],
)
def test_a_polite_denial_of_a_pleasant_feeling_means_its_opposite(phrase: str, expected: dict[str, float]) -> None:
    assert mix(phrase) == expected


def test_what_is_only_pretended_is_the_weaker_feeling() -> None:
    assert mix("trying to sound brave, but terrified") == {"fear": 5.0, "hope_enthusiasm_optimism": 3.0}
    # Tears are held back, not pretended.
    assert mix("barely holding back tears, but proud") == {"sadness": 5.0, "pride": 3.0}


def test_a_comparison_says_how_great_a_feeling_is() -> None:
    assert mix("never been prouder in her life") == {"pride": 5.0}
    assert mix("he has never felt angrier") == {"anger": 5.0}


@pytest.mark.parametrize("phrase", ["fear is not what he feels", "the last thing he feels is fear"])
def test_a_feeling_may_be_denied_behind_it(phrase: str) -> None:
    assert mix(phrase) == {"fear": 0.0}


def test_what_somebody_has_done_is_not_what_she_has() -> None:
    assert "jealousy_envy" in mix("wishing for what she has")
    assert "jealousy_envy" not in mix("beaming at what she has achieved")


def test_in_spite_of_is_no_spite() -> None:
    assert mix("laughing in spite of himself") == {"amusement": 5.0}
    assert mix("full of spite") == {"malevolence_malice": 6.0}
