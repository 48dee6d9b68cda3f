"""Figures of a listening test with intervals that know of its two crowds: answers share their listener and their clip.

The variance of a share or a mean is that over listeners, plus that over clips, less what was counted twice (answers on
their own): Cameron, Gelbach & Miller, Robust inference with multiway clustering, J. Bus. Econ. Stat. 29 (2011), 238.
The three come from bootstraps that draw whole listeners, whole clips and single answers. A few listeners say little of how
much listeners differ, so the interval is as wide as Student's t with few degrees of freedom: those of the smaller crowd
less one for shares and means of answers, as those authors advise (with Satterthwaite's, 95 % intervals of six listeners
held the truth 91 % of the time), Satterthwaite's for confirmation rates, which hold it without. For a share it is Wilson's
with as many answers as would have that variance if they were free.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from voiceact.listening.analysis.answer_table import Flags, Floats, Ints, Sheet
from voiceact.listening.loading import ListeningTest
from voiceact.runtime.extras import MissingExtraError
from voiceact.stats.bootstrap import ratio_variance
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing
from voiceact.stats.proportions import wilson

Rule = Literal["all", "majority"]
RULES: dict[Rule, str] = {"all": "every rater of the item heard it", "majority": "more than half of its raters heard it"}

EXTRA = "listen-stats"
LEAST_GROUPS = 2
FREE = 1e6
"""degrees of freedom where no crowd limits them"""


@dataclass(frozen=True)
class Variance:
    """How uncertain a figure is, and why.

    listeners, clips: what is due to the choice of each; answers: what both hold of the answers' own noise
    df: degrees of freedom of the sum
    """

    listeners: float
    clips: float
    answers: float
    df: float

    @property
    def total(self) -> float:
        """Of the figure; never less than that of either crowd alone."""
        return max(self.listeners + self.clips - self.answers, self.listeners, self.clips)


def share(sheet: Sheet, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Share of answers that were positive, with Wilson's interval beside the one over listeners and clips."""
    if not len(sheet):
        return missing("no answer").to_dict()
    yes = sheet.positive.astype(np.float64)
    return _told(yes, variance(yes, sheet.listener, sheet.clip, draws=draws, seed=seed))


