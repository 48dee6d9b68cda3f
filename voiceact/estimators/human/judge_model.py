"""The parts of a judge for one regime, how they listen together, and how they lie in a model file."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Floats, Linear, Trees, Waves, log_softmax
from voiceact.estimators.human.score_scale import Heard, Plan, combine
from voiceact.estimators.human.voice_statistics import Voices
from voiceact.estimators.model_file import Arrays

TREES_WEIGHT, DISCRIMINANT_WEIGHT, KERNEL_WEIGHT = 1.0, 0.5, 0.5
CENTRING = 0.3
"""how much of a voice's mean answer is taken off its answers, where its statistics are known"""


@dataclass(frozen=True, slots=True)
class Team:
    """Three classifiers of the same classes, of which each errs elsewhere."""

    discriminant: Linear
    waves: Waves
    kernel: Linear
    trees: Trees

    def answer(self, rows: Floats) -> Floats:
        """Log-probabilities [clips, classes] of normalised functionals [clips, features]."""
        return combine([(DISCRIMINANT_WEIGHT, self.discriminant.outputs(rows)),
                        (KERNEL_WEIGHT, self.kernel.outputs(self.waves.of(rows))),
                        (TREES_WEIGHT, self.trees.outputs(rows))])


@dataclass(frozen=True, slots=True)
class Parts:
    """Members of one regime: of speech, of bursts, and of both the affect."""

    speech_team: "Team"
    burst_team: "Team"
    affect: Linear

    def hear(self, rows: Floats) -> Heard:
        """What the members say of normalised functionals [clips, features]."""
        return Heard(self.speech(rows), self.hear_bursts(rows), self.affect.outputs(rows))

    def hear_bursts(self, rows: Floats) -> Floats:
        """Log-probabilities of the burst labels, [clips, labels]."""
        return self.burst_team.answer(rows)

    def speech(self, rows: Floats) -> Floats:
        """Log-probabilities of the speech classes, [clips, classes]."""
        return self.speech_team.answer(rows)


def centred(speech: Floats, mean_answer: Floats) -> Floats:
    """Log-probabilities less a share of what is said of this voice on average: nobody is always angry."""
    return log_softmax(speech - CENTRING * mean_answer)


# In a model file

def pack_parts(parts: Parts, regime: str) -> Arrays:
    """Named arrays of the members."""
    arrays = pack_flat(parts.affect, f"{regime}.affect")
    for name in ("speech_team", "burst_team"):
        team = getattr(parts, name)
        for member in fields(team):
            arrays |= pack_flat(getattr(team, member.name), f"{regime}.{name}.{member.name}")
    return arrays


def unpack_parts(arrays: Arrays, regime: str) -> Parts:
    """The members back from named arrays."""
    speech, burst = (_team(arrays, f"{regime}.{name}") for name in ("speech_team", "burst_team"))
    return Parts(speech, burst, Linear(*_flat(arrays, Linear, f"{regime}.affect")))


def _team(arrays: Arrays, prefix: str) -> Team:
    feature, threshold, left, right, value, classes = _flat(arrays, Trees, f"{prefix}.trees")
    return Team(Linear(*_flat(arrays, Linear, f"{prefix}.discriminant")),
                Waves(*_flat(arrays, Waves, f"{prefix}.waves")), Linear(*_flat(arrays, Linear, f"{prefix}.kernel")),
                Trees(feature, threshold, left, right, value, int(classes.item())))


def _flat(arrays: Arrays, kind: type[Any], prefix: str) -> list[NDArray[Any]]:
    return [arrays[f"{prefix}.{one.name}"] for one in fields(kind)]


def pack_flat(thing: Voices | Plan | Linear | Waves | Trees, prefix: str) -> Arrays:
    """Named arrays of a flat dataclass, doubles as float32."""
    arrays = {one.name: np.asarray(getattr(thing, one.name)) for one in fields(thing)}
    return {f"{prefix}.{name}": array.astype(np.float32) if array.dtype == np.float64 else array
            for name, array in arrays.items()}


def unpack_voices(arrays: Arrays, prefix: str) -> Voices:
    """The average voice of a model file."""
    return Voices(*_flat(arrays, Voices, prefix))


def unpack_plan(arrays: Arrays, regime: str) -> Plan:
    """The plan of a regime."""
    return Plan(*_flat(arrays, Plan, f"{regime}.plan"))
