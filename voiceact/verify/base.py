"""The result of a check, and the verdict that joins the results of all. docs/verify.md explains each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from voiceact.clip.verdict import CheckRecord, JudgeRecord, ProfileRecord, Reference, SpanRecord, VerdictRecord
from voiceact.vocabulary import EMOTION_CHECK, INCLUDED, INTENSITY_CHECK, Evidence, Level, Outcome

if TYPE_CHECKING:
    from voiceact.estimators.base import Profile
    from voiceact.estimators.burst_spans import Span


WHISPERED = 0.3
"""share of whisper in a take from which it counts as whispered: checks that whispers do not pass are softened or left out"""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check of a clip.

    Attributes:
        name: of the check ("transcript")
        outcome: pass, fail or not judged
        sentence: the finding, for people
        reason: code of the finding, for tables; empty where the check passed
        figure: the measured number, where there is one
        threshold: what the figure was compared with
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
    """The joint result of all checks of a clip.

    Attributes:
        level: verified, consistent, undecided or rejected
        checks: in the order they were made
        mix: category id -> requested intensity
        evidence: category id -> evidence behind the judge's score of it
        judge: name and revision of the estimator; None if there was none
        reference: "twin" if the judge compared with a neutral reading of the same voice, else "none"
        profile: the judge's whole profile; None if it could say nothing
        spans: words and bursts that the judge heard apart, empty where it heard the clip as one; None if it did not listen
    """

    level: Level
    checks: tuple[Check, ...]
    mix: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    judge: Mapping[str, str] | None = None
    reference: Reference = "none"
    profile: "Profile | None" = None
    spans: "Sequence[Span] | None" = None

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
                scale=heard.scale,
                cohort=heard.cohort,
                spans=None
                if self.spans is None
                else [SpanRecord(span.kind, round(span.start, 4), round(span.end, 4)) for span in self.spans],
            ),
        )


def join(checks: Sequence[Check], evidence: Sequence[str]) -> Level:
    """Return the level of a verdict.

    A check that fails rejects, except of intensity: how strongly a category is performed is known by order alone, so a clip
    that seems too weak or too strong is undecided. Otherwise the verdict is as strong as the weakest evidence behind the
    requested categories, and undecided if the judge could not answer for one of them, or none was requested. Other checks
    that were not judged do not change the level.

    Args:
        checks: results of all checks
        evidence: level of evidence of each requested category
    """
    failed = {check.name for check in checks if check.outcome == "fail"}
    if failed:
        return "undecided" if failed == {INTENSITY_CHECK} else "rejected"
    answers = [check.outcome for check in checks if check.name == EMOTION_CHECK]
    if not answers or not evidence or "not judged" in answers or "none" in evidence:
        return "undecided"
    return "verified" if all(level == "category" for level in evidence) else "consistent"


def _round(value: Any) -> Any:
    if isinstance(value, float):
        # JSON has no infinity and no NaN.
        return round(value, 4) if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {name: _round(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_round(entry) for entry in value]
    return value
