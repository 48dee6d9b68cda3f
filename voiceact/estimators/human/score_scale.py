"""From what the heads say of clips to likelihood ratios of the 40 categories, and from these to scores of 0 to 7.

Each category is asked of a clip by itself. What is calibrated is its *trial score*: of a category told apart in speech the
log-odds of its class, of one told apart in bursts those of its labels, of one that only has a place in arousal and valence
the way towards that place. A calibration (`voiceact.estimators.likelihood`) turns it into a likelihood ratio.

A score up to `PRESENT` follows the ratio; from the bound on the category is present, and the score says how strongly it is
performed: how far the clip lies from neutral on the way to the category, in an order learned from stronger and weaker
performances.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Floats, log_softmax
from voiceact.estimators.likelihood import BOUND, margin

PRESENT: Final = 2.0
PERFORMED: Final = 5.0
HIGHEST: Final = 7.0

NONE, DIMENSION, BURST, CATEGORY = range(4)
KINDS = ("none", "dimension", "burst", "category")
VALENCE, AROUSAL, DOMINANCE = range(3)

SHARPNESS: Final = 1.5
"""of classes against each other once their log-odds are centred on a cohort: log-probabilities are this many times the
centred log-odds. Chosen of 1, 1.5 and 2 by leaving corpora out (docs/judge.md)"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the heads say of clips.

    Attributes:
        speech: [clips, classes] log-probabilities of the speech classes, neutral last
        burst: [clips, labels] log-probabilities of the burst corpora's labels
        affect: [clips, 3] valence, arousal and dominance, about -1 to 1
    """

    speech: Floats
    burst: Floats
    affect: Floats


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the trial score of each of the 40 categories comes from.

    Attributes:
        kinds: [40] NONE, DIMENSION, BURST or CATEGORY, in speech
        burst_kinds: [40] NONE or BURST, in wordless bursts
        speech_column: [40] column of the speech classes, -1 where there is none
        burst_labels: [labels, 40] 1 where a label of the burst corpora means the category
        places: [40, 2] valence and arousal in the taxonomy, 0 where the judge's reading is not trusted
        affect_spread: [3] of the judge's readings
    """

    kinds: NDArray[np.int8]
    burst_kinds: NDArray[np.int8]
    speech_column: NDArray[np.int16]
    burst_labels: NDArray[np.int8]
    places: Floats
    affect_spread: Floats


def log_odds(log_probabilities: Floats) -> Floats:
    """log p - log(1 - p), held within 20 nats."""
    others = np.log(np.maximum(-np.expm1(np.minimum(log_probabilities, -1e-9)), 1e-9))
    return np.clip(log_probabilities - others, -20, 20)


def trial_scores(heard: Heard, plan: Plan, kinds: NDArray[np.int8]) -> Floats:
    """Compute the trial score of each category, [clips, 40]; NaN where nothing stands behind it.

    Args:
        heard: what the heads say
        plan: of the regime
        kinds: [40] of the plan: `plan.kinds` for speech, `plan.burst_kinds` for bursts
    """
    scores = np.full((len(heard.affect), len(kinds)), np.nan)
    odds = log_odds(heard.speech)
    with np.errstate(divide="ignore"):
        labels = log_odds(np.log(np.exp(heard.burst) @ plan.burst_labels + 1e-9))
    along = (heard.affect / plan.affect_spread)[:, :2] @ plan.places.T
    for place, kind in enumerate(kinds):
        if kind == CATEGORY:
            scores[:, place] = odds[:, plan.speech_column[place]]
        elif kind == BURST:
            scores[:, place] = labels[:, place]
        elif kind == DIMENSION:
            scores[:, place] = along[:, place]
    return scores


def strengths(heard: Heard, plan: Plan, kinds: NDArray[np.int8]) -> Floats:
    """Compute how strongly each category is performed, [clips, 40], on an open scale.

    For speech classes, how much likelier the class is than neutral: an unbounded reading that rises from neutral over weak
    to full performances. For all others the trial score itself.
    """
    scores = trial_scores(heard, plan, kinds)
    for place in np.flatnonzero(kinds == CATEGORY):
        scores[:, place] = heard.speech[:, plan.speech_column[place]] - heard.speech[:, -1]
    return scores


def against_cohort(speech: Floats, mean: Floats, spread: Floats) -> Floats:
    """Log-probabilities [clips, classes] of speech classes whose log-odds are centred on a cohort's mean and spread."""
    return log_softmax(SHARPNESS * (log_odds(speech) - mean) / spread)


def cohort_rows(speech: Floats, affect: Floats) -> Floats:
    """Return what a cohort is measured by, [clips, classes + 2]: log-odds of the speech classes, valence, arousal.

    Args:
        speech: [clips, classes] log-probabilities of the speech classes
        affect: [clips, 3] as in `Heard`
    """
    return np.concatenate((log_odds(speech), affect[:, [VALENCE, AROUSAL]]), axis=1)


def centre_on_cohort(
    speech: Floats, affect: Floats, mean: Floats, spread: Floats, affect_spread: Floats
) -> tuple[Floats, Floats]:
    """Centre clips on a cohort.

    Args:
        speech, affect: as of `cohort_rows`
        mean, spread: [classes + 2] of the cohort's rows
        affect_spread: [3] as in `Plan`

    Returns:
        Log-probabilities [clips, classes] of the speech classes; valence and arousal [clips, 2].
    """
    count = speech.shape[1]
    places = (affect[:, [VALENCE, AROUSAL]] - mean[count:]) / spread[count:] * affect_spread[:2]
    return against_cohort(speech, mean[:count], spread[:count]), places


def lay(log_ratios: Floats, strength: Floats, marks: Floats) -> Floats:
    """Lay clips on scores of 0 to 7, [clips, 40]; NaN where there is no ratio.

    Args:
        log_ratios: [clips, 40] natural log-likelihood ratios
        strength: [clips, 40]
        marks: [40, 3] strengths laid on PRESENT, PERFORMED and HIGHEST
    """
    bound = margin(BOUND)
    below = np.interp(log_ratios, (-2 * bound, bound), (0.0, PRESENT))
    # A score rounded to four digits must not reach the threshold either.
    below = np.minimum(below, PRESENT - 1e-4)
    above = np.full(log_ratios.shape, PRESENT)
    for place, mark in enumerate(marks):
        if np.isfinite(mark).all():
            above[:, place] = np.interp(strength[:, place], mark, (PRESENT, PERFORMED, HIGHEST))
    return np.where(np.isfinite(log_ratios), np.where(log_ratios >= bound, above, below), np.nan)
