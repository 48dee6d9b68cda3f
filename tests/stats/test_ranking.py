"""Rank correlation against scipy, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats as scipy_stats
from speaker_scores import SCORES

from voiceact.stats.ranking import group_ties, mid_ranks, spearman, weighted_correlation


@given(arrays.arrays(np.int64, st.tuples(st.just(2), st.integers(3, 30)), elements=st.integers(0, 6)))
@settings(max_examples=80, deadline=None)
def test_spearman_agrees_with_scipy_ties_included(values):
    first, second = values.astype(float)
    figure = spearman(first, second, draws=20)
    if np.ptp(first) and np.ptp(second):
        assert figure.value == pytest.approx(scipy_stats.spearmanr(first, second).statistic)
    else:
        assert figure.value is None and "values that differ" in figure.why


def test_spearman_of_a_drawn_corpus_is_that_of_its_repeated_clips():
    """One draw that takes speaker a twice and b not at all, against scipy on the clips written out."""
    first, second = SCORES[:24], np.round(SCORES[24:48])
    weights = np.array([2.0] * 12 + [0.0] * 12)
    groups = [group_ties(values) for values in (first, second)]
    ranks = [mid_ranks(weights[None], *group) for group in groups]
    found = weighted_correlation(*ranks, weights[None])[0]
    written_out = np.tile(first[:12], 2), np.tile(second[:12], 2)
    assert found == pytest.approx(scipy_stats.spearmanr(*written_out).statistic)
