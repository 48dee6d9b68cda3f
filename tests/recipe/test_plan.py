"""The plan: every take by its number, the same everywhere; what it comes to; what a pilot says of it."""

import hashlib
import json
import pickle
import random
import subprocess
import sys
import tracemalloc
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.recipe import plan as room
from voiceact.recipe.estimate import coverage, expected_plan, expected_size, sample_takes, stopping
from voiceact.recipe.grid import BalancedDesign, Grid
from voiceact.recipe.plan import MOST_TAKES, WORK_UNIT_TAKES, Plan, make_plan, pattern
from voiceact.recipe.schema import Recipe, Scripts, StopRule, StoreOptions, Verify
from voiceact.recipe.source import recipe_names
from voiceact.runs.pilot import TakeOutcome, forecast, open_performer, run_pilot

MINORS = ("big-brother", "playground-inventor")
ADULTS = ("nurse", "monk", "farmer", "opera-diva")


def plan_of(**changes: Any) -> Plan:
    return make_plan(Recipe(**{"name": "x", "description": "y", "verify": Verify(evidence="none")} | changes))


# --- Cells by number

pools = st.integers(1, 7).flatmap(
    lambda size: st.tuples(st.just(tuple(range(size))), st.sets(st.integers(0, size - 1)).map(lambda some: tuple(sorted(some))))
)
grids = pools.flatmap(
    lambda two: st.builds(
        Grid,
        st.integers(1, 3),
        st.integers(1, 4),
        st.lists(st.sampled_from(two), min_size=1, max_size=5).map(tuple),
        st.none() | st.integers(1, 4),
        st.just(False),
        st.booleans(),
        st.integers(1, 4),
    )
)


@given(grids)
def test_every_number_is_a_cell_of_its_own_and_back(grid: Grid) -> None:
    found = [grid.digits(index) for index in range(grid.cells)]
    assert [grid.index(*at[:4]) for at in found] == list(range(grid.cells))
    assert len({at[:4] for at in found}) == grid.cells


@given(grids)
def test_all_that_play_have_a_cell_and_nobody_else(grid: Grid) -> None:
    found = {grid.digits(index)[:4] for index in range(grid.cells)}
    every = {
        (language, category, intensity, persona)
        for language, category, intensity in product(range(grid.languages), range(len(grid.players)), range(grid.intensities))
        for persona in grid.players[category]
    }
    assert found <= every and (grid.each is not None or found == every)
    assert {at for at in every if grid.index(*at) is None} == every - found
    for category, pool in enumerate(grid.players):
        assigned = grid.each or len(pool)
        assert grid.column_height(category) == grid.intensities * min(assigned, len(pool))


@given(grids)
def test_a_run_that_is_stopped_early_has_some_of_every_category(grid: Grid) -> None:
    """After any number of cells no category that still has cells to come is more than one behind another."""
    counts: Counter[tuple[int, int]] = Counter()
    total = {
        (language, category): grid.column_height(category)
        for language in range(grid.languages)
        for category in range(len(grid.players))
        if grid.column_height(category)
    }
    for index in range(grid.cells):
        at = grid.digits(index)
        counts[at.language, at.category] += 1
        unfinished = [counts[column] for column in total if counts[column] < total[column]]
        assert not unfinished or max(counts.values()) - min(unfinished) <= 1


@given(grids)
def test_dealt_personas_come_up_equally_often_among_those_who_play_the_same(grid: Grid) -> None:
    if grid.same_intensity:
        return
    for pool in set(grid.players):
        used = Counter(dict.fromkeys(pool, 0))
        used.update(at.persona for at in map(grid.digits, range(grid.cells)) if grid.players[at.category] == pool)
        assert max(used.values(), default=0) - min(used.values(), default=0) <= 1


