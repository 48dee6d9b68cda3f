"""Define the verdict in a record: its one schema, for every file that holds one. `voiceact.verify` makes verdicts."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec

from voiceact.vocabulary import Evidence, Level, Outcome, SoundKind

Reference = Literal["twin", "none"]


class CheckRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One check of a clip, numbers rounded to four places."""

    name: str
    """of the check: quality, emotion, contrast, intensity, naturalness, identity or transcript"""
    outcome: Outcome
    reason: str
    """code of what is wrong; empty where nothing is"""
    figure: float | None
    """what was measured"""
    threshold: float | None
    """what it was compared with"""
    sentence: str
    """for people"""
    details: dict[str, Any]
    """everything else that this check measured; its keys are the check's own (docs/verify.md)"""


class JudgeRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The estimator that decided."""

    name: str
    revision: str


class SpanRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of a clip that was judged as words, or as a wordless burst."""

    kind: SoundKind
    start: Annotated[float, msgspec.Meta(ge=0, le=1e6)]
    """seconds from the start of the clip"""
    end: Annotated[float, msgspec.Meta(ge=0, le=1e6)]
    """seconds from the start of the clip"""


class ProfileRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Everything the judge reported of a clip, whatever was requested."""

    scores: dict[str, float | None]
    """category id to 0 to 7; null where the judge cannot tell"""
    arousal: float | None
    """-1 to 1"""
    valence: float | None
    """-1 to 1"""
    dominance: float | None
    """-1 to 1"""
    scale: str = ""
    """how the scores came to 0 to 7, where the estimator has a scale of its own"""
    cohort: str = ""
    """the clips beside which the scores were centred, where they were (docs/judge.md)"""
    spans: list[SpanRecord] | None = None
    """words and wordless bursts that were judged apart, in the order of time; empty where the clip was judged as one, absent
    where it was not written down"""


class VerdictRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decision of all checks together on a clip."""

    level: Level
    reasons: list[str]
    """`check:reason` of every check that failed"""
    mix: dict[str, float]
    """category id to the requested intensity"""
    evidence: dict[str, Evidence]
    """category id to what stands behind the judge's score of it"""
    judge: JudgeRecord | None
    """null if no judge listened"""
    reference: Reference
    """"twin" if the judge compared with a neutral reading of the same voice"""
    checks: list[CheckRecord]
    """in the order they were made"""
    profile: ProfileRecord | None
    """null if the judge could report nothing"""

    def check(self, name: str) -> CheckRecord | None:
        """Return the first check of that name; None if it was not made."""
        return next(self.checks_named(name), None)

    def checks_named(self, *names: str) -> Iterator[CheckRecord]:
        """Yield the checks of these names, in the order they were made."""
        return (check for check in self.checks if check.name in names)
