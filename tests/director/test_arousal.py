"""The arousal of a take is brought to that of a recording by what the coach hears."""

from copy import copy
from dataclasses import replace

import pytest

from voiceact.acting.direction import direct
from voiceact.acting.mix import EmotionMix
from voiceact.acting.persona import load_persona
from voiceact.acting.stage_directions import parse_stage
from voiceact.audio import Sound
from voiceact.director.arousal import CALM, COACH_PER_JUDGE, MOST_RENDERINGS, NEAR, follows_arousal, match_arousal
from voiceact.director.coach import FunctionalsCoach, load_coach
from voiceact.engines.registry import load_engine
from voiceact.prompting.delivery import MOST_STEPS, Delivery
from voiceact.synthesis.request import SynthesisRequest, with_stage

TEXT = "The train to the coast leaves at noon."
PERSONA = load_persona("weary-detective")
NOTHING = Delivery({}, EmotionMix.of({}), TEXT, ())


def request_for(delivery: Delivery) -> SynthesisRequest:
    direction = delivery.direction(PERSONA, EmotionMix.of({}))
    return SynthesisRequest(persona=PERSONA, mix=EmotionMix.of({}), text=TEXT, direction=direction)


def speak(steps: float) -> Sound:
    """The line by the persona with some steps of arousal, by the engine itself."""
    stage = parse_stage(replace(NOTHING, steps=steps).direction(PERSONA))
    take = load_engine("embedded").perform(TEXT, PERSONA, with_stage(direct(PERSONA, ()), stage), language="en", seed=0)
    return take.samples, take.sample_rate


@pytest.mark.parametrize("steps", [-2.0, 1.5])
def test_a_take_is_brought_as_near_to_a_recording_as_the_same_voice_can_come(steps: float) -> None:
    # The recording is the same voice, line and seed: there are steps that make it again.
    plain, recording = speak(0.0), speak(steps)
    coach = load_coach()
    assert isinstance(coach, FunctionalsCoach)
    wanted = coach.hear_arousal(*recording, plain)
    found = match_arousal(replace(NOTHING, arousal=CALM + wanted / COACH_PER_JUDGE), request_for)
    reached = coach.hear_arousal(*speak(found.steps), plain)
    assert found.steps * steps > 0
    assert reached == pytest.approx(wanted, abs=max(NEAR, abs(wanted) / 4))
    assert f"{found.steps:+.1f} steps of rate" in found.notes[-1]
    assert found.moves == NOTHING.moves


def test_a_recording_as_aroused_as_the_take_changes_nothing() -> None:
    found = match_arousal(replace(NOTHING, arousal=CALM), request_for)
    assert found.steps == 0
    assert "an arousal of 0.00 is wanted, and the coach hears 0.00 in a take" in found.notes[-1]


def test_a_recording_without_a_neutral_one_changes_nothing() -> None:
    assert match_arousal(NOTHING, request_for) == NOTHING


def test_few_renderings_are_made_and_none_goes_too_far() -> None:
    asked: list[float] = []

    def watched(delivery: Delivery) -> SynthesisRequest:
        asked.append(delivery.steps)
        return request_for(delivery)

    match_arousal(replace(NOTHING, arousal=2.0), watched)
    # Once to look at the request, then one for each rendering.
    assert len(asked) <= 1 + MOST_RENDERINGS
    assert max(map(abs, asked)) <= MOST_STEPS


def test_an_engine_that_does_not_follow_is_left_alone() -> None:
    embedded = load_engine("embedded")
    assert follows_arousal(embedded)

    stiff = copy(embedded)
    stiff.capabilities = replace(embedded.capabilities, moves=frozenset({"rate"}))
    assert not follows_arousal(stiff)
    aroused = replace(NOTHING, arousal=1.0)
    assert match_arousal(aroused, lambda delivery: replace(request_for(delivery), engine=stiff)) == aroused


def test_steps_move_what_was_measured_and_what_was_not() -> None:
    delivery = Delivery({"rate": 0.8}, EmotionMix.of({}), "", (), steps=2.0)
    moves = with_stage(direct(PERSONA, ()), parse_stage(delivery.direction(PERSONA))).moves
    assert moves.rate == pytest.approx(0.8 * 1.1**2, rel=0.01)
    assert moves.effort == pytest.approx(0.8, abs=0.01)
    assert moves.pitch == pytest.approx(1.4, abs=0.01)