@given(st.integers(2, 12).flatmap(lambda size: st.tuples(st.just(size), st.integers(1, size))), st.integers(0, 500))
def test_a_deal_and_its_inverse(size: tuple[int, int], group: int) -> None:
    people, each = size
    for turn in range(people - each + 1):
        design = BalancedDesign(tuple(range(10, 10 + people)), each, turn)
        assigned = [design.persona(group, slot) for slot in range(each)]
        assert len(set(assigned)) == each, "nobody twice in a group"
        assert [design.slot(group, persona) for persona in assigned] == list(range(each))
        assert all(design.slot(group, persona) is None for persona in {*range(10, 10 + people), 99} - {*assigned})


def test_a_deal_gives_nobody_always_the_same_kind_of_line_or_intensity() -> None:
    """Sizes that share a divisor make the plain design do just that: 40 categories, 2 intensities, 8 personas, 2 each."""
    for people, each, intensities in product((4, 5, 8, 10, 41), (1, 2, 3), (1, 2, 3, 5)):
        grid = Grid(1, intensities, (tuple(range(people)),) * 40, each, pattern=2)
        kinds = Counter((at.persona, grid.kind(at) % 2) for at in map(grid.digits, range(grid.cells)))
        uses = grid.cells / people
        if uses >= 8:
            assert all(kinds[persona, kind] >= uses / 4 for persona in range(people) for kind in (0, 1)), (people, each)
        levels = Counter((at.persona, at.intensity) for at in map(grid.digits, range(grid.cells)))
        if uses >= 8 * intensities:
            assert all(levels[persona, intensity] for persona in range(people) for intensity in range(intensities))


def test_the_plan_is_the_product_of_what_the_recipe_names() -> None:
    made = plan_of(personas=(*MINORS, *ADULTS), categories=("Anger", "Sexual Lust", "Awe"), intensities=(3, 5.5, 7))
    cells = [made.cell(index) for index in range(made.cells)]
    asked = {(cell.language, cell.category, cell.intensity, cell.persona) for cell in cells}
    assert asked == {
        ("en", category, intensity, persona)
        for category, intensity, persona in product(("anger", "sexual_lust", "awe"), (3, 5.5, 7), MINORS + ADULTS)
        if not (category == "sexual_lust" and persona in MINORS)
    }
    assert len(cells) == len(asked) == made.cells == 2 * 3 * 6 + 3 * 4
    for cell in cells:
        assert (
            made.index(language=cell.language, category=cell.category, intensity=cell.intensity, persona=cell.persona)
            == cell.index
        )
    with pytest.raises(UsageError, match="the plan has no cell of 'big-brother', 'sexual_lust' at 3 in 'en'"):
        made.index(language="en", category="sexual_lust", intensity=3, persona="big-brother")
    for beyond in (-1, made.cells):
        with pytest.raises(IndexError):
            made.cell(beyond)


# --- Kinds of lines


@given(st.integers(0, 12), st.integers(0, 12))
def test_a_pattern_has_the_ratio_and_mixes_evenly(evocative: int, neutral: int) -> None:
    if not evocative + neutral:
        return
    found = pattern(evocative, neutral)
    assert found.count("evocative") * neutral == found.count("neutral") * evocative
    for start in range(len(found) + 1):
        share = start * evocative / (evocative + neutral)
        assert abs(found[:start].count("evocative") - share) < 1


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 3), st.integers(0, 2), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_the_ratio_of_kinds_holds_in_every_margin(
    evocative: int, neutral: int, who: int, what: int, how: int, takes: int
) -> None:
    """A Latin square: along each of persona, category, intensity and take, and so in every margin of them."""
    made = plan_of(
        personas=ADULTS[:who],
        categories=("Anger", "Awe", "Fear", "Pride")[:what],
        takes=takes,
        intensities=(1, 3, 5, 7)[:how],
        scripts=Scripts(evocative=evocative, neutral=neutral),
    )
    specs = [made.take(made.cell(index), number) for index in range(made.cells) for number in range(1, takes + 1)]
    sizes = {"persona": who, "category": what, "intensity": how, "number": takes}
    parts = evocative + neutral
    for margin in sizes:
        others = [size for name, size in sizes.items() if name != margin]
        groups: dict[Any, list[str]] = {}
        for spec in specs:
            groups.setdefault(spec.number if margin == "number" else getattr(spec.cell, margin), []).append(spec.kind)
        for kinds in groups.values():
            exact = len(kinds) * evocative / parts
            # Exact where one of the others is a whole number of patterns.
            assert abs(kinds.count("evocative") - exact) <= (1e-9 if any(size % parts == 0 for size in others) else len(kinds))


