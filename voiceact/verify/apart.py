"""Words and wordless bursts of a take, each judged by what a judge can tell of its kind.

A judge tells some categories in speech and others only in bursts (`voiceact.vocabulary.EVIDENCE`). Where a take holds both,
the words are judged for the former and the bursts for the latter; for a category that both can tell, the one that
hears it counts. `Apart.kinds` says on which sound each answer rests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from voiceact.audio import Samples
from voiceact.audio.words import Word, words_spoken
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile, Reference, profile_kind
from voiceact.estimators.burst_spans import Span, cut_spans, find_spans
from voiceact.estimators.features.signal import UnheardError
from voiceact.text.markup import has_words
from voiceact.verify.base import Check
from voiceact.vocabulary import EMOTION_CHECK, EVIDENCE_ORDER, Evidence, SoundKind

IN_SPEECH: tuple[Evidence, ...] = ("category", "dimension")
"""evidence that was earned in speech; "burst" was earned in bursts"""


@dataclass(frozen=True)
class Apart:
    """What a judge heard in a take whose words and bursts were judged apart.

    Attributes:
        profile: of both together; the reason where nothing can be said
        kinds: category id -> the sound its score rests on
        spans: words and bursts in the order of time; empty where they were not looked for
    """

    profile: Profile | str
    kinds: Mapping[str, SoundKind]
    spans: Sequence[Span] = field(default=())

    @property
    def apart(self) -> Sequence[Span]:
        """Words and bursts where each was judged for itself; empty where the take was judged as one."""
        return self.spans if {span.kind for span in self.spans} == {"speech", "burst"} else ()


def listen_apart(
    judge: Estimator,
    samples: Samples,
    rate: int,
    twin: tuple[Samples, int] | None,
    *,
    text: str,
    words: Sequence[Word] = (),
    spans: Sequence[Span] | None = None,
    reference: Reference | str | None = None,
) -> Apart:
    """Let a judge hear the words and the bursts of a take, each for itself.

    Args:
        judge: where its `kinds` hold "burst", its `profile` is told the kind of sound
        samples, rate: float32 [n] and Hz
        twin: samples and rate of the neutral reading
        text: what was to be said; a take without words outside its markup is one burst
        words: when they are spoken, where the engine told; those of bursts, under their tags, are passed over
        spans: words and bursts where they are known, as of a verdict that is given again; None finds them
        reference: what `refer_to` returned of this judge and twin, where several takes share a twin; None asks the judge

    Returns:
        One profile of the whole take where it holds words alone.
    """
    reference = reference or refer_to(judge, twin)
    if not has_words(text):
        heard = _listen(judge, samples, rate, reference, "burst")
        return Apart(heard, _kinds(heard, "burst"))
    if spans is None:
        try:
            spans = find_spans(samples, rate, words=words_spoken(words))
        except UnheardError:
            spans = []
    kinds = {span.kind for span in spans}
    # Where no words are found although there should be some, the transcript says so, and nothing is taken from the judge.
    if kinds != {"speech", "burst"}:
        whole = _listen(judge, samples, rate, reference, "speech")
        return Apart(whole, _kinds(whole, "speech"), spans)
    speech = _listen(judge, cut_spans(samples, rate, spans, "speech"), rate, reference, "speech")
    burst = _listen(judge, cut_spans(samples, rate, spans, "burst"), rate, reference, "burst")
    if isinstance(speech, str) or isinstance(burst, str):
        heard, kind = (speech, "speech") if isinstance(burst, str) else (burst, "burst")
        return Apart(heard, _kinds(heard, kind), spans)  # type: ignore[arg-type]
    return Apart(*merge_profiles(speech, burst, judge.thresholds), spans)


def merge_profiles(speech: Profile, burst: Profile, thresholds: Mapping[str, float]) -> tuple[Profile, dict[str, SoundKind]]:
    """Join what was heard in the words and in the bursts of one take.

    Args:
        speech: of the words
        burst: of the bursts
        thresholds: category id -> least score at which it is called present

    Returns:
        The profile of the words with the scores, likelihood ratios, evidence, reasons and votes of those categories that the
        bursts answer for; and category id -> the sound its score rests on.
    """
    scores, evidence, reasons = dict(speech.scores), dict(speech.evidence), dict(speech.reasons)
    votes, ratios = dict(speech.votes), dict(speech.log_ratios)
    kinds: dict[str, SoundKind] = dict.fromkeys(scores, "speech")
    for category in scores:
        if not _rests_on_burst(category, speech, burst, thresholds):
            continue
        kinds[category], scores[category], evidence[category] = "burst", burst.scores[category], burst.evidence[category]
        reasons.pop(category, None)
        votes.pop(category, None)
        ratios.pop(category, None)
        if category in burst.votes:
            votes[category] = burst.votes[category]
        if category in burst.log_ratios:
            ratios[category] = burst.log_ratios[category]
    joined = replace(speech, scores=scores, evidence=evidence, reasons=reasons, votes=votes, log_ratios=ratios)
    return joined, kinds


def _rests_on_burst(category: str, speech: Profile, burst: Profile, thresholds: Mapping[str, float]) -> bool:
    """Whether the bursts of a take answer for a category, rather than its words."""
    score, least = burst.scores.get(category), thresholds.get(category)
    if score is None or least is None or burst.evidence.get(category) != "burst":
        return False
    own, said = speech.evidence.get(category, "none"), speech.scores.get(category)
    if own not in IN_SPEECH or said is None:
        return True
    # Both can tell it: the one that hears it counts; where both or neither do, the stronger evidence.
    if (score >= least) != (said >= least):
        return score >= least
    return EVIDENCE_ORDER.index("burst") < EVIDENCE_ORDER.index(own)


def tell_kinds(checks: Sequence[Check], apart: Apart) -> list[Check]:
    """Add to the checks of the judge which sound each rests on: `details["kind"]`, and a word where that is a burst."""
    told = []
    for check in checks:
        category = str(check.details.get("category"))
        if category not in apart.kinds:
            told.append(check)
            continue
        kind = apart.kinds[category]
        details: dict[str, Any] = {**check.details, "kind": kind}
        sentence = check.sentence
        if check.name == EMOTION_CHECK and kind == "burst":
            details["spans"] = [[span.start, span.end] for span in apart.spans if span.kind == "burst"]
            sentence += "; judged on its wordless bursts"
        told.append(replace(check, details=details, sentence=sentence))
    return told


def refer_to(judge: Estimator, twin: tuple[Samples, int] | None) -> Reference | str | None:
    """Return what a judge knows of a voice by its neutral reading; the reason where it can say nothing; None without one."""
    try:
        return judge.reference([twin], kind="neutral") if twin else None
    except VoiceactError as error:
        return str(error)


def _listen(judge: Estimator, samples: Samples, rate: int, reference: Reference | str | None, kind: SoundKind) -> Profile | str:
    if isinstance(reference, str):
        return reference
    try:
        return profile_kind(judge, samples, rate, reference=reference, kind=kind)
    except VoiceactError as error:
        return str(error)


def _kinds(profile: Profile | str, kind: SoundKind) -> dict[str, SoundKind]:
    return {} if isinstance(profile, str) else dict.fromkeys(profile.scores, kind)
