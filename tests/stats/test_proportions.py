"""Wilson's interval against scipy, and rates of judges that always answer the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from speaker_scores import PRESENT, SPEAKERS

from voiceact.stats.proportions import false_accept, rate, recall, wilson


def test_recall_and_false_accept_of_a_judge_that_always_says_yes_are_one():
    yes = np.ones(120, bool)
    assert recall(yes, PRESENT, speakers=SPEAKERS).value == 1
    assert false_accept(yes, PRESENT, speakers=SPEAKERS).value == 1
    assert recall(~yes, PRESENT, speakers=SPEAKERS).value == 0
    assert false_accept(yes, PRESENT).n == (~PRESENT).sum()


def test_a_rate_of_nought_keeps_wilsons_doubt():
    figure = rate(np.zeros(40, bool), speakers=SPEAKERS[:40])
    assert (figure.value, figure.low) == (0, 0)
    assert figure.high == pytest.approx(wilson(0, 40)[1])


@given(st.integers(0, 200), st.integers(1, 200))
@settings(max_examples=80, deadline=None)
def test_wilson_agrees_with_scipy(hits, n):
    hits = min(hits, n)
    expected = scipy_stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_of_no_answers_is_everything():
    assert wilson(0, 0) == (0, 1)
