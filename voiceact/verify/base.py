"""What a check answers, and the verdict that joins the answers. docs/verify.md explains each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from voiceact.clip.verdict import CheckRecord, JudgeRecord, ProfileRecord, Reference, VerdictRecord
from voiceact.vocabulary import EMOTION_CHECK, INCLUDED, INTENSITY_CHECK, Evidence, Level, Outcome

if TYPE_CHECKING:
    from voiceact.estimators.base import Profile


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of a clip.

    name: of the check ("transcript")
    outcome: pass, fail or not judged
    sentence: what was found, for people
    reason: code of what was found, for tables; empty where all is well
    figure, threshold: what was measured and what it was held against, where that is a number
    details: everything else that was measured
    """

    name: str
    outcome: Outcome
    sentence: str
    reason: str = ""
    figure: float | None = None
    threshold: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_record(self) -> CheckRecord:
        """Return the check as a record keeps it, numbers rounded to four places."""
        return CheckRecord(
            name=self.name,
            outcome=self.outcome,
            reason=self.reason,
            figure=_round(self.figure),
            threshold=_round(self.threshold),
            sentence=self.sentence,
            details=_round(self.details),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all checks together say of a clip.

    level: verified, consistent, undecided or rejected
    checks: in the order they were made
    mix: category id -> intensity that was asked
    evidence: category id -> what stands behind the judge's score of it
    judge: name and revision of the estimator; None if no judge listened
    reference: "twin" if the judge compared with a neutral reading of the same voice, else "none"
    profile: all that the judge said, whatever was asked; None if it could say nothing
    """

    level: Level
    checks: tuple[Check, ...]
    mix: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    judge: Mapping[str, str] | None = None
    reference: Reference = "none"
    profile: "Profile | None" = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """`check:reason` of every check that failed."""
        return tuple(f"{check.name}:{check.reason}" for check in self.checks if check.outcome == "fail")

    def included(self, levels: Sequence[str] = INCLUDED) -> bool:
        """Whether a data set of these levels takes the clip."""
        return self.level in levels

    def to_record(self) -> VerdictRecord:
        """Return the verdict as a record keeps it, numbers rounded to four places."""
        heard = self.profile
        return VerdictRecord(
            level=self.level,
            reasons=list(self.reasons),
            mix=dict(self.mix),
            evidence=dict(self.evidence),
            judge=JudgeRecord(**self.judge) if self.judge else None,
            reference=self.reference,
            checks=[check.to_record() for check in self.checks],
            profile=None
            if heard is None
            else ProfileRecord(
                scores=_round(heard.scores),
                arousal=_round(heard.arousal),
                valence=_round(heard.valence),
                dominance=_round(heard.dominance),
                scale=getattr(heard, "scale", ""),
            ),
        )


def join(checks: Sequence[Check], evidence: Sequence[str]) -> Level:
    """The level of a verdict.

    A check that fails rejects, except of intensity: how strongly a category is performed is known by order alone, so a
    clip that seems too weak or too strong is undecided. Otherwise the verdict is as strong as the weakest evidence
    behind the categories asked, and undecided if the judge could not answer for one of them, or none was asked.
    Other checks that were not judged take nothing away, and give nothing: they are shown as they are.

    evidence: one for each category asked
    """
    failed = {check.name for check in checks if check.outcome == "fail"}
    if failed - {INTENSITY_CHECK}:
        return "rejected"
    if failed:
        return "undecided"
    answers = [check.outcome for check in checks if check.name == EMOTION_CHECK]
    if not answers or not evidence or "not judged" in answers or "none" in evidence:
        return "undecided"
    return "verified" if all(one == "category" for one in evidence) else "consistent"


def _round(value: Any) -> Any:
    if isinstance(value, float):
        # JSON has no infinity and no NaN.
        return round(value, 4) if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {name: _round(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_round(entry) for entry in value]
    return value