@pytest.mark.parametrize("name", recipe_names())
def test_the_shipped_recipes_have_their_ratio_in_every_margin(name: str) -> None:
    made = make_plan(name)
    if not made.recipe.scripts.evocative:
        return
    counts: Counter[tuple[str, Any, str]] = Counter()
    for index in range(made.cells):
        for number in range(1, made.most_takes + 1):
            spec = made.take(made.cell(index), number)
            counts.update(
                [
                    ("category", spec.cell.category, spec.kind),
                    ("intensity", spec.cell.intensity, spec.kind),
                    ("persona", spec.cell.persona, spec.kind),
                    ("cell", index, spec.kind),
                ]
            )
    for margin, value, _ in counts:
        assert counts[margin, value, "evocative"] == counts[margin, value, "neutral"], (margin, value)


# --- Takes


def test_a_take_is_what_the_contract_says() -> None:
    made = plan_of(name="a-set", personas=ADULTS, categories=("Anger", "Awe"), takes=3, seed=7)
    spec = made.take(made.cell(5), 3)
    assert (spec.key, spec.number, spec.cell.index) == ("a-set-000000005-003", 3, 5)
    assert spec.seed == int.from_bytes(hashlib.sha256(b"7:5:3").digest()[:4], "big")
    assert spec.kind in ("evocative", "neutral") and spec.line_id.startswith("en-") and not spec.own
    for beyond in (0, 4):
        with pytest.raises(IndexError, match="of a cell with takes 1 to 3"):
            made.take(made.cell(5), beyond)


def test_keys_sort_as_the_plan_does_and_are_never_the_same() -> None:
    made = plan_of(personas=ADULTS[:1], categories=("Anger",), takes=2000)
    keys = [made.take(made.cell(0), number).key for number in (1, 9, 10, 999, 1000, 2000)]
    assert keys == sorted(keys) and len(set(keys)) == 6 and not any("." in key for key in keys)
    assert keys[0] == "x-000000000-0001"


def test_the_takes_of_a_cell_have_different_lines_until_there_are_no_more() -> None:
    made = plan_of(personas=("nurse",), categories=("Anger",), takes=30)
    kinds: dict[str, list[str]] = {"evocative": [], "neutral": []}
    for number in range(1, 31):
        spec = made.take(made.cell(0), number)
        kinds[spec.kind].append(spec.line_id)
    for kind, said in kinds.items():
        there = len(made.pools.lines("nurse", "en", "anger", kind))
        assert len(said) == 15 and len(set(said)) == min(15, there)
        assert len(set(said[:there])) == len(said[:there]), "no line again before all were said"


def test_neighbouring_cells_have_different_lines() -> None:
    made = plan_of(personas=("nurse",), categories=("Anger",), intensities=(1, 3, 5, 7), takes=4, scripts=Scripts(neutral=0))
    said = [{made.take(made.cell(index), number).line_id for number in range(1, 5)} for index in range(4)]
    there = len(made.pools.lines("nurse", "en", "anger", "evocative"))
    assert all(len(lines) == 4 for lines in said) and len(set().union(*said)) == min(16, there)
    again = plan_of(
        personas=("nurse",), categories=("Anger",), intensities=(1, 3, 5, 7), takes=there, scripts=Scripts(neutral=0)
    )
    first = [again.take(again.cell(index), 1).line_id for index in range(4)]
    assert len(set(first)) == 4, "even where each cell says all there are"


