"""What a pass rate is held against: requests dealt out anew, by counts, and intervals over personas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.stats import permutation
from voiceact.stats.counts import histogram_quantiles, rank_correlation, share_of_counts
from voiceact.stats.permutation import PermutationCounts, permutation_null
from voiceact.stats.proportions import rate, wilson
from voiceact.stats.ranking import spearman

CLIPS, PERSONAS, CATEGORIES = 600, 5, 6


def clips(seed: int = 1, *, hears: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers of a judge that says some categories more readily; with `hears`, more often where they were asked."""
    random = np.random.default_rng(seed)
    asked, persona = random.integers(0, CATEGORIES, CLIPS), np.sort(random.integers(0, PERSONAS, CLIPS))
    readily = random.random((PERSONAS, CATEGORIES)) * 0.6
    accepts = random.random((CLIPS, CATEGORIES)) < readily[persona]
    accepts[np.arange(CLIPS), asked] |= random.random(CLIPS) < hears
    return accepts, asked, persona


def dealt(accepts: np.ndarray, asked: np.ndarray, persona: np.ndarray, *, step: int = 100) -> PermutationCounts:
    deal = PermutationCounts(PERSONAS, CATEGORIES)
    for start in range(0, len(asked), step):
        part = slice(start, start + step)
        deal.add(accepts[part], asked[part], persona[part])
    return deal


@pytest.mark.parametrize("hears", [0.0, 0.3])
def test_counts_alone_describe_the_deal_that_is_made_clip_by_clip(monkeypatch: pytest.MonkeyPatch, hears: float) -> None:
    made = clips(hears=hears)
    drawn = permutation_null(made[0], made[1], groups=made[2].tolist(), draws=4000, seed=3)
    monkeypatch.setattr(permutation, "MOST_PERMUTED", 0)
    described = dealt(*made).of_all()
    assert described.draws == 0 and described.n == drawn.n == CLIPS
    assert described.observed == drawn.observed
    assert described.mean == pytest.approx(drawn.mean, abs=0.001)
    assert (described.low, described.high) == pytest.approx((drawn.low, drawn.high), abs=0.004)
    assert described.p == pytest.approx(drawn.p, abs=0.03)


def test_few_clips_are_dealt_one_by_one() -> None:
    made = clips()
    assert dealt(*made).of_all(seed=5) == permutation_null(made[0], made[1], groups=made[2].tolist(), seed=5)


def test_one_category_is_dealt_as_the_clips_would_be() -> None:
    accepts, asked, persona = clips(hears=0.3)
    found = dealt(accepts, asked, persona).of_category(2, draws=4000)
    # The same by dealing: of all clips, only those that then ask for this category count.
    random, hits = np.random.default_rng(0), []
    for _ in range(2000):
        shuffled = asked.copy()
        for one in range(PERSONAS):
            shuffled[persona == one] = random.permutation(shuffled[persona == one])
        hits.append(accepts[shuffled == 2, 2].mean())
    assert found.observed == accepts[asked == 2, 2].mean() and found.n == (asked == 2).sum()
    assert found.mean == pytest.approx(np.mean(hits), abs=0.005)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(hits, [0.025, 0.975])), abs=0.025)


def test_a_judge_that_hears_is_told_from_one_that_guesses() -> None:
    assert dealt(*clips(hears=0.3)).of_all().p < 0.001
    assert dealt(*clips(hears=0.0)).of_all().p > 0.05


@pytest.mark.parametrize("says", [True, False])
def test_a_judge_of_one_word_proves_nothing(says: bool) -> None:
    _, asked, persona = clips()
    found = dealt(np.full((CLIPS, CATEGORIES), says), asked, persona)
    for null in (found.of_all(), found.of_category(0)):
        assert null.observed == null.mean == null.low == null.high == float(says) and null.p == 1


def test_nothing_asked_is_no_null() -> None:
    deal = PermutationCounts(2, 3)
    assert deal.of_all() is None and deal.of_category(0) is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=3, max_size=60))
def test_shares_are_those_of_the_takes_with_personas_for_speakers(takes: list[tuple[int, bool]]) -> None:
    takes = sorted(takes)
    persona, yes = np.array([one for one, _ in takes]), np.array([said for _, said in takes])
    found = share_of_counts(np.bincount(persona, yes, 3), np.bincount(persona, minlength=3))
    if len(set(persona.tolist())) > 1:
        expected = rate(yes, speakers=persona.tolist())
        assert (found.value, found.low, found.high, found.n) == pytest.approx(
            (expected.value, expected.low, expected.high, expected.n)
        )
    else:
        assert (found.low, found.high) == pytest.approx(wilson(int(yes.sum()), len(yes)))


def test_a_share_of_nothing_says_so() -> None:
    assert share_of_counts([0], [0]).value is None and share_of_counts([0], [0]).why == "no take to ask about"


def test_rank_correlation_by_counts_is_that_of_the_takes() -> None:
    random = np.random.default_rng(2)
    asked, persona = random.integers(0, 4, 300), np.sort(random.integers(0, 5, 300))
    heard = np.clip(np.rint(asked + random.normal(0, 2, 300)), 0, 7).astype(int)
    counts = np.zeros((5, 4, 8))
    np.add.at(counts, (persona, asked, heard), 1)
    found, expected = rank_correlation(counts), spearman(asked, heard, speakers=persona.tolist())
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (np.zeros((2, 2, 2)), "fewer than three takes"),
        (np.array([[[3, 4], [0, 0]]]), "one of the two never varies"),
    ],
)
def test_what_cannot_be_correlated_says_why(counts: np.ndarray, why: str) -> None:
    assert rank_correlation(counts).value is None and rank_correlation(counts).why == why


@pytest.mark.parametrize(("personas", "told"), [(1, "no interval: one persona;"), (4, "no interval: 4 personas;")])
def test_few_personas_have_no_interval_of_correlation(personas: int, told: str) -> None:
    found = rank_correlation(np.array([[[3, 1], [0, 3]]] * personas))
    assert found.value is not None and found.low is None and found.why.startswith(told)
    assert rank_correlation(np.array([[[3, 1], [0, 3]]] * 5)).low is not None


def test_quantiles_of_a_histogram() -> None:
    assert histogram_quantiles([1, 0, 2, 1], [0, 1, 2, 3, 4]) == [0.5, 2.5, 2.5]
    assert histogram_quantiles([0, 0], [0, 1, 2]) is None
