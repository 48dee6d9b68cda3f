"""Several judges asked together; who has nothing to stand on abstains, and nobody votes for another.

    judge = load_estimator("all(human,empathic-insight-calibrated.json)")
    profile = judge.profile(samples, rate)
    print(profile.scores["anger"], [(vote.judge, vote.says) for vote in profile.votes["anger"]])

A judge abstains where it has no score, no threshold or no evidence for a category, or could not hear the clip.
docs/judge.md says what each rule asks for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile, Reference, Vote
from voiceact.estimators.ensemble.agreement import (
    PRESENT,
    Ballot,
    common_evidence,
    common_score,
    on_common_scale,
    quorum_evidence,
)
from voiceact.estimators.ensemble.reliability import reliability
from voiceact.vocabulary import EVIDENCE, Evidence, ReferenceMode, VotingRule

NO_BETTER_THAN_CHANCE = "its published agreement is not above chance"

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shared(Reference):
    """What each judge knows of a voice, in their order."""

    members: tuple[Reference, ...] = ()


class Ensemble:
    """Implements `voiceact.estimators.base.Estimator` over several of them.

    Attributes:
        name: the rule and the judges' names: "all(human,empathic-insight)"
        revision: theirs, joined
        thresholds: 2 for every category that one of them can call present
        intensity_reach: the widest of theirs
        licence: of their weights, where they state one
    """

    def __init__(self, rule: VotingRule, judges: Sequence[Estimator]):
        self.rule, self.judges = rule, tuple(judges)
        self.name = f"{rule}({','.join(judge.name for judge in judges)})"
        self.revision = ",".join(judge.revision for judge in judges)
        self.licence = "; ".join(dict.fromkeys(one for judge in judges if (one := getattr(judge, "licence", ""))))
        able = {name for judge in judges for name in judge.thresholds}
        self.thresholds: Mapping[str, float] = {one.id: PRESENT for one in categories() if one.id in able}
        reaches = [float(reach) for judge in judges if (reach := getattr(judge, "intensity_reach", None)) is not None]
        if reaches:
            self.intensity_reach = max(reaches)

    def profile(self, samples: Samples, sample_rate: int, *, reference: Reference | None = None) -> Profile:
        """What the judges hear together, each with its own reference.

        Raises:
            UnheardError: if none of them can say anything
        """
        known = reference.members if isinstance(reference, Shared) else (None,) * len(self.judges)
        heard = [_heard(judge, samples, sample_rate, own) for judge, own in zip(self.judges, known, strict=True)]
        if all(isinstance(one, VoiceactError) for one in heard):
            raise next(one for one in heard if isinstance(one, VoiceactError))
        votes = {
            one.id: tuple(self._vote(judge, profile, one.id) for judge, profile in zip(self.judges, heard, strict=True))
            for one in categories()
        }
        return self._told(_speaker(heard), votes)

    def reference(self, clips: Iterable[tuple[Samples, int]], *, kind: str = "neutral") -> Reference:
        """What each of them keeps of a voice."""
        again = list(clips)
        members = tuple(judge.reference(again, kind=kind) for judge in self.judges)
        return Shared(members[0].regime, members[0].clips, self.revision, {}, members)

    def evidence(self, regime: ReferenceMode = "none") -> dict[str, Evidence]:
        """Category id -> what stands behind a "present" if every judge with evidence votes for it."""
        levels = [_evidence(judge, regime) for judge in self.judges]
        found: dict[str, Evidence] = {}
        for one in categories():
            ballots = [
                Ballot(PRESENT, level[one.id], weight)
                for judge, level in zip(self.judges, levels, strict=True)
                if level.get(one.id, "none") != "none"
                and one.id in judge.thresholds
                and (weight := self._weight(judge, one.id)) > 0
            ]
            found[one.id] = quorum_evidence(self.rule, ballots, sum(b.weight for b in ballots)) if ballots else "none"
        return found

    def _vote(self, judge: Estimator, heard: Profile | VoiceactError, category: str) -> Vote:
        if isinstance(heard, VoiceactError):
            return Vote(judge.name, judge.revision, "abstains", None, None, "none", why=str(heard))
        score, least = heard.scores.get(category), judge.thresholds.get(category)
        evidence, weight = heard.evidence.get(category, "none"), self._weight(judge, category)
        if score is None or least is None or evidence == "none" or weight <= 0:
            why = heard.reasons.get(category) or (EVIDENCE["none"] if weight > 0 else NO_BETTER_THAN_CHANCE)
            return Vote(judge.name, judge.revision, "abstains", score, least, evidence, why=why)
        return Vote(judge.name, judge.revision, "present" if score >= least else "absent", score, least, evidence, weight)

    def _weight(self, judge: Estimator, category: str) -> float:
        return reliability(judge, category) if self.rule == "weighted" else 1.0

    def _told(self, speaker: Profile, votes: Mapping[str, tuple[Vote, ...]]) -> Profile:
        scores: dict[str, float | None] = {}
        evidence: dict[str, Evidence] = {}
        reasons: dict[str, str] = {}
        for category, cast in votes.items():
            ballots = [_ballot(vote) for vote in cast if vote.says != "abstains"]
            scores[category] = common_score(self.rule, ballots) if ballots else None
            evidence[category] = common_evidence(self.rule, ballots) if ballots else "none"
            if not ballots:
                reasons[category] = "; ".join(f"{vote.judge}: {vote.why}" for vote in cast)
        return replace(
            speaker,
            scores=scores,
            evidence=evidence,
            reasons=reasons,
            estimator=self.name,
            revision=self.revision,
            classes={},
            log_ratios={},
            votes=votes,
            scale=f"of each judge, its own threshold laid at {PRESENT:g}",
        )


def agreement(votes: Sequence[Vote], called_present: bool) -> float | None:
    """Share of the judges with a vote who said what came out; None unless two voted."""
    cast = [vote for vote in votes if vote.says != "abstains"]
    if len(cast) < 2:
        return None
    return sum((vote.says == "present") == called_present for vote in cast) / len(cast)


def in_words(votes: Sequence[Vote]) -> str:
    """`human says present (4.1), empathic-insight abstains`."""
    return ", ".join(
        f"{vote.judge} {'says ' if vote.says != 'abstains' else ''}{vote.says}"
        + (f" ({vote.score:.1f} of {vote.threshold:.1f})" if vote.says != "abstains" else "")
        for vote in votes
    )


def _ballot(vote: Vote) -> Ballot:
    assert vote.score is not None and vote.threshold is not None  # else it abstained
    return Ballot(on_common_scale(vote.score, vote.threshold), vote.evidence, vote.weight)


def _heard(judge: Estimator, samples: Samples, rate: int, reference: Reference | None) -> Profile | VoiceactError:
    try:
        return judge.profile(samples, rate, reference=reference)
    except VoiceactError as error:
        return error


def _speaker(heard: Sequence[Profile | VoiceactError]) -> Profile:
    """Whose arousal, valence and reference are told: the first judge with evidence for anything, else the first that heard."""
    profiles = [one for one in heard if isinstance(one, Profile)]
    return next((one for one in profiles if set(one.evidence.values()) - {"none"}), profiles[0])


def _evidence(judge: Estimator, regime: ReferenceMode) -> Mapping[str, Evidence]:
    known: Any = getattr(judge, "evidence", None)
    found: Mapping[str, Evidence] = known(regime) if known else {}
    return found
