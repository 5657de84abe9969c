"""Fits the coefficients of the package: ``python -m mbscale.search.fit_accel_nasbench CSV OUT``."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from mbscale.search.accel_nasbench import describe_accel_space, encode_accel, is_prior_record
from mbscale.search.accuracy_features import make_features
from mbscale.search.accuracy_model import fit_model, fit_variances, sum_observations
from mbscale.search.boosted_trees import fit_trees
from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.known_best import find_known_best
from mbscale.search.quadratic import fit_quadratic
from mbscale.search.recorded_tables import make_accel_table
from mbscale.search.settings import ObjectiveSettings


def fit_prior(vectors: IntArray, accuracies: FloatArray) -> FloatArray:
    """Weights of the space's features for ``-log(1 - accuracy)``, by the sampler's own model."""
    features = make_features(describe_accel_space())
    sums = sum_observations(features.compute(vectors), -np.log1p(-accuracies))
    theta = fit_variances(sums, features.groups)
    nothing = np.empty((0, len(features.groups)))
    return fit_model(sums, features.groups, theta, nothing).weights


def fit_all(records: Path) -> dict[str, np.ndarray]:
    """Every array of the shipped file, from the CSV of records."""
    vectors, accuracies = encode_accel(pd.read_csv(records))
    is_prior = is_prior_record(vectors)
    kept, measured = vectors[~is_prior], accuracies[~is_prior]
    quadratic = fit_quadratic(kept, measured, describe_accel_space().sizes)
    trees = fit_trees(kept, measured, seed=0)
    arrays: dict[str, np.ndarray] = {
        "quadratic_base": np.array(quadratic.base),
        "quadratic_weights": quadratic.weights.astype(np.float32),
        "tree_base": np.array(trees.base),
        "tree_columns": trees.columns.astype(np.int8),
        "tree_values": trees.levels.astype(np.int8),
        "tree_cuts": trees.cuts.astype(np.int8),
        "tree_leaves": trees.leaves.astype(np.float32),
        "prior": fit_prior(vectors[is_prior], accuracies[is_prior]),
    }
    for truth in ("quadratic", "trees"):
        table = make_accel_table(vectors, accuracies, truth=truth)
        objective = ObjectiveSettings(target_macs=table.target_macs)
        arrays[f"{truth}_front"] = find_known_best(table, objective, in_pool=False).front
        arrays["target_macs"] = np.array(table.target_macs)
        arrays["reference"] = np.array(table.reference)
    return arrays


def main() -> None:
    """Write the coefficients that two arguments name the source and the place of."""
    records, out = map(Path, sys.argv[1:])
    np.savez_compressed(out, **fit_all(records))  # type: ignore[arg-type]  # names are arrays


if __name__ == "__main__":
    main()
