"""AUC and unweighted average recall against scikit-learn and pairs counted one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from speaker_scores import PRESENT, SCORES

from voiceact.stats.discrimination import auc, paired_auc, uar


def flagged(values: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in values], float), np.array([flag for _, flag in values])


scored = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=4, max_size=40)


@given(scored)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_pairs_ranked_rightly_with_ties_as_halves(values):
    scores, present = flagged(values)
    pairs = [(p > q) + (p == q) / 2 for p, q in product(scores[present], scores[~present])]
    value = auc(scores, present, draws=20).value
    assert value == pytest.approx(np.mean(pairs)) if pairs else value is None


def test_auc_agrees_with_scikit_learn():
    assert auc(SCORES, PRESENT).value == pytest.approx(metrics.roc_auc_score(PRESENT, SCORES))


@given(scored)
@settings(max_examples=60, deadline=None)
def test_auc_of_the_reversed_question_is_the_complement(values):
    scores, present = flagged(values)
    one, other = auc(scores, present, draws=30), auc(scores, ~present, draws=30)
    if one.value is not None:
        assert one.value + other.value == pytest.approx(1)


@given(scored, st.floats(0.1, 10), st.floats(-5, 5))
@settings(max_examples=40, deadline=None)
def test_auc_and_its_interval_ignore_the_scale_of_the_scores(values, stretch, shift):
    scores, present = flagged(values)
    assert auc(scores, present, draws=50) == auc(np.round(scores) * stretch + shift, present, draws=50)


def test_auc_without_a_clip_that_lacks_it_says_so():
    figure = auc([1.0, 2.0], [True, True])
    assert figure.value is None and "no clip without it" in figure.why


def test_not_a_number_is_refused_rather_than_ranked():
    with pytest.raises(ValueError, match="leave out the clips that were not judged"):
        auc([1.0, np.nan], [True, False])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_uar_agrees_with_scikit_learn(answers):
    performed, answered = np.array(answers).T
    classes = np.unique(performed)
    expected = metrics.recall_score(performed, answered, labels=classes, average="macro", zero_division=0)
    assert uar(performed, answered, draws=20).value == pytest.approx(expected)


def test_uar_of_one_answer_to_everything_is_chance():
    assert uar(list("aaaabbc"), list("aaaaaaa")).value == pytest.approx(1 / 3)


def test_paired_auc_compares_only_within_a_stratum():
    scores = np.array([1.0, 2.0, 101.0, 102.0])  # the second stratum lives on another scale
    strong = np.array([False, True, False, True])
    figure = paired_auc(scores, strong, ["x", "x", "y", "y"], speakers=["s", "s", "t", "t"])
    assert figure.value == 1
    assert auc(scores, strong).value == 0.75


def test_paired_auc_without_pairs_says_so():
    figure = paired_auc([1.0, 2.0], [True, False], ["x", "y"], speakers=["s", "s"])
    assert figure.value is None and "both normally and strongly" in figure.why