def test_nobody_says_what_belongs_to_somebody_else() -> None:
    made = plan_of(personas=("retired-judge",), categories=("Anger",), takes=60, scripts=Scripts(neutral=0))
    from voiceact.acting.script import load_lines

    tags = {line.id: line.tags for line in load_lines("en")}
    assert not any("child" in tags[made.take(made.cell(0), number).line_id] for number in range(1, 61))


def test_where_it_is_asked_two_categories_have_the_same_line_persona_and_seed() -> None:
    made = make_plan("contrastive-pairs")
    cells = [made.cell(index) for index in range(made.cells)]
    pairs: dict[Any, set[Any]] = {}
    for cell in cells:
        for number in range(1, made.most_takes + 1):
            spec = made.take(cell, number)
            pairs.setdefault((cell.persona, cell.intensity, number), set()).add((spec.text, spec.seed, spec.kind))
    assert all(len(said) == 1 for said in pairs.values()), "one line, seed and kind for all eight"
    assert len({said for (said,) in pairs.values()}) == len(pairs), "and not the same for two personas"
    assert {kind for ((_, _, kind),) in pairs.values()} == {"neutral"}
    for start in range(0, made.cells, 8):
        together = cells[start : start + 8]
        assert len({cell.category for cell in together}) == 8 and len({cell.persona for cell in together}) == 1, "side by side"


def test_a_ladder_has_the_same_line_persona_and_seed_on_every_step() -> None:
    made = make_plan("intensity-ladder")
    ladders: dict[Any, dict[float, Any]] = {}
    for index in range(made.cells):
        cell = made.cell(index)
        for number in range(1, made.most_takes + 1):
            spec = made.take(cell, number)
            ladders.setdefault((cell.category, cell.persona, number), {})[cell.intensity] = (spec.text, spec.seed, spec.kind)
    for steps in ladders.values():
        assert sorted(steps) == list(range(8)) and len(set(steps.values())) == 1


# --- Shards and units


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 60), st.integers(1, 40), st.integers(1, 4))
def test_stints_are_a_division_of_shards_and_shards_of_cells(shard: int, takes: int, personas: int) -> None:
    made = plan_of(
        personas=ADULTS[:personas],
        categories=("Anger", "Awe", "Fear"),
        intensities=(3, 5),
        takes=takes,
        store=StoreOptions(shard=shard),
    )
    cells = [made.cells_of(number) for number in range(made.shards)]
    assert [index for part in cells for index in part] == list(range(made.cells))
    for number, part in enumerate(cells):
        assert len(part) == 1 or len(part) * takes <= shard
        units = made.work_units_of(number)
        assert [index for unit in units for index in unit] == list(part)
        assert all(len(unit) == 1 or len(unit) * takes <= WORK_UNIT_TAKES for unit in units)
    with pytest.raises(IndexError):
        made.cells_of(made.shards)


# --- The same everywhere, at any size

OTHER = """
import sys, json
from voiceact.recipe.plan import make_plan
made = make_plan("emonet-voice-40")
specs = [made.take(made.cell(index), number) for index in range(0, made.cells, 7) for number in (1, 6)]
print(json.dumps([made.digest, made.fingerprint, [[s.key, s.text, s.seed, s.cell.persona, s.cell.category] for s in specs]]))
"""


def test_the_plan_is_the_same_in_another_process() -> None:
    found = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", OTHER],
                env={"PYTHONHASHSEED": seed, "PATH": ""},
                cwd=Path(room.__file__).parents[2],
                capture_output=True,
                check=True,
            ).stdout
        )
        for seed in ("1", "2")
    ]
    made = make_plan("emonet-voice-40")
    assert found[0] == found[1] and found[0][0] == made.digest and found[0][1] == made.fingerprint


def test_a_plan_that_is_sent_to_a_worker_is_the_same_plan() -> None:
    made = make_plan("emonet-voice-40")
    before = made.take(made.cell(9), 2)
    sent = pickle.dumps(made)
    assert pickle.loads(sent) == made and pickle.loads(sent).take(made.cell(9), 2) == before


