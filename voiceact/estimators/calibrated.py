"""A judge whose thresholds follow people: a file that lies over a judge and changes nothing of it.

    judge = load_estimator("human-calibrated.json")

`voiceact listen calibrate` writes such files. They name the judge and its revision, and fit no other.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, Profile, Reference
from voiceact.estimators.model_file import ModelFileError
from voiceact.runtime.atomic_files import check_folder, write_whole
from voiceact.runtime.untrusted_paths import read_regular_file, resolve_inside
from voiceact.runtime.untrusted_settings import is_allowed
from voiceact.vocabulary import EVIDENCE, Evidence, ReferenceMode

FORMAT = "voiceact-calibration/1"
SUFFIX = ".json"
FILE_SUFFIXES = (".npz", SUFFIX)
"""of a judge that is a file: a model, a calibration"""
SHOWN_DIGITS = 8
WRITTEN = "expected what `voiceact listen calibrate` wrote"
LOWERED = "people do not hear what this score says (see the calibration)"


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What people's word did to one category.

    threshold, evidence: from now on; threshold_before, evidence_before: the judge's own, None where it had none
    status: "moved", or "kept" where people said too little or nothing better
    why: in a sentence
    figures: what it rests on, each {value, low, high, n}
    """

    threshold: float | None
    evidence: Evidence
    threshold_before: float | None
    evidence_before: Evidence
    status: str
    why: str
    figures: dict[str, Any] = {}


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """A calibration file.

    judge: name or path of the judge it lies over; judge_revision: the only one it fits
    test, results: id of the listening test, and SHA-256 of its answers
    settings: protocol, rule, precision, seed
    categories: id -> what became of it
    """

    format: str = FORMAT
    judge: str
    judge_revision: str
    test: str
    results: str
    settings: dict[str, Any]
    categories: dict[str, Moved]

    @property
    def revision(self) -> str:
        """Digest of everything in it, 8 hexadecimal digits."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:SHOWN_DIGITS]


class CalibratedEstimator:
    """A judge with the thresholds and the evidence of a calibration.

    Attributes:
        name: the judge's
        revision: the judge's and the calibration's: "e1e5cb9f4bb3+1f0c2a7d"
        thresholds: category id -> least score at which it is called present
        false_accepts: as the judge has them, without the categories whose threshold moved: they were measured at the old one
    """

    def __init__(self, judge: Estimator, calibration: Calibration):
        self.judge, self.calibration = judge, calibration
        self.name, self.revision = judge.name, f"{judge.revision}+{calibration.revision}"
        moved = {
            name: msgspec.structs.replace(one, evidence=_at_most(one.evidence, judge))
            for name, one in calibration.categories.items()
            if one.status == "moved"
        }
        self._moved = moved
        self.thresholds: Mapping[str, float] = {
            **judge.thresholds,
            **{name: one.threshold for name, one in moved.items() if one.threshold is not None},
        }
        before: Mapping[str, Mapping[str, Any]] = getattr(judge, "false_accepts", {})
        self.false_accepts = {
            regime: {name: rates for name, rates in of.items() if name not in moved} for regime, of in before.items()
        }

    def profile(self, samples: NDArray[np.float32], sample_rate: int, *, reference: Reference | None = None) -> Profile:
        """The judge's profile, with the evidence that people left standing."""
        heard = self.judge.profile(samples, sample_rate, reference=reference)
        # A score that is not there has nothing to be raised to.
        told = self._told({name: level for name, level in heard.evidence.items() if heard.scores.get(name) is not None})
        evidence = {**heard.evidence, **told}
        reasons = {name: why for name, why in heard.reasons.items() if evidence.get(name, "none") == "none"}
        lowered = {name: LOWERED for name, level in evidence.items() if level == "none" and heard.evidence[name] != "none"}
        # Where people moved a threshold, it decides, and no longer the ratio.
        ratios = {name: ratio for name, ratio in heard.log_ratios.items() if name not in self._moved}
        return replace(heard, evidence=evidence, revision=self.revision, reasons={**reasons, **lowered}, log_ratios=ratios)

    def reference(self, clips: Iterable[tuple[NDArray[np.float32], int]], *, kind: str = "neutral") -> Reference:
        """As the judge's."""
        return self.judge.reference(clips, kind=kind)

    def evidence(self, regime: ReferenceMode = "none") -> dict[str, Evidence]:
        """Category id -> what stands behind its score."""
        known: Any = getattr(self.judge, "evidence", None)
        return self._told(known(regime)) if known else {name: one.evidence for name, one in self._moved.items()}

    def _told(self, evidence: Mapping[str, Evidence]) -> dict[str, Evidence]:
        return {name: self._moved[name].evidence if name in self._moved else level for name, level in evidence.items()}

    def __getattr__(self, name: str) -> Any:
        # Whatever else a judge can tell (class_scores, card, intensity_reach) it tells as before.
        if name.startswith("_") or name in ("judge", "calibration"):
            raise AttributeError(name)
        return getattr(self.judge, name)


def _at_most(evidence: Evidence, judge: Estimator) -> Evidence:
    """An estimator that hears arousal and valence alone tells no category from its neighbours, whatever a test bore out."""
    levels, most = tuple(EVIDENCE), getattr(judge, "most_evidence", "category")
    return levels[max(levels.index(evidence), levels.index(most))]


def read_calibration(path: Path) -> Calibration:
    """What a calibration file says; ModelFileError if it cannot be read."""
    try:
        found = msgspec.json.decode(read_regular_file(path), type=Calibration)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); {WRITTEN}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise ModelFileError(f"{path}: is no calibration ({error}); {WRITTEN}") from error
    if found.format != FORMAT:
        raise ModelFileError(f"{path}: is of format {found.format!r}; this voiceact reads {FORMAT!r}")
    for name, one in found.categories.items():
        if one.evidence not in EVIDENCE:
            raise ModelFileError(f"{path}: {name} has evidence {one.evidence!r}; expected one of {', '.join(EVIDENCE)}")
    return found


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration, whole or not at all; UsageError as `check_calibration_path`."""
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
