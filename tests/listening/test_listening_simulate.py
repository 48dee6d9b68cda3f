"""Listeners of whom all is known: the truth is found, intervals hold it as often as they say, clickers are caught."""

import numpy as np
import pytest
from scipy import stats

from voiceact.errors import UnknownNameError, UsageError
from voiceact.listening.analysis.answer_table import make_answer_table
from voiceact.listening.analysis.bradley_terry import preference_share
from voiceact.listening.analysis.judge_vs_people import compare_judge, judge_figures
from voiceact.listening.analysis.mixed_model import mixed_model
from voiceact.listening.analysis.same_different import identity_figures
from voiceact.listening.analysis.screening import kept_listeners, screen
from voiceact.listening.analysis.statistics import confirmation, positive_share, select_complete
from voiceact.listening.assignment import Ledger, listener_seed
from voiceact.listening.protocols.registry import protocol_names
from voiceact.listening.simulation.power import PowerPlan, mean_for, plan_power
from voiceact.listening.simulation.simulate import (
    SimulatedListener,
    make_listeners,
    make_world,
    positive_rate,
    respond,
    take_test,
)

OWN = ("presence", "binary", "intensity", "pair", "naturalness", "identity")


def heard(protocol: str, listeners, *, seed: int = 1, checks: int = 0, **world):
    made = make_world(protocol, seed=seed, **world)
    return made, make_answer_table(take_test(made, listeners, seed=seed, checks=checks), made.test.protocol.positive)


@pytest.mark.parametrize("protocol", OWN)
def test_every_item_is_asked_to_the_end_of_its_rounds(protocol):
    world, table = heard(protocol, make_listeners(9, seed=2), clips=24)
    whole, lacking = select_complete(table.asked(), world.test)
    items = {table.items[place] for place in np.unique(whole.item)}
    assert items == {item.id for item in world.test.asked} and not lacking.any()
    assert set(OWN) <= set(protocol_names())


def test_the_same_seed_gives_the_same_answers():
    world = make_world("presence", clips=12, seed=3)
    assert take_test(world, make_listeners(6, seed=3), seed=5) == take_test(world, make_listeners(6, seed=3), seed=5)
    assert take_test(world, make_listeners(6, seed=3), seed=5) != take_test(world, make_listeners(6, seed=3), seed=6)


def test_the_real_assignment_leads_to_the_same_rates():
    """Listeners served by the ledger, as on the server, against those served here: 0.42 to within sampling."""
    world, people = make_world("presence", clips=90, mean=0.3, contrastive=0, seed=8), make_listeners(8, bias=0.1, seed=8)
    ledger, random, rows, time = Ledger(world.test), np.random.default_rng(8), [], 0.0
    for _ in range(60):
        for one in people:
            for draw in ledger.assign(one.name, seed=listener_seed(world.test, one.name), now=time):
                time += 1
                item = world.test.items[draw.item]
                value = next(iter(respond(world, one, item, random).values()))
                ledger.answer(one.name, draw.item, value, now=time)
                rows.append((item, one.name, draw.stage, value))
    done = [row for row in rows if row[0].kind == "target" and row[2] == 1]
    served = np.mean([value > 0 for _, _, _, value in done])
    table = make_answer_table(take_test(world, people, seed=9, checks=0), (1, 2))
    assert served == pytest.approx(table.take(table.stage == 1).positive.mean(), abs=0.08)
    assert len(done) >= 150


# --- Recovery


def test_confirmation_by_all_raters_is_what_the_strengths_say():
    """Mean of 20 tests against the integral over clips and listeners."""
    truth = positive_rate(0.4, 1.0, 0.3, raters=3)
    found = []
    for seed in range(20):
        _, table = heard("presence", make_listeners(12, bias=0.3, seed=seed), seed=seed, clips=100, mean=0.4, contrastive=0)
        found.append(confirmation(table.of_kind("target"), draws=100)["value"])
    assert np.mean(found) == pytest.approx(truth, abs=3 * np.std(found) / 20**0.5)


