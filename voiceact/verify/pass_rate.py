"""How much a pass rate is worth: what the judge would have confirmed had something else been asked.

A judge that says yes to everything passes every clip. So beside each pass rate stand two others: of the
same clips with the requests dealt out anew among them (a permutation null, within persona and engine),
and of neutral twins asked for the same categories.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, Profile
from voiceact.stats.figure import DRAWS, SEED, Figure, missing
from voiceact.stats.permutation import Null, permutation_null
from voiceact.stats.proportions import rate

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Heard:
    """A clip that was judged.

    category: id of what was asked
    profile: the judge's, of the clip
    twin: the judge's, of the clip's neutral twin, with a reference that this twin is no part of
    group: persona and engine; requests are dealt out within it
    """

    category: str
    profile: Profile
    twin: Profile | None = None
    group: str = ""


@dataclass(frozen=True)
class Confirmed:
    """A pass rate and what it is to be held against.

    passed: share of clips in which what was asked is called present, with its 95 % interval
    dealt: the same with the requests dealt out anew
    twins: share of neutral twins in which it is called present
    not_judged: clips asked for a category the judge cannot tell; they count in none of the above
    """

    passed: Figure
    dealt: Null | None
    twins: Figure
    not_judged: int = 0

    @property
    def told_apart(self) -> bool:
        """Whether the judge confirms more than it would have by chance."""
        return self.dealt is not None and self.dealt.p < SIGNIFICANT

    def sentence(self) -> str:
        """Pass rate, null and twins in one line."""
        if self.dealt is None:
            return f"none of {self.not_judged} clips was asked for a category the judge can tell"
        parts = [
            f"{_share(self.passed)} of {self.dealt.n} clips pass",
            f"{self.dealt.mean:.0%} [{self.dealt.low:.0%}, {self.dealt.high:.0%}] would with requests dealt out "
            f"anew (p = {self.dealt.p:.3g})",
        ]
        if self.twins.value is not None:
            parts.append(f"{_share(self.twins)} of the neutral twins would")
        if self.not_judged:
            parts.append(f"{self.not_judged} clips could not be judged")
        told = "; ".join(parts)
        return told if self.told_apart else f"{told}: no more than by chance, this judge confirms nothing"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "passed": self.passed.to_dict(),
            "dealt": self.dealt.to_dict() if self.dealt else None,
            "twins": self.twins.to_dict(),
            "not_judged": self.not_judged,
            "told_apart": self.told_apart,
        }


def says_yes(judge: Estimator, profile: Profile, category: str) -> bool | None:
    """Whether the judge calls the category present; None where it has no score or threshold."""
    score, least = profile.scores.get(category), judge.thresholds.get(category)
    return None if score is None or least is None else score >= least


def confirmed(judge: Estimator, heard: Sequence[Heard], *, draws: int = DRAWS, seed: int = SEED) -> Confirmed:
    """Pass rate of a set of clips beside its null.

    Raises:
        UsageError: if there are no clips
    """
    if not heard:
        raise UsageError("there are no clips to make a pass rate of; give at least one")
    judged = [one for one in heard if says_yes(judge, one.profile, one.category) is not None]
    left_out = len(heard) - len(judged)
    if not judged:
        nothing = missing("no clip was asked for a category the judge can tell")
        return Confirmed(nothing, None, nothing, left_out)
    categories = sorted({one.category for one in judged})
    accepts = np.array([[bool(says_yes(judge, one.profile, category)) for category in categories] for one in judged])
    asked = np.array([categories.index(one.category) for one in judged])
    groups = [one.group for one in judged]
    dealt = permutation_null(accepts, asked, groups=groups, draws=draws, seed=seed)
    passed = rate(accepts[np.arange(len(judged)), asked], draws=draws, seed=seed)
    return Confirmed(passed, dealt, _twins(judge, judged, draws, seed), left_out)


def _twins(judge: Estimator, judged: Sequence[Heard], draws: int, seed: int) -> Figure:
    answers = [says_yes(judge, one.twin, one.category) for one in judged if one.twin is not None]
    if not answers:
        return missing("no neutral twins were judged")
    return rate([bool(answer) for answer in answers], draws=draws, seed=seed)


def _share(figure: Figure) -> str:
    value = figure.value if figure.value is not None else float("nan")
    interval = f" [{figure.low:.0%}, {figure.high:.0%}]" if figure.low is not None and figure.high is not None else ""
    return f"{value:.0%}{interval}"
