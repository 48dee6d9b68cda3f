"""Figures against independent oracles (scipy, scikit-learn, loops one can read) and their intervals."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats as scipy_stats
from sklearn import metrics

from voiceact.stats import statistics as figures
from voiceact.stats.statistics import Figure

RANDOM = np.random.default_rng(7)
SPEAKERS = [name for name in "abcdefghij" for _ in range(12)]
PRESENT = RANDOM.random(120) < 0.4
SCORES = np.round(RANDOM.normal(size=120) + PRESENT, 1)  # rounded, so that there are ties


def flagged(values: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in values], float), np.array([flag for _, flag in values])


scored = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=4, max_size=40)


@given(scored)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_pairs_ranked_rightly_with_ties_as_halves(values):
    scores, present = flagged(values)
    pairs = [(p > q) + (p == q) / 2 for p, q in product(scores[present], scores[~present])]
    value = figures.auc(scores, present, draws=20).value
    assert value == pytest.approx(np.mean(pairs)) if pairs else value is None


def test_auc_agrees_with_scikit_learn():
    assert figures.auc(SCORES, PRESENT).value == pytest.approx(metrics.roc_auc_score(PRESENT, SCORES))


@given(scored)
@settings(max_examples=60, deadline=None)
def test_auc_of_the_reversed_question_is_the_complement(values):
    scores, present = flagged(values)
    one, other = figures.auc(scores, present, draws=30), figures.auc(scores, ~present, draws=30)
    if one.value is not None:
        assert one.value + other.value == pytest.approx(1)


@given(scored, st.floats(0.1, 10), st.floats(-5, 5))
@settings(max_examples=40, deadline=None)
def test_auc_and_its_interval_ignore_the_scale_of_the_scores(values, stretch, shift):
    scores, present = flagged(values)
    assert figures.auc(scores, present, draws=50) == figures.auc(np.round(scores) * stretch + shift, present, draws=50)


def test_auc_without_a_clip_that_lacks_it_says_so():
    figure = figures.auc([1.0, 2.0], [True, True])
    assert figure.value is None and "no clip without it" in figure.why


def test_not_a_number_is_refused_rather_than_ranked():
    with pytest.raises(ValueError, match="leave out the clips that were not judged"):
        figures.auc([1.0, np.nan], [True, False])


def test_the_speaker_bootstrap_draws_whole_speakers():
    """Slow oracle: the same draws, made clip by clip, through scikit-learn."""
    figure = figures.auc(SCORES, PRESENT, speakers=SPEAKERS, draws=200, seed=3)
    random, names, drawn = np.random.default_rng(3), list("abcdefghij"), []
    for times in random.multinomial(10, np.full(10, 0.1), size=200):
        rows = [row for name, count in zip(names, times, strict=True) for _ in range(count)
                for row in range(120) if SPEAKERS[row] == name]
        drawn.append(metrics.roc_auc_score(PRESENT[rows], SCORES[rows]))
    assert (figure.low, figure.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))


def test_the_interval_is_wider_over_speakers_than_over_clips_where_speakers_differ():
    names = [str(speaker) for speaker in range(8) for _ in range(50)]
    yes = np.array([speaker % 2 == 0 for speaker in range(8) for _ in range(50)])
    over_speakers, over_clips = figures.rate(yes, speakers=names), figures.rate(yes)
    assert over_speakers.high - over_speakers.low > 3 * (over_clips.high - over_clips.low)


def test_an_interval_covers_the_truth_about_as_often_as_it_promises():
    """60 corpora of 20 speakers with a true rate of 0.3: at least 50 of 60 intervals hold it (57 expected)."""
    random, held = np.random.default_rng(1), 0
    for corpus in range(60):
        of_speaker = random.beta(3, 7, size=20)
        yes = random.random((20, 15)) < of_speaker[:, None]
        figure = figures.rate(yes.ravel(), speakers=list(np.repeat(np.arange(20), 15)), draws=200, seed=corpus)
        held += figure.low <= 0.3 <= figure.high
    assert held >= 50


def test_one_speaker_gives_a_figure_without_an_interval_and_says_why():
    figure = figures.auc(SCORES, PRESENT, speakers=["a"] * 120)
    assert figure.value is not None and figure.low is None and figure.high is None
    assert "one speaker" in figure.why


def test_speakers_who_rarely_show_it_leave_no_interval():
    """Half of the draws of two speakers take one of them twice, and then nobody lacks it, or nobody has it."""
    figure = figures.auc(np.arange(4.0), [False, False, True, True], speakers=list("aabb"))
    assert figure.value == 1 and figure.low is None
    assert "undefined" in figure.why


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    one, same, other = (figures.auc(SCORES, PRESENT, speakers=SPEAKERS, seed=seed) for seed in (5, 5, 6))
    assert one == same
    assert (one.low, one.high) != (other.low, other.high)


def test_blocks_of_draws_change_nothing(monkeypatch):
    whole = figures.uar(PRESENT, SCORES > 0, speakers=SPEAKERS)
    monkeypatch.setattr(figures, "LARGEST_BLOCK", 1000)
    assert figures.uar(PRESENT, SCORES > 0, speakers=SPEAKERS) == whole


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_uar_agrees_with_scikit_learn(answers):
    performed, answered = np.array(answers).T
    classes = np.unique(performed)
    expected = metrics.recall_score(performed, answered, labels=classes, average="macro", zero_division=0)
    assert figures.uar(performed, answered, draws=20).value == pytest.approx(expected)


def test_uar_of_one_answer_to_everything_is_chance():
    assert figures.uar(list("aaaabbc"), list("aaaaaaa")).value == pytest.approx(1 / 3)


def test_recall_and_false_accept_of_a_judge_that_always_says_yes_are_one():
    yes = np.ones(120, bool)
    assert figures.recall(yes, PRESENT, speakers=SPEAKERS).value == 1
    assert figures.false_accept(yes, PRESENT, speakers=SPEAKERS).value == 1
    assert figures.recall(~yes, PRESENT, speakers=SPEAKERS).value == 0
    assert figures.false_accept(yes, PRESENT).n == (~PRESENT).sum()


def test_a_rate_of_nought_keeps_wilsons_doubt():
    figure = figures.rate(np.zeros(40, bool), speakers=SPEAKERS[:40])
    assert (figure.value, figure.low) == (0, 0)
    assert figure.high == pytest.approx(figures.wilson(0, 40)[1])


@given(st.integers(0, 200), st.integers(1, 200))
@settings(max_examples=80, deadline=None)
def test_wilson_agrees_with_scipy(hits, n):
    hits = min(hits, n)
    expected = scipy_stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert figures.wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_of_no_answers_is_everything():
    assert figures.wilson(0, 0) == (0, 1)


@given(arrays.arrays(np.int64, st.tuples(st.just(2), st.integers(3, 30)), elements=st.integers(0, 6)))
@settings(max_examples=80, deadline=None)
def test_spearman_agrees_with_scipy_ties_included(values):
    first, second = values.astype(float)
    figure = figures.spearman(first, second, draws=20)
    if np.ptp(first) and np.ptp(second):
        assert figure.value == pytest.approx(scipy_stats.spearmanr(first, second).statistic)
    else:
        assert figure.value is None and "values that differ" in figure.why


def test_spearman_of_a_drawn_corpus_is_that_of_its_repeated_clips():
    """One draw that takes speaker a twice and b not at all, against scipy on the clips written out."""
    first, second = SCORES[:24], np.round(SCORES[24:48])
    weights = np.array([2.0] * 12 + [0.0] * 12)
    groups = [figures._sorted_groups(values) for values in (first, second)]
    ranks = [figures._mid_ranks(weights[None], *group) for group in groups]
    found = figures._correlation(*ranks, weights[None])[0]
    written_out = np.tile(first[:12], 2), np.tile(second[:12], 2)
    assert found == pytest.approx(scipy_stats.spearmanr(*written_out).statistic)


def test_paired_auc_compares_only_within_a_stratum():
    scores = np.array([1.0, 2.0, 101.0, 102.0])  # the second stratum lives on another scale
    strong = np.array([False, True, False, True])
    figure = figures.paired_auc(scores, strong, ["x", "x", "y", "y"], speakers=["s", "s", "t", "t"])
    assert figure.value == 1
    assert figures.auc(scores, strong).value == 0.75


def test_paired_auc_without_pairs_says_so():
    figure = figures.paired_auc([1.0, 2.0], [True, False], ["x", "y"], speakers=["s", "s"])
    assert figure.value is None and "both normally and strongly" in figure.why


def null_of(accepts: np.ndarray, asked: np.ndarray, **options) -> figures.Null:
    return figures.permutation_null(accepts, asked, draws=300, **options)


ASKED = np.arange(60) % 3


def test_the_null_exposes_a_judge_that_always_says_yes():
    null = null_of(np.ones((60, 3), bool), ASKED)
    assert (null.observed, null.mean, null.p) == (1, 1, 1)


def test_the_null_exposes_a_judge_that_always_says_no():
    null = null_of(np.zeros((60, 3), bool), ASKED)
    assert (null.observed, null.mean, null.p) == (0, 0, 1)


def test_the_null_exposes_a_random_judge():
    null = null_of(np.random.default_rng(2).random((60, 3)) < 0.7, ASKED)
    assert null.low <= null.observed <= null.high and null.p > 0.05


def test_the_null_confirms_an_oracle():
    null = null_of(np.eye(3, dtype=bool)[ASKED], ASKED)
    assert null.observed == 1 and null.mean == pytest.approx(1 / 3, abs=0.05) and null.p < 0.01


def test_the_null_deals_requests_out_within_groups_only():
    """Each speaker was asked for one category only, so dealing among their own clips changes nothing."""
    null = null_of(np.eye(3, dtype=bool)[ASKED], ASKED, groups=list(ASKED))
    assert null.mean == 1 and null.p == 1


def test_a_figure_tells_its_reason_only_when_there_is_one():
    assert Figure(0.5, 0.4, 0.6, 10).to_dict() == {"value": 0.5, "low": 0.4, "high": 0.6, "n": 10}
    assert figures.missing("no ratings").to_dict() == {"value": None, "low": None, "high": None, "n": 0,
                                                       "why": "no ratings"}
