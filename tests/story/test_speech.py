"""Who says a quotation: each row is a sentence that a reader of novels would read in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.story.speech import gender_of, name_speakers


def speakers(*paragraphs: str, names: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Speaker of each quotation, and by what it is known."""
    return [(part.speaker, part.how) for parts in name_speakers(paragraphs, names) for part in parts if part.how != "narration"]


@pytest.mark.parametrize(
    ("paragraph", "speaker"),
    [
        ("“It is late,” said Anna.", "Anna"),
        ("“It is late,” Anna said.", "Anna"),
        ("“It is late!” cried the old man.", "old man"),
        ("“It is late,” Mr. Brown answered slowly.", "Mr. Brown"),
        ("“It is late,” whispered the White Rabbit as it ran.", "White Rabbit"),
        ("Anna said: “It is late.”", "Anna"),
        ("Then the captain, turning to them, said, “It is late.”", "captain"),
        ('"It is late," said Anna.', "Anna"),
        ("‘Don’t say it’s late,’ said Anna.", "Anna"),
        ("«It is late», said Anna.", "Anna"),
    ],
)
def test_the_words_around_a_quotation_name_its_speaker(paragraph: str, speaker: str) -> None:
    assert speakers(paragraph) == [(speaker, "named")]


def test_a_pronoun_means_the_last_person_named_of_its_gender() -> None:
    tale = ["“Come,” said Tom.", "“Why?” said Anna.", "“It is late,” he replied."]
    assert speakers(*tale)[2] == ("Tom", "pronoun")
    assert speakers("Anna looked up.", "“Come,” she replied.") == [("Anna", "pronoun")]


def test_of_several_people_whom_a_pronoun_may_mean_the_choice_is_marked_as_a_guess() -> None:
    tale = ["“Come,” said Tom.", "“Why?” said Peter.", "“It is late,” he replied."]
    assert speakers(*tale)[2] == ("Tom", "guessed")


def test_quotations_of_one_paragraph_share_their_speaker() -> None:
    assert speakers("“No,” said Anna. “Never.”") == [("Anna", "named"), ("Anna", "continued")]
    assert speakers("“No,” said Anna. “Yes,” said Tom.") == [("Anna", "named"), ("Tom", "named")]


def test_a_quotation_that_does_not_close_goes_on_in_the_next_paragraph() -> None:
    assert speakers("“It was so,” said Anna. “Hear me", "“and then it ended.”")[-1] == ("Anna", "continued")


def test_speakers_by_turns_are_guesses_and_strangers_are_unknown() -> None:
    talk = ["“Come,” said Tom.", "“Why?” asked Anna.", "“Because.”"]
    assert speakers(*talk)[2] == ("Tom", "guessed")
    assert speakers("“Who is there?”") == [("", "unknown")]
    assert speakers("The door closed. “Who is there?”") == [("", "unknown")]


def test_words_that_do_not_say_who_is_meant_name_nobody() -> None:
    # "They" is not Anna, though she is the only one who is named; nor is what is carried out of the room.
    assert speakers("“No room!” they cried. “Plenty,” said Anna.") == [("", "unresolved"), ("Anna", "named")]
    assert speakers("It took the pipe out of its mouth and said, “So.”") == [("", "unresolved")]
    assert speakers("The dog looked up and Anna, at the door, said, “So.”", names=("dog", "Anna"))[0][1] == "guessed"


def test_turns_with_the_teller_leave_the_others_words_to_the_other() -> None:
    assert speakers("“Come,” said Tom.", "“Why?” said I.", "“Because.”", "“No.”")[2:] == [("Tom", "guessed"), ("", "unknown")]


def test_what_the_teller_says_is_known_to_be_the_tellers() -> None:
    assert speakers("“No!” I cried.") == [("", "first person")]


def test_a_quoted_word_that_nobody_says_stays_in_the_narration() -> None:
    [parts] = name_speakers(["He called it the “Beast” and left."])
    assert [(part.text, part.how) for part in parts] == [("He called it the “Beast” and left.", "narration")]


def test_a_deed_behind_a_full_stop_is_no_tag() -> None:
    # Tom's line is over; Anna's crying is a sentence of its own.
    assert speakers("“I must go,” said Tom.", "“Then go.” Anna cried all night.")[1] != ("Anna", "named")


def test_gender_is_told_by_titles_and_common_names() -> None:
    assert [gender_of(name) for name in ("Mrs. Smith", "Tom", "old woman", "Robin", "the wolf")] == [
        "female", "male", "female", "", "",
    ]  # fmt: skip


@given(st.lists(st.text(st.sampled_from('Ab “”"‘’,.! said he'), max_size=40), max_size=4))
def test_no_letter_of_a_tale_is_lost(paragraphs: list[str]) -> None:
    parts = list(name_speakers(paragraphs))
    for written, spoken in zip(paragraphs, parts, strict=True):
        assert "".join(part.text for part in spoken).replace(" ", "") == written.replace(" ", "")
