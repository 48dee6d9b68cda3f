"""Is the emotion there? Three questions to the judge: is it present, is its opposite absent, is it as strong as asked.

The judge is asked as listeners are: one category at a time, present or not. Which of 40 is highest is never asked. A judge
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
from voiceact.estimators.base import Estimator, Profile
from voiceact.estimators.ensemble.ensemble import agreement, in_words
from voiceact.estimators.likelihood import BOUND, Answer, decide
from voiceact.estimators.likelihood import in_words as ratio_in_words
from voiceact.verify.base import Check
from voiceact.vocabulary import EMOTION_CHECK, EVIDENCE, INTENSITY_CHECK, Evidence

CONTRAST, INTENSITY = "contrast", INTENSITY_CHECK

REACH = 2.5
"""steps of intensity a judge may be off where it does not state its own error"""

STRENGTH: tuple[Evidence, ...] = ("category", "burst", "dimension")
"""evidence a contrast may rest on, the strongest first"""


def listen(judge: Estimator, samples: Samples, rate: int, twin: tuple[Samples, int] | None) -> Profile | str:
    """The judge's profile of a take beside its twin; the reason where nothing can be said."""
    try:
        reference = judge.reference([twin], kind="neutral") if twin else None
        return judge.profile(samples, rate, reference=reference)
    except VoiceactError as error:
        return str(error)


def check_emotion(judge: Estimator, profile: Profile | str, mix: Mapping[str, float]) -> list[Check]:
    """Checks `emotion` (for each category asked), `contrast` and `intensity`.

    profile: from `listen`
    mix: category id -> intensity asked; those at 0 are not asked
    """
    asked = {category: intensity for category, intensity in mix.items() if intensity > 0}
    if isinstance(profile, str):
        return [Check(EMOTION_CHECK, "not judged", profile, "unheard")]
    if not asked:
        return [Check(EMOTION_CHECK, "not judged", "no emotion was asked, so there is none to be heard", "nothing_asked")]
    present = [check_present(judge, profile, category) for category in asked]
    strongest = max(asked, key=lambda category: asked[category])
    return [
        *present,
        check_contrast(judge, profile, strongest, asked),
        *[check_intensity(judge, profile, category, intensity) for category, intensity in asked.items()],
    ]


def check_present(judge: Estimator, profile: Profile, category: str) -> Check:
    """Whether the judge calls the category present."""
    name, score, least = get(category).name, profile.scores.get(category), judge.thresholds.get(category)
    evidence = profile.evidence.get(category, "none")
    details: dict[str, Any] = {"category": category, "evidence": evidence, **_votes(profile, category, score, least)}
    if score is None or least is None or evidence == "none":
        why = profile.reasons.get(category) or EVIDENCE["none"]
        return Check(
            EMOTION_CHECK, "not judged", f"{name}: the judge has no score ({why})", "no_evidence", score, least, details
        )
    details |= _rates(judge, profile, category)
    found = f"{score:.1f} of 7, present from {least:.1f}; evidence: {evidence}{_rates_in_words(details)}"
    if (ratio := profile.log_ratios.get(category)) is not None:
        details["likelihood_ratio"] = math.exp(ratio)
        found = f"{ratio_in_words(ratio, name)} ({found})"
    if details.get("votes"):
        found += f"; {in_words(profile.votes[category])}"
    if profile.cohort:
        details["cohort"] = profile.cohort
        found += f"; beside the cohort {profile.cohort}"
    answer = says(judge, profile, category)
    if answer == "undecided":
        return Check(
            EMOTION_CHECK, "not judged", f"{name} is neither confirmed nor denied: {found}", "undecided", score, least, details
        )
    if answer == "absent":
        return Check(EMOTION_CHECK, "fail", f"{name} is not heard: {found}", "absent", score, least, details)
    return Check(EMOTION_CHECK, "pass", f"{name} is heard: {found}", "", score, least, details)


def says(judge: Estimator, profile: Profile, category: str) -> Answer:
    """Say whether the judge calls a category present or absent, or cannot decide."""
    score, least = profile.scores.get(category), judge.thresholds.get(category)
    evidence = profile.evidence.get(category, "none")
    if score is None or least is None or evidence == "none":
        return "undecided"
    if (ratio := profile.log_ratios.get(category)) is not None:
        return decide(ratio, evidence, bound=float(getattr(judge, "bound", BOUND)))
    if score >= least:
        return "present"
    return "absent" if evidence == "category" else "undecided"


