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
        (": hello", "is empty"),
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
