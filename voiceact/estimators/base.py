"""What an estimator is: what it is told of a voice, and what it reports of a clip.

`voiceact.estimators.registry` finds estimators by name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voiceact.vocabulary import Evidence, ReferenceMode


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of a voice; made by an estimator's `reference`, and of use to that estimator alone.

    Attributes:
        regime: "neutral" (clips spoken without emotion) or "statistics" (any clips, at least twelve)
        clips: how many it was made of
        revision: of the estimator that made it
        arrays: what that estimator keeps
    """

    regime: ReferenceMode
    clips: int
    revision: str
    arrays: Mapping[str, NDArray[np.float32]] = field(repr=False)


Says = Literal["present", "absent", "abstains"]


@dataclass(frozen=True, slots=True)
class Vote:
    """What one of several judges says of a category (see `voiceact.estimators.ensemble.ensemble`).

    Attributes:
        judge, revision: who says it
        says: present, absent, or abstains: nothing stands behind its score, or it has none
        score, threshold: its own, on its own scale
        evidence: what stands behind them
        weight: of its vote, 0 where it abstains
        why: it abstains; empty where it does not
    """

    judge: str
    revision: str
    says: Says
    score: float | None
    threshold: float | None
    evidence: Evidence
    weight: float = 0.0
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form, as it stands in a record."""
        return {
            "judge": self.judge,
            "revision": self.revision,
            "says": self.says,
            "score": self.score,
            "threshold": self.threshold,
            "evidence": self.evidence,
            "weight": self.weight,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Profile:
    """What an estimator hears in a clip.

    Attributes:
        scores: category id -> 0 to 7, or None where `reasons` says why there is none; all 40 categories
        arousal, valence, dominance: -1 to 1, or None
        evidence: category id -> what stands behind its score
        estimator, revision: who said so
        reference: what was known of the voice
        reasons: category id -> why it has no score
        classes: class ("neutral" or a category id) -> log-probability, where the estimator chooses among classes
        votes: category id -> what each of several judges said; empty for a single one
        scale: how the scores came to 0 to 7, where the estimator has another scale of its own
        log_ratios: category id -> natural logarithm of how many times as often people who perform it sound like this as
            people who do not, where the estimator knows that
        cohort: the clips beside which scores were centred; empty where none were
    """

    scores: Mapping[str, float | None]
    arousal: float | None
    valence: float | None
    dominance: float | None
    evidence: Mapping[str, Evidence]
    estimator: str
    revision: str
    reference: ReferenceMode
    reasons: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, float] = field(default_factory=dict)
    votes: Mapping[str, tuple[Vote, ...]] = field(default_factory=dict)
    scale: str = ""
    log_ratios: Mapping[str, float] = field(default_factory=dict)
    cohort: str = ""

    def record(self, path: str) -> dict[str, Any]:
        """JSON-able form, as `voiceact estimate --json` prints it."""
        return {
            "path": path,
            "estimator": self.estimator,
            "revision": self.revision,
            "reference": self.reference,
            "scores": dict(self.scores),
            "arousal": self.arousal,
            "valence": self.valence,
            "dominance": self.dominance,
            "evidence": dict(self.evidence),
            **({"scale": self.scale} if self.scale else {}),
            **({"log_ratios": dict(self.log_ratios)} if self.log_ratios else {}),
            **({"cohort": self.cohort} if self.cohort else {}),
            **({"votes": {name: [one.as_dict() for one in votes] for name, votes in self.votes.items()}} if self.votes else {}),
        }


@runtime_checkable
class Estimator(Protocol):
    """Audio to profile.

    Attributes:
        name, revision: identity, written into every record
        thresholds: category id -> least score at which it is called present; categories without one are absent
    """

    name: str
    revision: str
    thresholds: Mapping[str, float]

    def profile(self, samples: NDArray[np.float32], sample_rate: int, *, reference: Reference | None = None) -> Profile:
        """Profile of one utterance ([n] float, full scale 1.0); raises UnheardError where nothing can be said."""
        ...

    def reference(self, clips: Iterable[tuple[NDArray[np.float32], int]], *, kind: str = "neutral") -> Reference:
        """What to keep of a voice: from its neutral clips ("neutral"), or from any ("speaker")."""
        ...
