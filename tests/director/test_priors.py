"""Priors: a table that is read, applied where it holds, fitted with voices and lines that check it; and the Goodhart watch."""

import json

import msgspec
import pytest
from test_director import PITCH, MovesEngine, ScriptedCoach, directed, request

from voiceact.acting.data_file import directions_digest
from voiceact.acting.direction import shift, steps
from voiceact.acting.moves import Moves
from voiceact.acting.persona import load_persona
from voiceact.director.director import Budget, Director
from voiceact.director.fit import Fit
from voiceact.director.goodhart import describe_gains, measure_gains
from voiceact.director.priors import (
    FORMAT,
    Prior,
    Priors,
    apply_prior,
    decode_priors,
    encode_priors,
    group_of,
    load_priors,
    own_path,
    shipped_priors,
)
from voiceact.errors import UnknownNameError, UsageError
from voiceact.synthesis.kernel import TakeMaker


def table(**changes) -> Priors:
    row = Prior(
        engine="tone", group="high", category="fear", intensity=5.0, steps={"pitch": 1.0, "rate": -0.5}, gain=0.2, takes=9
    )
    other = msgspec.structs.replace(row, intensity=7.0, steps={"pitch": 2.0})
    values = {"format": FORMAT, "directions": directions_digest(), "run": {"coach": "x"}, "rows": [row, other]}
    return Priors(**values | changes)


def test_a_table_is_written_a_row_a_line_and_read_again(tmp_path):
    data = encode_priors(table())
    assert decode_priors(data, "test") == table()
    assert sum('"category"' in line for line in data.decode().splitlines()) == 2
    (tmp_path / "own.json").write_bytes(data)
    assert load_priors(tmp_path / "own.json") == table()


def test_the_users_own_table_goes_before_the_shipped_one():
    assert load_priors() == shipped_priors()
    own_path().parent.mkdir(parents=True)
    own_path().write_bytes(encode_priors(table()))
    assert load_priors() == table()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "is no table of priors"),
        (b'{"format": "voiceact-priors/9", "directions": "", "run": {}, "rows": []}', "is of format 'voiceact-priors/9'"),
        (b'{"format": "voiceact-priors/1", "directions": "", "run": {}, "rows": [{}]}', "is no table of priors"),
    ],
)
def test_a_damaged_table_is_refused_with_its_name(data, said):
    with pytest.raises(
        UsageError, match=f"mine.json: .*{said}.* expected a table that 'voiceact director fit' wrote|mine.json: {said}"
    ):
        decode_priors(data, "mine.json")


def test_a_table_of_moves_that_are_none_is_refused():
    row = msgspec.structs.replace(table().rows[0], steps={"pitchh": 1.0})
    with pytest.raises(UnknownNameError, match="did you mean 'pitch'"):
        decode_priors(encode_priors(table(rows=[row])), "mine.json")
    with pytest.raises(UsageError, match="is no table of priors"):
        decode_priors(encode_priors(table(rows=[msgspec.structs.replace(row, steps={"pitch": 1e9})])), "mine.json")


def test_the_nearest_row_holds_for_its_engine_voices_and_category():
    nurse = load_persona("nurse")
    assert group_of(nurse) == "high"
    assert table().find("tone", nurse, [("fear", 5.5)]).intensity == 5.0
    assert table().find("tone", nurse, [("fear", 6.5)]).intensity == 7.0
    assert table().find("tone", nurse, [("anger", 5.0)]) is None
    assert table().find("other", nurse, [("fear", 5.0)]) is None
    assert table().find("tone", load_persona("village-priest"), [("fear", 5.0)]) is None
    assert table().find("tone", nurse, [("fear", 5.0), ("sadness", 2.0)]) is None
    assert table(directions="another").find("tone", nurse, [("fear", 5.0)]) is None


