"""Stage directions: words become moves, numbers are checked, what is not understood stays words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting.moves import LIMITS, MULTIPLIERS, NEUTRAL, Moves
from voiceact.acting.stage_directions import Stage, apply_stage, parse_stage
from voiceact.errors import UnknownNameError, UsageError


@pytest.mark.parametrize(("text", "changes"), [
    ("whispering", {"whisper": 1.0}), ("Whispered", {"whisper": 1.0}), ("(softly)", {"energy": -5.0, "tilt": -1.0}),
    ("rate=0.9", {"rate": 0.9}), ("slower and louder", {"rate": 0.82, "energy": 5.0, "tilt": 0.8}),
    ("out of breath", {"breath": 0.6, "pause": 1.6, "hesitation": 0.3}), ("crying", {"sob": 0.7, "tremor": 0.3}),
    ("", {}),
])
def test_words_and_numbers_become_moves(text: str, changes: dict[str, float]) -> None:
    stage = parse_stage(text)
    assert dict(stage.changes) == changes
    assert stage.words == ()


def test_what_is_no_move_stays_words() -> None:
    assert parse_stage("whispering, to the dog; rate=1.1") == Stage({"whisper": 1.0, "rate": 1.1}, ("to the dog",))
    assert parse_stage("shouting at nobody").words == ("shouting at nobody",), "half understood is not understood"


def test_wrong_numbers_and_names_are_told() -> None:
    with pytest.raises(UnknownNameError, match="unknown move 'wisper'; did you mean 'whisper'"):
        parse_stage("wisper=1")
    with pytest.raises(UsageError, match="move 'rate' is 3; expected 0.55 to 1.6"):
        parse_stage("rate=3")
    with pytest.raises(UsageError, match="move 'rate' is 'fast'; expected a number from 0.55 to 1.6"):
        parse_stage("rate=fast")


def test_a_stage_direction_lies_on_top_of_a_direction() -> None:
    moves = apply_stage(Moves(rate=1.2, energy=2.0), Stage({"rate": 0.9, "energy": 3.0}))
    assert moves.rate == pytest.approx(1.08) and moves.energy == 5.0


@given(st.dictionaries(st.sampled_from(sorted(NEUTRAL)), st.floats(-100, 100)))
def test_whatever_is_asked_stays_inside_the_limits(changes: dict[str, float]) -> None:
    moves = apply_stage(Moves(), Stage(changes))
    assert all(low <= getattr(moves, name) <= high for name, (low, high) in LIMITS.items())


def test_every_move_has_limits_around_its_neutral_value() -> None:
    assert set(LIMITS) == set(NEUTRAL)
    assert all(low <= NEUTRAL[name] <= high for name, (low, high) in LIMITS.items())
    assert all(NEUTRAL[name] == 1 for name in MULTIPLIERS)


def test_moves_outside_the_limits_are_named() -> None:
    with pytest.raises(UsageError, match="move 'pitch' is 40; expected -8 to 9"):
        Moves(pitch=40.0).check()
    Moves().check()
