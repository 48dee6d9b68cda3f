"""Intervals over draws of whole speakers, against draws made clip by clip."""

import numpy as np
import pytest
from sklearn import metrics
from speaker_scores import PRESENT, SCORES, SPEAKERS

from voiceact.stats import bootstrap
from voiceact.stats.bootstrap import draw_row_weights, ratio_variance
from voiceact.stats.discrimination import auc, uar
from voiceact.stats.proportions import rate


def test_the_speaker_bootstrap_draws_whole_speakers():
    """Slow oracle: the same draws, made clip by clip, through scikit-learn."""
    figure = auc(SCORES, PRESENT, speakers=SPEAKERS, draws=200, seed=3)
    random, names, drawn = np.random.default_rng(3), list("abcdefghij"), []
    for times in random.multinomial(10, np.full(10, 0.1), size=200):
        rows = [
            row
            for name, count in zip(names, times, strict=True)
            for _ in range(count)
            for row in range(120)
            if SPEAKERS[row] == name
        ]
        drawn.append(metrics.roc_auc_score(PRESENT[rows], SCORES[rows]))
    assert (figure.low, figure.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))


def test_the_interval_is_wider_over_speakers_than_over_clips_where_speakers_differ():
    names = [str(speaker) for speaker in range(8) for _ in range(50)]
    yes = np.array([speaker % 2 == 0 for speaker in range(8) for _ in range(50)])
    over_speakers, over_clips = rate(yes, speakers=names), rate(yes)
    assert over_speakers.high - over_speakers.low > 3 * (over_clips.high - over_clips.low)


def test_an_interval_covers_the_truth_about_as_often_as_it_promises():
    """60 corpora of 20 speakers with a true rate of 0.3: at least 50 of 60 intervals hold it (57 expected)."""
    random, held = np.random.default_rng(1), 0
    for corpus in range(60):
        of_speaker = random.beta(3, 7, size=20)
        yes = random.random((20, 15)) < of_speaker[:, None]
        figure = rate(yes.ravel(), speakers=list(np.repeat(np.arange(20), 15)), draws=200, seed=corpus)
        held += figure.low <= 0.3 <= figure.high
    assert held >= 50


def test_one_speaker_gives_a_figure_without_an_interval_and_says_why():
    figure = auc(SCORES, PRESENT, speakers=["a"] * 120)
    assert figure.value is not None and figure.low is None and figure.high is None
    assert "one speaker" in figure.why


def test_speakers_who_rarely_show_it_leave_no_interval():
    """Half of the draws of two speakers take one of them twice, and then nobody lacks it, or nobody has it."""
    figure = auc(np.arange(4.0), [False, False, True, True], speakers=list("aabb"))
    assert figure.value == 1 and figure.low is None
    assert "undefined" in figure.why


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    one, same, other = (auc(SCORES, PRESENT, speakers=SPEAKERS, seed=seed) for seed in (5, 5, 6))
    assert one == same
    assert (one.low, one.high) != (other.low, other.high)


def test_blocks_of_draws_change_nothing(monkeypatch):
    whole = uar(PRESENT, SCORES > 0, speakers=SPEAKERS)
    monkeypatch.setattr(bootstrap, "LARGEST_BLOCK", 1000)
    assert uar(PRESENT, SCORES > 0, speakers=SPEAKERS) == whole


def test_row_weights_draw_whole_clusters():
    weights = draw_row_weights(np.array([7, 7, 3, 3, 3]), draws=50, seed=1)
    assert weights.shape == (50, 5)
    assert (weights[:, 0] == weights[:, 1]).all() and (weights[:, 2:] == weights[:, 2:3]).all()
    assert (weights[:, 0] + weights[:, 2] == 2).all()  # two clusters are drawn each time


def test_the_variance_of_a_mean_over_single_rows_is_the_textbooks():
    values = np.random.default_rng(4).normal(size=60)
    found = ratio_variance(values, np.ones(60), np.arange(60), draws=4000, seed=2)
    assert found == pytest.approx(values.var(ddof=1) / 60, rel=0.1)


def test_one_cluster_has_no_variance():
    assert ratio_variance(np.arange(3.0), np.ones(3), np.zeros(3, int), draws=10, seed=0) == 0
