"""The texts that listeners read: the same in every language, and all that the page asks for."""

import re
from importlib.resources import files

import pytest

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.listening.delivery.words import interface_languages, load_words

PLACES = re.compile(r"\{\w*\}")


def test_the_languages_are_those_promised() -> None:
    assert interface_languages() == ("en", "de", "es", "fr")


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_every_language_has_the_same_texts_with_the_same_places(language: str) -> None:
    own, english = load_words(language), load_words("en")
    assert list(own) == list(english)
    for key, text in own.items():
        assert text.strip() == text != "", key
        assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(english[key])), key
        assert text.count("\n") == english[key].count("\n"), key


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_every_category_has_a_name_of_its_own_and_a_definition(language: str) -> None:
    words = load_words(language)
    names = [words[f"category_{category.id}"] for category in categories()]
    assert len(set(names)) == 40
    assert len({words[f"about_{category.id}"] for category in categories()}) == 40
    assert {key.removeprefix("category_") for key in words if key.startswith("category_")} == {c.id for c in categories()}


def test_a_language_is_not_english_with_another_name() -> None:
    english = load_words("en")
    for language in interface_languages()[1:]:
        same = [key for key, text in load_words(language).items() if text == english[key]]
        assert len(same) < 15, same  # "Confusion" is French, "Triumph" is German, "Clip" is not


def test_every_text_that_the_page_asks_for_is_there() -> None:
    words = load_words("en")
    for script in (files("voiceact.listening.delivery.server") / "static").iterdir():
        if script.name.endswith(".js") and not script.name.startswith("admin"):
            found = script.read_text("utf-8")
            asked = re.findall(r'\bt\("(\w+)"[,)]', found) + re.findall(r'\bt\(\w+ \? "(\w+)"', found)
            assert not [key for key in asked if key not in words], script.name


def test_an_unknown_language_is_told() -> None:
    with pytest.raises(UsageError, match="no interface in 'nl'; expected one or more of en, de, es, fr"):
        load_words("nl")