def test_intervals_of_shares_hold_the_truth_as_often_as_they_promise():
    """100 tests of 100 clips and 10 listeners who differ. 95 % are promised: fewer than 88 would happen once in 500 times.

    Wilson's interval, which takes answers for free, does not keep that promise, and that is why it is not the one reported.
    """
    held = dict.fromkeys(("one", "all", "majority", "wilson"), 0)
    truths = {name: positive_rate(0.0, 1.0, 0.5, raters=raters) for name, raters in (("one", 1), ("majority", 2), ("all", 3))}
    for seed in range(100):
        _, table = heard("presence", make_listeners(10, bias=0.5, seed=seed + 500), seed=seed, clips=100, contrastive=0)
        found = {"one": positive_share(table.take(table.stage == 1), draws=200, seed=seed)}
        found |= {rule: confirmation(table, rule, draws=200, seed=seed) for rule in ("all", "majority")}
        for name, figure in found.items():
            held[name] += figure["low"] <= truths[name] <= figure["high"]
        held["wilson"] += found["one"]["wilson"][0] <= truths["one"] <= found["one"]["wilson"][1]
    least = stats.binom.ppf(0.002, 100, 0.95)
    assert least == 88
    assert min(held[name] for name in truths) >= least
    assert held["wilson"] < least


def test_the_mixed_model_tells_listeners_from_clips():
    """Naturalness of 80 clips: two points of spread are the clips', a third of a point the listeners'."""
    people = make_listeners(12, bias=0.3, seed=4)
    _, table = heard("naturalness", people, seed=4, clips=80, spread=1.0)
    found = mixed_model(table.of_kind("target"), binary=False)
    assert found["converged"] and found["sd"]["clip"] > found["sd"]["listener"] > 0
    assert found["means"]["all"]["value"] == pytest.approx(table.of_kind("target").value.mean(), abs=0.15)
    _, alike = heard("naturalness", make_listeners(12, bias=0.0, seed=4), seed=4, clips=80, spread=1.0)
    assert mixed_model(alike.of_kind("target"), binary=False)["variance"]["listener"] < found["variance"]["listener"]


def test_a_mixed_model_of_two_listeners_says_what_it_needs():
    _, table = heard("naturalness", make_listeners(2, seed=1), clips=10)
    assert "of 3 listeners and 3 clips" in mixed_model(table, binary=False)["why"]


def test_a_judge_that_hears_the_strengths_agrees_with_people_and_one_that_guesses_does_not():
    for noise, least, most in ((0.3, 0.6, 1.0), (50.0, -0.25, 0.25)):
        world, table = heard(
            "presence", make_listeners(9, bias=0.2, seed=6), seed=6, clips=90, judge_noise=noise, contrastive=0
        )
        found = judge_figures(compare_judge(table, world.test), draws=200)
        assert least < found["all"]["spearman"]["value"] < most
        assert found["categories"]["anger"]["field"]["Empathic-Insight-Voice Large"] == 0.577


def test_pairs_are_won_by_the_clip_that_carries_more():
    world, table = heard("pair", make_listeners(9, bias=0.1, seed=2), seed=2, clips=60, spread=2.0)
    rank = {clip.id: world.strength[clip.id, clip.category] for clip in world.test.clips.values()}
    assert preference_share(table.of_kind("target"), rank)["value"] > 0.7


def test_speakers_that_sound_apart_give_a_d_prime_of_twice_their_distance():
    """Pairs lie at +1.5 and -1.5 of the listener's noise."""
    _, table = heard("identity", make_listeners(12, bias=0.0, seed=3), seed=3, clips=120, mean=1.5)
    found = identity_figures(table)["d_prime"]
    assert found["value"] == pytest.approx(3.0, abs=0.4) and found["low"] < 3.0 < found["high"]


# --- Screening