def check_contrast(judge: Estimator, profile: Profile, category: str, asked: Mapping[str, float]) -> Check:
    """Whether the category farthest from the one asked, among those the judge can tell, is absent.

    It fails only on category evidence: a hint of something else denies nothing.
    """
    opposite = contrasting(judge, profile, category, asked)
    if opposite is None:
        return Check(
            CONTRAST, "not judged", f"the judge can tell no category that is far from {get(category).name}", "no_contrast"
        )
    name, score, least = get(opposite).name, profile.scores[opposite], judge.thresholds[opposite]
    assert score is not None  # contrasting() takes scored categories only
    details: dict[str, Any] = {"category": opposite, "evidence": profile.evidence[opposite]}
    found = f"{score:.1f} of 7, present from {least:.1f}"
    if (ratio := profile.log_ratios.get(opposite)) is not None:
        details["likelihood_ratio"] = math.exp(ratio)
        found = f"{ratio_in_words(ratio, name)} ({found})"
    if (answer := says(judge, profile, opposite)) != "present":
        how = "is absent" if answer == "absent" else "is not heard"
        return Check(CONTRAST, "pass", f"{name} {how}: {found}", "", score, least, details)
    if profile.evidence[opposite] != "category":
        sentence = f"{name}, which should be absent, may be heard, but the evidence is {profile.evidence[opposite]}: {found}"
        return Check(CONTRAST, "not judged", sentence, "undecided", score, least, details)
    return Check(
        CONTRAST, "fail", f"{name}, which should be absent, is heard: {found}", "contrast_present", score, least, details
    )


def contrasting(judge: Estimator, profile: Profile, category: str, asked: Mapping[str, float]) -> str | None:
    """Id of the category farthest from `category` with the strongest evidence there is; None if there is none.

    What was asked as well is no contrast, nor is a category of the same display group.
    """
    for evidence in STRENGTH:
        able = [
            get(name)
            for name, level in profile.evidence.items()
            if level == evidence
            and name not in asked
            and name != category
            and name in judge.thresholds
            and profile.scores.get(name) is not None
            and get(name).group != get(category).group
        ]
        if able:
            return contrast(get(category), among=able).id
    return None


def check_intensity(judge: Estimator, profile: Profile, category: str, asked: float) -> Check:
    """Whether the intensity heard is within reach of the one asked."""
    name, score = get(category).name, profile.scores.get(category)
    if score is None or profile.evidence.get(category, "none") == "none":
        return Check(INTENSITY, "not judged", f"{name}: the judge has no score", "no_evidence")
    reach = float(getattr(judge, "intensity_reach", REACH))
    off = score - asked
    details = {"category": category, "asked": asked, "heard": score}
    found = f"{name}: asked {asked:g}, heard {score:.1f} (reach {reach:g})"
    if abs(off) > reach:
        reason = "too_strong" if off > 0 else "too_weak"
        return Check(INTENSITY, "fail", found, reason, off, reach, details)
    return Check(INTENSITY, "pass", found, "", off, reach, details)


def _votes(profile: Profile, category: str, score: float | None, least: float | None) -> dict[str, Any]:
    """What each of several judges said, and the share of those with a vote who said what came out."""
    votes = profile.votes.get(category, ())
    if not votes:
        return {}
    share = agreement(votes, score is not None and least is not None and score >= least)
    return {"votes": [one.as_dict() for one in votes], "agreement": share}


def _rates(judge: Estimator, profile: Profile, category: str) -> dict[str, Any]:
    """How often the judge says yes of people: of those who perform it (human parity), and where it should not."""
    known: Mapping[str, Any] = getattr(judge, "false_accepts", {})
    rates = known.get(profile.reference, {}).get(category)
    found: dict[str, Any] = {"false_accepts": rates} if rates else {}
    people = people_heard(judge, profile, category)
    return {**found, "people_heard": people} if people else found


def people_heard(judge: Estimator, profile: Profile, category: str) -> Mapping[str, Any] | None:
    """Return how often people of corpora the judge never met are heard as this category, under the profile's regime.

    Returns:
        A figure {value, low, high, n}; None where that was not measured.
    """
    known: Mapping[str, Any] = getattr(judge, "people", {})
    regime = f"{profile.reference}+cohort" if profile.cohort else profile.reference
    found: Mapping[str, Any] | None = known.get("regimes", {}).get(regime, {}).get(category)
    return found


def _rates_in_words(details: Mapping[str, Any]) -> str:
    rates = details.get("false_accepts", {})
    told = [
        f"{rates[key]['value']:.0%} of {words}"
        for key, words in (("false_accept_neutral", "neutral"), ("false_accept_others", "other"))
        if (rates.get(key) or {}).get("value") is not None
    ]
    wrongly = f"; wrongly said of {' and '.join(told)} human clips" if told else ""
    people = (details.get("people_heard") or {}).get("value")
    return wrongly if people is None else f"{wrongly}; people who perform it are heard in {people:.0%} of their clips"
