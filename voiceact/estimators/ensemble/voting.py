"""Voting rules of several judges, and the published reliability that weighs votes.

Each judge's score is first mapped to a common scale on which its own threshold is 2, so that it calls a category present
at 2 or above. A rule then states how much of the voters' weight must call it present:

all         the whole of it
majority    more than half, every vote counting the same
weighted    more than half, every vote counting as its judge's published reliability

The combined score is the highest that this much of the weight supports, and the combined evidence is the weakest among
the strongest votes that add up to it. So no rule is ever stronger than the judges whose votes it needs.

The published reliability is Spearman's correlation with experts on EmoNet-Voice Bench (arXiv 2506.09827, Table 6), in
`data/emonet_voice_people.json`. A judge that the table does not list counts as the mean of those it lists.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from voiceact.estimators.base import Estimator
from voiceact.estimators.human.score_scale import HIGHEST, PRESENT
from voiceact.vocabulary import EVIDENCE_ORDER, Evidence, VotingRule

MEAN = "mean"
PUBLISHED = "empathic-insight"
COLUMNS = {
    "small": "Empathic-Insight-Voice Small",
    "large": "Empathic-Insight-Voice Large",
    "plus": "Empathic-Insight-Voice Small",
}
"""size of Empathic-Insight-Voice -> its column of the table; Plus has Small's heads"""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote of a judge that does not abstain.

    Attributes:
        score: on the common scale, 0 to 7
        evidence: evidence behind the score
        weight: above 0
    """

    score: float
    evidence: Evidence
    weight: float = 1.0


def on_common_scale(score: float, threshold: float) -> float:
    """Map a score so that its judge's threshold lies at 2 and 7 stays 7, keeping order and side of the threshold."""
    if score == threshold:
        return PRESENT
    if score > threshold:
        return PRESENT + (score - threshold) / max(HIGHEST - threshold, 1e-9) * (HIGHEST - PRESENT)
    return min(max(0.0, score / threshold * PRESENT), math.nextafter(PRESENT, 0))


def common_score(rule: VotingRule, ballots: Sequence[Ballot]) -> float:
    """Return the highest score that the rule's share of the weight supports; at least 2 exactly where the rule says present."""
    ordered = sorted(ballots, key=lambda ballot: -ballot.score)
    total = math.fsum(ballot.weight for ballot in ballots)
    return ordered[_deciding_index(rule, [ballot.weight for ballot in ordered], total)].score


def common_evidence(rule: VotingRule, ballots: Sequence[Ballot]) -> Evidence:
    """Return the evidence of the outcome: of a "present" among those who voted so, else among all who voted."""
    present = common_score(rule, ballots) >= PRESENT
    side = [ballot for ballot in ballots if ballot.score >= PRESENT or not present]
    return quorum_evidence(rule, side, math.fsum(ballot.weight for ballot in ballots))


def quorum_evidence(rule: VotingRule, side: Sequence[Ballot], total: float) -> Evidence:
    """Return the weakest evidence among the strongest ballots of a side that suffice, out of the `total` weight."""
    ordered = sorted(side, key=lambda ballot: EVIDENCE_ORDER.index(ballot.evidence))
    return ordered[_deciding_index(rule, [ballot.weight for ballot in ordered], total)].evidence


def _deciding_index(rule: VotingRule, weights: Sequence[float], total: float) -> int:
    """Return the index of the vote that completes what the rule needs."""
    if rule == "all":
        return len(weights) - 1
    reached = 0.0
    for index, weight in enumerate(weights):
        reached += weight
        # Weights are decimals: the tolerance keeps an exact half from depending on the last digit.
        if reached > total / 2 * (1 + 1e-9):
            return index
    return len(weights) - 1


@cache
def published_correlations() -> dict[str, dict[str, float | None]]:
    """Read category id -> model -> Spearman's correlation with people; None where a model has no such emotion."""
    document: dict[str, Any] = json.loads(
        (files("voiceact.estimators") / "data" / "emonet_voice_people.json").read_text("utf-8")
    )
    table: dict[str, dict[str, float | None]] = document["table_6"]
    return table


def judge_reliability(judge: Estimator, category: str) -> float:
    """Return the weight of a judge's vote on a category, 0 to 1; 0 where its published correlation is not above 0."""
    column = COLUMNS.get(judge.revision.partition("+")[0], MEAN) if judge.name == PUBLISHED else MEAN
    row = published_correlations()[category]
    value = row.get(column)
    return max(0.0, float(row[MEAN] or 0.0) if value is None else value)
