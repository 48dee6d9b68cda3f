"""Fitting the heads: shrunken discriminant and ridge, by plain algebra."""

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Floats, Linear

SHRINKAGE = 0.1
RIDGE = 0.1


def fit_discriminant(
    rows: Floats, classes: NDArray[np.integer], count: int, weights: Floats, *, shrinkage: float = SHRINKAGE
) -> Linear:
    """Fit a linear discriminant with equal priors and a covariance shrunken to a multiple of the identity (Friedman 1989)."""
    own = [classes == rows_of_class for rows_of_class in range(count)]
    means = np.stack([np.average(rows[rows_of_class], axis=0, weights=weights[rows_of_class]) for rows_of_class in own])
    inside = rows - means[classes]
    mass = np.bincount(classes, weights, count)
    share = weights / mass[classes] / count
    covariance = (inside * share[:, None]).T @ inside
    sphere = np.eye(len(covariance)) * np.trace(covariance) / len(covariance)
    covariance = (1 - shrinkage) * covariance + shrinkage * sphere + 1e-6 * np.eye(len(covariance))
    solved = np.linalg.solve(covariance, means.T)
    return Linear(solved.astype(np.float32), (-0.5 * (means * solved.T).sum(axis=1)).astype(np.float32))


def fit_ridge(rows: Floats, targets: Floats, weights: Floats) -> Linear:
    """Weighted ridge regression to targets [clips, outputs]; the penalty grows with the weight of the data."""
    mass = weights.sum()
    row_mean, target_mean = weights @ rows / mass, weights @ targets / mass
    centred = rows - row_mean
    gram = (centred * weights[:, None]).T @ centred / mass + RIDGE * np.eye(rows.shape[1])
    solved = np.linalg.solve(gram, (centred * weights[:, None]).T @ (targets - target_mean) / mass)
    return Linear(solved.astype(np.float32), (target_mean - row_mean @ solved).astype(np.float32))
