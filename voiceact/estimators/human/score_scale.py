"""From what is heard to scores of 0 to 7: raw strengths of the 40 categories, and the scale they are laid on.

A scale is four raw values: what is laid on 0, on PRESENT (the threshold), on PERFORMED (the middle of clips
that perform the category) and on 7. Scales are fitted on clips of voices the judge had not heard, one set for
each reference regime, so that the same score means the same thing whatever is known of the voice.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Floats, log_softmax

PRESENT: Final = 2.0
PERFORMED: Final = 5.0
STEPS: Final = (0.0, PRESENT, PERFORMED, 7.0)

NONE, DIMENSION, BURST, CATEGORY = range(4)
KINDS = ("none", "dimension", "burst", "category")
VALENCE, AROUSAL, DOMINANCE = range(3)

STRENGTH_WEIGHT = 0.5
"""nats that one spread of arousal adds to a category's raw strength"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the members say of clips.

    Attributes:
        speech: [clips, classes] log-probabilities of the speech classes, neutral among them
        burst: [clips, labels] log-probabilities of the burst corpora's labels
        affect: [clips, 3] valence, arousal and dominance, about -1 to 1
    """

    speech: Floats
    burst: Floats
    affect: Floats


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the raw strength of each of the 40 categories comes from.

    Attributes:
        kinds: [40] NONE, DIMENSION, BURST or CATEGORY
        speech_column: [40] column of the speech classes, -1 where there is none
        burst_labels: [labels, 40] 1 where a label of the burst corpora means the category
        places: [40, 2] valence and arousal in the taxonomy, 0 where the judge's reading is not trusted
        middle: [40] log-odds a clip of the category has in the middle half of cases
        falls: [40] whether more of it means less arousal
        affect_spread: [3] of the judge's readings
    """

    kinds: NDArray[np.int8]
    speech_column: NDArray[np.int16]
    burst_labels: NDArray[np.int8]
    places: Floats
    middle: Floats
    falls: NDArray[np.bool_]
    affect_spread: Floats


def log_odds(log_probabilities: Floats) -> Floats:
    """log p - log(1 - p), held within 12 nats."""
    others = np.log(np.maximum(-np.expm1(np.minimum(log_probabilities, -1e-9)), 1e-9))
    return np.clip(log_probabilities - others, -12, 12)


def raw_strengths(heard: Heard, plan: Plan) -> Floats:
    """[clips, 40]; NaN where nothing stands behind a category."""
    raw = np.full((len(heard.affect), len(plan.kinds)), np.nan)
    for place, kind in enumerate(plan.kinds):
        if kind == CATEGORY:
            raw[:, place] = _gated(heard.speech[:, plan.speech_column[place]], heard, plan, place)
        elif kind == BURST:
            raw[:, place] = _gated(burst_log_probability(heard.burst, plan.burst_labels[:, place]), heard, plan, place)
        elif kind == DIMENSION:
            raw[:, place] = (heard.affect / plan.affect_spread)[:, :2] @ plan.places[place]
    return raw


def burst_log_probability(burst: Floats, labels: NDArray[np.int8]) -> Floats:
    """Log-probability that one of the labels is meant."""
    return np.asarray(np.log(np.exp(burst) @ labels + 1e-9))


def _gated(log_probability: Floats, heard: Heard, plan: Plan, place: int) -> Floats:
    """Presence that saturates, plus strength: a clip that surely is angry is as angry as it is aroused."""
    presence = -np.logaddexp(0, plan.middle[place] - log_odds(log_probability))
    strength = heard.affect[:, AROUSAL] / plan.affect_spread[AROUSAL]
    sign = -1 if plan.falls[place] else 1
    return np.asarray(presence + STRENGTH_WEIGHT * sign * strength)


def lay(raw: Floats, scales: Floats) -> Floats:
    """Scores [clips, 40] from raw strengths and scales [40, 4]; NaN stays NaN."""
    scores = np.full(raw.shape, np.nan)
    for place, scale in enumerate(scales):
        if np.isfinite(scale).all():
            scores[:, place] = np.interp(raw[:, place], scale, STEPS)
    return np.where(np.isfinite(raw), scores, np.nan)


def combine(members: list[tuple[float, Floats]]) -> Floats:
    """Log-probabilities of members, weighted, added and made probabilities again."""
    return log_softmax(sum((weight * log_softmax(one) for weight, one in members), start=np.zeros(1)))
