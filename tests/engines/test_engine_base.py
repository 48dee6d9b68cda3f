"""The base class of engines, and objects of other packages that do not inherit from it."""

import numpy as np
import pytest

from voiceact.acting.direction import direct
from voiceact.acting.persona import load_persona
from voiceact.engines.base import BatchLine, Capabilities, Engine, Licences, Take, adapt_engine, unfollowed
from voiceact.synthesis.synthesize import synth

NURSE = load_persona("nurse")
SHRILL = direct(NURSE, [("fear", 6)], language="en")


class Bare:
    """Has the five required parts of an engine and inherits from nothing."""

    name, version, model_sha256 = "bare", "1", "0" * 64
    capabilities = Capabilities(frozenset({"rate"}), ("en",), Licences("MIT", "MIT", "MIT"), 8000, True)

    def perform(self, text, persona, direction, *, language, seed):
        return Take(np.full(len(text), 0.1, np.float32), 8000, seed)


class Complete(Bare):
    """Has the optional parts too."""

    spec = "bare:model=a"
    closed = False

    def perform_batch(self, lines):
        return [Take(np.zeros(1, np.float32), 8000, line.seed + len(lines)) for line in lines]

    def unheard(self, persona, direction):
        return [f"category {name!r}" for name, _ in direction.mix]

    def cost(self, texts):
        return len(list(texts))

    def close(self):
        self.closed = True


class Plain(Bare, Engine):
    """The same by inheritance."""


def test_an_engine_needs_no_more_than_perform():
    engine = Plain()
    assert adapt_engine(engine) is engine
    assert (engine.options, engine.card, engine.spec) == ({}, None, "")
    assert engine.unheard(NURSE, SHRILL) == [] and engine.cost(["a"]) is None and not engine.speaks_batches
    with pytest.raises(TypeError, match="abstract method '?perform'?"):
        type("Silent", (Engine,), {})()


@pytest.mark.parametrize("engine", [Plain(), adapt_engine(Bare())], ids=["inherits", "bare"])
def test_lines_are_spoken_one_after_another_by_default(engine):
    lines = [BatchLine("One.", NURSE, SHRILL, seed=5), BatchLine("Two, and more.", NURSE, SHRILL, seed=2)]
    assert [(len(take.samples), take.seed) for take in engine.perform_batch(lines)] == [(4, 5), (14, 2)]
    assert engine.perform_batch([]) == []
    engine.close()


def test_the_optional_parts_of_a_bare_object_are_used():
    bare = Complete()
    engine = adapt_engine(bare)
    assert engine.spec == "bare:model=a" and engine.speaks_batches
    lines = [BatchLine("One.", NURSE, SHRILL, seed=seed) for seed in (5, 9)]
    assert [take.seed for take in engine.perform_batch(lines)] == [7, 11]
    assert unfollowed(engine, NURSE, SHRILL)[-1] == "category 'fear'"
    assert engine.cost(iter(["a", "b"])) == 2
    engine.close()
    assert bare.closed


def test_a_bare_object_can_be_given_to_synth():
    clip = synth(persona="nurse", emotion="Fear:6", text="Well then.", engine=Bare())
    assert clip.record.engine.name == "bare" and not clip.record.replay.engine
    assert len(clip.samples) == len("Well then.")


def test_a_move_that_is_not_listed_is_reported_unless_an_instruction_says_the_same():
    assert "move 'pitch'" in unfollowed(Plain(), NURSE, SHRILL) and "move 'rate'" not in unfollowed(Plain(), NURSE, SHRILL)

    class Instructed(Plain):
        capabilities = Capabilities(frozenset(), ("en",), Licences("MIT", "MIT", "MIT"), 8000, True, instruction=True)

    assert unfollowed(Instructed(), NURSE, SHRILL) == []
