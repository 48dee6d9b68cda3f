"""Tales become scripts, and scripts are read as they were written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.errors import UsageError
from voiceact.prompting.cast import match_cast, read_cast
from voiceact.story.drafting import advance_arc, draft_script
from voiceact.story.paragraphs import read_blocks, read_story
from voiceact.story.script import (
    ScriptLine,
    ScriptParagraph,
    StoryScript,
    parse_script,
    write_script,
)

CAST = {"narrator": "monk", "Anna": "nurse"}


def test_chapters_breaks_and_wrapped_paragraphs() -> None:
    text = "CHAPTER II. The Door\n\nIt was\ndark.\n\n* * *\n\nTitle\n=====\n\n## Part [x](y)\nNext to it."
    assert [(block.kind, block.text) for block in read_blocks(text)] == [
        ("heading", "CHAPTER II. The Door"),
        ("text", "It was dark."),
        ("break", ""),
        ("heading", "Title"),
        ("heading", "Part x"),
        ("text", "Next to it."),
    ]
    assert [block.text for block in read_blocks("One line.\nAnother line.")] == ["One line.", "Another line."]


names = (
    st.text(st.sampled_from("AnnaBoris von."), min_size=1, max_size=12).map(str.strip).filter(lambda name: name[:1].isalpha())
)
words = st.text(st.sampled_from("abc “”:[]#%*=,."), min_size=1, max_size=30).map(str.strip).filter(bool)
lines = st.builds(ScriptLine, names, words, st.sampled_from(["", "Fear:3", "Pride:2+Sadness:5"]))
paragraphs = st.builds(ScriptParagraph, st.lists(lines, min_size=1, max_size=3).map(tuple), st.just(False), st.booleans())


@given(st.lists(paragraphs, min_size=1, max_size=4))
def test_a_written_script_is_read_as_the_same_script(written: list[ScriptParagraph]) -> None:
    script = StoryScript("tale", CAST, tuple(written))
    assert parse_script(write_script(script)) == script


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%% voiceact script 9\nnarrator: a", "expected '%% voiceact script 1'"),
        ("%% voiceact script 1\n\nno colon here", "line 3 is 'no colon here'; expected 'Anna"),
        ("%% voiceact script 1\nAnna [Fear: a", "line 2 is"),
    ],
)
def test_what_is_no_script_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_script(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("speaker", "member"),
    [("Mr. Darcy", "Darcy"), ("elizabeth", "Elizabeth Bennet"), ("the old man", "old man"), ("Tom", None), ("man", "old man")],
)
def test_a_cast_means_people_by_part_of_their_name(speaker: str, member: str | None) -> None:
    assert match_cast(speaker, ["narrator", "Darcy", "Elizabeth Bennet", "old man"]) == member


def test_a_name_that_means_two_of_the_cast_means_neither() -> None:
    assert match_cast("Bennet", ["Jane Bennet", "Elizabeth Bennet"]) is None
    assert match_cast("Mrs. Bennet", ["Mr. Bennet"]) is None


def test_feeling_follows_the_words_and_fades() -> None:
    tale = "“Who is there?” asked Anna, terrified.\n\nThe wind blew.\n\nThe door was red.\n\nA cup stood there."
    script, _ = draft_script(tale, name="dark", cast=CAST)
    assert [line.feeling for paragraph in script.paragraphs for line in paragraph.lines] == [
        "Fear:5", "Fear:3", "Fear:2", "Fear:1", "",
    ]  # fmt: skip
    flat, _ = draft_script(tale, name="dark", cast=CAST, flat=True)
    assert {line.feeling for paragraph in flat.paragraphs for line in paragraph.lines} == {""}
    assert advance_arc({"fear": 7.0}, [{"elation": 4.0}]) == {"fear": 4.0, "elation": 4.0}


def test_a_whispered_quotation_is_whispered() -> None:
    script, _ = draft_script("“Come,” whispered Anna.", name="dark", cast=CAST)
    assert script.paragraphs[0].lines[0] == ScriptLine("Anna", "[whisper] “Come,”")


def test_quotations_without_a_speaker_are_the_narrators_and_listed() -> None:
    script, report = draft_script("“Come,” said Anna.\n\n“Who?”\n\n“I,” said Tom.", name="dark", cast=CAST)
    assert report.unknown == [(2, "“Who?”")] and report.uncast == {"Tom": 1} and report.quotes == 3
    assert script.paragraphs[1].lines == (ScriptLine("narrator", "“Who?”", "", ("speaker unknown",)),)
    assert "%% Tom is not in the cast\nnarrator: “I,”" in write_script(script)


@pytest.mark.parametrize(
    ("tale", "cast", "message"),
    [
        ("\n \n", CAST, "the story 'dark' is empty"),
        ("* * *", CAST, "the story 'dark' is empty"),
        ("“Come,” said Tom.", CAST, "the cast (Anna) names nobody who speaks in 'dark'; expected names as the tale writes them; "
         "it quotes Tom"),
    ],
)  # fmt: skip
def test_a_tale_that_cannot_be_told_is_refused(tale: str, cast: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        draft_script(tale, name="dark", cast=cast)
    assert message in str(error.value)


def test_files_that_are_no_story_or_cast_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "cast.yaml").write_text("Anna: [nurse]\n")
    (tmp_path / "bad.yaml").write_text("'An:na': nurse\n")
    for name, message in (
        ("a.pdf", "expected plain text (.txt), Markdown (.md) or EPUB"),
        ("b.txt", "is not UTF-8"),
        ("c.txt", "cannot be read"),
    ):
        with pytest.raises(UsageError) as error:
            read_story(tmp_path / name)
        assert message in str(error.value)
    for name, message in (("cast.yaml", "Anna is ['nurse']; expected a persona's name"), ("bad.yaml", "is no name")):
        with pytest.raises(UsageError) as error:
            read_cast(tmp_path / name)
        assert message in str(error.value)


def test_dashes_that_mark_speech_are_not_in_the_script() -> None:
    tale = "— Come in, said Anna. It isn't locked.\n— I know — Tom answered —. I have a key.\n\nNobody spoke."
    script, report = draft_script(
        tale, name="door", cast={"narrator": "thrilling-storyteller", "Anna": "nurse", "Tom": "nurse"}
    )
    assert [[(line.speaker, line.text) for line in paragraph.lines] for paragraph in script.paragraphs] == [
        [("Anna", "Come in,"), ("narrator", "said Anna."), ("Anna", "It isn't locked.")],
        [("Tom", "I know"), ("narrator", "Tom answered"), ("Tom", "I have a key.")],
        [("narrator", "Nobody spoke.")],
    ]
    assert (report.quotes, report.unknown, report.guessed) == (4, [], [])
