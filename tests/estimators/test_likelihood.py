"""Likelihood ratios: calibrations against known densities and scikit-learn, Cllr by hand, and what may be decided."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.errors import UsageError
from voiceact.estimators.likelihood import (
    LEAST_TRIALS,
    Logistic,
    cllr,
    decide,
    describe_log_ratio,
    fit_logistic,
    least_cllr,
    log_ratio_bins,
)

finite = st.floats(-50, 50, allow_nan=False)
trials = st.lists(finite, min_size=LEAST_TRIALS, max_size=60)


def two_bells(distance=2.0, count=4000, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(distance, 1, count), rng.normal(0, 1, count)


def test_the_line_is_the_ratio_of_two_normal_densities():
    # log N(x; 2, 1) - log N(x; 0, 1) = 2 x - 2
    line = fit_logistic(*two_bells())
    assert line.slope == pytest.approx(2.0, abs=0.15)
    assert line.offset == pytest.approx(-2.0, abs=0.15)


def test_how_many_clips_perform_it_changes_nothing():
    yes, no = two_bells()
    few = fit_logistic(yes[:400], no)
    assert few.slope * 1.0 + few.offset == pytest.approx(0.0, abs=0.3)


def test_the_line_agrees_with_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    yes, no = two_bells(1.0, 300, seed=4)
    scores = np.concatenate((yes, [min(yes.min(), no.min())], no, [max(yes.max(), no.max())]))
    target = np.repeat([1, 0], 301)
    oracle = linear_model.LogisticRegression(C=1e9, tol=1e-10, max_iter=1000).fit(scores[:, None], target)
    line = fit_logistic(yes, no)
    assert line.slope == pytest.approx(oracle.coef_[0, 0], rel=1e-3)
    assert line.offset == pytest.approx(oracle.intercept_[0], rel=1e-3, abs=1e-3)


def test_scores_that_run_backwards_say_nothing():
    yes, no = two_bells()
    line = fit_logistic(no, yes)
    assert line.slope == 0 and line.log_ratios([-9.0, 9.0]).tolist() == [0.0, 0.0]


def test_perfectly_split_scores_are_held_to_what_the_trials_support():
    line = fit_logistic(np.arange(30) + 100.0, np.arange(50) - 100.0)
    assert line.log_ratios([1e9])[0] == pytest.approx(np.log(31))
    assert line.log_ratios([-1e9])[0] == pytest.approx(-np.log(31))
    voices = fit_logistic(np.arange(30) + 100.0, np.arange(50) - 100.0, speakers=([1, 2, 3] * 10, list(range(50))))
    assert voices.log_ratios([1e9])[0] == pytest.approx(np.log(4))


def test_a_speaker_with_many_clips_weighs_as_one():
    yes, no = two_bells(1.0, 100, seed=2)
    names = (list(range(100)), list(range(100)))
    again = (np.concatenate((yes, np.repeat(yes[:1], 500))), no)
    once = fit_logistic(yes, no, speakers=names)
    many = fit_logistic(*again, speakers=(names[0] + [0] * 500, names[1]))
    assert many.slope == pytest.approx(once.slope, rel=1e-3)
    assert fit_logistic(*again).slope != pytest.approx(once.slope, rel=1e-2)


@given(trials, trials)
@settings(max_examples=40, deadline=None)
def test_every_calibration_is_finite_and_never_falls(yes, no):
    grid = np.linspace(-60, 60, 50)
    values = fit_logistic(yes, no).log_ratios(grid)
    assert np.isfinite(values).all() and (np.diff(values) >= -1e-9).all()


@pytest.mark.parametrize(
    ("yes", "no", "words"),
    [
        ([1.0] * 5, [0.0] * 30, "5 clips perform the category and 30 do not; a calibration needs at least 20"),
        ([np.nan] * 30, [0.0] * 30, "must be finite"),
    ],
)
def test_too_few_trials_are_refused(yes, no, words):
    with pytest.raises(UsageError, match=words):
        fit_logistic(yes, no)


# Cllr


def test_cllr_by_hand():
    assert cllr([0.0, 0.0], [0.0]) == pytest.approx(1.0)
    assert cllr([np.log(3)], [-np.log(3)]) == pytest.approx(np.log2(4 / 3))
    assert cllr([50.0], [-50.0]) == pytest.approx(0.0, abs=1e-9)


def test_least_cllr_is_that_of_the_rising_steps_of_scikit_learn():
    isotonic = pytest.importorskip("sklearn.isotonic")
    yes, no = two_bells(1.5, 200, seed=5)
    target = np.repeat([1, 0], [200, 200])
    share = isotonic.IsotonicRegression().fit(np.concatenate((yes, no)), target).predict(np.concatenate((yes, no)))
    cost = (-np.log2(share[:200]).mean() - np.log2(1 - share[200:]).mean()) / 2
    assert least_cllr(yes, no) == pytest.approx(cost, abs=1e-9)


def test_least_cllr_is_nought_where_scores_split_and_one_where_they_say_nothing():
    assert least_cllr([3.0, 4.0], [1.0, 2.0]) == pytest.approx(0.0, abs=1e-9)
    assert least_cllr([1.0, 1.0], [1.0]) == pytest.approx(1.0)


@given(trials, trials)
@settings(max_examples=40, deadline=None)
def test_no_calibration_is_better_than_the_best(yes, no):
    line = fit_logistic(yes, no)
    assert least_cllr(yes, no) <= cllr(line.log_ratios(yes), line.log_ratios(no)) + 1e-6


def test_reliability_sets_the_stated_beside_the_observed():
    bins = log_ratio_bins([1.5, 1.5, -0.5], [1.5, -0.5, -0.5], edges=[0])
    assert [one["performed"] for one in bins] == [1, 2]
    assert bins[1]["observed"] == pytest.approx(np.log(2)) and bins[1]["stated"] == 1.5
    assert bins[0]["low"] is None and bins[0]["high"] == 0.0
    assert log_ratio_bins([5.0], [-5.0], edges=[0])[0]["observed"] is None


# Deciding


@pytest.mark.parametrize(
    ("ratio", "evidence", "answer"),
    [
        (7, "category", "present"),
        (7, "burst", "present"),
        (7, "dimension", "present"),
        (7, "none", "undecided"),
        (2, "category", "undecided"),
        (1 / 2, "category", "undecided"),
        (1 / 7, "category", "absent"),
        (1 / 7, "burst", "undecided"),
        (1 / 7, "dimension", "undecided"),
        (3, "category", "present"),
        (1 / 3, "category", "absent"),
    ],
)
def test_a_judge_may_deny_only_what_it_can_hear(ratio, evidence, answer):
    assert decide(float(np.log(ratio)), evidence, bound=3) == answer


def test_nothing_measured_is_undecided_and_a_bound_below_one_is_refused():
    assert decide(float("nan"), "category") == "undecided"
    with pytest.raises(UsageError, match="the bound of a likelihood ratio is 0.5; expected 1 or more"):
        decide(1.0, "category", bound=0.5)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (7, "people who perform fear sound like this 7 times as often as people who do not"),
        (2.5, "people who perform fear sound like this 2.5 times as often as people who do not"),
        (1, "people who perform fear sound like this as often as people who do not"),
        (1 / 7, "people who do not perform fear sound like this 7 times as often as people who do"),
    ],
)
def test_a_ratio_in_words(ratio, words):
    assert describe_log_ratio(float(np.log(ratio)), "fear") == words


def test_a_line_is_cut_off_at_its_bounds():
    assert Logistic(1.0, 0.5, -1.0, 2.0).log_ratios([-9.0, 0.0, 9.0]).tolist() == [-1.0, 0.5, 2.0]
