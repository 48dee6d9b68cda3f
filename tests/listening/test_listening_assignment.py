"""Assignment: balanced, blind, in an order of its own for each listener, the same again at a replay."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listening_tests import silent_test

from voiceact.errors import UsageError
from voiceact.listening.assignment import Draw, Ledger, assign, listener_seed, next_item, schedule, sides
from voiceact.listening.model import ASKED

TESTS = st.fixed_dictionaries(
    {
        "clips": st.integers(1, 12),
        "contrasts": st.integers(0, 4),
        "gold": st.integers(0, 3),
        "checks": st.integers(0, 3),
        "raters": st.integers(1, 4),
        "per_listener": st.integers(5, 25),
        "gap": st.integers(0, 6),
        "seed": st.integers(0, 50),
    }
)


def made(wishes):
    return silent_test(**{**wishes, "contrasts": min(wishes["contrasts"], wishes["clips"])})


def take(ledger: Ledger, name: str, now: float, whole: bool = False) -> list[Draw]:
    return ledger.assign(name, seed=listener_seed(ledger.test, name), now=now, whole=whole)


def run_all(test, listeners: int, answer, order=None) -> Ledger:
    """Everybody answers one item at a time, in turns (or in the order given), until nobody is given anything."""
    ledger, now, idle, turn = Ledger(test), 0.0, 0, 0
    while idle < listeners:
        name = f"l{(order[turn % len(order)] if order else turn) % listeners}"
        turn, now = turn + 1, now + 1
        draws = take(ledger, name, now)
        idle = 0 if draws else idle + 1
        if draws:
            ledger.answer(name, draws[0].item, answer(draws[0]), now=now)
        elif order:
            # From here on they take turns; who was idle before has to be asked again for the count to mean everybody.
            order, idle = None, 0
    return ledger


@settings(max_examples=60, deadline=None)
@given(TESTS, st.integers(1, 6), st.randoms())
def test_nobody_is_asked_an_item_twice_and_repeats_lie_apart(wishes, listeners, random) -> None:
    test = made(wishes)
    ledger = run_all(test, listeners, lambda draw: random.choice((0, 1, 2)))
    for number in range(listeners):
        draws = ledger.draws(f"l{number}")
        place = {draw.item: draw.position for draw in draws}
        assert len(place) == len(draws) <= test.settings.per_listener
        assert [draw.position for draw in draws] == list(range(1, len(draws) + 1))
        for draw in draws:
            repeated = test.items[draw.item].repeats
            if repeated:
                assert draw.position - place[repeated] > test.settings.gap


@settings(max_examples=60, deadline=None)
@given(TESTS, st.integers(1, 6), st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_counts_of_items_differ_by_at_most_one_when_all_who_came_finish(wishes, listeners, order) -> None:
    """In whatever order they come and answer, and though they are too few for the test."""
    test = made({**wishes, "contrasts": 0})
    # Of a protocol that hands out whole blocks.
    object.__setattr__(test, "protocol", silent_test("intensity").protocol)
    ledger = run_all(test, listeners, lambda draw: 3, order)
    counts = Counter(len(ledger.values(item)) for item in test.asked)
    assert max(counts) - min(counts) <= 1
    assert max(counts) <= test.settings.raters


@settings(max_examples=40, deadline=None)
@given(TESTS, st.randoms(), st.sampled_from(["presence", "binary"]))
def test_with_listeners_enough_every_item_gets_exactly_the_raters_its_rounds_want(wishes, random, protocol) -> None:
    test = silent_test(protocol, **{**wishes, "contrasts": min(wishes["contrasts"], wishes["clips"])})
    values = test.protocol.values
    # Blocks of 5 items at least, and nobody answers an item twice: so many are enough.
    listeners = (test.settings.raters + 1) * (len(test.asked) + 2)
    ledger = run_all(test, listeners, lambda draw: random.choice(values))
    assert ledger.missing() == 0
    for item in test.asked:
        given_values = ledger.values(item)
        assert len(given_values) == test.protocol.raters_wanted(item.kind, given_values, test.settings.raters)


def test_a_third_rater_is_asked_only_where_two_heard_it() -> None:
    test = silent_test(clips=4, gold=0, checks=0, repeats=False, per_listener=5)
    truth = {"t0": 2, "t1": 1, "t2": 0, "t3": 2}
    disagreed = []

    def answer(draw: Draw) -> int:
        if draw.item == "t3" and not disagreed:
            return disagreed.append(draw) or 0
        return truth[draw.item]

    ledger = run_all(test, 5, answer)
    stages = {
        item.id: sorted(draw.stage for name in range(5) for draw in ledger.draws(f"l{name}") if draw.item == item.id)
        for item in test.asked
    }
    assert stages == {"t0": [1, 1, 2], "t1": [1, 1, 2], "t2": [1, 1], "t3": [1, 1]}


def test_triple_agreement_asks_one_after_the_other_until_somebody_says_no() -> None:
    test = silent_test("binary", clips=3, contrasts=2, gold=0, checks=0, repeats=False, raters=3, per_listener=9)
    says = {"t0": [1, 1, 1], "t1": [1, 0], "t2": [0], "k0": [1], "k1": [0]}
    left = {name: list(values) for name, values in says.items()}
    ledger = run_all(test, 6, lambda draw: left[draw.item].pop(0))
    assert {item.id: ledger.values(item) for item in test.asked} == says
    assert sorted(draw.stage for n in range(6) for draw in ledger.draws(f"l{n}") if draw.item == "t0") == [1, 2, 3]


def test_while_one_is_asked_in_sequence_nobody_else_is() -> None:
    test = silent_test("binary", clips=1, gold=0, checks=0, repeats=False, raters=3)
    ledger = Ledger(test)
    assert [draw.item for draw in take(ledger, "a", 0.0)] == ["t0"]
    assert take(ledger, "b", 1.0) == [] and ledger.missing() == 1
    ledger.answer("a", "t0", 1, now=2.0)
    assert [draw.stage for draw in take(ledger, "b", 3.0)] == [2]


def test_the_order_is_the_listeners_own_and_the_same_again() -> None:
    test = silent_test("intensity", clips=20, gold=4, checks=4, raters=9, per_listener=20)
    draws = {name: [draw.item for draw in assign(test, [], name)] for name in ("a", "b")}
    assert draws["a"] == [draw.item for draw in assign(test, [], "a")]
    assert draws["a"] != draws["b"]
    assert next_item(test, [], "a").item == draws["a"][0]
    assert next_item(silent_test("intensity", clips=20, seed=2), [], "a").seed != listener_seed(test, "a")


def test_what_was_handed_out_and_not_answered_goes_back_after_a_while() -> None:
    test = silent_test("pair", clips=5, gold=0, checks=0, repeats=False, raters=1, stale_seconds=100.0)
    ledger = Ledger(test)
    held = [draw.item for draw in take(ledger, "gone", 0.0)]
    assert len(held) == 5 and take(ledger, "early", 99.0) == []
    assert {draw.item for draw in take(ledger, "late", 101.0)} == set(held)


def test_a_sign_of_life_keeps_what_is_held() -> None:
    test = silent_test("pair", clips=5, gold=0, checks=0, repeats=False, raters=1, stale_seconds=100.0)
    ledger = Ledger(test)
    first = take(ledger, "slow", 0.0)
    ledger.answer("slow", first[0].item, 1, now=90.0)
    assert take(ledger, "other", 150.0) == []
    assert take(ledger, "slow", 151.0) == first[1:], "a reload goes on where it was"


def test_the_first_answer_stands_and_only_what_was_given_can_be_answered() -> None:
    ledger = Ledger(silent_test(clips=2))
    draw = take(ledger, "a", 0.0)[0]
    assert ledger.answer("a", draw.item, 2, now=1.0).value == 2
    assert ledger.answer("a", draw.item, 0, now=2.0).value == 2
    with pytest.raises(UsageError, match="was not given to this listener"):
        ledger.answer("b", draw.item, 1, now=3.0)


def test_a_ledger_made_of_the_draws_knows_the_same() -> None:
    test = silent_test(clips=8, contrasts=3)
    ledger = run_all(test, 3, lambda draw: 1)
    draws = [draw for name in range(3) for draw in ledger.draws(f"l{name}")]
    again = Ledger(test, reversed(draws))
    assert take(again, "new", 1000.0) == take(ledger, "new", 1000.0)
    again.forget("l0")
    assert again.draws("l0") == [] and again.missing() > 0


def test_two_hundred_at_once_are_given_their_share_and_no_more() -> None:
    test = silent_test(clips=300, contrasts=75, gold=8, checks=6, raters=2, per_listener=40)
    ledger = Ledger(test)
    given = Counter(
        draw.item for number in range(200) for draw in take(ledger, f"l{number}", 0.0) if test.items[draw.item].kind in ASKED
    )
    assert len(given) == 375 and set(given.values()) == {2}


def test_gold_checks_and_repeats_are_spread_over_the_block() -> None:
    test = silent_test("intensity", clips=60, gold=8, checks=6, raters=9, per_listener=40)
    plan = schedule(test, 7)
    assert Counter(plan) == {None: 30, "gold": 4, "repeat": 4, "attention": 2}
    halves = Counter(plan[:20]), Counter(plan[20:])
    assert halves[0]["gold"] == halves[1]["gold"] == 2 and halves[0]["attention"] == 1
    kinds = Counter(test.items[draw.item].kind for draw in assign(test, [], "a"))
    assert kinds == {"target": 30, "gold": 4, "repeat": 4, "attention": 2}


def test_nobody_is_kept_for_checks_alone() -> None:
    test = silent_test(clips=1, gold=3, checks=3, raters=1)
    ledger = run_all(test, 3, lambda draw: 0)
    assert sum(bool(ledger.draws(f"l{n}")) for n in range(3)) == 1


def test_a_repeat_shows_the_two_clips_the_other_way_round() -> None:
    test = silent_test("pair", clips=8)
    for n in range(8):
        first = sides(test, test.items[f"t{n}"], 5)
        assert sorted(first) == [f"c{n}", f"c{n + 1}"] and sides(test, test.items[f"rt{n}"], 5) == first[::-1]
    shown = {sides(test, test.items[f"t{n}"], 5) == test.items[f"t{n}"].clips for n in range(8)}
    assert shown == {True, False}, "no side is preferred"
    assert all(sides(test, test.items["a0"], seed) == ("c0", "c1") for seed in range(9)), "a check names the side"