def test_a_thousand_million_takes_are_planned_in_constant_memory() -> None:
    made = plan_of(intensities=tuple(at / 8 for at in range(1, 57)), takes=10_000)
    assert 9e8 < made.takes < 1e9 < MOST_TAKES
    tracemalloc.start()
    try:
        made = plan_of(intensities=tuple(at / 8 for at in range(1, 57)), takes=10_000)
        places = random.Random(0).sample(range(made.cells), 300)
        for index in places:
            made.take(made.cell(index), 10_000)
        assert len(made.work_units_of(made.shards - 1)) == 1 and list(made.cells_of(made.shards - 1)) == [made.cells - 1]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8_000_000, "as much as a small one: the scripts and personas"


# --- What it comes to


def test_size_is_that_of_the_texts() -> None:
    made = plan_of(personas=("nurse",), categories=("Anger",), takes=4, store=StoreOptions(format="wav"))
    size = expected_size(made)
    texts = [made.take(made.cell(0), number).text for number in range(1, 5)]
    seconds = sum(map(len, texts)) / 14.2 / made.personas["nurse"].voice.rate
    assert size.takes == 4 and size.hours == pytest.approx(seconds / 3600)
    assert size.gigabytes == pytest.approx((seconds * 48_000 + 4 * (4_800 + 2_048 + 400)) / 1e9)
    twins = expected_size(
        plan_of(personas=("nurse",), categories=("Anger",), takes=4, store=StoreOptions(format="wav", twins=True))
    )
    assert twins.gigabytes - size.gigabytes == pytest.approx(seconds * 48_000 / 1e9)


def test_coverage_counts_what_the_plan_has() -> None:
    made = plan_of(personas=(*MINORS, *ADULTS), intensities=(3, 5), takes=2)
    found = coverage(made)
    counted = Counter(made.cell(index).category for index in range(made.cells))
    assert {category: row["cells"] for category, row in found.items()} == counted
    assert sum(row["takes"] for row in found.values()) == made.takes
    assert found["sexual_lust"]["personas"] == 4 and found["anger"]["personas"] == 6 and len(found) == len(categories())


def test_a_sample_has_as_many_takes_of_each_category_as_may_be() -> None:
    made = plan_of(personas=ADULTS, categories=("Anger", "Awe", "Fear"), takes=3)
    some = list(sample_takes(made, 8))
    assert sorted(Counter(spec.cell.category for spec in some).values()) == [2, 3, 3]
    assert some == list(sample_takes(made, 8)) != list(sample_takes(made, 8, seed=1))
    every = list(sample_takes(made, 1000))
    assert len({spec.key for spec in every}) == len(every) == made.takes


@pytest.mark.parametrize(("rate", "included", "takes"), [(0.2, 4, 12), (0.05, 1, 30), (0.9, 3, 4), (0.5, 5, 5)])
def test_the_stop_rule_is_what_a_simulation_gives(rate: float, included: int, takes: int) -> None:
    draw, runs = random.Random(0), 20_000
    spent = passed = filled = 0
    for _ in range(runs):
        here = 0
        for _ in range(takes):
            spent += 1
            here += draw.random() < rate
            if here == included:
                break
        passed, filled = passed + here, filled + (here == included)
    found = stopping(rate, included=included, takes=takes)
    assert found.takes == pytest.approx(spent / runs, rel=0.02)
    assert found.included == pytest.approx(passed / runs, rel=0.03, abs=0.01)
    assert found.filled == pytest.approx(filled / runs, rel=0.05, abs=0.01)


@given(st.floats(0, 1), st.integers(1, 6), st.integers(0, 20))
def test_the_stop_rule_keeps_wald_s_identity(rate: float, included: int, more: int) -> None:
    """Included clips are takes times rate, whatever the rule that stops."""
    found = stopping(rate, included=included, takes=included + more)
    assert found.included == pytest.approx(found.takes * rate, abs=1e-9)
    assert included <= found.takes + 1e-9 <= included + more + 1e-6 and -1e-9 <= found.filled <= 1 + 1e-9


