"""Check whether the emotion is there: is it present, is its opposite absent, is it as strong as requested.

The judge is asked like a listener: one category at a time, present or not, and never which of the 40 is highest. A judge
that gives likelihood ratios says "present" from its bound on; one that gives scores alone, from its threshold on. Either may
say "absent" on category evidence only, and one with ratios only below the reciprocal of its bound: what a judge cannot hear
it may not deny. All else is undecided.
"""

import math
from collections.abc import Mapping
from typing import Any

from voiceact.acting.taxonomy import contrast, get
from voiceact.audio import Samples
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile, adapt_estimator, people_heard, verdict_mode
from voiceact.estimators.ensemble.ensemble import agreement, describe_votes
from voiceact.estimators.likelihood import Answer, decide, describe_log_ratio
from voiceact.verify.base import Check
from voiceact.vocabulary import EMOTION_CHECK, EVIDENCE, INTENSITY_CHECK, Evidence

CONTRAST, INTENSITY = "contrast", INTENSITY_CHECK
JUDGE_CHECKS = (EMOTION_CHECK, CONTRAST, INTENSITY)
"""checks made of the judge's profile; of a long take they are made once, of the mean profile"""

REACH = 2.5
"""steps of intensity a judge may be off where it does not state its own error"""

STRENGTH: tuple[Evidence, ...] = ("category", "burst", "dimension")
"""evidence a contrast may rest on, the strongest first"""


def profile_take(judge: Estimator, samples: Samples, rate: int, twin: tuple[Samples, int] | None) -> Profile | str:
    """Compute the judge's profile of a take with its neutral twin as reference.

    Args:
        judge: the estimator
        samples: float32 [n], mono
        rate: Hz
        twin: samples and rate of the neutral reading, or None

    Returns:
        The profile, or the reason why the judge can say nothing.
    """
    try:
        reference = judge.reference([twin], kind="neutral") if twin else None
        return judge.profile(samples, rate, reference=reference)
    except VoiceactError as error:
        return str(error)


def check_emotion(judge: Estimator, profile: Profile | str, mix: Mapping[str, float]) -> list[Check]:
    """Make the checks `emotion` and `intensity` of each requested category, and `contrast` of the strongest.

    Args:
        judge: the estimator that computed the profile
        profile: from `profile_take`
        mix: category id -> requested intensity; categories at 0 are not checked
    """
    requested = {category: intensity for category, intensity in mix.items() if intensity > 0}
    if isinstance(profile, str):
        return [Check(EMOTION_CHECK, "not judged", profile, "unheard")]
    if not requested:
        return [Check(EMOTION_CHECK, "not judged", "no emotion was asked, so there is none to be heard", "nothing_asked")]
    strongest = max(requested, key=lambda category: requested[category])
    return [
        *[check_present(judge, profile, category) for category in requested],
        check_contrast(judge, profile, strongest, requested),
        *[check_intensity(judge, profile, category, intensity) for category, intensity in requested.items()],
    ]


def check_present(judge: Estimator, profile: Profile, category: str) -> Check:
    """Check whether the judge calls a category (its id) present."""
    name, score, least = get(category).name, profile.scores.get(category), judge.thresholds.get(category)
    evidence = profile.evidence.get(category, "none")
    details: dict[str, Any] = {"category": category, "evidence": evidence}
    votes = profile.votes.get(category, ())
    if votes:
        share = agreement(votes, score is not None and least is not None and score >= least)
        details |= {"votes": [vote.as_dict() for vote in votes], "agreement": share}
    if score is None or least is None or evidence == "none":
        why = profile.reasons.get(category) or EVIDENCE["none"]
        return Check(
            EMOTION_CHECK, "not judged", f"{name}: the judge has no score ({why})", "no_evidence", score, least, details
        )

    # Add how often the judge wrongly hears the category, and how often people are heard who perform it.
    finding = f"{score:.1f} of 7, present from {least:.1f}; evidence: {evidence}"
    rates = adapt_estimator(judge).false_accepts.get(profile.reference, {}).get(category)
    if rates:
        details["false_accepts"] = rates
        shares = [
            f"{rates[key]['value']:.0%} of {words}"
            for key, words in (("false_accept_neutral", "neutral"), ("false_accept_others", "other"))
            if (rates.get(key) or {}).get("value") is not None
        ]
        finding += f"; wrongly said of {' and '.join(shares)} human clips" if shares else ""
    people = people_heard(judge, category, verdict_mode(profile.reference, bool(profile.cohort)))
    if people:
        details["people_heard"] = people
        finding += f"; people who perform it are heard in {people['value']:.0%} of their clips"
    if (ratio := profile.log_ratios.get(category)) is not None:
        details["likelihood_ratio"] = math.exp(ratio)
        finding = f"{describe_log_ratio(ratio, name.casefold())} ({finding})"
    if votes:
        finding += f"; {describe_votes(votes)}"
    if profile.cohort:
        details["cohort"] = profile.cohort
        finding += f"; beside the cohort {profile.cohort}"
    answer = decide_presence(judge, profile, category)
    if answer == "undecided":
        sentence = f"{name} is neither confirmed nor denied: {finding}"
        return Check(EMOTION_CHECK, "not judged", sentence, "undecided", score, least, details)
    if answer == "absent":
        return Check(EMOTION_CHECK, "fail", f"{name} is not heard: {finding}", "absent", score, least, details)
    return Check(EMOTION_CHECK, "pass", f"{name} is heard: {finding}", "", score, least, details)


