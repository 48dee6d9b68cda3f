"""Several judges combined: one profile from their votes; a judge without evidence abstains.

    judge = load_estimator("all(human,empathic-insight-calibrated.json)")
    profile = judge.profile(samples, rate)
    print(profile.scores["anger"], [(vote.judge, vote.says) for vote in profile.votes["anger"]])

A judge abstains where it has no score, no threshold or no evidence for a category, or could not analyse the clip.
docs/judge.md explains each rule.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile, Reference, Vote, VoteAnswer, adapt_estimator, profile_kind
from voiceact.estimators.ensemble.voting import (
    Ballot,
    common_evidence,
    common_score,
    judge_reliability,
    on_common_scale,
    quorum_evidence,
)
from voiceact.estimators.human.score_scale import PRESENT
from voiceact.estimators.likelihood import decide
from voiceact.vocabulary import EVIDENCE, Evidence, ReferenceMode, SoundKind, VotingRule

NO_BETTER_THAN_CHANCE = "its published agreement is not above chance"

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EnsembleReference(Reference):
    """The references of all judges of an ensemble, in their order."""

    members: tuple[Reference, ...] = ()


class Ensemble(Estimator):
    """Several estimators under a voting rule.

    Attributes:
        name: the rule and the judges' names: "all(human,empathic-insight)"
        revision: the judges' revisions, joined
        thresholds: 2 for every category that one of the judges can call present
        intensity_reach: the widest of the judges', None where none states it
        licence: licences of their weights, where they state one
        kinds: kinds of sound that one of the judges tells apart; only such judges are told the kind
    """

    def __init__(self, rule: VotingRule, judges: Sequence[Estimator]):
        self.rule, self.judges = rule, tuple(adapt_estimator(judge) for judge in judges)
        self.name = f"{rule}({','.join(judge.name for judge in judges)})"
        self.revision = ",".join(judge.revision for judge in judges)
        self.licence = "; ".join(dict.fromkeys(judge.licence for judge in self.judges if judge.licence))
        with_threshold = {category for judge in judges for category in judge.thresholds}
        self.thresholds = {category.id: PRESENT for category in categories() if category.id in with_threshold}
        reaches = [judge.intensity_reach for judge in self.judges if judge.intensity_reach is not None]
        self.intensity_reach = max(reaches, default=None)
        self.least_seconds = max(judge.least_seconds for judge in self.judges)
        self.kinds = tuple(dict.fromkeys(kind for judge in self.judges for kind in judge.kinds))

    def profile(
        self, samples: Samples, sample_rate: int, *, reference: Reference | None = None, kind: SoundKind = "speech"
    ) -> Profile:
        """Compute the combined profile, each judge using its own reference.

        Arousal, valence and dominance are those of the first judge that has evidence for any category.

        Raises:
            UnheardError: if no judge can analyse the clip
        """
        # Ask each judge; one that fails abstains.
        members = reference.members if isinstance(reference, EnsembleReference) else (None,) * len(self.judges)
        results: list[Profile | VoiceactError] = []
        for judge, own in zip(self.judges, members, strict=True):
            try:
                results.append(profile_kind(judge, samples, sample_rate, reference=own, kind=kind))
            except VoiceactError as error:
                results.append(error)
        profiles = [result for result in results if isinstance(result, Profile)]
        if not profiles:
            raise next(result for result in results if isinstance(result, VoiceactError))

        # Count the votes, category by category.
        votes: dict[str, tuple[Vote, ...]] = {}
        scores: dict[str, float | None] = {}
        evidence: dict[str, Evidence] = {}
        reasons: dict[str, str] = {}
        for category in (category.id for category in categories()):
            votes[category] = tuple(
                self._vote(judge, result, category) for judge, result in zip(self.judges, results, strict=True)
            )
            ballots = [
                Ballot(on_common_scale(vote.score, vote.threshold), vote.evidence, vote.weight)
                for vote in votes[category]
                if vote.says != "abstains" and vote.score is not None and vote.threshold is not None
            ]
            scores[category] = common_score(self.rule, ballots) if ballots else None
            evidence[category] = common_evidence(self.rule, ballots) if ballots else "none"
            if not ballots:
                reasons[category] = "; ".join(f"{vote.judge}: {vote.why}" for vote in votes[category])

        dimensions = next((profile for profile in profiles if set(profile.evidence.values()) - {"none"}), profiles[0])
        return replace(
            dimensions,
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

    def reference(self, clips: Iterable[tuple[Samples, int]], *, kind: str = "neutral") -> Reference:
        """Compute each judge's reference of a voice (see `Estimator.reference`)."""
        clips = list(clips)
        members = tuple(judge.reference(clips, kind=kind) for judge in self.judges)
        return EnsembleReference(members[0].regime, members[0].clips, self.revision, {}, members)

    def evidence(self, regime: ReferenceMode = "none") -> dict[str, Evidence]:
        """Return category id -> evidence behind a "present" for which every judge with evidence votes."""
        levels = [judge.evidence(regime) for judge in self.judges]
        combined: dict[str, Evidence] = {}
        for category in (category.id for category in categories()):
            ballots = [
                Ballot(PRESENT, level[category], weight)
                for judge, level in zip(self.judges, levels, strict=True)
                if level.get(category, "none") != "none"
                and category in judge.thresholds
                and (weight := self._weight(judge, category)) > 0
            ]
            total = sum(ballot.weight for ballot in ballots)
            combined[category] = quorum_evidence(self.rule, ballots, total) if ballots else "none"
        return combined

    def _vote(self, judge: Estimator, result: Profile | VoiceactError, category: str) -> Vote:
        if isinstance(result, VoiceactError):
            return Vote(judge.name, judge.revision, "abstains", None, None, "none", why=str(result))
        score, threshold = result.scores.get(category), judge.thresholds.get(category)
        evidence, weight = result.evidence.get(category, "none"), self._weight(judge, category)
        if score is None or threshold is None or evidence == "none" or weight <= 0:
            why = result.reasons.get(category) or (EVIDENCE["none"] if weight > 0 else NO_BETTER_THAN_CHANCE)
            return Vote(judge.name, judge.revision, "abstains", score, threshold, evidence, why=why)
        says: VoteAnswer = "present" if score >= threshold else "absent"
        ratio = result.log_ratios.get(category)
        if ratio is not None:
            says = decide(ratio, evidence, bound=adapt_estimator(judge).bound)
        return Vote(judge.name, judge.revision, says, score, threshold, evidence, weight)

    def _weight(self, judge: Estimator, category: str) -> float:
        return judge_reliability(judge, category) if self.rule == "weighted" else 1.0


def agreement(votes: Sequence[Vote], called_present: bool) -> float | None:
    """Compute the share of voting judges that agree with the outcome; None where fewer than two voted."""
    counted = [vote for vote in votes if vote.says != "abstains"]
    if len(counted) < 2:
        return None
    return sum((vote.says == "present") == called_present for vote in counted) / len(counted)


def describe_votes(votes: Sequence[Vote]) -> str:
    """Describe votes in a phrase: `human says present (4.1 of 2.0), empathic-insight abstains`."""
    return ", ".join(
        f"{vote.judge} {'says ' if vote.says != 'abstains' else ''}{vote.says}"
        + (f" ({vote.score:.1f} of {vote.threshold:.1f})" if vote.says != "abstains" else "")
        for vote in votes
    )
