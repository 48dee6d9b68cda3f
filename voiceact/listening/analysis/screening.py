"""Who did not listen: seven checks of each listener, each with what was found and why it counts, and nothing deleted.

A listener who fails a check is left out of the figures; `keep` and `drop` overrule that by name, and the report shows both.
Thresholds are chosen so that honest listeners of a hard question are kept: people rightly disagree about an emotion, so
only what is told from careful listening by chance counts against anybody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import comb
from statistics import NormalDist
from typing import Any

import numpy as np

from voiceact.errors import UnknownNameError, UsageError
from voiceact.listening.analysis.answer_table import NONE, Sheet
from voiceact.listening.model import ASKED, Test

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
class Check:
    """One thing looked at.

    name: gold, repeats, speed, one button, playing, others, qualified
    value: what was found; None where there was too little to go by
    n: answers it rests on
    failed: whether it speaks against the listener
    sentence: for people
    """

    name: str
    value: float | None
    n: int
    failed: bool
    sentence: str


@dataclass(frozen=True)
class Screened:
    """A listener, looked at.

    checks: all that were made
    kept: whether the figures count their answers
    by: "rule", or "hand" where `keep` or `drop` named them
    """

    listener: str
    answers: int
    checks: tuple[Check, ...]
    kept: bool
    by: str

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences of the checks that failed."""
        return tuple(check.sentence for check in self.checks if check.failed)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"listener": self.listener, "answers": self.answers, "kept": self.kept, "by": self.by,
                "reasons": list(self.reasons), "checks": [dict(vars(check)) for check in self.checks]}


def screen(sheet: Sheet, test: Test | None = None, *, qualified: Mapping[str, bool | None] | None = None,
           keep: Collection[str] = (), drop: Collection[str] = ()) -> list[Screened]:
    """Every listener of a test with the checks made of them.

    test: knows which gold and attention answers are right; without it those checks are not made
    qualified: listener -> result of the headphone check
    keep, drop: listeners to count or to leave out whatever the checks say

    Raises:
        UnknownNameError: a listener who answered nothing
        UsageError: one listener to be kept and dropped
    """
    for name in (*keep, *drop):
        if name not in sheet.listeners:
            raise UnknownNameError("listener", name, sheet.listeners, hint="`voiceact listen analyse` lists them")
    if both := set(keep) & set(drop):
        raise UsageError(f"listener {min(both)!r} is both kept and dropped; name them once")
    others = check_others(sheet)
    return [_screened(sheet, place, test, (qualified or {}).get(name), others[place], name in keep, name in drop)
            for place, name in enumerate(sheet.listeners)]


def kept(screened: Collection[Screened]) -> list[str]:
    """Names of the listeners whose answers count."""
    return [one.listener for one in screened if one.kept]


def _screened(sheet: Sheet, place: int, test: Test | None, qualified: bool | None, others: Check, keep: bool, drop: bool
              ) -> Screened:
    own = sheet.take(sheet.listener == place)
    checks = (check_gold(own, test), check_repeats(own), check_speed(own), check_one_button(own), check_playing(own),
              others, _check_qualified(qualified))
    failed = any(check.failed for check in checks)
    return Screened(sheet.listeners[place], len(own), checks, keep or not (drop or failed), "hand" if keep or drop else "rule")


# --- The checks


def check_gold(own: Sheet, test: Test | None) -> Check:
    """Answers that are known: wrong so often as happens to who gets RIGHT of them right less than once in 200 times."""
    rows = own.of_kind("gold", "attention")
    right = [_is_right(test, rows, row) for row in range(len(rows))] if test else []
    known = [one for one in right if one is not None]
    if not known:
        return Check("gold", None, 0, False, "no answer of theirs has a known right one")
    return Check("gold", sum(known) / len(known), len(known), _at_most(sum(known), len(known), RIGHT) < UNLUCKY,
                 f"{sum(known)} of {len(known)} known answers right (expected {RIGHT:.0%})")


def check_repeats(own: Sheet) -> Check:
    """Items asked twice: answered otherwise, by more than a step, more often than chance explains."""
    again = own.of_kind("repeat")
    first = {(item, category): value for item, category, value, kind in
             zip(own.item, own.category, own.value, own.kind, strict=True) if kind != "repeat"}
    same = [abs(first[item, category] - value) <= _step(own) for item, category, value in
            zip(again.repeats, again.category, again.value, strict=True) if item != NONE and (item, category) in first]
    if not same:
        return Check("repeats", None, 0, False, "nothing was asked twice")
    return Check("repeats", sum(same) / len(same), len(same), _at_most(sum(same), len(same), STEADY) < UNLUCKY,
                 f"{sum(same)} of {len(same)} repeats answered as before")


