"""Bursts that the direction adds to a line: performed, timed, recorded, replayed, and left out where they do not belong."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from voiceact.clip.record import decode_record, encode_record
from voiceact.director.coach import Coach, CoachReport
from voiceact.director.director import Budget, Director
from voiceact.engines.registry import load_engine
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.request import SynthesisRequest, UnspeakableRecordError, recall_request, resolve_request

TEXT = "There you are."


def resolved(seed: int = 0, text: str = TEXT, **changes):
    return resolve_request(
        SynthesisRequest(persona="nurse", emotions=["Relief:7"], text=text, seed=seed, **({"bursts": True} | changes))
    )


SEED = next(seed for seed in range(1, 50) if resolved(seed).direction.bursts)


def spoken(request):
    return TakeMaker(checks=()).speak(request)


def test_a_drawn_burst_is_performed_timed_and_told_and_its_twin_has_none() -> None:
    request, without = resolved(SEED), resolved(SEED, bursts=False)
    [(place, kind)] = request.direction.bursts
    assert any("vocal burst" in note and "--no-bursts" in note for note in request.notes)
    take, plain = spoken(request), spoken(without)
    tag = f"[{kind.replace('_', ' ')}]"
    assert [word.text for word in take.words].index(tag) == (0 if place == "open" else len(take.words) - 1)
    assert len(take.samples) > len(plain.samples)
    assert np.array_equal(spoken(request.neutral()).samples, spoken(without.neutral()).samples)


def test_a_line_with_a_burst_of_its_own_gets_no_other() -> None:
    assert resolved(SEED, text="[laughs] There you are.").direction.bursts == ()
    assert resolved(SEED, text="[sighs]").direction.bursts == ()
    assert resolved(0).direction.bursts == ()


def test_a_text_of_several_passages_gets_none() -> None:
    assert resolved(SEED, text="There you are. " * 100).direction.bursts != ()
    assert resolved(SEED, text="There you are. " * 150).direction.bursts == ()


def test_another_seed_draws_again() -> None:
    drawn = {resolved(0).with_seed(seed).direction.bursts for seed in range(1, 40)}
    assert () in drawn and len(drawn) > 1
    assert resolved(0).with_seed(SEED).direction.bursts == resolved(SEED).direction.bursts


def test_an_engine_with_another_voice_gets_none() -> None:
    class Stranger:
        def __init__(self, engine):
            self.__dict__.update(vars(engine))
            self.name, self.version, self.model_sha256 = "stranger", "1", "00"
            self.capabilities = replace(engine.capabilities, moves=frozenset({"rate"}))
            self.perform = engine.perform

    assert resolved(SEED, engine=Stranger(load_engine())).direction.bursts == ()


def test_the_record_holds_it_and_is_spoken_again() -> None:
    request = resolved(SEED)
    [made] = TakeMaker(checks=()).make([request])
    record = decode_record(encode_record(made.record()), "test")
    assert tuple(record.direction.bursts) == request.direction.bursts
    assert np.array_equal(spoken(recall_request(record)).samples, made.take.samples)
    plain = TakeMaker(checks=()).make([resolved(0)]).__next__().record()
    assert "bursts" not in msgspec.to_builtins(plain)["direction"]


@pytest.mark.parametrize("bursts", [[("open", "burp")], [("open", "relief_sigh")] * 9])
def test_a_record_with_bursts_that_nobody_performs_is_refused(bursts) -> None:
    [made] = TakeMaker(checks=()).make([resolved(0)])
    record = made.record()
    forged = msgspec.structs.replace(record, direction=msgspec.structs.replace(record.direction, bursts=bursts))
    with pytest.raises(UnspeakableRecordError, match="cannot be spoken again"):
        recall_request(forged)


def test_the_director_chooses_among_the_bursts_of_a_category() -> None:
    class Prefers(Coach):
        name, revision, hears, digests = "prefers", "p1", "tags", frozenset({"p1"})

        def listen(self, samples, rate, twin, *, text, words=()):
            last = words[-1].text
            return CoachReport({"relief": 5.0 if last.startswith("[") else 0.0}, {}, {"relief": "burst"}, {})

    made = Director(strategy="best-of", budget=Budget(14), coach=Prefers()).direct(resolved(0), TakeMaker(checks=()))
    assert made.request.direction.bursts == (("close", "relief_sigh"),)
    assert made.director.takes[made.director.chosen].bursts == ["relief_sigh"]
    assert made.take.words[-1].text == "[relief sigh]"
    unwanted = Director(strategy="best-of", budget=Budget(6), coach=Prefers()).direct(
        resolved(0, bursts=False), TakeMaker(checks=())
    )
    assert not any(take.bursts for take in unwanted.director.takes)
