"""Fits the weights of the score ``imagenet``.

``python -m mbscale.search.bench.fit_imagenet_score CSV WEIGHTS REST`` fits them to the
records of Accel-NASBench that the prior of the sampler is fitted to, one in four, and writes
the others to REST: only they can check the score.
"""

import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from mbscale.proxy.zero_cost.imagenet_records import (
    RecordWeights,
    describe_network,
    make_features,
)
from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import GROUPS
from mbscale.search.surrogate.accuracy_model import fit_model, fit_variances, sum_observations
from mbscale.search.tables.accel_nasbench import encode_accel, is_prior_record
from mbscale.space.encoding import decode
from mbscale.space.search_space import load_search_space
from mbscale.yaml_dialect import Dumper

# The group of the accuracy model that each feature is of.
_GROUPS = np.repeat(
    [GROUPS.index(name) for name in ("constant", "cost", "cost2", "stage", "stage2", "choice")],
    [1, 2, 2, 7, 28, 28],
)
_DIGITS = 7


def fit_weights(vectors: IntArray, accuracies: FloatArray) -> RecordWeights:
    """The weights that fit ``-log(1 - accuracy)``, by the sampler's own model."""
    space = load_search_space("accel_nasbench")
    described = np.stack([describe_network(decode(space, row)) for row in vectors.tolist()])
    mean, deviation = described.mean(axis=0), described.std(axis=0)
    # What is the same in all records has no say.
    varies = deviation > 1e-9 * np.abs(mean)
    deviation = np.where(varies, deviation, 1.0)
    features = make_features(np.where(varies, (described - mean) / deviation, 0.0))
    sums = sum_observations(features, -np.log1p(-accuracies))
    weights = fit_model(sums, _GROUPS, fit_variances(sums, _GROUPS)).weights
    return RecordWeights(mean, deviation, weights)


def main() -> None:
    """Write the weights, and the records that they were not fitted to."""
    records, out, rest = map(Path, sys.argv[1:])
    frame = pd.read_csv(records)
    vectors, accuracies = encode_accel(frame)
    is_used = is_prior_record(vectors)
    fitted = asdict(fit_weights(vectors[is_used], accuracies[is_used]))
    text = {name: [float(f"{x:.{_DIGITS}g}") for x in row] for name, row in fitted.items()}
    out.write_text(yaml.dump(text, Dumper=Dumper), encoding="utf-8")
    rows = [encode_accel(frame.iloc[[place]])[0] for place in range(len(frame))]
    frame[~is_prior_record(np.concatenate(rows))].to_csv(rest, index=False)


if __name__ == "__main__":
    main()
