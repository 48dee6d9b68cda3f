"""The director: what it tries, hears, keeps and records, with an engine whose sound tells its moves and a coach that reads it."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from builders import RATE, ToneEngine, build_request
from judges import ScriptedJudge, fixed

from voiceact.acting.direction import direct, shift, steps, vector
from voiceact.acting.moves import LIMITS, MULTIPLIERS, NEUTRAL, Moves
from voiceact.acting.stage_directions import parse_stage
from voiceact.clip.record import decode_record, encode_record
from voiceact.director.coach import Coach, CoachReport
from voiceact.director.director import STRATEGIES, Budget, Director, check_engine, propose_request
from voiceact.director.limits import PROSODY, REACH_STEPS, hold_inside, limit_moves
from voiceact.director.objective import score_take
from voiceact.director.strategies import Attempt, Proposal, Situation, find_reasons, mend
from voiceact.engines.base import Capabilities, Licences, Take
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.estimators.features.signal import UnheardError
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.request import recall_request, with_stage
from voiceact.verify.backends.base import Backends, Unavailable

MIX = {"fear": 5.0}


NOBODY = Backends(Unavailable("not here"), Unavailable("not here"), Unavailable("not here"))
"""no recognizer, encoder or rater: faults are what the coach finds"""


class MovesEngine(ToneEngine):
    """Speaks its moves: the first samples are their values, behind which lies a sound of a second."""

    def __init__(self):
        self.spoken = 0

    def perform(self, text, persona, direction, *, language, seed):
        self.spoken += 1
        values = np.array([getattr(direction.moves, name) for name in NEUTRAL], np.float32)
        noise = np.random.default_rng(3).normal(0, 0.05, RATE).astype(np.float32)
        noise[: len(values)] = values
        return Take(noise, RATE, seed)


def moves_of(samples) -> dict[str, float]:
    return dict(zip(NEUTRAL, map(float, samples[: len(NEUTRAL)]), strict=True))


class ScriptedCoach(Coach):
    """Hears in the moves of a take what a function says."""

    name, revision, hears, digests = "scripted", "c1", "moves", frozenset({"c1"})

    def __init__(self, ratio, evidence="category", **others):
        self._ratio, self._evidence, self._others, self.heard = ratio, evidence, others, 0

    def listen(self, samples, rate, twin, *, text, words=()):
        self.heard += 1
        ratios = {"fear": self._ratio(moves_of(samples)), **self._others}
        return CoachReport(ratios, {}, dict.fromkeys(ratios, self._evidence), {})


def request(**changes):
    return build_request(**({"mix": MIX, "engine": MovesEngine()} | changes))


def directed(coach, *, strategy="best-of", takes=8, seconds=None, maker=None, backends=NOBODY, **changes):
    director = Director(strategy=strategy, budget=Budget(takes, seconds), coach=coach, backends=backends)
    return director.direct(request(**changes), maker or TakeMaker(checks=()))


PITCH = ScriptedCoach(lambda moves: 3 * moves["pitch"])


# What is kept


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_the_take_that_the_coach_likes_best_is_kept_whatever_the_strategy(strategy):
    made = directed(ScriptedCoach(lambda moves: 3 * moves["pitch"]), strategy=strategy, takes=12)
    totals = [take.total for take in made.director.takes if take.total is not None]
    assert made.director.takes[made.director.chosen].total == max(totals)
    assert made.request.direction.moves.pitch == pytest.approx(moves_of(made.take.samples)["pitch"], abs=1e-5)


@pytest.mark.parametrize("strategy", ["auto", "best-of", "ladder", "search"])
def test_direction_raises_what_the_coach_rewards(strategy):
    first = request().direction.moves.pitch
    assert (
        directed(ScriptedCoach(lambda moves: 3 * moves["pitch"]), strategy=strategy, takes=16).request.direction.moves.pitch
        > first
    )


def test_a_search_comes_nearer_than_draws_alone():
    def ratio(moves):
        return -4 * ((moves["rate"] - 1.02) ** 2 * 100 + (moves["pitch"] - 3.5) ** 2 + (moves["energy"] - 2.5) ** 2)

    found, drawn = (directed(ScriptedCoach(ratio), strategy=name, takes=150).director for name in ("search", "best-of"))
    assert found.takes[found.chosen].total > drawn.takes[drawn.chosen].total


def test_the_judge_speaks_once_and_on_the_take_that_is_kept():
    judge = fixed(fear=3.0)
    asked = []
    judge.profile = lambda samples, rate, *, reference=None, real=judge.profile: (
        asked.append(samples) or real(samples, rate, reference=reference)
    )
    director = Director(strategy="best-of", budget=Budget(6), coach=PITCH, judge=judge)
    made = director.direct(request(), TakeMaker(judge=judge, checks=("emotion",)))
    assert len(asked) == 1 and np.array_equal(asked[0], made.take.samples)
    assert made.verdict.level == "verified"


def test_no_more_takes_are_spoken_than_the_budget_has_and_one_twin():
    engine = MovesEngine()
    directed(ScriptedCoach(lambda moves: 0.0), strategy="ladder", takes=4, engine=engine)
    assert engine.spoken == 4 + 1


def test_the_same_request_is_directed_the_same_way():
    first, again = (directed(ScriptedCoach(lambda moves: moves["rate"]), strategy="auto", takes=9) for _ in range(2))
    assert msgspec.to_builtins(first.director) == msgspec.to_builtins(again.director)
    assert np.array_equal(first.take.samples, again.take.samples)


def test_of_equals_the_first_is_kept():
    made = directed(ScriptedCoach(lambda moves: -1.0 if moves["rate"] else 0.0), strategy="ladder", takes=3)
    assert made.director.chosen == 0  # those further from the direction cost their distance
    assert "the first of 3 takes is kept" in made.director.note


def test_seconds_end_it_but_never_before_the_first_take(monkeypatch):
    clock = iter(range(0, 10_000, 3))
    monkeypatch.setattr("voiceact.director.director.time.monotonic", lambda: float(next(clock)))
    made = directed(PITCH, strategy="best-of", takes=50, seconds=14.0)
    # A take needs three seconds by this clock: four of them fit into fourteen.
    assert (len(made.director.takes), made.director.stopped) == (4, "seconds")


def test_one_second_that_is_long_past_leaves_the_first_take():
    assert len(directed(PITCH, seconds=1e-9).director.takes) == 1


# What fails


class Failing(MovesEngine):
    def perform(self, text, persona, direction, *, language, seed):
        if direction.mix and self.spoken in self.fails:
            self.spoken += 1
            raise RuntimeError("out of breath")
        return super().perform(text, persona, direction, language=language, seed=seed)


def test_a_take_that_fails_costs_that_take_alone():
    engine = Failing()
    engine.fails = {2}
    made = directed(PITCH, strategy="ladder", takes=4, engine=engine)
    assert [take.failed for take in made.director.takes].count("out of breath") == 1
    assert made.director.takes[made.director.chosen].failed == ""


def test_where_no_take_can_be_spoken_it_says_why():
    engine = Failing()
    engine.fails = set(range(20))
    with pytest.raises(VoiceactError, match="none of 3 takes could be spoken; the first: out of breath"):
        directed(PITCH, strategy="ladder", takes=3, engine=engine)


def test_a_take_that_cannot_be_heard_is_not_kept_where_another_can():
    class Deaf(ScriptedCoach):
        def listen(self, samples, rate, twin, *, text, words=()):
            if self.heard == 0:
                self.heard += 1
                raise UnheardError("the audio is silent")
            return super().listen(samples, rate, twin, text=text, words=words)

    made = directed(Deaf(lambda moves: 0.0), strategy="ladder", takes=3)
    assert made.director.takes[0].failed == "the audio is silent" and made.director.chosen != 0


def test_a_category_that_the_coach_does_not_hear_keeps_the_first_take_and_says_so():
    made = directed(PITCH, mix={"sourness": 5.0})
    assert len(made.director.takes) == 1 and made.director.stopped == "strategy"
    assert made.director.note == "the coach 'scripted' hears nothing of sourness, so the first take is kept"


# Bad input


@pytest.mark.parametrize(("takes", "seconds"), [(0, None), (-1, None), (5000, None), (3, 0.0), (3, -1.0), (3, float("nan"))])
def test_a_budget_of_nothing_is_refused(takes, seconds):
    with pytest.raises(UsageError, match="leaves nothing to hear; expected"):
        Budget(takes, seconds)


def test_a_coach_that_is_the_judge_is_refused_before_anything_is_spoken():
    with pytest.raises(UsageError, match="is the judge"):
        Director(coach="human")


def test_an_unknown_strategy_is_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'search'"):
        Director(strategy="serch")


def test_nothing_to_feel_and_a_long_text_are_refused():
    with pytest.raises(UsageError, match="without an emotion has nothing that a coach could hear"):
        directed(PITCH, mix={})
    with pytest.raises(UsageError, match="one passage is directed at a time"):
        directed(PITCH, text="One more word. " * 300)


def _engine(**capabilities):
    engine = MovesEngine()
    known = {"moves": frozenset(), "languages": ("en",), "sample_rate": RATE, "deterministic": True}
    engine.capabilities = Capabilities(**known | capabilities, licences=Licences("MIT", "MIT", "MIT"))
    return engine


def test_an_engine_with_nothing_to_direct_is_refused_and_one_that_draws_is_asked_for_seeds():
    with pytest.raises(UsageError, match="engine 'tone' has nothing to direct"):
        check_engine(_engine(), STRATEGIES["auto"])
    with pytest.raises(UsageError, match="follows no moves, which the strategy 'search' needs; use 'best-of'"):
        check_engine(_engine(deterministic=False), STRATEGIES["search"])
    made = directed(PITCH, strategy="auto", takes=4, engine=_engine(deterministic=False))
    assert {take.why for take in made.director.takes[1:]} == {"another seed"}
    assert len({take.seed for take in made.director.takes}) == 4


# What is recorded, and replayed


def test_the_record_says_what_was_tried_and_is_read_again():
    record = directed(PITCH, strategy="auto", takes=5).record()
    told = decode_record(encode_record(record), "test").director
    assert told == record.director
    assert (told.strategy, told.most_takes, told.most_seconds, len(told.takes)) == ("auto", 5, None, 5)
    assert told.coach.name == "scripted" and told.coach.shared_with_judge == []
    for take in told.takes:
        assert take.total == pytest.approx(sum(take.parts.values()), abs=1e-3)
    assert not told.takes[0].moves and told.takes[1].moves


def test_a_directed_take_is_spoken_again_from_its_record(monkeypatch):
    made = directed(PITCH, strategy="auto", takes=5)
    again = recall_request(made.record(), engine=MovesEngine())
    assert (again.direction.moves, again.seed) == (made.request.direction.moves, made.request.seed)
    assert np.array_equal(TakeMaker(checks=()).speak(again).samples, made.take.samples)


def test_a_record_without_a_director_has_none():
    assert TakeMaker(checks=()).make([request()]).__next__().record().director is msgspec.UNSET


# Limits


def test_what_the_user_set_stays():
    plain = request(text="Sit down.")
    stage = parse_stage("rate=0.9, pitch=1")
    fixed_request = replace(plain, stage=stage, direction=with_stage(plain.direction, stage))
    loud = ScriptedCoach(lambda moves: moves["energy"])
    made = Director(strategy="auto", budget=Budget(12), coach=loud).direct(fixed_request, TakeMaker(checks=()))
    for take in made.director.takes:
        assert "rate" not in take.moves and "pitch" not in take.moves
    kept, asked = made.request.direction.moves, fixed_request.direction.moves
    assert (kept.rate, kept.pitch) == (asked.rate, asked.pitch) and kept != asked


@pytest.mark.parametrize("category", ["fear", "disgust", "awe", "contentment"])
def test_limits_hold_the_direction_and_give_qualities_to_feelings_that_have_them_alone(category):
    moves = direct(request().persona, [(category, 7.0)]).moves
    limits = limit_moves(category, moves)
    for name, (low, high) in limits.items():
        assert LIMITS[name][0] <= low <= getattr(moves, name) <= high <= LIMITS[name][1]
        if name not in PROSODY and vector(category)[name] == NEUTRAL[name]:
            assert low == high
        if name in PROSODY:
            reach = (
                steps(replace(Moves(), **{name: high}))[name] - steps(replace(Moves(), **{name: getattr(moves, name)}))[name]
            )
            assert reach <= REACH_STEPS + 1e-6
    assert limit_moves("disgust", moves)["whisper"][1] == moves.whisper


def test_every_take_lies_within_the_limits():
    start = request().direction.moves
    limits = limit_moves("fear", start)
    made = directed(ScriptedCoach(lambda moves: moves["energy"] + 50 * moves["tremor"]), strategy="search", takes=40)
    for take in made.director.takes:
        for name, value in take.moves.items():
            assert limits[name][0] - 1e-3 <= value <= limits[name][1] + 1e-3


def test_moves_are_shifted_by_just_noticeable_differences():
    by = {"rate": 2.0, "pitch": -1.5, "breath": 1.0}
    moved = steps(shift(Moves(breath=0.2), by))
    before = steps(Moves(breath=0.2))
    for name, count in by.items():
        assert moved[name] - before[name] == pytest.approx(count)
    assert shift(Moves(), {"energy": 1000}).energy == LIMITS["energy"][1]
    with pytest.raises(UnknownNameError, match="ratee"):
        shift(Moves(), {"ratee": 1.0})


# Seeds


def test_another_seed_keeps_what_was_directed_and_varies_it_as_seeds_do():
    plain = request()
    moves = replace(plain.direction.moves, pitch=6.0)
    other = propose_request(plain, Proposal(moves, "", plain.seed + 1))
    expected = plain.with_seed(plain.seed + 1).direction.moves.pitch - plain.direction.moves.pitch
    assert other.direction.moves.pitch - 6.0 == pytest.approx(expected, abs=1e-6)
    assert other.seed == plain.seed + 1 and other.neutral().direction.mix == ()


# The objective


def test_the_objective_weighs_what_is_asked_against_what_should_be_absent():
    heard = CoachReport(
        {"fear": 1.0, "elation": 0.8}, {"fear": 5.0}, {"fear": "category", "elation": "category"}, {"fear": 0.5}
    )
    score = score_take(heard, MIX, moves=Moves(), start=Moves())
    assert score.parts["category"] == 1.0
    assert score.parts["contrast"] < 0
    assert score.total == pytest.approx(sum(score.parts.values()))
    weaker = replace(heard, strengths={"fear": 1.0})
    assert score_take(weaker, MIX, moves=Moves(), start=Moves()).total < score.total
    farther = replace(heard, distances={"fear": 2.0})
    assert score_take(farther, MIX, moves=Moves(), start=Moves()).total < score.total
    assert score_take(heard, MIX, moves=Moves(pitch=6), start=Moves()).total < score.total
    assert score_take(heard, MIX, moves=Moves(), start=Moves(), naturalness=2.0).total == pytest.approx(score.total - 0.4)


def test_a_mix_counts_each_by_its_share():
    heard = CoachReport({"fear": 1.0, "sadness": -1.0}, {}, {"fear": "dimension", "sadness": "dimension"}, {})
    assert score_take(heard, {"fear": 6.0, "sadness": 2.0}, moves=Moves(), start=Moves()).parts["category"] == pytest.approx(
        0.5
    )


# Mending


def _situation(moves):
    plain = request()
    return Situation(plain, Proposal(moves, "", plain.seed), limit_moves("fear", moves))


def test_each_fault_is_mended_in_its_own_way():
    plain = request()
    moves = plain.direction.moves
    here = _situation(moves)
    report = CoachReport({"fear": 0.1, "elation": 1.0}, {"fear": 1.0}, {"fear": "category", "elation": "category"}, {})
    attempt = Attempt(Proposal(moves, "", 0), plain, report=report)
    assert find_reasons(attempt)[0] == "contrast_present" and "too_weak" in find_reasons(attempt)
    assert mend(here, attempt, "words").rate < moves.rate
    assert abs(mend(here, attempt, "other_voice").pitch) < abs(moves.pitch)
    assert mend(here, attempt, "too_weak").pitch > moves.pitch > mend(here, attempt, "too_strong").pitch
    away = steps(mend(here, attempt, "contrast_present"))
    own, contrast = (steps(Moves(**vector(name))) for name in ("fear", "elation"))
    gained = sum((away[name] - steps(moves)[name]) * (own[name] - contrast[name]) for name in PROSODY if name in own)
    assert gained > 0
    assert mend(here, attempt, "unheard_of") is None


def test_retries_end_where_nothing_is_wrong():
    coach = ScriptedCoach(lambda moves: 2.0)
    made = directed(coach, strategy="retry", takes=8)
    assert (len(made.director.takes), made.director.stopped) == (1, "strategy")


class Recognizer:
    """Hears the words of slow takes alone."""

    name, paces = "slow ears", (1.0,)

    def speaks(self, language):
        return True

    def hear(self, samples, rate, *, language):
        return "how are you" if moves_of(samples)["rate"] < 1.05 else "cow bars blue zebra tangerine"


def test_garbled_words_are_spoken_more_slowly_until_they_are_heard():
    plain = request().direction.moves
    assert plain.rate > 1.05
    made = directed(ScriptedCoach(lambda moves: 2.0), strategy="retry", takes=8, backends=replace(NOBODY, asr=Recognizer()))
    assert [take.why for take in made.director.takes[1:]] == ["words: mended"] * (len(made.director.takes) - 1)
    assert made.director.takes[-1].moves["rate"] < plain.rate


class Rater:
    """Finds slow takes natural."""

    name, revision, figure, highest, least, drop, whispers = "rater", "1", "MOS", 5.0, 1.0, 4.0, True

    def rate(self, sounds):
        return [4.0 if moves_of(samples)["rate"] < 1.05 else 1.0 for samples, _ in sounds]


class GarbledOnce(Recognizer):
    """Hears nothing of the first sound it is given, and notes each."""

    def __init__(self):
        self.sounds = []

    def hear(self, samples, rate, *, language):
        self.sounds.append(samples.tobytes())
        return "cow bars blue zebra tangerine" if samples.tobytes() == self.sounds[0] else "how are you"


def test_a_fault_is_looked_for_once_in_each_take():
    # The coach likes the first take best, so that every proposal asks what is wrong with it.
    ears = GarbledOnce()
    fast = ScriptedCoach(lambda moves: 50 * moves["rate"])
    made = directed(fast, strategy="retry", takes=6, backends=replace(NOBODY, asr=ears))
    assert made.director.chosen == 0 and made.director.takes[1].why == "words: mended"
    assert len(ears.sounds) == len(set(ears.sounds))


@pytest.mark.parametrize("strategy", ["retry", "search"])
def test_no_other_fault_is_looked_for_where_the_words_decide(strategy):
    class Encoder:
        name = "encoder"

        def __getattr__(self, name):
            raise AssertionError("nobody need ask whose voice it is")

    made = directed(
        ScriptedCoach(lambda moves: 2.0),
        strategy=strategy,
        takes=2,
        backends=replace(NOBODY, asr=Recognizer(), speaker=Encoder()),
    )
    assert len(made.director.takes) == 2


def test_a_search_minds_the_words_and_the_naturalness_of_what_it_finds():
    heard = replace(NOBODY, asr=Recognizer(), mos=Rater())
    made = directed(ScriptedCoach(lambda moves: moves["rate"]), strategy="search", takes=25, backends=heard)
    first, kept = made.director.takes[0], made.director.takes[made.director.chosen]
    assert first.parts["words"] == -3.0 and first.parts["naturalness"] == pytest.approx(-0.9)
    assert "words" not in kept.parts and kept.parts["naturalness"] == 0.0
    assert made.request.direction.moves.rate < 1.05


def test_a_search_says_what_it_needs(monkeypatch):
    import sys

    from voiceact.runtime.extras import MissingExtraError

    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(MissingExtraError, match="the strategy 'search' needs an optional part; install it with: pip install"):
        directed(PITCH, strategy="search")


def test_multipliers_are_scaled_by_their_logarithm():
    moves = Moves(rate=1.2, pitch=3.0)
    here = Situation(request(), Proposal(moves, "", 0), dict.fromkeys(("rate", "pitch"), (-10.0, 10.0)))
    doubled = here.scale(moves, 2.0)
    assert (doubled.rate, doubled.pitch) == (pytest.approx(1.44), pytest.approx(6.0))
    assert "rate" in MULTIPLIERS
    assert hold_inside(moves, {"pitch": (0.0, 1.0)}).pitch == 1.0


def test_a_judge_of_ones_own_is_the_one_the_coach_must_not_be():
    class Own(ScriptedJudge):
        revision = "c1"

    judge = Own(lambda samples: {}, {})
    with pytest.raises(UsageError, match="the coach 'scripted' is the judge 'scripted'"):
        Director(coach=PITCH, judge=judge)


# Variants


@pytest.mark.parametrize("strategy", ["auto", "best-of"])
def test_a_variant_is_tried_and_kept_with_its_words_where_the_coach_prefers_it(strategy):
    low = ScriptedCoach(lambda moves: -5 * abs(moves["pitch"] - dread().moves.pitch))
    made = directed(low, strategy=strategy)
    told = made.director.takes[made.director.chosen]
    assert told.variant == "dread" and made.request.direction.variants == (("fear", "dread"),)
    assert "dread" in made.request.direction.instruction
    assert made.request.mix.variants() == {"fear": "dread"}


def dread():
    return direct(request().persona, [("fear", 5.0)], variants={"fear": "dread"})


def test_takes_near_a_variant_lie_within_the_limits_of_the_variant():
    low = ScriptedCoach(lambda moves: -5 * abs(moves["pitch"] - dread().moves.pitch))
    limits = limit_moves("fear", dread().moves, variant="dread")
    maker = TakeMaker(checks=())
    attempts = Director(strategy="auto", budget=Budget(8), coach=low, backends=NOBODY).rehearse(request(), maker)
    near = [attempt.request.direction.moves for attempt in attempts if attempt.proposal.variant]
    assert len(near) > 2
    for moves in near:
        assert hold_inside(moves, limits) == moves


def test_a_variant_that_the_user_named_is_the_only_one():
    asked = build_request(mix=MIX, engine=MovesEngine())
    asked = replace(asked, mix=asked.mix.with_variant("dread"), direction=dread())
    attempts = Director(strategy="best-of", budget=Budget(6), coach=PITCH, backends=NOBODY).rehearse(
        asked, TakeMaker(checks=())
    )
    assert {attempt.proposal.variant for attempt in attempts} == {""}
    assert {attempt.request.direction.variants for attempt in attempts} == {(("fear", "dread"),)}
