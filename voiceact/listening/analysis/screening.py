"""Screen listeners: seven checks of each, with the figure and the sentence that explains it; no answer is deleted.

A listener who fails a check is left out of the figures; `keep` and `drop` overrule that by name, and the report shows both.
Thresholds are chosen so that honest listeners of a hard question are kept: people rightly disagree about an emotion, so
only what chance hardly explains counts against a listener.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import comb
from statistics import NormalDist
from typing import Any

import numpy as np

from voiceact.errors import UnknownNameError, UsageError, count_noun
from voiceact.listening.analysis.answer_table import NONE, AnswerTable
from voiceact.listening.loading import ListeningTest
from voiceact.listening.model import ASKED

LEAST_ANSWERS = 8
"""answers before behaviour is judged at all"""
RIGHT = 0.85
"""share of gold and attention items that a careful listener gets right, at the least"""
STEADY = 0.5
"""share of repeats that a careful listener answers as before (within a step), at the least"""
UNLUCKY = 0.005
"""how seldom chance may treat a careful listener so badly before it counts against them"""
FAST_SECONDS = 0.25
"""median time to answer, from the end of the clip, below which nobody has thought"""
ONE_BUTTON = 0.95
"""share of one and the same answer"""
LEAST_TOLD, MANY_ANSWERS = 3, 60
"""attention checks, or else answers, from which on the same answer again and again is no chance"""
PLAYED = 0.9
"""share of items that were played, at the least"""
LEAST_COMMON = 15
"""questions shared with others before a correlation with them is judged"""
RELATED = 0.5
"""a correlation with the others counts against a listener where its whole interval lies below this share of what is usual"""


@dataclass(frozen=True)
class ListenerCheck:
    """One check of a listener.

    Attributes:
        name: gold, repeats, speed, one button, playing, others, qualified
        value: the measured figure; None where there were too few answers
        n: answers it rests on
        failed: whether it speaks against the listener
        sentence: the result in words
    """

    name: str
    value: float | None
    n: int
    failed: bool
    sentence: str


@dataclass(frozen=True)
class ScreenedListener:
    """A listener with the checks made of them.

    Attributes:
        listener: id
        answers: how many they gave
        checks: all that were made
        kept: whether the figures count their answers
        by: "rule", or "hand" where `keep` or `drop` named them
    """

    listener: str
    answers: int
    checks: tuple[ListenerCheck, ...]
    kept: bool
    by: str

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences of the checks that failed."""
        return tuple(check.sentence for check in self.checks if check.failed)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON can hold them, with the reasons."""
        return {
            "listener": self.listener,
            "answers": self.answers,
            "kept": self.kept,
            "by": self.by,
            "reasons": list(self.reasons),
            "checks": [dict(vars(check)) for check in self.checks],
        }


def screen(
    table: AnswerTable,
    test: ListeningTest | None = None,
    *,
    qualified: Mapping[str, bool | None] | None = None,
    keep: Collection[str] = (),
    drop: Collection[str] = (),
) -> list[ScreenedListener]:
    """Check every listener of a test.

    Args:
        table: all answers
        test: knows which gold and attention answers are right; without it those checks are not made
        qualified: listener -> result of the headphone check
        keep: listeners to count whatever the checks say
        drop: listeners to leave out whatever the checks say

    Raises:
        UnknownNameError: a listener who answered nothing
        UsageError: one listener to be kept and dropped
    """
    for name in (*keep, *drop):
        if name not in table.listeners:
            raise UnknownNameError("listener", name, table.listeners, hint="`voiceact listen analyse` lists them")
    if both := set(keep) & set(drop):
        raise UsageError(f"listener {min(both)!r} is both kept and dropped; name them once")
    screened = []
    for index, (name, others) in enumerate(zip(table.listeners, check_others(table), strict=True)):
        own = table.take(table.listener == index)
        headphones = check_qualification((qualified or {}).get(name))
        checks = (
            check_gold(own, test),
            check_repeats(own),
            check_speed(own),
            check_one_button(own),
            check_playing(own),
            others,
            headphones,
        )
        failed = any(check.failed for check in checks)
        counts, by = name in keep or not (name in drop or failed), "hand" if name in keep or name in drop else "rule"
        screened.append(ScreenedListener(name, len(own), checks, counts, by))
    return screened


def kept_listeners(screened: Collection[ScreenedListener]) -> list[str]:
    """Return the ids of the listeners whose answers count."""
    return [listener.listener for listener in screened if listener.kept]


# --- The checks


def check_gold(own: AnswerTable, test: ListeningTest | None) -> ListenerCheck:
    """Check the answers whose right value is known.

    The check fails where a listener who gets RIGHT of them right would get so few less than once in 200 times.
    """
    answers = own.of_kind("gold", "attention")
    right = []
    for item, category, value in zip(answers.item, answers.category, answers.value, strict=True):
        question = test.items.get(answers.items[item]) if test else None
        name = answers.categories[category] if category != NONE else None
        if question is not None and question.expected is not None and question.category == name:
            right.append(value in question.expected)
    if not right:
        return ListenerCheck("gold", None, 0, False, "no answer of theirs has a known right one")
    return ListenerCheck(
        "gold",
        sum(right) / len(right),
        len(right),
        _at_most(sum(right), len(right), RIGHT) < UNLUCKY,
        f"{sum(right)} of {count_noun(len(right), 'known answer')} right (expected {RIGHT:.0%})",
    )


def check_repeats(own: AnswerTable) -> ListenerCheck:
    """Check the items asked twice: fails where answers differ by more than a step more often than chance explains.

    A step is 1 on a scale of more than three values, else 0.
    """
    again, step = own.of_kind("repeat"), 1.0 if len(own) and own.value.max() > 2 else 0.0
    first = {
        (item, category): value
        for item, category, value, kind in zip(own.item, own.category, own.value, own.kind, strict=True)
        if kind != "repeat"
    }
    same = [
        abs(first[item, category] - value) <= step
        for item, category, value in zip(again.repeats, again.category, again.value, strict=True)
        if item != NONE and (item, category) in first
    ]
    if not same:
        return ListenerCheck("repeats", None, 0, False, "nothing was asked twice")
    return ListenerCheck(
        "repeats",
        sum(same) / len(same),
        len(same),
        _at_most(sum(same), len(same), STEADY) < UNLUCKY,
        f"{sum(same)} of {len(same)} repeats answered as before",
    )


def check_speed(own: AnswerTable) -> ListenerCheck:
    """Check the median time to answer: fails where it is too short to have thought."""
    known = own.seconds[np.isfinite(own.seconds)]
    if len(known) < LEAST_ANSWERS:
        return ListenerCheck("speed", None, len(known), False, "too few answers with a time")
    middle = float(np.median(known))
    return ListenerCheck(
        "speed",
        middle,
        len(known),
        middle < FAST_SECONDS,
        f"answers in {middle:.2f} s, in the middle (expected {FAST_SECONDS:g} s or more)",
    )


def check_one_button(own: AnswerTable) -> ListenerCheck:
    """Check for nearly always the same answer, also where the listener was told which to give, or over very many questions."""
    if len(own) < LEAST_ANSWERS:
        return ListenerCheck("one button", None, len(own), False, "too few answers")
    _, counts = np.unique(own.value, return_counts=True)
    most = float(counts.max() / len(own))
    # Who hears little rightly says so again and again; attention checks ask for different answers.
    telling = (own.kind == "attention").sum() >= LEAST_TOLD or len(own) >= MANY_ANSWERS
    return ListenerCheck(
        "one button",
        most,
        len(own),
        most >= ONE_BUTTON and bool(telling),
        f"{most:.0%} of {count_noun(len(own), 'answer')} are the same (at most {ONE_BUTTON:.0%} expected)",
    )


def check_playing(own: AnswerTable) -> ListenerCheck:
    """Check that the items answered were played."""
    known = own.plays[np.isfinite(own.plays)]
    if not len(known):
        return ListenerCheck("playing", None, 0, False, "playing was not counted")
    played = float((known > 0).mean())
    return ListenerCheck(
        "playing", played, len(known), played < PLAYED, f"{played:.0%} of {count_noun(len(known), 'item')} were played"
    )


def check_others(table: AnswerTable) -> list[ListenerCheck]:
    """Check each listener's correlation with the mean of all others on the same questions, in the same round.

    Only one round is compared because a later one exists where the earlier one said yes: answering no there is not unusual.
    The threshold is a share of the median of all listeners' correlations: when overall agreement is low, low agreement is
    no evidence against a listener.
    """
    answers = table.of_kind(*ASKED, "other")
    correlations = [_correlate_with_others(answers, listener) for listener in range(len(table.listeners))]
    usual = float(np.median([value for value, _ in correlations if value is not None] or [0.0]))
    checks = []
    for value, n in correlations:
        if value is None:
            why = "too few questions shared with others, or no answer that differs"
            checks.append(ListenerCheck("others", None, n, False, why))
            continue
        # Upper end of the interval by Fisher's z.
        z = NormalDist().inv_cdf(1 - UNLUCKY)
        high = float(np.tanh(np.arctanh(min(value, 0.999)) + z / (n - 3) ** 0.5))
        sentence = f"correlation with the others {value:.2f} (at most {high:.2f}; usual is {usual:.2f})"
        checks.append(ListenerCheck("others", value, n, high < RELATED * usual, sentence))
    return checks


def check_qualification(qualified: bool | None) -> ListenerCheck:
    """Check the result of the headphone check; None where there was none."""
    if qualified is None:
        return ListenerCheck("qualified", None, 0, False, "there was no headphone check")
    sentence = f"headphone check {'passed' if qualified else 'failed'}"
    return ListenerCheck("qualified", float(qualified), 1, not qualified, sentence)


def _correlate_with_others(answers: AnswerTable, listener: int) -> tuple[float | None, int]:
    """Return the correlation, None where it is not defined, and the number of questions shared with others."""
    if not len(answers):
        return None, 0
    round_of = answers.question * (int(answers.stage.max()) + 1) + answers.stage
    _, at = np.unique(round_of, return_inverse=True)
    own = answers.listener == listener
    others = np.bincount(at[~own], minlength=int(at.max()) + 1)
    total = np.bincount(at[~own], answers.value[~own], minlength=len(others))
    rows = np.flatnonzero(own & (others[at] > 0))
    mine, theirs = answers.value[rows], total[at[rows]] / others[at[rows]]
    if len(rows) < LEAST_COMMON or np.ptp(mine) == 0 or np.ptp(theirs) == 0:
        return None, len(rows)
    return float(np.corrcoef(mine, theirs)[0, 1]), len(rows)


def _at_most(hits: int, n: int, share: float) -> float:
    """Compute the chance of so few hits or fewer among n."""
    return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(hits + 1))
