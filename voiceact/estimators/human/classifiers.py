"""The parts of a judge at run time: a linear discriminant, boosted trees and regressions, all in numpy.

Each is built from the arrays of a model file and takes normalised functionals, float [clips, features].
"""

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
    """weights [features, outputs], bias [outputs]."""

    weights: Floats
    bias: Floats

    def outputs(self, rows: Floats) -> Floats:
        """[clips, outputs]: log-probabilities up to a constant, or regressed values."""
        return np.asarray(rows @ self.weights + self.bias)


@dataclass(frozen=True, slots=True)
class Waves:
    """Random cosine features (Rahimi & Recht 2007): a discriminant of them bends like a Gaussian kernel.

    directions [features, waves] and phases [waves], float16 so that they are small on disk.
    """

    directions: NDArray[np.float16]
    phases: NDArray[np.float16]

    def of(self, rows: Floats) -> Floats:
        """[clips, waves]."""
        turned = np.asarray(rows, np.float32) @ self.directions.astype(np.float32)
        return np.asarray(np.cos(turned + self.phases.astype(np.float32)))


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees: node arrays [trees, nodes]; a leaf is its own child; tree t speaks for class t % classes."""

    feature: NDArray[np.integer]
    threshold: Floats
    left: NDArray[np.integer]
    right: NDArray[np.integer]
    value: Floats
    classes: int

    def outputs(self, rows: Floats) -> Floats:
        """[clips, classes]: log-probabilities up to a constant."""
        answers = [self._one(row) for row in np.asarray(rows, np.float32)]
        return np.array(answers, np.float64).reshape(len(rows), self.classes)

    def _one(self, row: NDArray[np.float32]) -> Floats:
        trees = np.arange(len(self.feature))
        node = np.zeros(len(trees), np.intp)
        for _ in range(self.feature.shape[1]):
            below = row[self.feature[trees, node]] <= self.threshold[trees, node]
            following = np.where(below, self.left[trees, node], self.right[trees, node])
            if np.array_equal(following, node):
                break
            node = following
        total: Floats = self.value[trees, node].reshape(-1, self.classes).sum(axis=0)
        return total