def check_speed(own: Sheet) -> Check:
    """Half the answers given quicker than thought."""
    known = own.seconds[np.isfinite(own.seconds)]
    if len(known) < LEAST_ANSWERS:
        return Check("speed", None, len(known), False, "too few answers with a time")
    middle = float(np.median(known))
    return Check("speed", middle, len(known), middle < FAST_SECONDS,
                 f"answers in {middle:.2f} s, in the middle (expected {FAST_SECONDS:g} s or more)")


def check_one_button(own: Sheet) -> Check:
    """Nearly always the same answer, also where the listener was told which to give, or over very many questions."""
    if len(own) < LEAST_ANSWERS:
        return Check("one button", None, len(own), False, "too few answers")
    _, counts = np.unique(own.value, return_counts=True)
    most = float(counts.max() / len(own))
    # Who hears little rightly says so again and again; attention checks ask for different answers.
    telling = (own.kind == "attention").sum() >= LEAST_TOLD or len(own) >= MANY_ANSWERS
    return Check("one button", most, len(own), most >= ONE_BUTTON and bool(telling),
                 f"{most:.0%} of {len(own)} answers are the same (at most {ONE_BUTTON:.0%} expected)")


def check_playing(own: Sheet) -> Check:
    """Items answered that were not played."""
    known = own.plays[np.isfinite(own.plays)]
    if not len(known):
        return Check("playing", None, 0, False, "playing was not counted")
    played = float((known > 0).mean())
    return Check("playing", played, len(known), played < PLAYED, f"{played:.0%} of {len(known)} items were played")


def check_others(sheet: Sheet) -> list[Check]:
    """Of each listener: correlation of their answers with the mean of all others' on the same questions, in the same round.

    A later round exists because the earlier one said yes: who says no there is no stranger to the others. What is usual is
    the middle of all listeners' correlations: where people hardly agree, nobody is told from chance by not agreeing.
    """
    asked = sheet.of_kind(*ASKED, "other")
    known = [_with_others(asked, place) for place in range(len(sheet.listeners))]
    usual = float(np.median([found for found, _ in known if found is not None] or [0.0]))
    return [_stranger(found, n, usual) for found, n in known]


def _with_others(asked: Sheet, place: int) -> tuple[float | None, int]:
    if not len(asked):
        return None, 0
    round_of = asked.question * (int(asked.stage.max()) + 1) + asked.stage
    _, at = np.unique(round_of, return_inverse=True)
    own = asked.listener == place
    others = np.bincount(at[~own], minlength=int(at.max()) + 1)
    total = np.bincount(at[~own], asked.value[~own], minlength=len(others))
    rows = np.flatnonzero(own & (others[at] > 0))
    mine, theirs = asked.value[rows], total[at[rows]] / others[at[rows]]
    if len(rows) < LEAST_COMMON or np.ptp(mine) == 0 or np.ptp(theirs) == 0:
        return None, len(rows)
    return float(np.corrcoef(mine, theirs)[0, 1]), len(rows)


def _stranger(found: float | None, n: int, usual: float) -> Check:
    if found is None:
        return Check("others", None, n, False, "too few questions shared with others, or no answer that differs")
    z = NormalDist().inv_cdf(1 - UNLUCKY)
    high = float(np.tanh(np.arctanh(min(found, 0.999)) + z / (n - 3) ** 0.5))
    return Check("others", found, n, high < RELATED * usual,
                 f"correlation with the others {found:.2f} (at most {high:.2f}; usual is {usual:.2f})")


def _check_qualified(qualified: bool | None) -> Check:
    if qualified is None:
        return Check("qualified", None, 0, False, "there was no headphone check")
    return Check("qualified", float(qualified), 1, not qualified, f"headphone check {'passed' if qualified else 'failed'}")


def _at_most(hits: int, n: int, share: float) -> float:
    """Chance of so few hits or fewer among n."""
    return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(hits + 1))


def _is_right(test: Test | None, rows: Sheet, row: int) -> bool | None:
    item = test.items.get(rows.items[rows.item[row]]) if test else None
    if item is None or item.expected is None:
        return None
    asked = rows.categories[rows.category[row]] if rows.category[row] != NONE else None
    return None if item.category != asked else rows.value[row] in item.expected


def _step(own: Sheet) -> float:
    """How far two answers of one listener may lie apart: a step on a scale of more than three."""
    return 1.0 if len(own) and own.value.max() > 2 else 0.0
