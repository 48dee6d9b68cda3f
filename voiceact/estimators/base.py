"""The interface of an estimator: the base class to inherit from, what it knows of a voice, and what it reports of a clip.

`voiceact.estimators.registry` finds estimators by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.likelihood import BOUND
from voiceact.vocabulary import Evidence, ReferenceMode, SoundKind


@dataclass(frozen=True, slots=True)
class Reference:
    """Knowledge of a voice, returned by an estimator's `reference` and usable by that estimator alone.

    Attributes:
        regime: "neutral" (clips spoken without emotion) or "statistics" (any clips, at least twelve)
        clips: number of clips it was computed from
        revision: revision of the estimator that computed it
        arrays: name -> array, in a layout private to that estimator
    """

    regime: ReferenceMode
    clips: int
    revision: str
    arrays: Mapping[str, NDArray[np.float32]] = field(repr=False)


COHORT = "+cohort"
"""end of the name of a regime or mode under which scores are centred on a cohort"""
TWIN = "twin"
"""mode of people's figures that were measured beside one neutral reading of the same line"""

VoteAnswer = Literal["present", "undecided", "absent", "abstains"]


@dataclass(frozen=True, slots=True)
class Vote:
    """The answer of one of several judges about a category (see `voiceact.estimators.ensemble.ensemble`).

    Attributes:
        judge: name of the judge
        revision: revision of the judge
        says: present, absent, or abstains (no evidence behind its score, or no score)
        score: 0 to 7 on the judge's own scale, or None
        threshold: least score that the judge calls present, or None
        evidence: evidence behind the score
        weight: weight of the vote, 0 where the judge abstains
        why: reason for abstaining, else empty
    """

    judge: str
    revision: str
    says: VoteAnswer
    score: float | None
    threshold: float | None
    evidence: Evidence
    weight: float = 0.0
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, as a record holds it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Profile:
    """The scores of a clip by an estimator.

    Attributes:
        scores: category id -> 0 to 7, or None where `reasons` says why there is none; all 40 categories
        arousal: -1 to 1, or None
        valence: -1 to 1, or None
        dominance: -1 to 1, or None
        evidence: category id -> evidence behind its score
        estimator: name of the estimator
        revision: revision of the estimator
        reference: kind of knowledge of the voice that was used
        reasons: category id -> why it has no score
        classes: class ("neutral" or a category id) -> log-probability, where the estimator chooses among classes
        votes: category id -> votes of the judges of an ensemble; empty for a single judge
        scale: how the scores were mapped to 0 to 7, where the estimator has another scale of its own
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
        """Return the JSON form, as `voiceact estimate --json` prints it for the file at `path`."""
        record: dict[str, Any] = {
            "path": path,
            "estimator": self.estimator,
            "revision": self.revision,
            "reference": self.reference,
            "scores": dict(self.scores),
            "arousal": self.arousal,
            "valence": self.valence,
            "dominance": self.dominance,
            "evidence": dict(self.evidence),
        }
        if self.scale:
            record["scale"] = self.scale
        if self.log_ratios:
            record["log_ratios"] = dict(self.log_ratios)
        if self.cohort:
            record["cohort"] = self.cohort
        if self.votes:
            record["votes"] = {category: [vote.as_dict() for vote in votes] for category, votes in self.votes.items()}
        return record


class Estimator(ABC):
    """Base class of all estimators: audio to profile. Register a subclass under the entry point group `voiceact.estimators`.

    A subclass sets `name`, `revision` and `thresholds`, and implements `profile` and `reference`; everything else has a
    default. A class that does not inherit from this one, but has these five, is wrapped by `adapt_estimator`.

    Attributes:
        options: option -> what it is for; each is a keyword argument of the constructor, given as text
        needs: distributions that must be installed
        install: command that installs them
        reaches_out: whether it uses files or servers that a user has to allow
        name: registered name, written into every record
        revision: changes whenever its scores change, written into every record
        thresholds: category id -> least score that is called present; categories without one are never called present
        licence: licence of its weights, empty where it states none
        scale: how its scores were mapped to 0 to 7, empty where they are on that scale already
        card: description of the model (data, licences, figures), or None
        intensity_reach: steps of intensity that its scores may be off, or None where nobody measured it
        false_accepts: reference mode -> category id -> measured rates of false accepts at the threshold
        most_evidence: strongest evidence that a calibration may grant it
        bound: likelihood ratio from which it calls a category present, where it gives ratios
        people: how often people of corpora it never met are heard, `{"regimes": {regime: {category id: figure}}}`; empty
            where nobody measured it
        least_seconds: length of speech below which its scores are not to be relied on; 0 where nobody measured it
        kinds: kinds of sound it tells apart; where they hold "burst", `profile` takes a further keyword argument `kind`
    """

    options: ClassVar[Mapping[str, str]] = {}
    needs: ClassVar[tuple[str, ...]] = ()
    install: ClassVar[str] = ""
    reaches_out: ClassVar[bool] = False

    name: str
    revision: str
    thresholds: Mapping[str, float]
    licence: str = ""
    scale: str = ""
    card: Mapping[str, Any] | None = None
    intensity_reach: float | None = None
    false_accepts: Mapping[str, Mapping[str, Any]] = {}
    most_evidence: Evidence = "category"
    bound: float = BOUND
    people: Mapping[str, Any] = {}
    least_seconds: float = 0.0
    kinds: Sequence[SoundKind] = ("speech",)

    @abstractmethod
    def profile(self, samples: NDArray[np.float32], sample_rate: int, *, reference: Reference | None = None) -> Profile:
        """Compute the profile of one utterance.

        Args:
            samples: float [n] or [n, channels], full scale 1.0
            sample_rate: Hz
            reference: knowledge of the voice, from this estimator's `reference`

        Raises:
            UnheardError: if nothing can be said of the audio
        """

    @abstractmethod
    def reference(self, clips: Iterable[tuple[NDArray[np.float32], int]], *, kind: str = "neutral") -> Reference:
        """Compute the knowledge of a voice from clips (samples, rate): neutral ones ("neutral"), or any ("speaker")."""

    def evidence(self, regime: ReferenceMode = "none") -> Mapping[str, Evidence]:
        """Return category id -> evidence behind its score; empty where that is known of a profile only."""
        return {}

    def class_scores(self, profile: Profile, classes: Sequence[str]) -> Mapping[str, float] | None:
        """Return scores by which this estimator chooses among classes (category ids, "neutral"); None: it has no own way."""
        return None


class AdaptedEstimator(Estimator):
    """An object that has the five required parts of an estimator, but does not inherit from `Estimator`.

    Its optional parts are used where it has them.

    Args:
        estimator: the object
    """

    def __init__(self, estimator: Any):
        self._estimator = estimator
        self.name, self.revision, self.thresholds = estimator.name, estimator.revision, estimator.thresholds
        for part in (
            "licence",
            "scale",
            "card",
            "intensity_reach",
            "false_accepts",
            "most_evidence",
            "bound",
            "people",
            "least_seconds",
            "kinds",
        ):
            setattr(self, part, getattr(estimator, part, getattr(Estimator, part)))

    def profile(
        self,
        samples: NDArray[np.float32],
        sample_rate: int,
        *,
        reference: Reference | None = None,
        kind: SoundKind = "speech",
    ) -> Profile:
        """Compute the profile (see `Estimator.profile`)."""
        return profile_kind(self._estimator, samples, sample_rate, reference=reference, kind=kind)

    def reference(self, clips: Iterable[tuple[NDArray[np.float32], int]], *, kind: str = "neutral") -> Reference:
        """Compute the knowledge of a voice (see `Estimator.reference`)."""
        reference: Reference = self._estimator.reference(clips, kind=kind)
        return reference

    def evidence(self, regime: ReferenceMode = "none") -> Mapping[str, Evidence]:
        """Return what the object reports, if it reports anything (see `Estimator.evidence`)."""
        return dict(self._estimator.evidence(regime)) if hasattr(self._estimator, "evidence") else {}

    def class_scores(self, profile: Profile, classes: Sequence[str]) -> Mapping[str, float] | None:
        """Return the object's own scores, if it has any (see `Estimator.class_scores`)."""
        return dict(self._estimator.class_scores(profile, classes)) if hasattr(self._estimator, "class_scores") else None


