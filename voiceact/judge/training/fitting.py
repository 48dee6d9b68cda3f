"""Fitting the members: shrunken discriminant and ridge by plain algebra, boosted trees by LightGBM."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import MissingExtraError
from voiceact.estimators.human.classifiers import Floats, Linear, Trees, Waves

SHRINKAGE, WAVE_SHRINKAGE = 0.3, 0.1
RIDGE = 0.1


def fit_discriminant(rows: Floats, classes: NDArray[np.integer], count: int, weights: Floats, *,
                     shrinkage: float = SHRINKAGE) -> Linear:
    """Linear discriminant with equal priors and a covariance shrunken to its diagonal (Friedman 1989)."""
    own = [classes == one for one in range(count)]
    means = np.stack([np.average(rows[one], axis=0, weights=weights[one]) for one in own])
    inside = rows - means[classes]
    mass = np.bincount(classes, weights, count)
    share = weights / mass[classes] / count
    covariance = (inside * share[:, None]).T @ inside
    diagonal = np.diag(np.diag(covariance))
    covariance = (1 - shrinkage) * covariance + shrinkage * diagonal + 1e-4 * np.eye(len(covariance))
    solved = np.linalg.solve(covariance, means.T)
    return Linear(solved.astype(np.float32), (-0.5 * (means * solved.T).sum(axis=1)).astype(np.float32))


def draw_waves(features: int, count: int, sharpness: float, seed: int) -> Waves:
    """Cosines of random directions; the sharper, the nearer two clips must lie to be alike."""
    rng = np.random.default_rng([seed, count])
    directions = rng.normal(0, np.sqrt(sharpness / features), (features, count))
    return Waves(directions.astype(np.float16), rng.uniform(0, 2 * np.pi, count).astype(np.float16))


def fit_ridge(rows: Floats, targets: Floats, weights: Floats) -> Linear:
    """Weighted ridge regression to targets [clips, outputs]; the penalty grows with the weight of the data."""
    mass = weights.sum()
    row_mean, target_mean = weights @ rows / mass, weights @ targets / mass
    centred = rows - row_mean
    gram = (centred * weights[:, None]).T @ centred / mass + RIDGE * np.eye(rows.shape[1])
    solved = np.linalg.solve(gram, (centred * weights[:, None]).T @ (targets - target_mean) / mass)
    return Linear(solved.astype(np.float32), (target_mean - row_mean @ solved).astype(np.float32))


def fit_trees(rows: Floats, classes: NDArray[np.integer], count: int, weights: Floats, seed: int, *,
              rounds: int) -> Trees:
    """Gradient boosted trees of eight leaves, each on a seventh of the features and half of the clips."""
    if count < 2 or not rounds:
        return _as_arrays([{"leaf_value": 0.0}] * count, count)
    try:
        import lightgbm
    except ImportError as error:
        raise MissingExtraError("training a judge", "train") from error
    options = {
        "objective": "multiclass", "num_class": count, "learning_rate": 0.07, "num_leaves": 8, "lambda_l2": 5.0,
        "feature_fraction": 0.15, "bagging_fraction": 0.5, "bagging_freq": 1, "min_data_in_leaf": 20, "max_bin": 63,
        "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": seed, "verbosity": -1,
    }
    balanced = weights / np.bincount(classes, weights, count)[classes]
    data = lightgbm.Dataset(rows.astype(np.float32), classes, weight=balanced * len(rows) / balanced.sum())
    booster = lightgbm.train(options, data, num_boost_round=rounds)
    return _as_arrays([tree["tree_structure"] for tree in booster.dump_model()["tree_info"]], count)


def _as_arrays(trees: list[dict[str, Any]], classes: int) -> Trees:
    flat = [_flattened(tree) for tree in trees]
    size = max(len(nodes) for nodes in flat)
    table = np.zeros((len(flat), size, 5))
    for number, nodes in enumerate(flat):
        table[number, : len(nodes)] = nodes
    whole = table[:, :, :1].astype(np.int16), table[:, :, 2:4].astype(np.int16)
    return Trees(whole[0][:, :, 0], table[:, :, 1].astype(np.float32), whole[1][:, :, 0], whole[1][:, :, 1],
                 table[:, :, 4].astype(np.float32), classes)


def _flattened(tree: dict[str, Any]) -> list[tuple[float, float, float, float, float]]:
    """Rows (feature, threshold, left, right, value), root first; a leaf is its own child."""
    nodes: list[tuple[float, float, float, float, float]] = []

    def visit(node: dict[str, Any]) -> int:
        here = len(nodes)
        nodes.append((0, 0, here, here, node.get("leaf_value", 0.0)))
        if "split_feature" in node:
            left, right = visit(node["left_child"]), visit(node["right_child"])
            # float32 rows are compared with a float32 threshold, so it is rounded up: equal stays below.
            threshold = np.nextafter(np.float32(node["threshold"]), np.float32(np.inf))
            nodes[here] = (node["split_feature"], float(threshold), left, right, 0.0)
        return here

    visit(tree)
    return nodes
