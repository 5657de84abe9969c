"""Fits the coefficients of the package.

``python -m mbscale.search.bench.fit_accel_nasbench CSV OUT``
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from mbscale.proxy.zero_cost.imagenet_records import N_STAGES
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.surrogate.accuracy_features import GROUPS, make_features
from mbscale.search.surrogate.accuracy_model import fit_model, fit_variances, sum_observations
from mbscale.search.tables.accel_nasbench import describe_accel_space, encode_accel, is_prior_record
from mbscale.search.tables.boosted_trees import fit_trees
from mbscale.search.tables.imagenet_prior import PRIOR_KINDS, PriorWeights
from mbscale.search.tables.known_best import find_known_best
from mbscale.search.tables.quadratic import fit_quadratic
from mbscale.search.tables.recorded_tables import make_accel_table

_PRIOR_GROUPS = ("constant", "cost", "cost2", "stage", "stage2", "choice")


def fit_prior(vectors: IntArray, accuracies: FloatArray) -> PriorWeights:
    """The weights that fit ``-log(1 - accuracy)``, by the sampler's own model."""
    space = describe_accel_space()
    features = make_features(space)
    names = [GROUPS[group] for group in features.groups]
    used = np.flatnonzero([name in _PRIOR_GROUPS for name in names])
    columns, groups = features.compute(vectors)[:, used], features.groups[used]
    sums = sum_observations(columns, -np.log1p(-accuracies))
    model = fit_model(sums, groups, fit_variances(sums, groups))
    weights = {name: model.weights[groups == GROUPS.index(name)] for name in _PRIOR_GROUPS}
    upper = np.zeros((N_STAGES, N_STAGES))
    upper[np.triu_indices(N_STAGES)] = weights["stage2"]
    return PriorWeights(
        weights["cost"],
        weights["cost2"],
        weights["stage"],
        (upper + upper.T) / 2,
        _place_choices(space, weights["choice"]),
    )


def _place_choices(space: ChoiceSpace, weights: FloatArray) -> FloatArray:
    """Weights of the choices that vary, ``(stages, kinds)``."""
    placed = np.zeros((N_STAGES, len(PRIOR_KINDS)))
    varying = np.flatnonzero(space.sizes > 1)
    for choice, weight in zip(varying, weights, strict=True):
        stage, kind = int(space.stages[choice]) - 1, PRIOR_KINDS.index(space.kinds[choice])
        placed[stage, kind] = weight
    return placed


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
        "prior": fit_prior(vectors[is_prior], accuracies[is_prior]).flatten(),
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
