"""The parts of a judge for one regime, and how they lie in a model file."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Floats, Linear, log_softmax
from voiceact.estimators.human.score_scale import Heard, Plan
from voiceact.estimators.human.voice_space import VoiceSpace
from voiceact.estimators.model_file import Arrays


@dataclass(frozen=True, slots=True)
class Heads:
    """What one regime hears with: speech classes and affect in the space of speech, labels in the space of bursts.

    Attributes:
        speech: [components] to [classes]
        affect: [components] to valence, arousal, dominance
        burst: [burst components] to [labels]
    """

    speech: Linear
    affect: Linear
    burst: Linear

    def hear(self, points: Floats, burst_points: Floats) -> Heard:
        """Say what is heard at points of both spaces, [clips, components] and [clips, burst components]."""
        return Heard(
            log_softmax(self.speech.outputs(points)),
            log_softmax(self.burst.outputs(burst_points)),
            self.affect.outputs(points),
        )


@dataclass(frozen=True, slots=True)
class Scales:
    """What trial scores of one regime are worth.

    Attributes:
        ratios: [40, 4] calibrations for speech (`voiceact.estimators.human.calibrations`)
        cohort_ratios: [40, 4] the same for scores centred on a cohort
        burst_ratios: [40, 4] for wordless bursts
        marks, cohort_marks, burst_marks: [40, 3] strengths laid on 2, 5 and 7
        cohort_level: [2, classes + 2] mean and spread of the log-odds of each class and of valence and arousal over the
            training speech: what a cohort is held against
    """

    ratios: Floats
    cohort_ratios: Floats
    burst_ratios: Floats
    marks: Floats
    cohort_marks: Floats
    burst_marks: Floats
    cohort_level: Floats


def pack(part: VoiceSpace | Heads | Scales | Plan | Linear, prefix: str) -> Arrays:
    """Name the arrays of a part, doubles as float32."""
    arrays: Arrays = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, Linear):
            arrays |= pack(value, f"{prefix}.{field.name}")
        else:
            array = np.asarray(value)
            arrays[f"{prefix}.{field.name}"] = array.astype(np.float32) if array.dtype == np.float64 else array
    return arrays


def unpack_space(arrays: Arrays, prefix: str) -> VoiceSpace:
    """Read a space back."""
    return VoiceSpace(*_flat(arrays, VoiceSpace, prefix))


def unpack_heads(arrays: Arrays, prefix: str) -> Heads:
    """Read the heads of a regime back."""
    return Heads(*(Linear(*_flat(arrays, Linear, f"{prefix}.{field.name}")) for field in fields(Heads)))


def unpack_scales(arrays: Arrays, prefix: str) -> Scales:
    """Read the scales of a regime back, as doubles."""
    return Scales(*(np.asarray(values, np.float64) for values in _flat(arrays, Scales, prefix)))


def unpack_plan(arrays: Arrays, prefix: str) -> Plan:
    """Read the plan of a regime back."""
    return Plan(*_flat(arrays, Plan, prefix))


def _flat(arrays: Arrays, kind: type[Any], prefix: str) -> list[NDArray[Any]]:
    return [arrays[f"{prefix}.{field.name}"] for field in fields(kind)]
