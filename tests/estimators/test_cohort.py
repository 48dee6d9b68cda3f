"""Cohorts: centring undoes a shift of each class's level, and a cohort of one feeling is refused."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.errors import UsageError
from voiceact.estimators.cohort import LEAST_CLIPS, Cohort, decode_cohort, encode_cohort, make_cohort

FEELINGS = ["anger", "fear", "neutral"]


def clips(count=30, seed=0):
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % 3
    return np.eye(3)[classes] * 4 + rng.normal(0, 0.3, (count, 3)), [FEELINGS[place] for place in classes]


def centred(scores, asked):
    cohort = make_cohort(scores, asked=asked)
    return (scores - cohort.mean) / cohort.spread


@given(st.lists(st.floats(-20, 20), min_size=3, max_size=3), st.lists(st.floats(0.1, 10), min_size=3, max_size=3))
@settings(max_examples=40, deadline=None)
def test_shift_and_stretch_of_each_class_are_undone(shift, stretch):
    scores, asked = clips()
    moved = scores * np.array(stretch) + np.array(shift)
    plain = centred(scores, asked)
    assert np.allclose(centred(moved, asked), plain, atol=1e-6)
    assert [FEELINGS[place] for place in plain.argmax(axis=1)] == asked


def test_a_class_that_never_varies_is_centred_and_not_divided_by_nought():
    scores, asked = clips()
    scores[:, 1] = 7.0
    assert np.allclose(centred(scores, asked)[:, 1], 0.0)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["anger"] * 30, r"holds 1 feelings \(anger\); expected at least 3"),
        (["anger"] * 15 + ["neutral"] * 15, r"holds 2 feelings \(anger, neutral\)"),
        (["anger"] * 20 + ["fear"] * 5 + ["neutral"] * 5, "20 of the 30 clips of the cohort are anger; expected at most 60%"),
        (["anger"], "has 30 clips and 1 labels"),
    ],
)
def test_a_cohort_of_one_feeling_is_refused_by_what_was_asked(asked, words):
    with pytest.raises(UsageError, match=words):
        make_cohort(clips()[0], asked=asked)


def test_too_few_clips_and_scores_that_are_no_numbers_are_refused():
    scores, _ = clips(LEAST_CLIPS - 1)
    with pytest.raises(UsageError, match=r"the cohort 'panel' has 23 clips; expected at least 24"):
        make_cohort(scores, source="panel")
    scores = clips()[0]
    scores[3, 1] = np.nan
    with pytest.raises(UsageError, match="must be finite"):
        make_cohort(scores)


# In a file

numbers = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(numbers, st.floats(1e-6, 1e6)), min_size=1, max_size=12), st.integers(LEAST_CLIPS, 10_000))
def test_a_cohort_comes_back_from_its_file_to_the_last_bit(levels, clips) -> None:
    mean, spread = np.array(levels).T
    cohort = Cohort(mean, spread, clips, "pilot of mine", "neutral", "91b3e793e3f4")
    again = decode_cohort(encode_cohort(cohort), "cohort.json")
    assert np.array_equal(again.mean, mean) and np.array_equal(again.spread, spread)
    assert (again.clips, again.source, again.regime, again.revision) == (clips, "pilot of mine", "neutral", "91b3e793e3f4")
    assert again.describe() == f"pilot of mine ({clips:,} clips)"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "voiceact-cohort/9"}, "has format 'voiceact-cohort/9'; this voiceact reads 'voiceact-cohort/1'"),
        ({"mean": [0.0]}, "its levels and spreads are none of a cohort"),
        ({"mean": [], "spread": []}, "its levels and spreads are none of a cohort"),
        ({"spread": [1.0, 0.0]}, "its levels and spreads are none of a cohort"),
        ({"mean": ["a", 0.0]}, "is no cohort"),
        ({"clips": 3}, "says of itself what no cohort does"),
        ({"source": "a\u001b[2J"}, "says of itself what no cohort does"),
        ({"more": 1}, "is no cohort"),
    ],
)
def test_a_file_that_is_no_cohort_is_refused_in_a_sentence(change, words) -> None:
    document = json.loads(encode_cohort(Cohort(np.zeros(2), np.ones(2), 24, "mine", "neutral", "r1"))) | change
    with pytest.raises(UsageError, match="run/cohort.json: ") as told:
        decode_cohort(json.dumps(document).encode(), "run/cohort.json")
    assert words in str(told.value)