def mean(sheet: Sheet, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Mean of the answers with its interval over listeners and clips."""
    if not len(sheet):
        return missing("no answer")
    found = variance(sheet.value, sheet.listener, sheet.clip, draws=draws, seed=seed)
    middle, half = float(sheet.value.mean()), _student(found.df) * found.total**0.5
    return Figure(middle, middle - half, middle + half, len(sheet))


@dataclass(frozen=True)
class Rounds:
    """What is known of questions that lack a rater.

    lacking: [questions] those heard by all so far that lack a later round
    worth: raters who heard it so far -> share of such questions that were confirmed in the end, in the whole test
    """

    lacking: Flags
    worth: Mapping[int, float]


def complete(sheet: Sheet, test: ListeningTest) -> tuple[Sheet, Flags]:
    """The answers to questions whose first round is whole, and which of those questions [questions] lack a later round.

    A question that lacks raters of its first round (nobody came, or one was left out) is no question yet: with fewer raters
    it would be confirmed more easily. That says nothing of its answers, so leaving it out bends no figure. To leave out
    those that lack a later round would, for these were all heard so far.
    """
    order = np.lexsort((sheet.stage, sheet.question))
    kinds, short, open_ = sheet.kind[sheet.first_of_question()], [], []
    for rows, kind in zip(np.split(order, np.cumsum(np.bincount(sheet.question))[:-1]), kinds, strict=True):
        values = sheet.value[rows].tolist()
        short.append((sheet.stage[rows] == 1).sum() < test.protocol.raters_wanted(kind, (), test.settings.raters))
        open_.append(len(values) < test.protocol.raters_wanted(kind, values, test.settings.raters))
    whole = ~np.array(short, bool)
    return sheet.take(whole[sheet.question]), np.array(open_, bool)[whole]


def worth_of(sheet: Sheet, lacking: Flags) -> dict[int, float]:
    """Raters who heard it -> share of the questions that so many heard which were confirmed by all in the end."""
    asked, yes = _counts(sheet)
    done = ~lacking
    return {
        level: float((yes == asked)[done & (yes >= level)].mean())
        for level in range(1, int(asked.max(initial=0)) + 1)
        if (done & (yes >= level)).any()
    }


def confirmed(sheet: Sheet, rule: Rule = "all", rounds: Rounds | None = None) -> Floats:
    """[questions] 1 where the raters of each confirm it, 0 where they do not.

    rounds: questions that lack a later round; they count as often confirmed as those that were heard as often and had it
    """
    asked, yes = _counts(sheet)
    kept = np.asarray(yes == asked if rule == "all" else 2 * yes > asked, np.float64)
    if rounds is None or rule == "majority":
        return kept
    for question in np.flatnonzero(rounds.lacking & (yes == asked)):
        kept[question] = rounds.worth.get(int(yes[question]), 1.0)
    return kept


def confirmation(
    sheet: Sheet, rule: Rule = "all", rounds: Rounds | None = None, *, draws: int = DRAWS, seed: int = SEED
) -> dict[str, Any]:
    """Share of questions that their raters confirm, with Wilson's interval beside the one over listeners and clips.

    Listeners cannot be drawn anew here, for a question with fewer raters is another question; how much they matter comes
    from how far each pulls the rate (the linear part of the statistic, as in an infinitesimal jackknife).

    rounds: as `confirmed`
    """
    if not len(sheet):
        return missing("no answer").to_dict()
    kept = confirmed(sheet, rule, rounds)
    clip = sheet.clip[sheet.first_of_question()]
    over_clips = ratio_variance(kept, np.ones(len(kept)), clip, draws=draws, seed=seed)
    over_listeners, over_answers, groups = _from_listeners(sheet, kept, rule)
    df = _satterthwaite((over_listeners, groups), (over_clips, len(np.unique(clip))))
    return _told(kept, Variance(over_listeners, over_clips, over_answers, df))


def variance(values: Floats, listener: Ints, clip: Ints, *, draws: int = DRAWS, seed: int = SEED) -> Variance:
    """Variance of the mean of values [n] whose listeners and clips are drawn from many."""
    ones, crowds = np.ones(len(values)), {"listeners": listener, "clips": clip, "answers": np.arange(len(values))}
    found = {
        name: ratio_variance(values, ones, group, draws=draws, seed=seed + step)
        for step, (name, group) in enumerate(crowds.items())
    }
    crowd = [size for size in (len(np.unique(listener)), len(np.unique(clip))) if size >= LEAST_GROUPS]
    return Variance(**found, df=float(min(crowd) - 1) if crowd else FREE)


def interval(value: float, n: int, found: Variance) -> tuple[float, float]:
    """Of a share: Wilson's for as many free answers as have this variance, never narrower than for n of them."""
    total, alone = found.total, wilson(round(value * n), n)
    if total <= 0 or value in (0, 1):
        return alone
    worth, z = min(float(n), value * (1 - value) / total), _student(found.df)
    middle, spread = value + z * z / (2 * worth), z * z / worth
    half = z * (value * (1 - value) / worth + spread / (4 * worth)) ** 0.5
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return max(0.0, min(low, alone[0])), min(1.0, max(high, alone[1]))


def scipy_stats() -> Any:
    """scipy.stats, or the error that says how to install it."""
    try:
        from scipy import stats
    except ImportError:
        raise MissingExtraError("the analysis of listening tests", EXTRA) from None
    return stats


# --- Parts


def _told(yes: Floats, found: Variance) -> dict[str, Any]:
    value, n = float(yes.mean()), len(yes)
    low, high = interval(value, n, found)
    return Figure(value, low, high, n).to_dict() | {"wilson": list(wilson(round(float(yes.sum())), n))}


def _counts(sheet: Sheet) -> tuple[Floats, Floats]:
    """[questions] raters, and those who answered positively."""
    size = sheet.questions
    return (
        np.bincount(sheet.question, minlength=size).astype(np.float64),
        np.bincount(sheet.question, sheet.positive, minlength=size).astype(np.float64),
    )


def _from_listeners(sheet: Sheet, kept: Floats, rule: Rule) -> tuple[float, float, int]:
    """Variance of a confirmation rate over listeners and over single answers, and how many listeners there are.

    A listener pulls the rate by how much more or less often than others they say yes where their answer decides.
    """
    deciding = _deciding(sheet, kept, rule)
    expected = (deciding * sheet.positive).sum() / max(deciding.sum(), 1e-12)
    pull = deciding * (sheet.positive - expected) / len(kept)
    _, of = np.unique(sheet.listener, return_inverse=True)
    groups = int(of.max()) + 1
    scale = groups / (groups - 1) if groups >= LEAST_GROUPS else 0.0
    return float(scale * (np.bincount(of, pull) ** 2).sum()), float((pull**2).sum()), groups


def _deciding(sheet: Sheet, kept: Floats, rule: Rule) -> Floats:
    """[n] how much likelier its question is confirmed if this answer is yes than if it is no, the others being as they are.

    Raters of later rounds were asked because of this answer, so only those of its round and before are the others.
    """
    raters, others = _up_to_round(sheet)
    if rule == "majority":
        return np.asarray((2 * (others + 1) > raters) & ~(2 * others > raters), np.float64)
    # Where all others said yes, a yes calls for the further raters: as often confirmed as where it did.
    _, yes = _counts(sheet)
    worth = np.array([kept[yes >= level].mean() if (yes >= level).any() else 0.0 for level in range(int(raters.max()) + 1)])
    return np.asarray((others == raters - 1) * worth[raters.astype(np.intp)])


def _up_to_round(sheet: Sheet) -> tuple[Floats, Floats]:
    """[n] raters of each answer's question up to its round, and how many of them, itself left out, said yes."""
    rounds = np.arange(1, int(sheet.stage.max()) + 1)
    raters, yes = np.zeros((2, sheet.questions, len(rounds)))
    np.add.at(raters, (sheet.question, sheet.stage - 1), 1)
    np.add.at(yes, (sheet.question, sheet.stage - 1), sheet.positive)
    at = sheet.question, sheet.stage - 1
    return np.cumsum(raters, axis=1)[at], np.cumsum(yes, axis=1)[at] - sheet.positive


def _satterthwaite(*parts: tuple[float, int]) -> float:
    """Degrees of freedom of a sum of variances, each with the groups it was measured on."""
    parts = tuple((size, count) for size, count in parts if count >= LEAST_GROUPS)
    below = sum(size**2 / (count - 1) for size, count in parts)
    return float(sum(size for size, _ in parts) ** 2 / below) if below > 0 else FREE


@lru_cache(maxsize=4096)
def _quantile(df: float) -> float:
    return float(scipy_stats().t.ppf(TAILS[1], df))


def _student(df: float) -> float:
    return _quantile(round(max(df, 1.0), 2))
