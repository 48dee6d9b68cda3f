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


def parts(paragraph: str, *, before: str = "“Come,” said Tom.") -> list[tuple[str, str, str]]:
    """Text, speaker and reason of each part of a paragraph that follows another one."""
    return [(part.text, part.speaker, part.how) for part in list(name_speakers([before, paragraph]))[1]]


@pytest.mark.parametrize("dash", ["—", "–", "―", "--", "---"])
def test_speech_behind_a_dash_is_cut_from_the_words_that_say_who_speaks(dash: str) -> None:
    assert parts(f"{dash} Come in, said Anna.") == [(f"{dash} Come in,", "Anna", "named"), ("said Anna.", "", "narration")]
    broken = parts(f"{dash} I know {dash} Anna said {dash} but I won’t.")
    assert [(text, speaker) for text, speaker, _ in broken] == [
        (f"{dash} I know {dash}", "Anna"),
        (f"Anna said {dash}", ""),
        ("but I won’t.", "Anna"),
    ]


@pytest.mark.parametrize(
    ("paragraph", "said", "told"),
    [
        ("— It is late! cried the old man.", "— It is late!", "cried the old man."),
        ("— I’m sorry, he muttered, I didn’t know.", "— I’m sorry, I didn’t know.", "he muttered,"),
        (
            "— Come in, said Anna, wiping her hands. It isn’t locked.",
            "— Come in, It isn’t locked.",
            "said Anna, wiping her hands.",
        ),
        ("— Come in, said Anna, and she laughed.", "— Come in,", "said Anna, and she laughed."),
        ("— Come in, said Anna. She put down the lamp.", "— Come in,", "said Anna. She put down the lamp."),
        ("—Yes, Papa —said Clara—. They were thirsty.", "—Yes, Papa — They were thirsty.", "said Clara—."),
        ("— Well—you know—it’s late, said Anna.", "— Well—you know—it’s late,", "said Anna."),
        ("Then Anna turned and said: — It is late.", "— It is late.", "Then Anna turned and said:"),
    ],
)
def test_narration_between_dashes_is_taken_out_of_the_speech(paragraph: str, said: str, told: str) -> None:
    [found] = name_speakers([paragraph], ["Anna", "Clara"])
    assert " ".join(part.text for part in found if part.how != "narration") == said
    assert " ".join(part.text for part in found if part.how == "narration") == told


def test_what_may_be_said_or_told_behind_a_dash_is_listed() -> None:
    # The dog is Tom's to tell of, or the tale's; and who looks up may do so in what is told.
    assert parts("— Come in, said Anna. The dog barked.")[-1] == ("The dog barked.", "", "unresolved")
    assert ("Tom lowered his eyes —", "", "unresolved") in parts("— I know — Tom lowered his eyes — but I won’t.")
    assert [how for _, _, how in parts("— Come in. — No, said Anna.")] == ["unknown", "named", "narration"]


def test_a_dash_before_a_small_letter_or_a_signature_is_no_speech() -> None:
    assert [how for _, _, how in parts("— and so it went on.")] == ["narration"]
    assert [how for _, _, how in parts("— William Shakespeare, Hamlet")] == ["narration"]
    assert [how for _, _, how in parts("The room — it was dark — smelt of peat.")] == ["narration"]


@pytest.mark.parametrize(
    "paragraph",
    [
        "“I never—” Anna called Tom to the door.",
        "“He was”—Anna called to mind the day—“a good man.”",
        "“What if…” Anna began to read the letter.",
        "“Look!” Anna read the letter.",
    ],
)
def test_a_deed_behind_a_quotation_that_breaks_off_is_no_tag(paragraph: str) -> None:
    assert {how for _, how in speakers(paragraph, names=("Anna", "Tom"))} <= {"guessed", "unknown"}


def test_a_tag_behind_a_quotation_that_breaks_off_is_one() -> None:
    for paragraph in (
        "“I never—” Anna began.",
        "“He was”—Anna said—“good.”",
        "“No!” Anna cried in despair.",
        "“But—” cried Anna.",
    ):
        assert {how for _, how in speakers(paragraph)} <= {"named", "continued"}, paragraph


def test_two_quotations_side_by_side_are_two_peoples() -> None:
    assert speakers("“I never—” “Be quiet!” said Anna.") == [("", "unknown"), ("Anna", "named")]
    assert speakers("“I never—” Tom rose. “Be quiet!” said Anna.", names=("Tom",))[0][1] == "guessed"


def test_whoever_belongs_to_somebody_is_not_that_somebody() -> None:
    assert speakers("“A merry Christmas!” said Scrooge’s nephew.", names=("Scrooge",)) == [("nephew", "named")]
    assert speakers("Mr. Brown sat down.", "“Well?” asked his wife.", names=("Mr. Brown", "Mrs. Brown"))[0] == (
        "Mrs. Brown",
        "guessed",
    )


def test_a_pronoun_that_may_mean_somebody_of_unknown_gender_is_a_guess() -> None:
    assert speakers("“Come,” said Tom.", "Robin came in.", "“So!” he said.", names=("Robin",))[-1] == ("Robin", "guessed")
    assert speakers("Anna opened the door to a tall lady in black.", "“Is he in?” she asked.")[-1][1] == "guessed"


def test_words_that_announce_speech_may_end_the_paragraph_before() -> None:
    assert speakers("Tom’s mouth watered. Ben said:", "“Hello!”", names=("Tom", "Ben")) == [("Ben", "named")]


def test_within_a_paragraph_a_pronoun_means_who_speaks_there() -> None:
    assert speakers("Tom came in.", "“No,” said Peter, “no,” he added, and turned to Tom.")[-1] == ("Peter", "pronoun")


def test_who_was_called_or_acted_alone_is_a_guess_for_an_answer() -> None:
    assert speakers("“Tom, come here!” said Anna.", "“What for?”", names=("Tom",))[-1] == ("Tom", "guessed")
    assert speakers("The captain turned round.", "“You?”", names=("captain",)) == [("captain", "guessed")]


@given(
    st.lists(st.sampled_from(["— ", "—", "Come in", "said Anna", "she said", ", ", ". ", "? ", "Tom rose", " -- "]), max_size=9)
)
def test_no_letter_behind_a_dash_is_lost(pieces: list[str]) -> None:
    paragraph = "— " + "".join(pieces)
    [found] = name_speakers([paragraph], ["Anna", "Tom"])
    assert "".join(part.text for part in found).replace(" ", "") == paragraph.replace(" ", "")
