"""A whole request in one sentence: person, feeling and line."""

import pytest
from click.testing import CliRunner

from voiceact.cli.main import cli
from voiceact.errors import UsageError
from voiceact.prompting.sentence import read_request


@pytest.mark.parametrize(
    ("sentence", "persona", "mix", "line"),
    [
        (
            "Speak like a caring nurse, worried for her patient: 'The doctor will be with you soon.'",
            "a caring nurse",
            {"distress": 5.0},
            "The doctor will be with you soon.",
        ),
        (
            "an old sailor, slightly amused: Well, look who's back.",
            "an old sailor",
            {"amusement": 2.0},
            "Well, look who's back.",
        ),
        ('Say "I am home" as an old man, utterly exhausted', "an old man", {"fatigue_exhaustion": 7.0}, "I am home"),
        ("“Get out!”, like a man, furious", "a man", {"anger": 5.0}, "Get out!"),
        ("like an angry boss: Get out", "an angry boss", {"anger": 5.0}, "Get out"),
    ],
)
def test_a_sentence_is_taken_apart(sentence: str, persona: str, mix: dict[str, float], line: str) -> None:
    request = read_request(sentence)
    assert (request.persona_words, request.line) == (persona, line)
    assert request.feeling is not None
    assert request.feeling.mix.as_dict() == mix


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        ("a nurse, sad: I told him 'go' and he went.", "I told him 'go' and he went."),
        ('a nurse: Don\'t go, she said "fine" now.', 'Don\'t go, she said "fine" now.'),
        ("a nurse's friend, sad: the dogs' bowl is 'empty'.", "the dogs' bowl is 'empty'."),
        ('a nurse, sad: "Go" he said, "now"', '"Go" he said, "now"'),
        ("a nurse, sad: 'It is the nurses' fault'", "It is the nurses' fault"),
        ("a nurse, sad: 'It is the nurses' fault", "'It is the nurses' fault"),
        ("a nurse, sad: 'Come at 3:30.'", "Come at 3:30."),
        ("a nurse: “Go,” she said.", "“Go,” she said."),
        ("Say 'Come at 3:30.' like a nurse", "Come at 3:30."),
        ("a nurse: '", "'"),
    ],
)
def test_nothing_of_the_line_is_lost(sentence: str, line: str) -> None:
    assert read_request(sentence).line == line


@pytest.mark.parametrize(
    ("sentence", "persona", "direction"),
    [
        ("a nurse, whispering: hush now my dear", "nurse", "whispering"),
        ("Whisper like a nurse: hush", "nurse", "whispering"),
        ("a nurse whispers: hush", "nurse", "whispering"),
        ("whispered by a nurse: hush", "nurse", "whispering"),
        ("a nurse, very slow, sad: hi", "nurse", "very slow"),
        ("speaking as the nurse: hi", "nurse", ""),
        ("as if you were the nurse, proud: hi", "nurse", ""),
    ],
)
def test_how_it_is_spoken_becomes_a_direction(sentence: str, persona: str, direction: str) -> None:
    request = read_request(sentence)
    assert (request.persona.name, request.direction) == (persona, direction)


@pytest.mark.parametrize("words", ["a whispering nurse", "talkative old man", "likeable old man", "speaker, an old woman"])
def test_verbs_are_not_cut_out_of_words(words: str) -> None:
    request = read_request(f"{words}: Hi")
    assert request.persona_words.startswith(words.split()[0]) and not any(note[-5:] == "ative" for note in request.notes)


def test_what_is_not_understood_beside_a_shipped_persona_is_named() -> None:
    assert "not understood: 'blorp fizz'" in read_request("a nurse, blorp fizz, sad: hi").notes


def test_a_shipped_persona_is_known_by_its_name() -> None:
    request = read_request("as the nurse, proud: 'Well done.'")
    assert request.persona.name == "nurse"
    assert request.feeling is not None


def test_without_a_feeling_the_line_is_neutral_and_that_is_told() -> None:
    request = read_request("a man: It rains.")
    assert request.feeling is None
    assert "names no feeling" in request.notes[-1]


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("", "the request is empty"),
        ("a nurse", "holds no line"),
        ("a nurse: ", "holds no line"),
        ("a nurse says 'hello", "never ends"),
        (": hello", "says nothing of who speaks"),
        ("'just the line'", "says nothing of who speaks"),
        ('Say "Go" and "now" like a nurse', "holds several quotations"),
        ("a nurse, sad: 'It is never", "never ends"),
        ("zorb glib: hello", "says how somebody sounds"),
    ],
)
def test_bad_requests_are_refused_in_one_sentence(sentence: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_request(sentence)


def test_the_command_shows_what_is_understood_without_speaking() -> None:
    result = CliRunner().invoke(cli, ["say", "a caring nurse, worried: 'Soon.'", "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "Distress 5" in result.output
    assert "the line is 'Soon.'" in result.output


def test_who_speaks_may_be_said_in_several_parts() -> None:
    request = read_request("A tailor, in her late fifties, worried: 'Sit down.'")
    assert request.persona_words == "A tailor, in her late fifties"
    assert request.persona.age == 58
