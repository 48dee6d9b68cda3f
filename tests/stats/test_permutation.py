"""The permutation baseline of judges of which it is known what they are worth."""

import numpy as np
import pytest

from voiceact.stats.permutation import Null, permutation_null


def null_of(accepts: np.ndarray, asked: np.ndarray, **options) -> Null:
    return permutation_null(accepts, asked, draws=300, **options)


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
