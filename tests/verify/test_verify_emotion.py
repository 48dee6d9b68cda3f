"""Is the emotion there? Three questions, each to a judge that answers from a script."""

import math
from dataclasses import replace

import numpy as np
import pytest
from judges import ScriptedJudge, fixed

from voiceact.estimators.base import Profile
from voiceact.verify.base import Check, join
from voiceact.verify.emotion import check_emotion, find_contrast, profile_take

SOUND = np.ones(100, np.float32)


def checks(judge: ScriptedJudge, **mix: float) -> dict[str, Check]:
    return {check.name: check for check in check_emotion(judge, profile_take(judge, SOUND, 16000, (SOUND, 16000)), mix)}


def test_present_as_strong_as_asked_and_its_opposite_absent() -> None:
    found = checks(fixed(distress=4.0, contentment=0.5), distress=5)
    assert {name: check.outcome for name, check in found.items()} == {
        "emotion": "pass",
        "contrast": "pass",
        "intensity": "pass",
    }
    assert found["emotion"].sentence == "Distress is heard: 4.0 of 7, present from 2.0; evidence: category"
    assert found["contrast"].sentence == "Contentment is absent: 0.5 of 7, present from 2.0"
    assert found["intensity"].sentence == "Distress: asked 5, heard 4.0 (reach 2.5)"
    assert (found["emotion"].figure, found["emotion"].threshold) == (4.0, 2.0)


def test_absent() -> None:
    found = checks(fixed(distress=1.9, contentment=0.5), distress=3)
    assert (found["emotion"].outcome, found["emotion"].reason) == ("fail", "absent")
    assert found["emotion"].sentence.startswith("Distress is not heard: 1.9 of 7")


def test_the_opposite_is_heard_as_well() -> None:
    found = checks(fixed(distress=4.0, contentment=3.0), distress=5)
    assert (found["contrast"].outcome, found["contrast"].reason) == ("fail", "contrast_present")
    assert "Contentment, which should be absent, is heard" in found["contrast"].sentence


@pytest.mark.parametrize(("asked", "heard", "reason"), [(7, 4.0, "too_weak"), (1, 4.0, "too_strong"), (5, 4.0, "")])
def test_intensity_within_reach(asked: float, heard: float, reason: str) -> None:
    found = checks(fixed(distress=heard, contentment=0), distress=asked)
    assert found["intensity"].reason == reason
    assert found["intensity"].figure == heard - asked


def test_a_judge_may_state_its_own_reach() -> None:
    judge = fixed(distress=4.0, contentment=0)
    judge.intensity_reach = 0.5
    assert checks(judge, distress=5)["intensity"].outcome == "fail"


def test_false_accepts_of_training_are_told() -> None:
    judge = fixed(distress=4.0, contentment=0)
    rates = {"false_accept_neutral": {"value": 0.03}, "false_accept_others": {"value": 0.12}}
    judge.false_accepts = {"neutral": {"distress": rates}}
    found = checks(judge, distress=5)["emotion"]
    assert found.sentence.endswith("wrongly said of 3% of neutral and 12% of other human clips")
    assert found.details["false_accepts"] == rates


def test_without_evidence_nothing_is_judged() -> None:
    found = checks(fixed(contentment=0), distress=5)
    assert {name: check.outcome for name, check in found.items()} == {
        "emotion": "not judged",
        "contrast": "pass",
        "intensity": "not judged",
    }
    assert found["emotion"].reason == "no_evidence"


def test_several_categories_are_each_asked_for() -> None:
    judge = fixed(pride=3.0, sadness=1.0, elation=0.0)
    found = check_emotion(judge, profile_take(judge, SOUND, 16000, None), {"pride": 3, "sadness": 5, "anger": 0})
    assert [(check.name, check.outcome, check.details.get("category")) for check in found] == [
        ("emotion", "pass", "pride"),
        ("emotion", "fail", "sadness"),
        ("contrast", "pass", "elation"),
        ("intensity", "pass", "pride"),
        ("intensity", "fail", "sadness"),
    ]


