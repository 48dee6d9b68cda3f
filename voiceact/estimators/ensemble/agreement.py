"""What several votes come to: pure functions of scores, weights and evidence, one rule each.

Every judge's score is laid on one scale first, on which its own threshold is 2, so that what is called present
by it is at 2 or above. A rule then asks how much of the voters' weight must say so:

all         the whole of it
majority    more than half, every vote counting the same
weighted    more than half, every vote counting as its judge's published reliability

The score of all together is the highest that this much of the weight grants, and the evidence is the weakest among
the strongest votes that come to this much. So no rule is ever stronger than the judges whose word it needs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from voiceact.estimators.base import EVIDENCE, Evidence
from voiceact.estimators.ensemble.spec import Rule

PRESENT = 2.0
"""the threshold of several judges together, on the scale of 0 to 7"""
HIGHEST = 7.0
STRENGTH: tuple[Evidence, ...] = tuple(EVIDENCE)
"""from the strongest to the weakest"""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote that counts: score on the common scale, evidence, weight above 0."""

    score: float
    evidence: Evidence
    weight: float = 1.0


def on_common_scale(score: float, threshold: float) -> float:
    """A score so that its judge's threshold lies at 2 and 7 stays 7; its order, and on which side it lies, are kept."""
    if score == threshold:
        return PRESENT
    if score > threshold:
        return PRESENT + (score - threshold) / max(HIGHEST - threshold, 1e-9) * (HIGHEST - PRESENT)
    return min(max(0.0, score / threshold * PRESENT), math.nextafter(PRESENT, 0))


def common_score(rule: Rule, ballots: Sequence[Ballot]) -> float:
    """The highest score that the rule's share of the weight grants; at least 2 exactly where the rule says "present"."""
    ordered = sorted(ballots, key=lambda one: -one.score)
    return ordered[_needed(rule, [one.weight for one in ordered], _total(ballots))].score


def common_evidence(rule: Rule, ballots: Sequence[Ballot]) -> Evidence:
    """What stands behind it: of a "present", among those who said so; else among all who voted."""
    side = [one for one in ballots if one.score >= PRESENT] if common_score(rule, ballots) >= PRESENT else list(ballots)
    return quorum_evidence(rule, side, _total(ballots))


def quorum_evidence(rule: Rule, side: Sequence[Ballot], total: float) -> Evidence:
    """The weakest evidence among the strongest votes that suffice."""
    ordered = sorted(side, key=lambda one: STRENGTH.index(one.evidence))
    return ordered[_needed(rule, [one.weight for one in ordered], total)].evidence


def _needed(rule: Rule, weights: Sequence[float], total: float) -> int:
    """Place of the vote that completes what the rule needs."""
    if rule == "all":
        return len(weights) - 1
    reached = 0.0
    for place, weight in enumerate(weights):
        reached += weight
        # Weights are decimals: half of them is not to be a question of the last digit.
        if reached > total / 2 * (1 + 1e-9):
            return place
    return len(weights) - 1


def _total(ballots: Sequence[Ballot]) -> float:
    return math.fsum(one.weight for one in ballots)
