"""Markup is found, named, and never spoken; bad input is told."""

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.errors import UsageError
from voiceact.text import find_tags, speak, without_markup


@pytest.mark.parametrize(
    ("text", "spoken", "tags"),
    [
        ("{w=0.5}Hello {b}there{/b}.", "Hello there.", ["w=0.5", "b", "/b"]),
        ("[sighs] I am tired.", "I am tired.", ["sighs"]),
        ("*sighs* I am tired.", "I am tired.", ["sighs"]),
        ("I am [very] tired.", "I am tired.", ["very"]),
        ("Wait <break/> here.", "Wait here.", ["break/"]),
        ("*laughs softly* Sure.", "Sure.", ["laughs softly"]),
        ("Hello [[nested] tag] there.", "Hello there.", ["[nested] tag"]),
        ("{a {b} c}Yes.", "Yes.", ["a {b} c"]),
        ("*She sighs.* No.", "No.", ["She sighs"]),
        ("*sighs...* No.", "No.", ["sighs"]),
        ("(sighing) I am tired.", "I am tired.", ["sighing"]),
        ("He left (laughing softly).", "He left.", ["laughing softly"]),
        ("( clears his throat ) Well.", "Well.", ["clears his throat"]),
        ("(whispering to her) Go.", "Go.", ["whispering to her"]),
        ("(softly) Go.", "Go.", ["softly"]),
        ("No.[pause]Yes.", "No. Yes.", ["pause"]),
        ("*clears throat* Well.", "Well.", ["clears throat"]),
        ("[excited] [loud] Go!", "Go!", ["excited", "loud"]),
        ("<i>Hello</i>", "Hello", ["i", "/i"]),
        ("Go *quietly shuts the door* now.", "Go now.", ["quietly shuts the door"]),
    ],
)
def test_markup_is_not_spoken(text: str, spoken: str, tags: list[str]) -> None:
    form = speak(text)
    assert form.spoken == spoken
    assert [tag.name for tag in form.tags] == tags
    assert all(text[tag.start : tag.end] == tag.text for tag in form.tags)
    assert any("not spoken" in note for note in form.notes)


@pytest.mark.parametrize(
    ("text", "stressed"),
    [("I am *very* tired.", "very"), ("It is **mine**.", "mine"), ("_You_ did it.", "You"), ("a *big* one", "big")],
)
def test_asterisks_around_a_word_stress_it(text: str, stressed: str) -> None:
    form = speak(text)
    assert [word.spoken for word in form.words if word.emphasis] == [stressed]
    assert form.tags == ()


@pytest.mark.parametrize("text", ["2 < 3 and 5 > 4", "2 * 3 * 4", "a_b", "I <3 you", "5*3"])
def test_signs_are_no_markup(text: str) -> None:
    assert find_tags(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "I am (very) tired.",
        "All of us (including me) left.",
        "He died (sadly) in May.",
        "That was (only joking) fine.",
        "We (looking back) were wrong.",
        "The thing (singular) is here.",
        "Call me (maybe",
        "It was loud (" + "laughing " * 50 + ") there.",
    ],
)
def test_other_round_brackets_are_part_of_the_text(text: str) -> None:
    assert find_tags(text) == []
    assert [word.written for word in speak(text).words] == re.findall(r"\w+", text)


@pytest.mark.parametrize("char", ["[", "{", "<a", "(", "*a ", "[a] ", "*a* ", "*sighs* ", "<b>", "[{", "]", "_a_ "])
def test_tags_are_found_in_steps_that_grow_with_the_text(char: str) -> None:
    """Lines that run are counted, not seconds: a search from each bracket to the end would run 2e8 of them."""
    text = char * (20_000 // len(char))
    left = 40 * len(text)

    def count(frame: object, event: str, argument: object) -> object:
        nonlocal left
        left -= 1
        assert left, "more than 40 lines ran for each character"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        found = find_tags(text)
    finally:
        sys.settrace(before)
    assert all(first.end <= second.start for first, second in zip(found, found[1:], strict=False))


def test_a_hundred_thousand_brackets_are_told_in_a_few_notes() -> None:
    form = speak("[" * 100_000 + " Yes.")
    assert form.spoken == "Yes."
    assert len(form.notes) == 21
    assert form.notes[-1] == "99,980 more brackets have no partner; they are not spoken"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I am *very* tired. [sighs]", "I am very tired."),
        ("**Stop** it, _please_!", "Stop it, please!"),
        ("2 * 3 < 7", "2 * 3 < 7"),
        ("a [b", "a b"),
        ("(sighs) Well (today).", "Well (today)."),
    ],
)
def test_without_markup_leaves_the_words(text: str, left: str) -> None:
    assert " ".join(without_markup(text).split()) == left


