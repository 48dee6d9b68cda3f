"""What a client writes in plain words, and what is made of it."""

import pytest

from voiceact.errors import UnknownNameError, UsageError
from voiceact.serve.reading import PERSONA_SECONDS, PlainRequest, read_instructions, stage_phrases


def asked(**changes) -> PlainRequest:
    return PlainRequest(**{"voice": "nurse", "text": "Sit down.", "engine": "embedded", **changes})


def test_a_persona_and_nothing_else_is_read_neutrally() -> None:
    request = asked()()
    assert request.persona.name == "nurse" and request.mix.is_neutral and request.text == "Sit down."


def test_a_description_is_a_voice() -> None:
    request = asked(voice="a grumpy old sailor with a raspy voice")()
    assert request.persona.age > 60 and any("read as" in note for note in request.notes)


@pytest.mark.parametrize("voice", ["Nurse", "NURSE", " nurse\n"])
def test_a_persona_is_named_in_capitals_too(voice: str) -> None:
    request = asked(voice=voice)()
    assert request.persona.name == "nurse" and request.notes == ()


def test_a_persona_whose_file_changes_is_spoken_by_soon(tmp_path, monkeypatch) -> None:
    seconds = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: seconds)
    file = tmp_path / "guide.yaml"
    text = "name: guide\ndescription: shows the way\ngender: female\nage: 30\nvoice: {f0_hz: 200, tract: 1}\n"
    file.write_text(text)
    wanted = {"voice": "guide", "personas": (str(tmp_path),)}
    assert asked(**wanted)().persona.age == 30
    file.write_text(text.replace("30", "50"))
    seconds += PERSONA_SECONDS
    assert asked(**wanted)().persona.age == 50


@pytest.mark.parametrize("voice", ["nurze", "alloy", "/etc/passwd", "../nurse", "nurse.yaml", "personas/nurse.yaml"])
def test_an_unknown_voice_is_refused_and_no_file_is_opened(voice: str) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown voice .*GET /v1/audio/voices"):
        asked(voice=voice)()


def test_a_path_with_spaces_is_no_file_either(tmp_path) -> None:
    file = tmp_path / "my persona.yaml"
    file.write_text("name: x\ndescription: a secret\n")
    with pytest.raises(UsageError, match="nothing of the description"):
        asked(voice=str(file))()


@pytest.mark.parametrize(
    ("instructions", "mix"),
    [
        ("worried", {"distress": 5.0}),
        ("Speak in a cheerful tone.", {"elation": 5.0}),
        ("Affect: a gentle, curious narrator.\nTone: warm.", {"affection": 5.0, "interest": 5.0}),
        ("Pacing: slow and deliberate", {}),
        ("", {}),
    ],
)
def test_instructions_are_read_for_what_is_felt(instructions: str, mix: dict[str, float]) -> None:
    assert read_instructions(instructions, 5.0)[0].as_dict() == mix


def test_words_without_a_feeling_are_noted_and_not_refused() -> None:
    mix, notes = read_instructions("Talk like a pirate", 5.0)
    assert mix.is_neutral and notes == ("no feeling is understood in the instructions 'Talk like a pirate'",)


@pytest.mark.parametrize(
    ("instructions", "phrases"),
    [
        ("whispering, sad", ["whispering"]),
        ("Pacing: slow and soft.", ["slow", "soft"]),
        ("rate=0.9; tempo=fast", ["rate=0.9"]),
        ("rate=os.system", []),
        ("a pirate", []),
    ],
)
def test_instructions_are_read_for_moves(instructions: str, phrases: list[str]) -> None:
    assert stage_phrases(instructions) == phrases


def test_emotions_go_before_instructions() -> None:
    assert asked(emotions=("Pride:3",), instructions="sad")().mix.as_dict() == {"pride": 3.0}


def test_an_unknown_emotion_is_refused() -> None:
    with pytest.raises(UsageError, match="blargh"):
        asked(emotions=("blargh",))()


def test_a_direction_and_the_moves_of_the_instructions_are_joined() -> None:
    assert asked(direction="rate=0.9", instructions="whispering")().direction == "rate=0.9, whispering"


def test_bursts_can_be_left_out() -> None:
    assert asked(text="[sighs] There you are.", bursts=False)().text == "There you are."
