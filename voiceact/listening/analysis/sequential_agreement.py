"""Raters one after the other until one says no: what a sequence of yes and no comes to (triple positive agreement).

Where results say which question is the target and which the contrastive one, both rates are counts. Where they do not,
as in EmoNet-Face Binary's file (two questions a picture, one of each kind, not marked), they follow from the outcomes, an
outcome being (raters asked, raters who said yes):

1. Only a target is asked of a second rater, so a pair with two or three raters is a target.
2. A sequence that is run to its end never leaves a target at (1, 1), so a pair at (1, 1) is a contrastive one that was
   called present.
3. A picture with both its pairs at (1, 1) has a target among them all the same: one contrastive pair a picture. That many
   targets were accepted by their first rater and never went on.

So of N pictures: triple positive (3, 3) / N, contrastive ((1, 1) - both) / N. On that file's counts these are 45.4 % and
14.7 %. Rule 3 also says when the sequence was not run to its end, and then both figures are biased: each target that
stopped at (1, 1) beside a contrastive "no" is taken for a contrastive "yes". Hence `finished`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from voiceact.errors import UsageError
from voiceact.listening.analysis.answer_table import Sheet
from voiceact.stats.proportions import wilson

Outcome = tuple[int, int]
"""raters asked, raters who said yes"""

ROUNDS = 3


@dataclass(frozen=True)
class Sequence:
    """Rates of a sequential test.

    targets, contrastive: pairs of each kind
    accepted: of each round, (pairs that went in, pairs accepted)
    triple: targets that all rounds accepted
    called: contrastive pairs called present by their one rater
    stopped: targets seen to have been accepted by their first rater and not asked again
    """

    targets: int
    contrastive: int
    accepted: tuple[tuple[int, int], ...]
    triple: int
    called: int
    stopped: int

    @property
    def finished(self) -> bool:
        """Whether nothing shows that a sequence was left before its end."""
        return self.stopped == 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: each share with its Wilson interval."""
        return {
            "triple_positive": _share(self.triple, self.targets),
            "contrastive": _share(self.called, self.contrastive),
            "rounds": [_share(yes, asked) for asked, yes in self.accepted],
            "stopped": self.stopped,
            "finished": self.finished,
        }


def infer(outcomes: Mapping[Outcome, int], clips: int, *, both_once: int = 0) -> Sequence:
    """The rates, where nothing but the number of pairs of each outcome is known.

    outcomes: (raters asked, yes) -> pairs; each clip has one target and one contrastive pair
    both_once: clips both of whose pairs are (1, 1): it cannot be told from the outcomes, only from the answers

    Raises:
        UsageError: if the outcomes are not those of such a test
    """
    for (asked, yes), pairs in outcomes.items():
        if not (1 <= asked <= ROUNDS and asked - 1 <= yes <= asked) or pairs < 0:
            raise UsageError(f"{pairs} pairs with {yes} yes of {asked} raters cannot be; each rater but the last said yes")
    if sum(outcomes.values()) != 2 * clips:
        raise UsageError(f"{sum(outcomes.values())} pairs for {clips} clips; expected a target and a contrastive one a clip")
    once = outcomes.get((1, 1), 0)
    if not 0 <= 2 * both_once <= once:
        raise UsageError(f"{both_once} clips with both pairs at one yes of one, where only {once} pairs are so; expected fewer")
    reached = [sum(pairs for (asked, _), pairs in outcomes.items() if asked > level) for level in (1, 2)]
    triple = outcomes.get((ROUNDS, ROUNDS), 0)
    rounds = ((clips, reached[0] + both_once), (reached[0], reached[1]), (reached[1], triple))
    return Sequence(clips, clips, rounds, triple, once - both_once, both_once)


def infer_from(sheet: Sheet) -> Sequence:
    """The same from answers in which nothing marks the targets.

    Raises:
        UsageError: as `infer`
    """
    raters, yes, clip = _pairs(sheet)
    once = Counter(clip[(raters == 1) & (yes == 1)].tolist())
    outcomes = Counter(zip(raters.tolist(), yes.tolist(), strict=True))
    return infer(outcomes, len(np.unique(clip)), both_once=sum(count > 1 for count in once.values()))


def count(sheet: Sheet) -> Sequence:
    """The rates of a test whose answers say what is a target.

    A question counts as far as its rounds follow one another: where a listener was left out, what came after them is not
    known, and a question without a first round is none.
    """
    raters, yes = _rounds(sheet.of_kind("target"))
    others, called, _ = _pairs(sheet.of_kind("contrastive"))
    accepted = tuple((int((raters > level).sum()), int((yes > level).sum())) for level in range(ROUNDS))
    stopped = int(((raters == yes) & (raters < ROUNDS)).sum())
    return Sequence(len(raters), len(others), accepted, int((yes >= ROUNDS).sum()), int((called > 0).sum()), stopped)


def _rounds(sheet: Sheet) -> tuple[Any, Any]:
    """Of each question with a first round: rounds that follow one another, and how many of them said yes."""
    if not len(sheet):
        return np.zeros(0, int), np.zeros(0, int)
    size = max(ROUNDS, int(sheet.stage.max()))
    asked, yes = np.zeros((2, sheet.questions, size), int)
    asked[sheet.question, sheet.stage - 1] = 1
    yes[sheet.question, sheet.stage - 1] = sheet.positive
    follow = np.cumprod(asked, axis=1)
    begun = follow[:, 0] > 0
    return follow.sum(axis=1)[begun], (yes * follow).sum(axis=1)[begun]


def _pairs(sheet: Sheet) -> tuple[Any, Any, Any]:
    """Of each question: raters, those who said yes, and its clip."""
    if not len(sheet):
        nothing = np.zeros(0, int)
        return nothing, nothing, nothing
    raters = np.bincount(sheet.question)
    return raters, np.bincount(sheet.question, sheet.positive).astype(int), sheet.clip[sheet.first_of_question()]


def _share(hits: int, n: int) -> dict[str, Any]:
    low, high = wilson(hits, n)
    return {"value": hits / n if n else None, "low": low, "high": high, "n": n}