def test_a_known_tag_makes_no_note_and_an_unknown_one_is_refused_when_strict() -> None:
    assert speak("[sighs] Hello.", known_tags=["Sighs"]).notes == ()
    assert speak("[sighs] Hello.", known_tags=["sighs"], strict=True).spoken == "Hello."
    with pytest.raises(UsageError, match=r"markup '\[sighs\]' at character 1 is not known; take it out"):
        speak("[sighs] Hello.", strict=True)


@pytest.mark.parametrize("text", ["[a", "a]", "{ b", "c }", "[[a]", "]["])
def test_a_bracket_without_a_partner_is_told(text: str) -> None:
    assert any("has no partner" in note for note in speak(text + " word").notes)
    with pytest.raises(UsageError, match="has no partner"):
        speak(text + " word", strict=True)


def test_nothing_but_markup_says_nothing() -> None:
    form = speak("[sighs] {b} <i> *laughs*")
    assert (form.spoken, form.sentences, len(form.tags)) == ("", (), 4)


def test_a_lone_surrogate_is_told() -> None:
    with pytest.raises(UsageError, match="lone surrogate at character 3"):
        speak("ab\ud800")


def test_a_key_of_the_lexicon_that_never_matches_is_named() -> None:
    form = speak("Nguyen came.", lexicon={"Nguyen": "win", "C#": "see sharp"})
    assert form.notes == ("the lexicon's 'C#' does not occur in the text",)
    assert [(word.written, word.given) for word in form.words][0] == ("Nguyen", "win")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("No. 5", "No."),
        ("I like C# a lot", "C#"),
        ("Call 911!", "911"),
        ("the FBI", "FBI"),
        ("New York, now", "New York"),
        ("It is 5 kg.", "5 kg"),
        ("W-what", "W-what"),
        ("Noooo!", "Noooo"),
        ("Dr. Lee", "dr."),
        ("a@b.com", "a@b.com"),
    ],
)
def test_the_lexicon_comes_first(text: str, key: str) -> None:
    form = speak(text, lexicon={key: "word"})
    assert form.notes == ()
    assert [word.given for word in form.words if word.given] == ["word"]


def test_a_language_without_rules_is_told_and_read_plainly() -> None:
    form = speak("Ciao, 5 amici.", "it")
    assert form.notes == ("language 'it' has no reading rules; numbers and signs are read as an engine reads them",)
    assert form.spoken == "Ciao, 5 amici."


def test_right_to_left_text_and_ten_thousand_digits_are_read() -> None:
    assert speak("שלום עולם").spoken == "שלום עולם"
    assert len(speak("7" * 10_000).spoken.split()) == 10_000
    assert speak("[" * 5_000).spoken == ""


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=60), st.sampled_from(["en", "de", "es", "fr", "it"]))
def test_every_word_points_at_what_was_written(text: str, language: str) -> None:
    form = speak(text, language)
    last = 0
    for word in form.words:
        assert text[word.start : word.end] == word.written
        assert last <= word.start < word.end
        last = word.end


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "No.",
                "5",
                "kg",
                "[x]",
                "*sighs*",
                "$",
                "3/4",
                "W-what",
                "NOOO",
                "…",
                "—",
                "?!",
                "I",
                "IV",
                "Dr.",
                "a@b.com",
                "\n\n",
                "10:30",
                "-",
                "°C",
                "(",
                ")",
                '"',
                "1984",
                "C#",
                "&",
                "<b>",
                "}",
                "hap-\npy",
            ]
        ),
        max_size=12,
    )
)
def test_no_bracket_is_ever_spoken_and_words_keep_their_place(parts: list[str]) -> None:
    text = " ".join(parts)
    form = speak(text)
    assert not set("[]{}<>*") & set(form.spoken)
    assert all(text[word.start : word.end] == word.written for word in form.words)
    assert all(word.spoken for word in form.words)
