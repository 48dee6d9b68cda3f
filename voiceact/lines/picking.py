"""Which of several takes of a line is kept: takes ranked by their verdicts, and the reason in one sentence.

`rank_take` is the one place where takes are compared. Whoever knows more of a take than its verdict gives `pick_take` another
ranking.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from voiceact.clip.record import Record
from voiceact.clip.verdict import VerdictRecord
from voiceact.vocabulary import EMOTION_CHECK, LEVELS

PICKS = ("all", "first", "best")
"""every take side by side, unjudged; the first that is not rejected; or the best of all"""

Ranking = Callable[[Record], tuple[float, ...]]
"""a record to numbers that are compared in turn; the take with the largest is the best"""


@dataclass(frozen=True, slots=True)
class Picked:
    """The take of a line that is kept.

    Attributes:
        take: its number, from 1
        reason: why it, in one sentence
    """

    take: int
    reason: str


def is_usable(record: Record) -> bool:
    """Return whether a take was judged and not rejected."""
    return record.verdict is not None and record.verdict.level != "rejected"


def rank_take(record: Record) -> tuple[float, ...]:
    """Return what a take is ranked by: the level of its verdict, how few checks failed, and how strongly the emotion is heard.

    The last is the logarithm of the least likelihood ratio among the requested categories; where the judge knows no ratios, how
    far its score lies above the one from which the category is present.
    """
    verdict = record.verdict
    if verdict is None:
        return (-float(len(LEVELS)), 0.0, -math.inf)
    return (-float(LEVELS.index(verdict.level)), -float(len(verdict.reasons)), _strength(verdict))


def _strength(verdict: VerdictRecord) -> float:
    strengths = []
    for check in verdict.checks_named(EMOTION_CHECK):
        ratio = check.details.get("likelihood_ratio")
        if isinstance(ratio, int | float) and ratio > 0:
            strengths.append(math.log(ratio))
        elif check.figure is not None and check.threshold is not None:
            strengths.append(check.figure - check.threshold)
    return min(strengths, default=-math.inf)


def pick_take(records: Mapping[int, Record], *, pick: str = "best", rank: Ranking = rank_take) -> Picked:
    """Choose the take of a line that is kept.

    Args:
        records: number of each take that was made -> its record; at least one
        pick: "best", or "first": the first that is not rejected, and the best where all are
        rank: what the best is the best by; of equals the first is kept
    """
    numbers = sorted(records)
    usable = [number for number in numbers if is_usable(records[number])]
    if pick == "first" and usable:
        chosen, how = usable[0], "the first that is not rejected"
    else:
        chosen, how = max(numbers, key=lambda number: (rank(records[number]), -number)), "the best"
    others = "; ".join(f"take {number}: {_described(records[number])}" for number in numbers if number != chosen)
    among = f"{how} of {len(numbers)}" if len(numbers) > 1 else "the only one"
    rest = f" ({others})" if others else ""
    return Picked(chosen, f"take {chosen}, {among}: {_described(records[chosen])}{rest}")


def _described(record: Record) -> str:
    """Describe a verdict in a few words: "undecided, likelihood ratio 1.3", "rejected by transcript"."""
    verdict = record.verdict
    if verdict is None:
        return "not judged"
    failed = sorted({reason.partition(":")[0] for reason in verdict.reasons})
    by = f" by {', '.join(failed)}" if failed and verdict.level == "rejected" else ""
    ratios = [check.details.get("likelihood_ratio") for check in verdict.checks_named(EMOTION_CHECK)]
    known = [ratio for ratio in ratios if isinstance(ratio, int | float)]
    return f"{verdict.level}{by}" + (f", likelihood ratio {min(known):.2g}" if known else "")