@pytest.mark.parametrize(("protocol", "checks"), [("presence", 6), ("binary", 16), ("naturalness", 6)])
def test_screening_catches_who_does_not_listen_and_keeps_who_does(protocol, checks):
    """10 crowds of 20, 6 of whom do not listen; 12 known answers each, 22 where a coin has every second right."""
    caught, lost, honest, others = 0, 0, 0, 0
    for seed in range(10):
        people = make_listeners(20, seed=seed, clickers=2, one_button=2, hasty=2)
        world, table = heard(protocol, people, seed=seed, clips=90, checks=checks)
        left = set(kept_listeners(screen(table, world.test)))
        for one in people:
            if one.habit == "honest":
                honest, lost = honest + 1, lost + (one.name not in left)
            else:
                others, caught = others + 1, caught + (one.name not in left)
    assert caught / others >= 0.9
    assert lost / honest <= 0.03


def test_each_check_has_its_reason_and_hand_overrules_rule():
    people = [
        *make_listeners(8, seed=5),
        SimulatedListener("hasty", habit="hasty"),
        SimulatedListener("button", habit="one button"),
    ]
    world, table = heard("presence", people, seed=5, clips=60, checks=6)
    found = {one.listener: one for one in screen(table, world.test, keep=["hasty"], drop=["listener-0003"])}
    assert found["hasty"].kept and found["hasty"].by == "hand"
    assert any("answers in" in reason for reason in found["hasty"].reasons)
    assert not found["button"].kept and any("answers are the same" in reason for reason in found["button"].reasons)
    assert not found["listener-0003"].kept and not found["listener-0003"].reasons
    assert found["listener-0001"].kept and found["listener-0001"].by == "rule"


def test_a_failed_headphone_check_leaves_a_listener_out():
    world, table = heard("presence", make_listeners(6, seed=5), clips=30)
    found = screen(table, world.test, qualified={"listener-0002": False, "listener-0003": True, "listener-0004": None})
    assert [one.listener for one in found if not one.kept] == ["listener-0002"]


def test_listeners_who_were_never_there_cannot_be_named():
    _, table = heard("presence", make_listeners(6, seed=5), clips=12)
    with pytest.raises(UnknownNameError, match="unknown listener 'nobody'"):
        screen(table, drop=["nobody"])
    with pytest.raises(UsageError, match="both kept and dropped"):
        screen(table, keep=["listener-0001"], drop=["listener-0001"])


# --- Planning


def test_more_clips_and_more_raters_make_narrower_intervals():
    def width(raters: int, clips: int) -> float:
        return plan_power(PowerPlan("presence", raters, clips), repeats=6)["figures"]["confirmed by all raters"]["width"]

    assert width(6, 60) > width(6, 300) > width(30, 300)


def test_a_plan_is_made_for_the_rate_that_is_expected():
    found = plan_power(PowerPlan("presence", 20, 200, rate=0.6, categories=4), repeats=6)["figures"]
    assert found["confirmed by all raters"]["value"] == pytest.approx(0.6, abs=0.1)
    assert found["one category, confirmed by all raters"]["width"] > found["confirmed by all raters"]["width"]
    assert positive_rate(mean_for(0.6, 3), 1.0, 0.5, raters=3) == pytest.approx(0.6, abs=1e-3)


@pytest.mark.parametrize("protocol", OWN)
def test_every_protocol_can_be_planned(protocol):
    found = plan_power(PowerPlan(protocol, 9, 24), repeats=2)
    assert all(0 < one["least"] <= one["width"] <= one["most"] for one in found["figures"].values())
    assert found["answers_each"] == pytest.approx(found["answers"] / 9, abs=0.1)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (PowerPlan("presence", 1, 10), "asks 2 raters of each clip"),
        (PowerPlan("presence", 6, 10, rate=1.5), "cannot be planned for"),
        (PowerPlan("presence", 6, 3, categories=5), "cannot be spread"),
    ],
)
def test_a_plan_that_cannot_be_says_why(wanted, words):
    with pytest.raises(UsageError, match=words):
        plan_power(wanted)
