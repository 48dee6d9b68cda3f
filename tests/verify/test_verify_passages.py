"""The verdict of a long take: averages of what the judge heard, and shares of passages that fail."""

from dataclasses import replace

import pytest
from judges import IDS

from voiceact.estimators.base import Profile
from voiceact.verify.base import Check, Verdict
from voiceact.verify.passages import MOST_LISTED, PassageVerdicts


class Judge:
    name, revision = "scripted", "1"
    thresholds = dict.fromkeys(IDS, 3.0)


def profile(score: float) -> Profile:
    scores = dict.fromkeys(IDS, 1.0) | {"anger": score}
    return Profile(scores, 0.5, None, 0.0, dict.fromkeys(IDS, "category"), "scripted", "1", "neutral")


def passage(score: float = 5.0, transcript: str = "pass", quality: str = "pass") -> Verdict:
    checks = (
        Check("quality", quality, "whole" if quality == "pass" else "clipped", "" if quality == "pass" else "clipped"),
        Check("emotion", "pass", "anger is heard"),
        Check("transcript", transcript, f"it is {transcript}", "words" if transcript == "fail" else ""),
    )
    judge = {"name": "scripted", "revision": "1"}
    return Verdict("verified", checks, {"anger": 5.0}, {"anger": "category"}, judge, "twin", profile(score))


def joined(passages: list[Verdict], seconds: list[float] | None = None) -> Verdict:
    verdicts = PassageVerdicts({"anger": 5.0}, Judge())
    for number, verdict in enumerate(passages):
        length = seconds[number] if seconds else 10.0
        verdicts.add(verdict, seconds=length, text=f"Line {number}.", start_seconds=10.0 * number)
    return verdicts.verdict()


def check(verdict: Verdict, name: str) -> Check:
    return next(check for check in verdict.checks if check.name == name)


def test_all_passages_pass() -> None:
    verdict = joined([passage()] * 4)
    assert verdict.level == "verified" and verdict.reference == "twin"
    assert [c.name for c in verdict.checks] == ["quality", "emotion", "contrast", "intensity", "transcript"]
    assert check(verdict, "transcript").sentence == "4 of 4 passages pass"


def test_the_emotion_is_looked_for_in_the_average_by_duration() -> None:
    verdict = joined([passage(5.0), passage(1.0)], [30.0, 10.0])
    assert verdict.profile is not None and verdict.profile.scores["anger"] == pytest.approx(4.0)
    assert verdict.profile.arousal == 0.5 and verdict.profile.valence is None
    assert check(verdict, "emotion").outcome == "pass"
    assert check(joined([passage(5.0), passage(1.0)], [10.0, 30.0]), "emotion").outcome == "fail"


def test_likelihood_ratios_are_averaged_too() -> None:
    def rated(score: float, ratio: float) -> Verdict:
        return replace(passage(score), profile=replace(profile(score), log_ratios={"anger": ratio}))

    verdict = joined([rated(5.0, 2.0), rated(1.0, -2.0)], [30.0, 10.0])
    assert verdict.profile is not None and verdict.profile.log_ratios == {"anger": pytest.approx(1.0)}
    assert check(verdict, "emotion").outcome == "pass"
    assert check(joined([rated(5.0, 2.0), rated(1.0, -2.0)], [10.0, 30.0]), "emotion").outcome == "fail"


def test_one_passage_in_ten_may_be_misheard_and_more_may_not() -> None:
    assert joined([*[passage()] * 9, passage(transcript="fail")]).level == "verified"
    verdict = joined([*[passage()] * 8, *[passage(transcript="fail")] * 2])
    found = check(verdict, "transcript")
    assert (verdict.level, found.outcome, found.reason, found.figure) == ("rejected", "fail", "words", 0.2)
    assert found.sentence == "8 of 10 passages pass; the first that fails, at 80 s: it is fail"
    assert [failure["text"] for failure in found.details["failures"]] == ["Line 8.", "Line 9."]


def test_a_broken_sound_is_one_too_many() -> None:
    verdict = joined([*[passage()] * 30, passage(quality="fail")])
    assert verdict.reasons == ("quality:clipped",)


def test_what_could_not_be_judged_counts_neither_way() -> None:
    verdict = joined([passage(), passage(transcript="not judged")])
    assert check(verdict, "transcript").sentence == "1 of 1 passage pass, 1 could not be judged"
    nothing = joined([passage(transcript="not judged")] * 3)
    assert check(nothing, "transcript").outcome == "not judged" and nothing.level == "verified"


def test_failures_that_are_named_are_bounded() -> None:
    verdict = joined([passage(transcript="fail")] * 50)
    assert len(check(verdict, "transcript").details["failures"]) == MOST_LISTED
    assert check(verdict, "transcript").details["failed"] == 50


def test_no_passage_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="no passage"):
        PassageVerdicts({}, None).verdict()


def test_without_a_judge_the_checks_say_so() -> None:
    unheard = replace(passage(), judge=None, profile=None, checks=(Check("emotion", "not judged", "no judge", "no_judge"),))
    verdicts = PassageVerdicts({"anger": 5.0}, None)
    verdicts.add(unheard, seconds=1, text="x", start_seconds=0)
    assert verdicts.verdict().level == "undecided"
