"""Compute figures of a listening test with intervals over listeners and clips, which answers share.

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

from voiceact.listening.analysis.answer_table import AnswerTable, Flags, Floats, Ints
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

    Attributes:
        listeners: variance due to the choice of listeners
        clips: variance due to the choice of clips
        answers: variance of single answers, which both of the others contain
        df: degrees of freedom of the sum
    """

    listeners: float
    clips: float
    answers: float
    df: float

    @property
    def total(self) -> float:
        """Variance of the figure; never less than that of listeners or of clips alone."""
        return max(self.listeners + self.clips - self.answers, self.listeners, self.clips)


def positive_share(table: AnswerTable, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Compute the share of answers that were positive, with Wilson's interval beside the one over listeners and clips."""
    if not len(table):
        return missing("no answer").to_dict()
    yes = table.positive.astype(np.float64)
    return _share_figure(yes, variance(yes, table.listener, table.clip, draws=draws, seed=seed))


def mean_answer(table: AnswerTable, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Compute the mean of the answers with its interval over listeners and clips."""
    if not len(table):
        return missing("no answer")
    estimate = variance(table.value, table.listener, table.clip, draws=draws, seed=seed)
    middle, half = float(table.value.mean()), _student(estimate.df) * estimate.total**0.5
    return Figure(middle, middle - half, middle + half, len(table))


@dataclass(frozen=True)
class OpenRounds:
    """What is known of questions that lack a rater.

    Attributes:
        lacking: [questions] those heard by all so far that lack a later round
        by_yes: raters who heard it so far -> share of such questions that were confirmed in the end, in the whole test
    """

    lacking: Flags
    by_yes: Mapping[int, float]


def select_complete(table: AnswerTable, test: ListeningTest) -> tuple[AnswerTable, Flags]:
    """Select the answers to questions whose first round is whole; return which of these [questions] lack a later round.

    A question that lacks raters of its first round (nobody came, or one was left out) is no question yet: with fewer raters
    it would be confirmed more easily. That says nothing of its answers, so leaving it out bends no figure. To leave out
    those that lack a later round would, for these were all heard so far.
    """
    order = np.lexsort((table.stage, table.question))
    kinds, short, open_ = table.kind[table.first_of_question()], [], []
    for rows, kind in zip(np.split(order, np.cumsum(np.bincount(table.question))[:-1]), kinds, strict=True):
        values = table.value[rows].tolist()
        short.append((table.stage[rows] == 1).sum() < test.protocol.raters_wanted(kind, (), test.settings.raters))
        open_.append(len(values) < test.protocol.raters_wanted(kind, values, test.settings.raters))
    whole = ~np.array(short, bool)
    return table.take(whole[table.question]), np.array(open_, bool)[whole]


def confirmation_by_yes(table: AnswerTable, lacking: Flags) -> dict[int, float]:
    """Return the number of raters who said yes -> share of the questions with so many that all confirmed in the end."""
    raters, yes = _counts(table)
    done = ~lacking
    return {
        level: float((yes == raters)[done & (yes >= level)].mean())
        for level in range(1, int(raters.max(initial=0)) + 1)
        if (done & (yes >= level)).any()
    }


def confirm_questions(table: AnswerTable, rule: Rule = "all", rounds: OpenRounds | None = None) -> Floats:
    """Return [questions] 1 where the raters of each confirm it, 0 where they do not.

    Args:
        table: answers to questions of which the first round is whole
        rule: one of RULES
        rounds: questions that lack a later round; they count as often confirmed as those that were heard as often and had it
    """
    raters, yes = _counts(table)
    confirmed = np.asarray(yes == raters if rule == "all" else 2 * yes > raters, np.float64)
    if rounds is None or rule == "majority":
        return confirmed
    for question in np.flatnonzero(rounds.lacking & (yes == raters)):
        confirmed[question] = rounds.by_yes.get(int(yes[question]), 1.0)
    return confirmed


def confirmation(
    table: AnswerTable, rule: Rule = "all", rounds: OpenRounds | None = None, *, draws: int = DRAWS, seed: int = SEED
) -> dict[str, Any]:
    """Compute the share of questions that their raters confirm, with Wilson's interval beside the one over listeners and clips.

    Listeners cannot be drawn anew here, for a question with fewer raters is another question; how much they matter comes
    from how far each pulls the rate (the linear part of the statistic, as in an infinitesimal jackknife).

    Args:
        table: answers to questions of which the first round is whole
        rule: one of RULES
        rounds: as in `confirm_questions`
        draws: of the bootstrap
        seed: of the bootstrap
    """
    if not len(table):
        return missing("no answer").to_dict()
    confirmed = confirm_questions(table, rule, rounds)
    clip = table.clip[table.first_of_question()]
    over_clips = ratio_variance(confirmed, np.ones(len(confirmed)), clip, draws=draws, seed=seed)
    over_listeners, over_answers, listeners = _listener_variance(table, confirmed, rule)

    # Satterthwaite's degrees of freedom of the sum of both variances.
    variances = ((over_listeners, listeners), (over_clips, len(np.unique(clip))))
    parts = [(size, count) for size, count in variances if count >= LEAST_GROUPS]
    below = sum(size**2 / (count - 1) for size, count in parts)
    df = float(sum(size for size, _ in parts) ** 2 / below) if below > 0 else FREE
    return _share_figure(confirmed, Variance(over_listeners, over_clips, over_answers, df))


def variance(values: Floats, listener: Ints, clip: Ints, *, draws: int = DRAWS, seed: int = SEED) -> Variance:
    """Compute the variance of the mean of values [n] whose listeners and clips are drawn from many."""
    ones, crowds = np.ones(len(values)), {"listeners": listener, "clips": clip, "answers": np.arange(len(values))}
    estimate = {
        name: ratio_variance(values, ones, group, draws=draws, seed=seed + step)
        for step, (name, group) in enumerate(crowds.items())
    }
    crowd = [size for size in (len(np.unique(listener)), len(np.unique(clip))) if size >= LEAST_GROUPS]
    return Variance(**estimate, df=float(min(crowd) - 1) if crowd else FREE)


def interval(value: float, n: int, estimate: Variance) -> tuple[float, float]:
    """Compute Wilson's interval of a share for as many independent answers as have this variance, at most n."""
    total, alone = estimate.total, wilson(round(value * n), n)
    if total <= 0 or value in (0, 1):
        return alone
    independent, z = min(float(n), value * (1 - value) / total), _student(estimate.df)
    middle, spread = value + z * z / (2 * independent), z * z / independent
    half = z * (value * (1 - value) / independent + spread / (4 * independent)) ** 0.5
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return max(0.0, min(low, alone[0])), min(1.0, max(high, alone[1]))


def scipy_stats() -> Any:
    """Import scipy.stats, or raise the error that says how to install it."""
    try:
        from scipy import stats
    except ImportError:
        raise MissingExtraError("the analysis of listening tests", EXTRA) from None
    return stats


# --- Parts


def _share_figure(yes: Floats, estimate: Variance) -> dict[str, Any]:
    value, n = float(yes.mean()), len(yes)
    low, high = interval(value, n, estimate)
    return Figure(value, low, high, n).to_dict() | {"wilson": list(wilson(round(float(yes.sum())), n))}


def _counts(table: AnswerTable) -> tuple[Floats, Floats]:
    """Return [questions] raters, and those who answered positively."""
    size = table.questions
    return (
        np.bincount(table.question, minlength=size).astype(np.float64),
        np.bincount(table.question, table.positive, minlength=size).astype(np.float64),
    )


def _listener_variance(table: AnswerTable, confirmed: Floats, rule: Rule) -> tuple[float, float, int]:
    """Return the variance of a confirmation rate over listeners and over single answers, and the number of listeners.

    A listener pulls the rate by how much more or less often than others they say yes where their answer decides.
    """
    # [n] raters of each answer's question up to its round, and how many of them, itself left out, said yes. Raters of later
    # rounds were asked because of this answer, so they are not among the others.
    at, shape = (table.question, table.stage - 1), (table.questions, int(table.stage.max()))
    rated, positive = np.zeros((2, *shape))
    np.add.at(rated, at, 1)
    np.add.at(positive, at, table.positive)
    raters, others = np.cumsum(rated, axis=1)[at], np.cumsum(positive, axis=1)[at] - table.positive

    # [n] how much likelier its question is confirmed if this answer is yes than if it is no, the others being as they are.
    if rule == "majority":
        deciding = np.asarray((2 * (others + 1) > raters) & ~(2 * others > raters), np.float64)
    else:
        # Where all others said yes, a yes calls for the further raters: as often confirmed as where it did.
        _, yes = _counts(table)
        levels = range(int(raters.max()) + 1)
        by_yes = np.array([confirmed[yes >= level].mean() if (yes >= level).any() else 0.0 for level in levels])
        deciding = np.asarray((others == raters - 1) * by_yes[raters.astype(np.intp)])

    expected = (deciding * table.positive).sum() / max(deciding.sum(), 1e-12)
    pull = deciding * (table.positive - expected) / len(confirmed)
    _, of = np.unique(table.listener, return_inverse=True)
    groups = int(of.max()) + 1
    scale = groups / (groups - 1) if groups >= LEAST_GROUPS else 0.0
    return float(scale * (np.bincount(of, pull) ** 2).sum()), float((pull**2).sum()), groups


@lru_cache(maxsize=4096)
def _quantile(df: float) -> float:
    return float(scipy_stats().t.ppf(TAILS[1], df))


def _student(df: float) -> float:
    return _quantile(round(max(df, 1.0), 2))