def test_a_cell_of_very_many_takes_is_about_as_the_exact_one() -> None:
    exact, rough = stopping(0.2, included=600, takes=5000), stopping(0.2, included=600, takes=5001)
    assert (rough.takes, rough.filled) == (3000, 1) and exact.takes == pytest.approx(3000, rel=1e-6)
    assert stopping(0.0, included=1, takes=10**9).included == 0


def test_all_pass_and_none_passes() -> None:
    made = plan_of(personas=ADULTS, categories=("Anger", "Awe"), stop=StopRule(included=2, takes=6))
    everything = expected_plan(made, {"anger": 1.0, "awe": 1.0})
    assert (everything.takes, everything.included, everything.filled) == (16, 16, 1)
    half = expected_plan(made, {"anger": 1.0, "awe": 0.0})
    assert (half.takes, half.included, half.filled) == (8 + 24, 8, 0.5)


# --- A pilot


def test_a_pilot_counts_what_it_saw_and_says_how_sure_it_is() -> None:
    made = plan_of(personas=ADULTS, categories=("Anger", "Awe"), takes=10)
    pilot = run_pilot(
        made,
        20,
        lambda spec: TakeOutcome(*("verified", True, 3.0) if spec.cell.category == "anger" else ("rejected", False, 3.0)),
    )
    assert pilot.levels() == {"verified": 10, "rejected": 10} and pilot.rate == 0.5
    assert pilot.by_category() == {"anger": (10, 10), "awe": (0, 10)}
    assert pilot.interval == pytest.approx((0.2993, 0.7007), abs=1e-4), "Wilson, 10 of 20"
    whole = forecast(made, pilot, workers=2, cost_per_hour=3.0)
    assert whole.takes.expected == whole.takes.at_low == 80
    assert whole.included.expected == pytest.approx(40) and whole.included.at_low < 40 < whole.included.at_high
    assert whole.cost is not None and whole.cost.expected == pytest.approx(whole.finish_hours.expected * 3)
    alone = forecast(made, pilot)
    assert alone.finish_hours.expected == pytest.approx(2 * whole.finish_hours.expected) and alone.cost is None


def test_under_a_stop_rule_a_pilot_says_how_many_takes_it_needs() -> None:
    made = plan_of(personas=ADULTS, categories=("Anger", "Awe"), stop=StopRule(included=1, takes=10))
    pilot = run_pilot(made, 40, lambda spec: TakeOutcome("verified", spec.seed % 4 == 0, 3.0))
    whole = forecast(made, pilot)
    assert made.cells < whole.takes.expected < made.takes
    assert whole.takes.at_high < whole.takes.expected < whole.takes.at_low, "the fewer pass, the more takes"
    assert 0 < whole.filled.at_low < whole.filled.expected < whole.filled.at_high <= 1


def test_a_run_that_keeps_only_what_is_included_needs_less_disk() -> None:
    def disk(**store: Any) -> float:
        made = plan_of(personas=ADULTS, categories=("Anger", "Awe"), store=StoreOptions(**store))
        return forecast(
            made, run_pilot(made, 8, lambda spec: TakeOutcome("x", spec.cell.category == "awe", 3.0))
        ).gigabytes.expected

    assert disk(keep="included") == pytest.approx(disk() / 2)


def test_a_pilot_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="a pilot of 0 takes says nothing"):
        run_pilot(plan_of(personas=("nurse",)), 0, lambda spec: TakeOutcome("verified", True, 1.0))


def test_a_real_take_is_performed_and_judged() -> None:
    made = plan_of(personas=("nurse",), categories=("Anger",), intensities=(6,), verify=Verify(checks=("quality", "emotion")))
    outcome = open_performer(made)(made.take(made.cell(0), 1))
    assert outcome.level in ("verified", "undecided", "rejected") and outcome.included == (outcome.level == "verified")
    assert 1 < outcome.seconds < 30
