"""The calibrations of a judge: a line from trial score to log-likelihood ratio for each category, as arrays."""

from collections.abc import Sequence

import numpy as np

from voiceact.estimators.human.classifiers import Floats
from voiceact.estimators.likelihood import Logistic

FIELDS = ("slope", "offset", "lowest", "highest")


def as_array(calibrations: Sequence[Logistic | None]) -> Floats:
    """Pack calibrations, [n, 4]; NaN where there is none."""
    rows = [[np.nan] * 4 if logistic is None else [getattr(logistic, name) for name in FIELDS] for logistic in calibrations]
    return np.array(rows, np.float64)


def log_ratios(scores: Floats, calibrations: Floats) -> Floats:
    """Turn trial scores [clips, n] into log-likelihood ratios; NaN where there is no score or no calibration [n, 4]."""
    slope, offset, lowest, highest = calibrations.T
    return np.asarray(np.clip(slope * scores + offset, lowest, highest))
