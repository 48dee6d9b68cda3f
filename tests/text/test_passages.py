"""A long text is cut at the ends of its sentences, whatever its length, and nothing of it is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.errors import UsageError
from voiceact.text import speak
from voiceact.text.passages import MOST_NOTES, WINDOW_CHARACTERS, iterate_passages, reading_notes


def texts(text: str, longest: int = 1, language: str = "en") -> list[str]:
    return [passage.text for passage in iterate_passages(text, language, longest=longest)]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Dr. Lee came. He sat.", ["Dr. Lee came.", "He sat."]),
        ("No. 5 is alive. The U.S. Army came.", ["No. 5 is alive.", "The U.S. Army came."]),
        ('"Where is he?" she asked. [sighs] He left.', ['"Where is he?" she asked.', "[sighs] He left."]),
        ("He left. . . Nobody knew. Oh no.", ["He left. . .", "Nobody knew.", "Oh no."]),
        ("One.\n\n\n\nTwo.", ["One.", "Two."]),
        ("It is 5 p.m. now. (Really.) So?", ["It is 5 p.m. now.", "(Really.)", "So?"]),
        ("It rains [she looks. Up. Down] again. Go.", ["It rains [she looks. Up. Down] again.", "Go."]),
    ],
)
def test_a_passage_ends_where_a_sentence_ends(text: str, cut: list[str]) -> None:
    assert texts(text) == cut


def test_sentences_of_other_languages() -> None:
    assert texts("Am 3. Mai kam er. Dann ging er.", language="de") == ["Am 3. Mai kam er.", "Dann ging er."]
    assert texts("¿Dónde? Aquí.", language="es") == ["¿Dónde?", "Aquí."]


def test_sentences_are_taken_together_up_to_a_length_but_never_over_an_empty_line() -> None:
    assert texts("One. Two. Three.\n\nFour. Five.", longest=9) == ["One. Two.", "Three.", "Four.", "Five."]
    assert [p.pause for p in iterate_passages("One. Two.\n\nThree.", longest=100)] == ["paragraph", "sentence"]


def test_places_point_into_the_text() -> None:
    text = "  One.  Two!\n \nThree?  "
    assert all(text[passage.start : passage.end] == passage.text for passage in iterate_passages(text, longest=1))


@settings(max_examples=40, deadline=None)
@given(st.text('ab .,!?\n[]"A1', max_size=5000), st.integers(1, 400))
def test_every_spoken_word_is_in_one_passage_and_none_is_longer_than_a_window(text: str, longest: int) -> None:
    passages = list(iterate_passages(text, longest=longest))
    assert all(len(passage.text) <= WINDOW_CHARACTERS for passage in passages)
    assert all(first.end <= second.start for first, second in zip(passages, passages[1:], strict=False))
    covered = {place for passage in passages for place in range(passage.start, passage.end)}
    if len(text) <= WINDOW_CHARACTERS:
        assert all(word.start in covered for word in speak(text).words)


def test_a_sentence_without_an_end_is_cut_at_a_clause_and_then_anywhere() -> None:
    clauses = texts("the rain fell on and on, and nobody knew why; " * 200)
    assert len(clauses) > 3 and all(clause[-1] in ",;" for clause in clauses)
    assert "".join(texts("x" * 4500)) == "x" * 4500


def test_notes_of_a_long_text_come_once_and_are_not_endless() -> None:
    text = "I am [sighs] tired. " * 300
    assert reading_notes(text, lexicon={"tired": "x", "Nguyen": "win"}) == (
        "the lexicon's 'Nguyen' does not occur in the text",
        "not spoken: [sighs]",
    )
    many = " ".join(f"Go [tag{number}] on." for number in range(400))
    notes = reading_notes(many)
    assert len(notes) == MOST_NOTES + 1 and "more notes" in notes[-1]
    with pytest.raises(UsageError, match="not known"):
        reading_notes(text, strict=True)


def test_a_paragraph_that_is_nothing_but_a_sound_is_a_passage_where_it_is_heard() -> None:
    text = "He sat down.\n\n[sighs]\n\nNobody spoke."
    place = text.index("[")
    assert [passage.text for passage in iterate_passages(text)] == ["He sat down.", "Nobody spoke."]
    found = list(iterate_passages(text, sounds=(place,)))
    assert [(passage.text, passage.pause) for passage in found] == [
        ("He sat down.", "paragraph"),
        ("[sighs]", "paragraph"),
        ("Nobody spoke.", "sentence"),
    ]
    assert text[found[1].start : found[1].end] == "[sighs]"