def test_a_prior_counts_by_its_share_below_its_intensity_and_leaves_what_the_user_set():
    row = table().rows[0]
    moved = steps(apply_prior(Moves(), row, 2.5))
    assert (moved["pitch"], moved["rate"]) == (pytest.approx(0.5), pytest.approx(-0.25))
    assert apply_prior(Moves(), row, 7.0) == apply_prior(Moves(), row, 5.0)
    assert apply_prior(Moves(), row, 5.0, fixed=["pitch"]).pitch == 0.0


def test_the_first_take_begins_with_its_prior_and_the_record_says_so():
    director = Director(strategy="auto", budget=Budget(3), coach=PITCH, priors=table())
    made = director.direct(request(), TakeMaker(checks=()))
    plain = request().direction.moves
    first, second, *_ = made.director.takes
    assert first.why == "with its prior: pitch +1.0, rate -0.5"
    assert made.director.prior == table().source
    assert second.why == "the direction as it is" and second.moves["pitch"] == pytest.approx(plain.pitch, abs=1e-3)
    assert made.request.direction.moves.pitch >= shift(plain, {"pitch": 1.0}).pitch - 1e-6
    assert directed(PITCH, takes=1).director.prior == ""


# Fitting


def fit(coach, **changes):
    values = {
        "fitted": [load_persona("empathetic-educator"), load_persona("night-shift-taxi-driver")],
        "held": [load_persona("cheerful-barista"), load_persona("village-priest")],
        "lines": ["It is here.", "Sit down."],
        "categories": ["fear"],
        "intensities": [5.0],
        "variations": 12,
    }
    return Fit("tone", coach, **values | changes)


@pytest.fixture
def tone(monkeypatch):
    monkeypatch.setattr("voiceact.synthesis.request.load_engine", lambda name: MovesEngine())


def test_what_the_coach_likes_is_found_for_both_groups_and_holds_for_others(tone):
    rows = list(fit(ScriptedCoach(lambda moves: 3 * moves["pitch"])).rows())
    assert [(row.group, holds) for row, holds in rows] == [("low", True), ("high", True)]
    for row, _ in rows:
        assert row.steps["pitch"] > 0 and row.gain > 0


def test_what_helps_nobody_else_is_left_out(tone):
    heard = {"number": 0}

    def ratio(moves):
        heard["number"] += 1
        return float(heard["number"] if heard["number"] <= 13 else 0)  # ever better, until others are asked

    row, holds = next(iter(fit(ScriptedCoach(ratio)).rows()))
    assert row.gain < 0 and not holds


def test_a_fit_needs_both_groups_and_a_line_to_check_with():
    with pytest.raises(UsageError, match="no persona to check with has a low voice"):
        fit(PITCH, held=[load_persona("nurse")])
    with pytest.raises(UsageError, match="expected at least two, the last of which only checks"):
        fit(PITCH, lines=["It is here."])


def test_the_shipped_table_is_whole():
    priors = shipped_priors()
    assert json.loads(encode_priors(priors))["format"] == FORMAT
    assert all(row.gain > 0 and row.steps for row in priors.rows)


# The Goodhart watch


def test_gains_are_those_of_the_take_that_the_coach_likes_best_so_far():
    cells = [[(0.0, 1.0), (1.0, 0.5), (0.5, 9.0)], [(2.0, 2.0), (1.0, 9.0)]]
    gains = measure_gains(cells)
    assert [one.takes for one in gains] == [1, 2, 3]
    assert [(one.coach, one.judge) for one in gains] == [(0.0, 0.0), (0.5, -0.25), (0.5, -0.25)]
    with pytest.raises(ValueError, match="at least one take"):
        measure_gains([[]])


@pytest.mark.parametrize(
    ("judge", "said"), [(0.8, "the judge, which steered nothing, follows"), (0.0, "rises alone"), (-0.5, "rises alone")]
)
def test_it_says_whether_the_judge_follows(judge, said):
    assert said in describe_gains(measure_gains([[(0.0, 0.0), (1.0, judge)]]))


def test_it_says_where_there_was_nothing_to_gain():
    assert "nothing to gain" in describe_gains(measure_gains([[(0.0, 0.0), (-1.0, 1.0)]]))