def adapt_estimator(estimator: Any) -> Estimator:
    """Return the estimator itself, or wrap an object that does not inherit from `Estimator`."""
    return estimator if isinstance(estimator, Estimator) else AdaptedEstimator(estimator)


def profile_kind(
    judge: Any, samples: NDArray[np.float32], sample_rate: int, *, reference: Reference | None, kind: SoundKind
) -> Profile:
    """Compute the profile of a sound by a judge, which is told its kind where it tells kinds apart.

    Args:
        judge: an estimator, or an object with the required parts of one
        samples: float [n] or [n, channels], full scale 1.0
        sample_rate: Hz
        reference: knowledge of the voice, from this judge's `reference`
        kind: of the sound

    Raises:
        UnheardError: if nothing can be said of the audio
    """
    options = {"kind": kind} if "burst" in getattr(judge, "kinds", ()) else {}
    profile: Profile = judge.profile(samples, sample_rate, reference=reference, **options)
    return profile


def verdict_mode(reference: str, cohort: bool) -> str:
    """Name under which human parity is kept what a verdict knows of a voice: a neutral reference is the twin of the line.

    Args:
        reference: `Profile.reference`
        cohort: whether scores were centred on a cohort
    """
    return (TWIN if reference == "neutral" else reference) + (COHORT if cohort else "")


def people_heard(estimator: Any, category: str, mode: str = TWIN) -> Mapping[str, Any] | None:
    """Return how often people who perform a category are heard by an estimator that never met them (human parity).

    Args:
        estimator: the judge, or None
        category: id
        mode: `verdict_mode` of a verdict. Where nobody measured people beside one twin, as in files of earlier versions,
            they are those heard beside up to five neutral readings

    Returns:
        A figure {value, low, high, n, mode}, `mode` being what was known of these people; None where nobody measured it.
    """
    known: Mapping[str, Any] = getattr(estimator, "people", None) or {}
    regimes = known.get("regimes", {})
    if mode not in regimes:
        mode = mode.replace(TWIN, "neutral")
    figure: Mapping[str, Any] | None = regimes.get(mode, {}).get(category)
    return {**figure, "mode": mode} if figure and figure.get("value") is not None else None
