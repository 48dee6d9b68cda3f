"""Resolved requests: of one mix throughout, whole after travelling to another process, and their neutral twin without any."""

import pickle
from dataclasses import replace

import pytest
from builders import ToneEngine, build_record, build_request

from voiceact.acting.direction import direct
from voiceact.acting.stage_directions import Stage
from voiceact.engines.registry import load_engine
from voiceact.errors import UsageError
from voiceact.synthesis.inline import read_cues
from voiceact.synthesis.request import SynthesisRequest, recall_request, resolve_request


def test_a_direction_of_another_mix_is_refused() -> None:
    request = build_request(mix={"anger": 5.0})
    other = direct(request.persona, [("fear", 5.0)], language="en", seed=7)
    with pytest.raises(ValueError, match="the direction is of .*fear.*; the mix is .*anger"):
        replace(request, direction=other)
    weaker = direct(request.persona, [("anger", 4.0)], language="en", seed=7)
    with pytest.raises(ValueError, match=r"the direction is of .*4\.0.*; the mix is .*5\.0"):
        replace(request, direction=weaker)


def test_the_neutral_twin_asks_for_no_emotion_in_any_field() -> None:
    request = resolve_request(
        SynthesisRequest(persona="nurse", emotions=["Anger:6", "Fear:2"], text="Sit down.", seed=3, direction="whispering")
    )
    plain = request.neutral()
    assert plain.mix.as_dict() == {} and plain.mix.is_neutral
    assert (plain.category, plain.intensity) == (None, 0.0)
    assert plain.direction == direct(request.persona, (), language="en", seed=3)
    assert plain.direction.moves.whisper == 0 and plain.stage == Stage()
    assert (plain.requested.emotions, plain.requested.intensity) == ([], None)
    same = ("persona", "text", "language", "seed", "engine")
    assert [getattr(plain, name) for name in same] == [getattr(request, name) for name in same]
    assert plain.neutral() == plain


def test_another_seed_keeps_the_mix_and_the_stage_direction() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", emotions="Anger:6", text="Sit down.", direction="whispering"))
    other = request.with_seed(9)
    assert (other.seed, other.mix, other.stage) == (9, request.mix, request.stage)
    assert other.direction.moves.whisper == request.direction.moves.whisper > 0
    assert other.direction.moves != request.direction.moves


def test_a_request_travels_with_the_name_of_its_engine() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", emotions="Anger:6", text="Sit down."))
    sent = pickle.dumps(request)
    # The engine's model is many megabytes.
    assert len(sent) < 50_000 and b"embedded" in sent
    arrived = pickle.loads(sent)
    assert arrived == request and arrived.engine is load_engine("embedded")


def test_an_engine_that_is_not_registered_travels_itself() -> None:
    arrived = pickle.loads(pickle.dumps(build_request()))
    assert isinstance(arrived.engine, ToneEngine)
    assert replace(arrived, engine=None) == replace(build_request(), engine=None)  # type: ignore[arg-type]


def test_a_record_becomes_the_request_it_came_from() -> None:
    request = build_request(mix={"anger": 5.0, "fear": 2.0})
    recalled = recall_request(build_record(mix={"anger": 5.0, "fear": 2.0}), engine=request.engine)
    for name in ("persona", "text", "language", "seed", "direction", "requested", "origin"):
        assert getattr(recalled, name) == getattr(request, name), name
    assert recalled.mix.as_dict() == request.mix.as_dict()


def test_a_variant_is_told_recorded_and_recalled() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", emotions="Anger:6", text="Sit down.", variant="cold", seed=3))
    assert request.direction.variants == (("anger", "cold"),)
    assert "Anger is acted as its variant 'cold'" in request.notes
    assert request.with_seed(4).direction.variants == (("anger", "cold"),)
    record = build_record(mix=request.mix, direction=request.direction, text="Sit down.", seed=3)
    assert record.direction.variants == {"anger": "cold"}
    recalled = recall_request(record, engine=ToneEngine())
    assert recalled.direction == request.direction and recalled.mix.variants() == {"anger": "cold"}


def test_any_variant_is_drawn_anew_with_each_seed() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", emotions="Anger:6", text="Sit down.", variant="any"))
    drawn = {request.with_seed(seed).direction.variants for seed in range(1, 20)}
    assert drawn == {(("anger", "hot"),), (("anger", "cold"),)}


def test_a_variant_that_no_emotion_has_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown variant of Pride 'cold'"):
        resolve_request(SynthesisRequest(persona="nurse", emotions="Pride", text="Sit down.", variant="cold"))
    with pytest.raises(UsageError, match="the variant 'cold' is of an emotion; name one"):
        resolve_request(SynthesisRequest(persona="nurse", text="Sit down.", variant="cold"))


def test_a_tag_within_a_line_may_mean_a_variant() -> None:
    (cue,) = read_cues("[dread] Sit down.").cues
    assert cue.mix == (("fear", 5.0),) and cue.variants == (("fear", "dread"),)
