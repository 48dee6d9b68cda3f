"""How good a judge is, and how sure one may be of it: figures with 95 % intervals over unseen speakers.

Clips of one voice resemble each other, so every interval comes from drawing whole speakers with
replacement (cluster bootstrap: Davison & Hinkley, Bootstrap Methods and their Application, 1997, 3.8).
A figure says how a judge would do on other people like these, not on other clips of these people.
Pure numpy; the same seed gives the same interval.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]
Measure = Callable[[Floats], Floats]
"""how often each speaker was drawn [draws, speakers] -> the figure of each draw [draws]"""

CONFIDENCE = 0.95
DRAWS = 1000
SEED = 0
LEAST_DEFINED = 0.75  # share of draws that must define a figure before an interval is given
LARGEST_BLOCK = 2_000_000  # numbers of one block of draws held in memory at once (16 MB)

ONE_SPEAKER = "no interval: one speaker; an interval over speakers needs at least two"
FEW_DRAWS = "no interval: too many draws of speakers leave the figure undefined; more speakers are needed"


@dataclass(frozen=True)
class Figure:
    """A measured number, its 95 % interval and the clips (or answers) it rests on.

    value: None if it could not be measured; `why` then says why not
    low, high: None if no interval can be given; `why` then says why not
    n: clips or answers counted
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Keys value, low, high, n, and `why` where there is something to say."""
        figure: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high, "n": self.n}
        return figure | {"why": self.why} if self.why else figure


def missing(why: str, n: int = 0) -> Figure:
    """A figure that could not be measured, and why."""
    return Figure(None, n=n, why=why)


# Figures

def auc(scores: ArrayLike, present: ArrayLike, *, speakers: Sequence[object] | None = None,
        draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Area under the ROC curve: how often a clip that has it scores above one that has not; ties count half.

    scores: float [n]; present: bool [n]; speakers: n names, None takes every clip as its own speaker
    """
    scores, present = np.asarray(scores, np.float64), np.asarray(present, bool)
    _check_numbers(scores, present)
    if not present.any() or present.all():
        lacking = "with it" if not present.any() else "without it"
        return missing(f"no clip {lacking}; an AUC needs clips with and without", len(scores))
    order, starts, _ = _sorted_groups(scores)
    voices = _Voices(speakers, len(scores))

    def measure(times: Floats) -> Floats:
        weights = times[:, voices.of[order]]
        positive = np.add.reduceat(weights * present[order], starts, axis=1)
        negative = np.add.reduceat(weights * ~present[order], starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        return _ratio((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))

    return _figure(measure, voices, draws, seed)


def paired_auc(scores: ArrayLike, strong: ArrayLike, strata: Sequence[object], *,
               speakers: Sequence[object], draws: int = DRAWS, seed: int = SEED) -> Figure:
    """AUC counted only between clips of one stratum, so that scales of different strata never mix.

    strata: n keys, each lying within one speaker (a speaker's performances of one category)
    """
    scores, strong = np.asarray(scores, np.float64), np.asarray(strong, bool)
    _check_numbers(scores, strong)
    wins, pairs = np.zeros(len(scores)), np.zeros(len(scores))
    for rows in _rows_by_key(strata):
        high, low = rows[strong[rows]], rows[~strong[rows]]
        if len(high) and len(low):
            difference = scores[high][:, None] - scores[low][None, :]
            wins[rows[0]] = (difference > 0).sum() + (difference == 0).sum() / 2
            pairs[rows[0]] = difference.size
    if not pairs.any():
        return missing("no speaker performed one category both normally and strongly", len(scores))
    voices = _Voices(speakers, len(scores))
    wins, pairs = voices.sum(wins), voices.sum(pairs)
    return _figure(lambda times: _ratio(times @ wins, times @ pairs), voices, draws, seed)


def rate(said_yes: ArrayLike, *, speakers: Sequence[object] | None = None,
         draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Share of answers that were yes; the interval is never narrower than Wilson's for as many free answers.

    A bootstrap of answers that are all alike has no width; the Wilson interval keeps such a figure honest.
    """
    said_yes = np.asarray(said_yes, bool)
    if not len(said_yes):
        return missing("no clip to ask about")
    voices = _Voices(speakers, len(said_yes))
    yes, asked = voices.sum(said_yes), voices.sum(np.ones(len(said_yes)))
    figure = _figure(lambda times: _ratio(times @ yes, times @ asked), voices, draws, seed)
    if figure.low is None or figure.high is None:
        return figure
    low, high = wilson(int(said_yes.sum()), len(said_yes))
    return Figure(figure.value, min(low, figure.low), max(high, figure.high), figure.n, figure.why)


def recall(said_yes: ArrayLike, present: ArrayLike, *, speakers: Sequence[object] | None = None,
           draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Share of the clips that have it about which the judge said yes (true accept rate)."""
    return _rate_where(said_yes, np.asarray(present, bool), speakers, draws, seed)


def false_accept(said_yes: ArrayLike, present: ArrayLike, *, speakers: Sequence[object] | None = None,
                 draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Share of the clips that do not have it about which the judge said yes."""
    return _rate_where(said_yes, ~np.asarray(present, bool), speakers, draws, seed)


def uar(performed: ArrayLike, answered: ArrayLike, *, speakers: Sequence[object] | None = None,
        draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Unweighted average recall: the mean over classes of the share answered rightly; chance is 1 / classes.

    Only classes that were performed count; a draw of speakers averages those it holds.
    """
    performed, answered = np.asarray(performed), np.asarray(answered)
    if not len(performed):
        return missing("no clip of a class that can be answered")
    classes, of = np.unique(performed, return_inverse=True)
    voices = _Voices(speakers, len(performed))
    here, right = np.zeros((2, voices.count, len(classes)))
    np.add.at(here, (voices.of, of), 1)
    np.add.at(right, (voices.of, of), performed == answered)

    def measure(times: Floats) -> Floats:
        return _mean_known(_ratio(times @ right, times @ here))

    return _figure(measure, voices, draws, seed)


def spearman(first: ArrayLike, second: ArrayLike, *, speakers: Sequence[object] | None = None,
             draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Spearman's rank correlation, with mid-ranks for ties."""
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    _check_numbers(first, second)
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return missing("a rank correlation needs three clips and values that differ", len(first))
    one, other, voices = _sorted_groups(first), _sorted_groups(second), _Voices(speakers, len(first))

    def measure(times: Floats) -> Floats:
        weights = times[:, voices.of]
        return _correlation(_mid_ranks(weights, *one), _mid_ranks(weights, *other), weights)

    return _figure(measure, voices, draws, seed)


def wilson(hits: int, n: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of a share of free answers (Wilson 1927, J. Am. Stat. Assoc. 22:209); (0, 1) for n = 0."""
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * ((share * (1 - share) + spread / 4) / n) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


# Null

@dataclass(frozen=True)
class Null:
    """What a judge confirms, against what it would confirm had the requests been dealt out at random.

    observed: share of clips in which the category asked for is called present
    mean, low, high: the same share under random requests, and where 95 % of the deals lie
    p: chance of a deal at least as good as what was observed; 1 for a judge that says yes to everything
    """

    observed: float
    mean: float
    low: float
    high: float
    p: float
    n: int
    draws: int

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def permutation_null(accepts: ArrayLike, asked: ArrayLike, *, groups: Sequence[object] | None = None,
                     draws: int = DRAWS, seed: int = SEED) -> Null:
    """Deal the requests out anew among the clips and count what the judge would have confirmed.

    accepts: bool [n, categories], would the judge say yes to this clip for that category
    asked: int [n], the category each clip was asked for
    groups: n keys; requests are dealt out only within a group (one persona, one speaker); None: among all
    """
    accepts, asked = np.asarray(accepts, bool), np.asarray(asked, np.intp)
    if not len(asked):
        raise ValueError("a permutation null needs at least one clip")
    random, rows = np.random.default_rng(seed), np.arange(len(asked))
    dealt = np.tile(asked, (draws, 1))
    for members in _rows_by_key(groups if groups is not None else [0] * len(asked)):
        dealt[:, members] = random.permuted(dealt[:, members], axis=1)
    observed, rates = accepts[rows, asked].mean(), accepts[rows, dealt].mean(axis=1)
    low, high = np.quantile(rates, _tails())
    p = (1 + (rates >= observed - 1e-12).sum()) / (draws + 1)
    return Null(float(observed), float(rates.mean()), float(low), float(high), float(p), len(asked), draws)


# The bootstrap

class _Voices:
    """Who spoke each clip: `of` [n] numbers the `count` speakers in the order they first appear."""

    def __init__(self, speakers: Sequence[object] | None, n: int):
        names = range(n) if speakers is None else speakers
        if len(names) != n:
            raise ValueError(f"{len(names)} speakers for {n} clips; expected one for each")
        places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        self.of: Ints = np.array([places[name] for name in names], np.intp)
        self.count, self.n = len(places), n

    def sum(self, values: ArrayLike) -> Floats:
        """Values [n] added up for each speaker."""
        return np.asarray(np.bincount(self.of, np.asarray(values, np.float64), self.count), np.float64)


def _figure(measure: Measure, voices: _Voices, draws: int, seed: int) -> Figure:
    value = float(measure(np.ones((1, voices.count)))[0])
    if voices.count < 2:
        return Figure(value, n=voices.n, why=ONE_SPEAKER)
    drawn = np.concatenate([measure(times) for times in _drawn(voices, draws, seed)])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < LEAST_DEFINED * draws:
        return Figure(value, n=voices.n, why=FEW_DRAWS)
    low, high = np.quantile(drawn, _tails())
    return Figure(value, float(low), float(high), voices.n)


def _drawn(voices: _Voices, draws: int, seed: int) -> Iterator[Floats]:
    """Blocks [draws, speakers]: how often each speaker was drawn."""
    random = np.random.default_rng(seed)
    block = max(1, LARGEST_BLOCK // voices.n)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        yield random.multinomial(voices.count, np.full(voices.count, 1 / voices.count), size).astype(np.float64)


def _rate_where(said_yes: ArrayLike, where: Flags, speakers: Sequence[object] | None, draws: int, seed: int) -> Figure:
    kept = [name for name, here in zip(speakers, where, strict=True) if here] if speakers is not None else None
    return rate(np.asarray(said_yes, bool)[where], speakers=kept, draws=draws, seed=seed)


def _tails() -> list[float]:
    return [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]


def _check_numbers(first: Floats, second: Floats | Flags) -> None:
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} values beside {second.shape}; expected one for each clip")
    if not np.isfinite(first).all() or not np.isfinite(second).all():
        raise ValueError("values must be finite; leave out the clips that were not judged")


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """NaN where there is nothing to divide by."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)


def _mean_known(values: Floats) -> Floats:
    known = np.isfinite(values)
    return _ratio(np.where(known, values, 0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def _rows_by_key(keys: Sequence[object]) -> list[Ints]:
    rows: dict[object, list[int]] = {}
    for place, key in enumerate(keys):
        rows.setdefault(key, []).append(place)
    return [np.array(places, np.intp) for places in rows.values()]


def _sorted_groups(values: Floats) -> tuple[Ints, Ints, Ints]:
    """Sorting order [n], where groups of equal values start in it, and each value's group [n]."""
    order = np.argsort(values, kind="stable")
    fresh = np.diff(values[order], prepend=-np.inf) != 0
    group = np.empty(len(values), np.intp)
    group[order] = np.cumsum(fresh) - 1
    return order, np.flatnonzero(fresh), group


def _mid_ranks(weights: Floats, order: Ints, starts: Ints, group: Ints) -> Floats:
    """Ranks [draws, n] of values that occur `weights` times, ties sharing the middle of their places."""
    times = np.add.reduceat(weights[:, order], starts, axis=1)
    return np.asarray((np.cumsum(times, axis=1) - times / 2)[:, group])


def _correlation(first: Floats, second: Floats, weights: Floats) -> Floats:
    total = weights.sum(axis=1, keepdims=True)
    first = first - (weights * first).sum(axis=1, keepdims=True) / total
    second = second - (weights * second).sum(axis=1, keepdims=True) / total
    spread = ((weights * first**2).sum(axis=1) * (weights * second**2).sum(axis=1)) ** 0.5
    return _ratio((weights * first * second).sum(axis=1), spread)
