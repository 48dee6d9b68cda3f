"""Bursts that a direction adds: drawn by the seed, more often the stronger, of kinds that are there."""

import pytest

from voiceact.acting.bursts import burst_choices, draw_bursts
from voiceact.acting.taxonomy import categories
from voiceact.bursts.kinds import KINDS
from voiceact.errors import UnknownNameError

SEEDS = range(1, 400)


def share(intensity: float, strength: float = 1.0) -> float:
    return sum(bool(draw_bursts([("relief", intensity)], seed=seed, strength=strength)) for seed in SEEDS) / len(SEEDS)


def test_the_stronger_the_feeling_the_more_often() -> None:
    shares = [share(level) for level in (0.0, 1.0, 3.0, 5.0, 7.0)]
    assert shares == sorted(shares) and shares[0] == 0
    assert shares[-1] == pytest.approx(0.7, abs=0.07)  # the table's chance
    assert share(7.0, strength=0.5) < shares[-1]
    assert share(7.0, strength=3.0) == shares[-1]


def test_a_stronger_feeling_keeps_what_a_weaker_one_got() -> None:
    for seed in SEEDS:
        weak = draw_bursts([("fear", 3.0)], seed=seed, strength=1.0)
        assert weak in ((), draw_bursts([("fear", 7.0)], seed=seed, strength=1.0))


def test_the_plain_reading_and_no_feeling_have_none() -> None:
    assert draw_bursts([("relief", 7.0)], seed=0, strength=1.0) == ()
    assert all(draw_bursts([], seed=seed, strength=1.0) == () for seed in SEEDS)
    assert all(draw_bursts([("concentration", 7.0)], seed=seed, strength=1.0) == () for seed in SEEDS)


def test_of_a_mix_the_strongest_counts() -> None:
    drawn = {draw_bursts([("relief", 2.0), ("pain", 7.0)], seed=seed, strength=1.0) for seed in SEEDS}
    assert {kind for bursts in drawn for _, kind in bursts} == {kind for _, kind in burst_choices("pain")}


def test_every_kind_in_the_table_is_one_that_is_performed() -> None:
    chosen = [burst_choices(category.id) for category in categories()]
    assert sum(map(bool, chosen)) >= 30
    for bursts in chosen:
        assert len(set(bursts)) == len(bursts)
        for place, kind in bursts:
            assert place in ("open", "close") and kind in KINDS
    with pytest.raises(UnknownNameError):
        burst_choices("hunger")
