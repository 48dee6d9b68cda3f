"""Every coefficient against a worked example that somebody published, and intervals against what they are made of."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listening_tests import silent_test

from voiceact.acting.taxonomy import categories
from voiceact.listening.analysis import agreement, statistics
from voiceact.listening.analysis.agreement import alpha_of, cronbach_of, kappa_of
from voiceact.listening.analysis.answer_table import make_answer_table
from voiceact.listening.analysis.bradley_terry import bradley_terry, preference_share, strengths
from voiceact.listening.analysis.judge_vs_people import pearson, published_figures
from voiceact.listening.analysis.mos_icc import icc_of
from voiceact.listening.analysis.same_different import sensitivity
from voiceact.listening.analysis.statistics import (
    confirm_questions,
    confirmation,
    confirmation_by_yes,
    interval,
    positive_share,
    select_complete,
    variance,
)
from voiceact.listening.answers.answer import Answer

NAN = float("nan")


def row(
    listener: str,
    item: str,
    value: float,
    *,
    stage: int = 1,
    kind: str = "target",
    clip: str | None = None,
    category: str = "anger",
    **more,
) -> Answer:
    return Answer(
        test="t",
        protocol="presence",
        listener=listener,
        item=item,
        clip=clip or f"of-{item}",
        category=category,
        kind=kind,
        stage=stage,
        position=1,
        value=value,
        at="",
        order_seed=0,
        **more,
    )


def sheet_of(table: list[list[float | None]], positive=(1, 2)):
    """Rows are listeners, columns items; None: not asked."""
    return make_answer_table(
        [
            row(f"l{who}", f"i{what}", value)
            for who, answers in enumerate(table)
            for what, value in enumerate(answers)
            if value is not None
        ],
        positive,
    )


# --- Published examples

KRIPPENDORFF = np.array(
    [  # Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: 4 observers, 12 units
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
SHROUT_FLEISS = np.array(
    [  # Shrout & Fleiss, Psychological Bulletin 86 (1979), Table 2: 6 targets, 4 judges
        [9, 2, 5, 8],
        [6, 1, 3, 2],
        [8, 4, 6, 8],
        [7, 1, 2, 6],
        [10, 5, 6, 9],
        [6, 2, 4, 7],
    ],
    float,
)
XEROMAMMOGRAMS = [[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]]
"""Boyd et al., J. Natl. Cancer Inst. 68 (1982): two radiologists; worked in the Stata manual, entry kappa"""
BASEBALL = np.array(
    [  # Agresti, Categorical Data Analysis (2002), Table 10.10: wins of the row over the column, 1987
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ],
    float,
)


@pytest.mark.parametrize(("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorffs_alpha_of_his_own_example(level, expected):
    assert alpha_of(KRIPPENDORFF, level).value == pytest.approx(expected, abs=5e-4)


def test_cronbachs_alpha_is_shrout_and_fleiss_icc_3_k():
    """They say so on page 422, and give .91."""
    figure = cronbach_of(SHROUT_FLEISS)
    assert figure.value == pytest.approx(0.91, abs=5e-3)
    assert figure.value == pytest.approx(icc_of(SHROUT_FLEISS)["ICC(3,k)"].value)


def test_the_six_icc_of_shrout_and_fleiss():
    """Their Table 4."""
    found = {name: round(figure.value, 2) for name, figure in icc_of(SHROUT_FLEISS).items()}
    assert found == {"ICC(1,1)": 0.17, "ICC(2,1)": 0.29, "ICC(3,1)": 0.71, "ICC(1,k)": 0.44, "ICC(2,k)": 0.62, "ICC(3,k)": 0.91}


def test_quadratic_kappa_of_two_radiologists():
    """The Stata manual gives 0.6714 for weights w2, which are quadratic."""
    cells = [(a, b) for a, b in product(range(4), repeat=2) for _ in range(XEROMAMMOGRAMS[a][b])]
    one, other = (np.array(side, float) for side in zip(*cells, strict=True))
    assert kappa_of(one, other, range(4)) == pytest.approx(0.6714, abs=5e-5)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_of_newcombe(hits, n, low, high):
    """Newcombe, Statistics in Medicine 17 (1998), 857, Table I, method 3; free answers have no wider one."""
    assert statistics.wilson(hits, n) == pytest.approx((low, high), abs=5e-5)
    assert interval(hits / n, n, statistics.Variance(0.0, 0.0, 0.0, 1e6)) == pytest.approx((low, high), abs=5e-5)


def test_bradley_terry_of_agrestis_baseball():
    """His Table 10.11, column 3: strengths above Baltimore's."""
    found = strengths(BASEBALL)
    assert np.round(found - found[-1], 2).tolist() == [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0]


