"""A judge with thresholds from a listening test: a calibration file on top of a judge that stays unchanged.

    judge = load_estimator("human-calibrated.json")

`voiceact listen calibrate` writes such files. They name the judge and its revision, and fit no other.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, Profile, Reference, adapt_estimator, profile_kind
from voiceact.estimators.model_file import ModelFileError
from voiceact.runtime.atomic_files import check_folder, write_whole
from voiceact.runtime.untrusted_paths import read_regular_file, resolve_inside
from voiceact.runtime.untrusted_settings import is_allowed
from voiceact.vocabulary import EVIDENCE, Evidence, ReferenceMode, SoundKind

FORMAT = "voiceact-calibration/1"
SUFFIX = ".json"
FILE_SUFFIXES = (".npz", SUFFIX)
"""name endings of judges that are files: a model, a calibration"""
SHOWN_DIGITS = 8
WRITTEN = "expected what `voiceact listen calibrate` wrote"
LOWERED = "people do not hear what this score says (see the calibration)"


class CategoryCalibration(msgspec.Struct, frozen=True, kw_only=True):
    """The threshold and evidence of one category after a calibration.

    Attributes:
        threshold: from now on
        evidence: from now on
        threshold_before: the judge's own, None where it had none
        evidence_before: the judge's own
        status: "moved", or "kept" where the answers were too few or gave nothing better
        why: in a sentence
        figures: name -> figure it rests on, each {value, low, high, n}
    """

    threshold: float | None
    evidence: Evidence
    threshold_before: float | None
    evidence_before: Evidence
    status: str
    why: str
    figures: dict[str, Any] = {}


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a calibration file.

    Attributes:
        format: always FORMAT
        judge: name or path of the calibrated judge
        judge_revision: the only revision of it that the calibration fits
        test: id of the listening test
        results: SHA-256 of its answers
        settings: protocol, rule, precision, seed
        categories: category id -> its calibration
    """

    format: str = FORMAT
    judge: str
    judge_revision: str
    test: str
    results: str
    settings: dict[str, Any]
    categories: dict[str, CategoryCalibration]

    @property
    def revision(self) -> str:
        """Digest of the whole content, 8 hexadecimal digits."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:SHOWN_DIGITS]


class CalibratedEstimator(Estimator):
    """A judge with the thresholds and the evidence of a calibration; everything else is the judge's own.

    Attributes:
        name: the judge's
        revision: the judge's and the calibration's: "e1e5cb9f4bb3+1f0c2a7d"
        thresholds: category id -> least score that is called present
        false_accepts: the judge's, without categories whose threshold moved: those rates were measured at the old one
        people: the judge's, without the same categories
        kinds, least_seconds: the judge's
    """

    def __init__(self, judge: Estimator, calibration: Calibration):
        self.judge, self.calibration = judge, calibration
        own = adapt_estimator(judge)
        self._own = own
        self.name, self.revision = own.name, f"{own.revision}+{calibration.revision}"
        self.licence, self.scale, self.card = own.licence, own.scale, own.card
        self.intensity_reach, self.most_evidence = own.intensity_reach, own.most_evidence
        self.bound, self.kinds, self.least_seconds = own.bound, own.kinds, own.least_seconds

        # An estimator of arousal and valence alone tells no category from its neighbours, whatever a test showed.
        levels = tuple(EVIDENCE)
        strongest = levels.index(own.most_evidence)
        self._moved: dict[str, CategoryCalibration] = {}
        for name, category in calibration.categories.items():
            if category.status == "moved":
                evidence = levels[max(levels.index(category.evidence), strongest)]
                self._moved[name] = msgspec.structs.replace(category, evidence=evidence)

        moved = {name: category.threshold for name, category in self._moved.items() if category.threshold is not None}
        self.thresholds = {**own.thresholds, **moved}
        self.false_accepts = {
            regime: {name: category_rates for name, category_rates in rates.items() if name not in self._moved}
            for regime, rates in own.false_accepts.items()
        }
        self.people = dict(own.people)
        if "regimes" in self.people:
            self.people["regimes"] = {
                mode: {name: figure for name, figure in figures.items() if name not in self._moved}
                for mode, figures in own.people["regimes"].items()
            }

    def profile(
        self,
        samples: NDArray[np.float32],
        sample_rate: int,
        *,
        reference: Reference | None = None,
        kind: SoundKind = "speech",
    ) -> Profile:
        """Compute the judge's profile, with the evidence of the calibration (see `Estimator.profile`)."""
        profile = profile_kind(self._own, samples, sample_rate, reference=reference, kind=kind)
        # Evidence can be raised only where there is a score.
        scored = {name: level for name, level in profile.evidence.items() if profile.scores.get(name) is not None}
        evidence = {**profile.evidence, **self._calibrate_evidence(scored)}
        reasons = {name: why for name, why in profile.reasons.items() if evidence.get(name, "none") == "none"}
        lowered = {name: LOWERED for name, level in evidence.items() if level == "none" and profile.evidence[name] != "none"}
        # Where a test moved the threshold, it decides, and no longer the ratio.
        ratios = {name: ratio for name, ratio in profile.log_ratios.items() if name not in self._moved}
        return replace(profile, evidence=evidence, revision=self.revision, reasons={**reasons, **lowered}, log_ratios=ratios)

    def reference(self, clips: Iterable[tuple[NDArray[np.float32], int]], *, kind: str = "neutral") -> Reference:
        """Compute the judge's reference of a voice (see `Estimator.reference`)."""
        return self._own.reference(clips, kind=kind)

    def evidence(self, regime: ReferenceMode = "none") -> dict[str, Evidence]:
        """Return category id -> evidence behind its score; of a judge that states none, of calibrated categories only."""
        own = self._own.evidence(regime)
        return self._calibrate_evidence(own) if own else {name: category.evidence for name, category in self._moved.items()}

    def class_scores(self, profile: Profile, classes: Sequence[str]) -> Mapping[str, float] | None:
        """Return the judge's own class scores (see `Estimator.class_scores`)."""
        return self._own.class_scores(profile, classes)

    def _calibrate_evidence(self, evidence: Mapping[str, Evidence]) -> dict[str, Evidence]:
        return {name: self._moved[name].evidence if name in self._moved else level for name, level in evidence.items()}


