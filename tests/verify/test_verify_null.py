"""Pass rates beside their null: judges that confirm everything, nothing or at random are exposed."""

import numpy as np
import pytest
from judges import IDS, ScriptedJudge

from voiceact.errors import UsageError
from voiceact.verify.pass_rate import JudgedClip, is_present, measure_pass_rate

ASKED = ("anger", "fear", "sadness", "elation", "contentment")
EVIDENCE = dict.fromkeys(IDS, "category")


def clips(judge: ScriptedJudge, each: int = 12, twins: bool = True) -> list[JudgedClip]:
    """`each` clips a category, its place coded in the sound, with neutral twins (code -1)."""

    def sound(code: float, number: int) -> np.ndarray:
        return np.array([code, number, 1.0], np.float32)

    return [
        JudgedClip(
            category,
            judge.profile(sound(place, number), 16000),
            judge.profile(sound(-1, number), 16000) if twins else None,
            f"persona {number % 2}",
        )
        for place, category in enumerate(ASKED)
        for number in range(each)
    ]


def told(judge: ScriptedJudge, **options: bool):
    return measure_pass_rate(judge, clips(judge, **options), draws=300)


RIGHT = ScriptedJudge(lambda sound: {ASKED[int(sound[0])]: 5.0} if sound[0] >= 0 else {}, EVIDENCE)
ALWAYS = ScriptedJudge(lambda sound: dict.fromkeys(IDS, 5.0), EVIDENCE)
NEVER = ScriptedJudge(lambda sound: {}, EVIDENCE)
RANDOM = ScriptedJudge(
    lambda sound: {
        one: float(np.random.default_rng([int(sound[0]) + 1, int(sound[1]), place]).random() * 4)
        for place, one in enumerate(IDS)
    },
    EVIDENCE,
)


def test_a_judge_that_hears_what_was_asked_is_told_apart() -> None:
    found = told(RIGHT)
    assert found.passed.value == 1
    assert found.permuted is not None
    assert found.permuted.mean == pytest.approx(0.2, abs=0.05)  # one in five requests is dealt to its own
    assert found.permuted.p < 0.01
    assert found.twins.value == 0
    assert found.above_chance
    assert found.sentence().startswith("100% [94%, 100%] of 60 clips pass; 2")
    assert "0% [0%, 6%] of the neutral twins would" in found.sentence()


def test_a_judge_that_always_says_yes_is_exposed() -> None:
    found = told(ALWAYS)
    assert found.passed.value == 1
    assert found.permuted is not None and found.permuted.mean == 1 and found.permuted.p == 1
    assert found.twins.value == 1
    assert not found.above_chance
    assert found.sentence().endswith("no more than by chance, this judge confirms nothing")


def test_a_judge_that_always_says_no_is_exposed() -> None:
    found = told(NEVER)
    assert found.passed.value == 0
    assert found.permuted is not None and found.permuted.p == 1
    assert not found.above_chance


def test_a_judge_that_answers_at_random_is_exposed() -> None:
    found = told(RANDOM)
    assert found.passed.value == pytest.approx(0.5, abs=0.2)
    assert found.permuted is not None
    assert found.permuted.low <= found.passed.value <= found.permuted.high
    assert not found.above_chance
    assert found.twins.value == pytest.approx(0.5, abs=0.2)


def test_requests_are_dealt_out_within_persona_and_engine() -> None:
    # Either persona is asked for one category only: dealing within personas changes nothing.
    judge = RIGHT
    heard = [
        JudgedClip(category, judge.profile(np.array([place, number, 1.0], np.float32), 16000), None, category)
        for place, category in enumerate(ASKED[:2])
        for number in range(10)
    ]
    found = measure_pass_rate(judge, heard, draws=100)
    assert found.permuted is not None and found.permuted.mean == 1
    assert not found.above_chance


def test_clips_that_cannot_be_judged_are_counted_apart() -> None:
    partial = ScriptedJudge(lambda sound: {"anger": 5.0} if sound[0] == 0 else {}, {"anger": "category", "fear": "burst"})
    found = told(partial, twins=False)
    assert found.not_judged == 36
    assert found.passed.value == 0.5
    assert found.twins.value is None
    assert "36 clips could not be judged" in found.sentence()
    nobody = told(ScriptedJudge(lambda sound: {}, {}))
    assert nobody.sentence() == "none of 60 clips was asked for a category the judge can tell"
    assert not nobody.above_chance
    assert nobody.to_dict()["dealt"] is None


def test_presence_is_asked_against_the_threshold() -> None:
    profile = RIGHT.profile(np.array([0, 0, 1.0], np.float32), 16000)
    assert is_present(RIGHT, profile, "anger") is True
    assert is_present(RIGHT, profile, "fear") is False
    assert is_present(ScriptedJudge(lambda sound: {}, {}), profile, "anger") is None


def test_a_pass_rate_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="no clips to make a pass rate of"):
        measure_pass_rate(RIGHT, [])