def test_d_prime_with_half_an_answer_added():
    """The worked example of R's statpsych (Bonett), function signal: 82 of 100 hits, 46 of 100 false alarms."""
    assert sensitivity(82, 100, 46, 100) == pytest.approx(1.002793, abs=5e-7)


def test_the_published_figures_of_people_name_their_source_and_every_category():
    found, ids = published_figures(), [category.id for category in categories()]
    assert "2506.09827" in found["source"]
    assert list(found["table_6"]) == ids and list(found["cronbach_alpha"]["categories"]) == ids
    assert found["table_6"]["embarrassment"]["Empathic-Insight-Voice Large"] == 0.678
    assert found["table_6"]["distress"]["Hume Voice"] == -0.138 and found["table_6"]["teasing"]["Hume Voice"] is None
    assert found["cronbach_alpha"]["categories"]["awe"] == -0.127
    for one in found["table_6"].values():  # the last column is the mean of the others, where they are numbers
        known = [value for name, value in one.items() if name != "mean" and value is not None]
        assert one["mean"] == pytest.approx(np.mean(known), abs=2e-3)


# --- Agreement


def test_agreement_of_all_the_same_answers_says_why_there_is_none():
    table = sheet_of([[1, 1, 1], [1, 1, 1]])
    assert agreement.krippendorff_alpha(table).value is None
    assert "nothing to agree on" in agreement.krippendorff_alpha(table).why


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_the_alphas_of_the_draws_are_the_librarys(level):
    """Every unit drawn once is the example itself."""
    matrix = KRIPPENDORFF[:, :11]
    values = np.unique(matrix[np.isfinite(matrix)])
    counts = (matrix.T[:, :, None] == values).sum(axis=1).astype(float)
    once = np.ones((1, len(counts)))
    assert agreement._alphas(counts, values, level, once)[0] == pytest.approx(alpha_of(matrix, level, draws=2).value)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=12, max_size=40))
@settings(max_examples=40, deadline=None)
def test_the_kappas_of_the_draws_are_scikit_learns(cells):
    one, other = (np.array(side, float) for side in zip(*cells, strict=True))
    expected = kappa_of(one, other, range(3))
    with np.errstate(all="ignore"):
        found = agreement._kappas(one, other, np.ones((1, len(one))))[0]
    assert expected is None or found == pytest.approx(expected, nan_ok=True)