def read_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises:
        ModelFileError: if it cannot be read, is of another format, or names an unknown evidence level
    """
    try:
        calibration = msgspec.json.decode(read_regular_file(path), type=Calibration)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); {WRITTEN}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise ModelFileError(f"{path}: is no calibration ({error}); {WRITTEN}") from error
    if calibration.format != FORMAT:
        raise ModelFileError(f"{path}: is of format {calibration.format!r}; this voiceact reads {FORMAT!r}")
    for name, category in calibration.categories.items():
        if category.evidence not in EVIDENCE:
            raise ModelFileError(f"{path}: {name} has evidence {category.evidence!r}; expected one of {', '.join(EVIDENCE)}")
    return calibration


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration, whole or not at all; raise UsageError as `check_calibration_path` does."""
    check_calibration_path(path)
    write_whole(path, msgspec.json.format(msgspec.json.encode(calibration), indent=1) + b"\n")


def check_calibration_path(path: Path) -> None:
    """Raise UsageError unless a calibration can be written there: the name ends in .json, and there is nothing yet."""
    if path.suffix != SUFFIX:
        raise UsageError(f"{path}: a calibration is a {SUFFIX} file; name one that ends so")
    if path.exists():
        raise UsageError(f"{path} exists already; a calibration is never written over anything: choose another name")
    check_folder(path)


def judge_beside(judge: str, path: Path) -> Path | None:
    """Return the file of the judge that a calibration names; None if the judge is no file.

    Args:
        judge: name or file name, as the calibration states it
        path: of the calibration, in whose folder the file must lie

    Raises:
        UntrustedPathError: if the name leads outside the folder and the user has not named it (allow_settings)
    """
    if not judge.endswith(FILE_SUFFIXES):
        return None
    if is_allowed(judge):
        return Path(judge)
    return resolve_inside(path.parent, judge, source=f"{path}: judge")