def test_the_contrast_rests_on_the_strongest_evidence_and_is_none_of_what_was_asked() -> None:
    evidence = {"distress": "category", "contentment": "dimension", "anger": "category", "elation": "category"}
    judge = fixed(evidence, distress=4)
    profile = profile_take(judge, SOUND, 16000, None)
    assert not isinstance(profile, str)
    assert find_contrast(judge, profile, "distress", {"distress": 5}) == "elation"
    assert find_contrast(judge, profile, "distress", {"distress": 5, "elation": 2}) in ("anger", "contentment")
    lonely = fixed(distress=4)
    assert find_contrast(lonely, profile_of(lonely), "distress", {"distress": 5}) is None
    assert checks(lonely, distress=5)["contrast"].reason == "no_contrast"


def profile_of(judge: ScriptedJudge):
    return judge.profile(SOUND, 16000)


def test_nothing_asked_and_nothing_heard() -> None:
    judge = fixed(distress=4)
    assert [check.reason for check in check_emotion(judge, profile_of(judge), {"distress": 0})] == ["nothing_asked"]
    silent = profile_take(judge, np.zeros(100, np.float32), 16000, None)
    assert silent == "nothing is heard"
    (found,) = check_emotion(judge, silent, {"distress": 5})
    assert (found.outcome, found.reason, found.sentence) == ("not judged", "unheard", "nothing is heard")


# Likelihood ratios


def rated(evidence: str, ratio: float, score: float, cohort: str = "") -> tuple[ScriptedJudge, Profile]:
    """A judge that gives distress this likelihood ratio, and the profile it would give any sound."""
    judge = fixed({"distress": evidence}, distress=score)
    profile = replace(profile_of(judge), log_ratios={"distress": math.log(ratio)}, cohort=cohort)
    return judge, profile


@pytest.mark.parametrize(
    ("evidence", "ratio", "outcome", "reason"),
    [
        ("category", 7.0, "pass", ""),
        ("category", 2.0, "pass", ""),
        ("category", 1.9, "not judged", "undecided"),
        ("category", 0.51, "not judged", "undecided"),
        ("category", 0.5, "fail", "absent"),
        ("burst", 7.0, "pass", ""),
        ("burst", 0.01, "not judged", "undecided"),
        ("dimension", 0.01, "not judged", "undecided"),
    ],
)
def test_a_ratio_confirms_from_the_bound_on_and_denies_on_category_evidence_only(
    evidence: str, ratio: float, outcome: str, reason: str
) -> None:
    judge, profile = rated(evidence, ratio, 4.0 if ratio >= 2 else 1.0)
    found = check_emotion(judge, profile, {"distress": 4})[0]
    assert (found.outcome, found.reason) == (outcome, reason)
    assert found.details["likelihood_ratio"] == pytest.approx(ratio)


def test_a_ratio_is_told_in_words_with_people_beside_it() -> None:
    judge, profile = rated("category", 7.0, 4.0, cohort="pilot (96 clips)")
    judge.people = {"regimes": {"none+cohort": {"distress": {"value": 0.45, "low": 0.4, "high": 0.5, "n": 90}}}}
    found = check_emotion(judge, profile, {"distress": 4})[0]
    assert found.sentence.startswith(
        "Distress is heard: people who perform distress sound like this 7 times as often as people who do not (4.0 of 7"
    )
    assert "people who perform it are heard in 45% of their clips" in found.sentence
    assert found.sentence.endswith("beside the cohort pilot (96 clips)")
    assert found.details["cohort"] == "pilot (96 clips)" and found.details["people_heard"]["n"] == 90


def test_a_judge_without_ratios_denies_on_category_evidence_only() -> None:
    judge = fixed({"distress": "dimension"}, distress=0.5)
    found = check_emotion(judge, profile_of(judge), {"distress": 4})[0]
    assert (found.outcome, found.reason) == ("not judged", "undecided")


def test_another_feeling_on_weak_evidence_fails_no_contrast() -> None:
    judge = fixed({"distress": "category", "contentment": "burst"}, distress=4.0, contentment=6.0)
    found = checks(judge, distress=4)["contrast"]
    assert (found.outcome, found.reason) == ("not judged", "undecided")
    assert "may be heard, on burst evidence" in found.sentence


def test_an_intensity_that_seems_off_leaves_a_verdict_undecided() -> None:
    made = check_emotion(
        fixed(distress=7.0, contentment=0.0), profile_of(fixed(distress=7.0, contentment=0.0)), {"distress": 1}
    )
    assert [check.outcome for check in made] == ["pass", "pass", "fail"]
    assert join(made, ["category"]) == "undecided"
    assert join([*made, Check("quality", "fail", "clipped", "clipping")], ["category"]) == "rejected"
