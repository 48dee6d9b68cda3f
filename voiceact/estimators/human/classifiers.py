"""The heads of a judge at run time: linear maps in numpy, built from the arrays of a model file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def log_softmax(scores: Floats) -> Floats:
    """Rows of log-probabilities."""
    scores = scores - scores.max(axis=1, keepdims=True)
    shifted: Floats = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return shifted


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear map.

    Attributes:
        weights: float [features, outputs]
        bias: float [outputs]
    """

    weights: Floats
    bias: Floats

    def outputs(self, rows: Floats) -> Floats:
        """Map rows [clips, features] to [clips, outputs]: log-probabilities up to a constant, or regressed values."""
        return np.asarray(rows @ self.weights + self.bias)
