"""Compute the rates of a sequential test, whose raters are asked until one says no (triple positive agreement).

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
from voiceact.listening.analysis.answer_table import AnswerTable
from voiceact.stats.proportions import wilson

Outcome = tuple[int, int]
"""raters asked, raters who said yes"""

ROUNDS = 3


@dataclass(frozen=True)
class Sequence:
    """Rates of a sequential test.

    Attributes:
        targets: pairs (clip and category) of targets
        contrastive: pairs of contrastive questions
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
        """Return the rates as JSON-able figures, each share with its Wilson interval."""
        return {
            "triple_positive": _share(self.triple, self.targets),
            "contrastive": _share(self.called, self.contrastive),
            "rounds": [_share(yes, raters) for raters, yes in self.accepted],
            "stopped": self.stopped,
            "finished": self.finished,
        }


def infer(outcomes: Mapping[Outcome, int], clips: int, *, both_once: int = 0) -> Sequence:
    """Infer the rates where nothing but the number of pairs of each outcome is known.

    Args:
        outcomes: (raters asked, yes) -> pairs; each clip has one target and one contrastive pair
        clips: in the test
        both_once: clips both of whose pairs are (1, 1): outcomes do not show it, only answers do

    Raises:
        UsageError: if the outcomes are not those of such a test
    """
    for (raters, yes), pairs in outcomes.items():
        if not (1 <= raters <= ROUNDS and raters - 1 <= yes <= raters) or pairs < 0:
            raise UsageError(f"{pairs} pairs with {yes} yes of {raters} raters cannot be; each rater but the last said yes")
    if sum(outcomes.values()) != 2 * clips:
        raise UsageError(f"{sum(outcomes.values())} pairs for {clips} clips; expected a target and a contrastive one a clip")
    once = outcomes.get((1, 1), 0)
    if not 0 <= 2 * both_once <= once:
        raise UsageError(f"{both_once} clips with both pairs at one yes of one, where only {once} pairs are so; expected fewer")
    reached = [sum(pairs for (raters, _), pairs in outcomes.items() if raters > level) for level in (1, 2)]
    triple = outcomes.get((ROUNDS, ROUNDS), 0)
    rounds = ((clips, reached[0] + both_once), (reached[0], reached[1]), (reached[1], triple))
    return Sequence(clips, clips, rounds, triple, once - both_once, both_once)


def infer_from_answers(table: AnswerTable) -> Sequence:
    """Infer the rates from answers in which nothing marks the targets.

    Raises:
        UsageError: as `infer`
    """
    raters, yes, clip = _pairs(table)
    once = Counter(clip[(raters == 1) & (yes == 1)].tolist())
    outcomes = Counter(zip(raters.tolist(), yes.tolist(), strict=True))
    return infer(outcomes, len(np.unique(clip)), both_once=sum(count_sequence > 1 for count_sequence in once.values()))


def count_sequence(table: AnswerTable) -> Sequence:
    """Count the rates of a test whose answers say what is a target.

    A question counts as far as its rounds follow one another: where a listener was left out, what came after them is not
    known, and a question without a first round is none.
    """
    targets = table.of_kind("target")
    raters, yes = np.zeros(0, int), np.zeros(0, int)
    if len(targets):
        # [questions, rounds] whether each round was asked, and said yes; all after a gap are left out.
        size = max(ROUNDS, int(targets.stage.max()))
        rounds, accepting = np.zeros((2, targets.questions, size), int)
        rounds[targets.question, targets.stage - 1] = 1
        accepting[targets.question, targets.stage - 1] = targets.positive
        consecutive = np.cumprod(rounds, axis=1)
        begun = consecutive[:, 0] > 0
        raters, yes = consecutive.sum(axis=1)[begun], (accepting * consecutive).sum(axis=1)[begun]
    others, called, _ = _pairs(table.of_kind("contrastive"))
    accepted = tuple((int((raters > level).sum()), int((yes > level).sum())) for level in range(ROUNDS))
    stopped = int(((raters == yes) & (raters < ROUNDS)).sum())
    return Sequence(len(raters), len(others), accepted, int((yes >= ROUNDS).sum()), int((called > 0).sum()), stopped)


def _pairs(table: AnswerTable) -> tuple[Any, Any, Any]:
    """Return [questions] raters, those who said yes, and the clip of each question."""
    if not len(table):
        nothing = np.zeros(0, int)
        return nothing, nothing, nothing
    raters = np.bincount(table.question)
    return raters, np.bincount(table.question, table.positive).astype(int), table.clip[table.first_of_question()]


def _share(hits: int, n: int) -> dict[str, Any]:
    low, high = wilson(hits, n)
    return {"value": hits / n if n else None, "low": low, "high": high, "n": n}
