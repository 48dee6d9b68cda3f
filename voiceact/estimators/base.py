"""What an estimator is: what it is told of a voice, what it says of a clip, and how one is found by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import UnknownNameError
from voiceact.estimators.ensemble.spec import parse_judges
from voiceact.runtime.spec import check_options, parse_spec

ENTRY_POINT_GROUP = "voiceact.estimators"
DEFAULT_ESTIMATOR = "human"

Evidence = Literal["category", "burst", "dimension", "none"]
Regime = Literal["none", "neutral", "statistics"]

EVIDENCE: dict[Evidence, str] = {
    "category": "told from all others in the speech of unseen people",
    "burst": "told from all others only in unseen people's wordless bursts",
    "dimension": "lies where the arousal or valence heard lies; not told from its neighbours",
    "none": "nothing stands behind it",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of a voice; made by an estimator's `reference`, and of use to that estimator alone.

    Attributes:
        regime: "neutral" (clips spoken without emotion) or "statistics" (any clips, at least twelve)
        clips: how many it was made of
        revision: of the estimator that made it
        arrays: what that estimator keeps
    """

    regime: Regime
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
        return {"judge": self.judge, "revision": self.revision, "says": self.says, "score": self.score,
                "threshold": self.threshold, "evidence": self.evidence, "weight": self.weight, "why": self.why}


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
    """

    scores: Mapping[str, float | None]
    arousal: float | None
    valence: float | None
    dominance: float | None
    evidence: Mapping[str, Evidence]
    estimator: str
    revision: str
    reference: Regime
    reasons: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, float] = field(default_factory=dict)
    votes: Mapping[str, tuple[Vote, ...]] = field(default_factory=dict)
    scale: str = ""

    def record(self, path: str) -> dict[str, Any]:
        """JSON-able form, as `voiceact estimate --json` prints it."""
        return {
            "path": path, "estimator": self.estimator, "revision": self.revision, "reference": self.reference,
            "scores": dict(self.scores), "arousal": self.arousal, "valence": self.valence,
            "dominance": self.dominance, "evidence": dict(self.evidence),
            **({"scale": self.scale} if self.scale else {}),
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

    def profile(self, samples: NDArray[np.float32], sample_rate: int, *,
                reference: Reference | None = None) -> Profile:
        """Profile of one utterance ([n] float, full scale 1.0); raises UnheardError where nothing can be said."""
        ...

    def reference(self, clips: Iterable[tuple[NDArray[np.float32], int]], *, kind: str = "neutral") -> Reference:
        """What to keep of a voice: from its neutral clips ("neutral"), or from any ("speaker")."""
        ...


def estimator_names() -> list[str]:
    """The estimators that can be loaded by name: the shipped judge and what other packages register."""
    return sorted({DEFAULT_ESTIMATOR, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))})


@lru_cache(maxsize=4)
def load_estimator(name: str = DEFAULT_ESTIMATOR) -> Estimator:
    """The estimator of that name, or a judge trained by `voiceact train-judge` at that path.

    A `.json` is a calibration of `voiceact listen calibrate`: the judge it names, with the thresholds people gave it.
    Several judges are asked together by `all(human,empathic-insight:size=large)`, `majority(…)` or `weighted(…)`.

    Raises:
        UnknownNameError: neither a known name nor a file
        UsageError: several judges in a form that cannot be read
        ModelFileError: a model file that is damaged or of another version
    """
    if name == DEFAULT_ESTIMATOR:
        from voiceact.estimators.human.estimator import load_shipped

        return load_shipped()
    if (judges := parse_judges(name)) is not None:
        from voiceact.estimators.ensemble.ensemble import Ensemble

        return Ensemble(judges.rule, [load_estimator(member) for member in judges.members])
    if name.endswith(".json"):
        from voiceact.estimators.calibrated import load_calibrated

        return load_calibrated(Path(name))
    if name.endswith(".npz") or Path(name).is_file():
        from voiceact.estimators.human.estimator import load_judge

        return load_judge(Path(name))
    return _registered(name)


def _registered(name: str) -> Estimator:
    """An estimator by entry point, with options if it has any: `empathic-insight:size=large,device=cpu`."""
    spec = parse_spec(name)
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name == spec.name:
            kind = point.load()
            estimator: Estimator = kind(**check_options(spec, getattr(kind, "options", {}), "estimator"))
            return estimator
    raise UnknownNameError("estimator", spec.name, estimator_names(), hint="or give the path of a model.npz")