def test_cronbach_takes_listeners_for_columns_where_all_meet_and_the_order_of_raters_where_they_do_not():
    random = np.random.default_rng(1)
    truth = random.normal(size=60)
    full = [(truth + random.normal(0, 1, 60)).round().clip(-2, 2).tolist() for _ in range(4)]
    found = agreement.cronbach_alpha(sheet_of(full))
    assert (found["columns"], found["raters"]) == ("listeners", 4)
    scattered = [
        [value if (who + what // 2) % 2 == 0 else None for what, value in enumerate(answers)]
        for who, answers in enumerate(full)
    ]
    found = agreement.cronbach_alpha(sheet_of(scattered))
    assert (found["columns"], found["raters"]) == ("raters in order", 2)
    assert 0 < found["value"] < 1


def test_kappa_of_listeners_who_never_meet_says_so():
    found = agreement.weighted_kappa(sheet_of([[1, 0, None, None], [None, None, 1, 0]]), (0, 1, 2))
    assert found["value"] is None and found["pairs"] == 0 and "no two listeners share" in found["why"]


# --- Confirmation


def test_a_clip_is_confirmed_by_all_or_by_more_than_half_of_its_raters():
    table = sheet_of([[1, 1, 0, 2], [2, 0, 0, 1], [1, 1, 1, None]])
    assert confirm_questions(table, "all").tolist() == [1, 0, 0, 1]
    assert confirm_questions(table, "majority").tolist() == [1, 1, 0, 1]
    assert confirmation(table, "all")["value"] == 0.5


def test_half_is_no_majority():
    assert confirm_questions(sheet_of([[1], [0]]), "majority").tolist() == [0]


def test_questions_that_lack_a_rater_do_not_bend_the_rate():
    """a: whole, heard by three. b: whole, not heard by the third. c: heard by two and nobody asked further. d: one rater."""
    rows = [
        row("x", "a", 1),
        row("y", "a", 1),
        row("z", "a", 1, stage=2),
        row("x", "b", 1),
        row("y", "b", 2),
        row("z", "b", 0, stage=2),
        row("x", "c", 1),
        row("y", "c", 1),
        row("x", "d", 2),
    ]
    whole, lacking = select_complete(make_answer_table(rows, (1, 2)), silent_test("presence"))
    assert whole.questions == 3 and lacking.tolist() == [False, False, True]
    worth = confirmation_by_yes(whole, lacking)
    assert worth[2] == 0.5
    assert confirm_questions(whole, "all", statistics.OpenRounds(lacking, worth)).tolist() == [1, 0, 0.5]


def test_listeners_who_differ_make_the_interval_wider_than_wilsons_and_alike_ones_do_not():
    different = sheet_of([[who % 2] * 40 for who in range(8)])
    alike = sheet_of([[(what + who) % 2 for what in range(40)] for who in range(8)])
    for table, least, most in ((different, 3, 20), (alike, 1, 1.3)):
        found = positive_share(table)
        ratio = (found["high"] - found["low"]) / (found["wilson"][1] - found["wilson"][0])
        assert least <= ratio <= most
        assert found["low"] <= found["wilson"][0] and found["wilson"][1] <= found["high"]


def test_the_variance_over_listeners_is_that_of_their_means():
    """Four listeners with equally many answers, constant within each: the variance of the mean of four means."""
    values, listener = np.repeat([0.0, 1.0, 0.0, 1.0], 25), np.repeat(np.arange(4), 25)
    found = variance(values, listener, np.arange(100), draws=20_000)
    assert found.listeners == pytest.approx(np.var([0, 1, 0, 1], ddof=1) / 4, rel=0.03)


def test_one_listener_gives_the_interval_over_clips_alone():
    found = positive_share(sheet_of([[1, 0] * 20]))
    assert found["low"] < 0.5 < found["high"]


# --- Pairs, correlations


def test_pairs_are_won_by_the_stronger_clip_and_bradley_terry_says_by_how_much():
    rows = [row(f"l{n % 5}", f"i{n}", 1 if n % 4 else 2, clip=f"strong{n}", clip_b=f"weak{n}") for n in range(80)]
    rank = {f"strong{n}": 6.0 for n in range(80)} | {f"weak{n}": 3.0 for n in range(80)}
    table = make_answer_table(rows)
    assert preference_share(table, rank)["value"] == 0.75
    found = bradley_terry(table, {name: f"{level:g}" for name, level in rank.items()})
    assert found["6"]["value"] - found["3"]["value"] == pytest.approx(np.log(3), abs=1e-6)
    assert found["6"]["low"] > 0 > found["3"]["high"]


def test_bradley_terry_of_a_side_that_never_lost_says_why_there_is_no_strength():
    rows = [row("l", f"i{n}", 1, clip=f"a{n}", clip_b=f"b{n}") for n in range(4)]
    found = bradley_terry(make_answer_table(rows), {f"{side}{n}": side for side in "ab" for n in range(4)})
    assert found["a"]["value"] is None and "won or lost every comparison" in found["a"]["why"]


def test_pearson_agrees_with_numpy():
    random = np.random.default_rng(3)
    one = random.normal(size=50)
    other = one + random.normal(size=50)
    figure = pearson(one, other)
    assert figure.value == pytest.approx(np.corrcoef(one, other)[0, 1])
    assert figure.low < figure.value < figure.high


def test_pearson_of_values_that_do_not_differ_says_so():
    assert "values that differ" in pearson(np.ones(5), np.arange(5.0)).why