def decide_presence(judge: Estimator, profile: Profile, category: str) -> Answer:
    """Say whether a judge calls a category present or absent, or cannot decide.

    Args:
        judge: the estimator that computed the profile
        profile: of the clip
        category: id
    """
    score, least = profile.scores.get(category), judge.thresholds.get(category)
    evidence = profile.evidence.get(category, "none")
    if score is None or least is None or evidence == "none":
        return "undecided"
    if (ratio := profile.log_ratios.get(category)) is not None:
        return decide(ratio, evidence, bound=adapt_estimator(judge).bound)
    if score >= least:
        return "present"
    # Of several judges one that is undecided keeps all together from denying.
    if any(vote.says == "undecided" for vote in profile.votes.get(category, ())):
        return "undecided"
    return "absent" if evidence == "category" else "undecided"


def check_contrast(judge: Estimator, profile: Profile, category: str, requested: Mapping[str, float]) -> Check:
    """Check whether the category farthest from the requested one, among those the judge can tell, is absent.

    It fails on category evidence only: a hint of something else denies nothing.
    """
    opposite = find_contrast(judge, profile, category, requested)
    if opposite is None:
        return Check(
            CONTRAST, "not judged", f"the judge can tell no category that is far from {get(category).name}", "no_contrast"
        )
    name, score, least = get(opposite).name, profile.scores[opposite], judge.thresholds[opposite]
    assert score is not None  # find_contrast() returns scored categories only
    details: dict[str, Any] = {"category": opposite, "evidence": profile.evidence[opposite]}
    finding = f"{score:.1f} of 7, present from {least:.1f}"
    if (ratio := profile.log_ratios.get(opposite)) is not None:
        details["likelihood_ratio"] = math.exp(ratio)
        finding = f"{describe_log_ratio(ratio, name.casefold())} ({finding})"
    answer = decide_presence(judge, profile, opposite)
    if answer == "present" and profile.evidence[opposite] != "category":
        sentence = f"{name}, which should be absent, may be heard, on {profile.evidence[opposite]} evidence: {finding}"
        return Check(CONTRAST, "not judged", sentence, "undecided", score, least, details)
    if answer == "present":
        return Check(
            CONTRAST, "fail", f"{name}, which should be absent, is heard: {finding}", "contrast_present", score, least, details
        )
    how = "is absent" if answer == "absent" else "is not heard"
    return Check(CONTRAST, "pass", f"{name} {how}: {finding}", "", score, least, details)


def find_contrast(judge: Estimator, profile: Profile, category: str, requested: Mapping[str, float]) -> str | None:
    """Return the id of the category farthest from `category` with the strongest evidence there is, or None.

    Requested categories are no contrast, nor are categories of the same display group.
    """
    for evidence in STRENGTH:
        candidates = [
            get(name)
            for name, level in profile.evidence.items()
            if level == evidence
            and name not in requested
            and name != category
            and name in judge.thresholds
            and profile.scores.get(name) is not None
            and get(name).group != get(category).group
        ]
        if candidates:
            return contrast(get(category), among=candidates).id
    return None


def check_intensity(judge: Estimator, profile: Profile, category: str, requested: float) -> Check:
    """Check whether the score of a category is within reach of the requested intensity."""
    name, score = get(category).name, profile.scores.get(category)
    if score is None or profile.evidence.get(category, "none") == "none":
        return Check(INTENSITY, "not judged", f"{name}: the judge has no score", "no_evidence")
    stated = adapt_estimator(judge).intensity_reach
    reach = REACH if stated is None else float(stated)
    difference = score - requested
    details = {"category": category, "asked": requested, "heard": score}
    sentence = f"{name}: asked {requested:g}, heard {score:.1f} (reach {reach:g})"
    if abs(difference) > reach:
        reason = "too_strong" if difference > 0 else "too_weak"
        return Check(INTENSITY, "fail", sentence, reason, difference, reach, details)
    return Check(INTENSITY, "pass", sentence, "", difference, reach, details)
