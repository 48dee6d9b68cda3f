"""What the director seeks: a take that shows what was asked, as people show it, with its words intact.

Every term is in nats of the coach's likelihood ratio, so that the record can say what a choice was worth.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from voiceact.acting.direction import distance
from voiceact.acting.moves import Moves
from voiceact.acting.taxonomy import contrast, get
from voiceact.director.coach import CoachReport

LIKENESS = 2.0
"""nats for a take that lies as far from the middle of people's performances as 95 % of them; of 0, .5, 1, 2 and 4 the one
whose choices the judge agreed with best (docs/director.md)"""
CONTRAST = 0.5
"""nats for each nat by which the contrast is likelier than not"""
STRENGTH, STRENGTH_REACH = 0.1, 1.5
"""nats for each step of intensity by which a take misses what was asked, beyond the reach"""
DISTANCE = 0.05
"""nats for each just noticeable difference from the first take's direction"""
NATURALNESS, NATURAL = 0.5, 2.8
"""nats for each point of DNSMOS below this one"""
GARBLED = 3.0
"""nats for a take whose words a recognizer does not hear"""


@dataclass(frozen=True)
class Score:
    """What the objective makes of a take.

    Attributes:
        parts: term -> nats; the total is their sum
    """

    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        """The sum of all terms."""
        return sum(self.parts.values())


def score_take(
    report: CoachReport,
    mix: Mapping[str, float],
    *,
    moves: Moves,
    start: Moves,
    naturalness: float | None = None,
) -> Score:
    """Score a take.

    Args:
        report: of the coach
        mix: category id -> intensity that was asked
        moves: of the take
        start: of the first take, whose distance counts
        naturalness: DNSMOS, 1 to 5; None where it was not rated
    """
    requested = {name: level for name, level in mix.items() if level > 0}
    total = sum(requested.values())
    parts: dict[str, float] = {}
    heard = {name: level / total for name, level in requested.items() if name in report.log_ratios}
    if heard:
        parts["category"] = sum(share * report.log_ratios[name] for name, share in heard.items())
    known = {name: share for name, share in heard.items() if name in report.distances}
    if known:
        parts["likeness"] = -LIKENESS * sum(share * report.distances[name] for name, share in known.items())
    if (opposite := find_contrast(report, requested)) is not None:
        parts["contrast"] = -CONTRAST * max(0.0, report.log_ratios[opposite])
    missed = [
        share * max(0.0, abs(report.strengths[name] - requested[name]) - STRENGTH_REACH)
        for name, share in heard.items()
        if name in report.strengths
    ]
    if missed:
        parts["strength"] = -STRENGTH * sum(missed)
    parts["distance"] = -DISTANCE * distance(moves, start)
    if naturalness is not None:
        parts["naturalness"] = -NATURALNESS * max(0.0, NATURAL - naturalness)
    return Score(parts)


def hears(report: CoachReport, mix: Mapping[str, float]) -> bool:
    """Whether the coach can tell any of the categories that are asked."""
    return any(name in report.log_ratios for name, level in mix.items() if level > 0)


def find_contrast(report: CoachReport, requested: Mapping[str, float]) -> str | None:
    """Return the category farthest from the strongest one, of those that the coach tells in speech; None if there is none."""
    strongest = get(max(requested, key=lambda name: requested[name]))
    others = [
        get(name)
        for name, evidence in report.evidence.items()
        if evidence == "category" and name not in requested and get(name).group != strongest.group
    ]
    return contrast(strongest, among=others).id if others else None
