"""Which recorded network of a MAC band public records would take: ``prior_bands.py CSV``.

The prior ``imagenet`` of the sampler and the score ``imagenet`` are fitted to a quarter of
the records of Accel-NASBench; only the others may be taken here, and regret is against the
best of them. A repeat has another random half of the band's networks, as in
``pool_bands.py``. Nothing is trained.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from pool_bands import BANDS, Floats, Places, describe, measure_regret
from scipy.stats import kendalltau, rankdata

from mbscale.proxy.zero_cost.imagenet_records import score_imagenet
from mbscale.search.surrogate.accuracy_features import GROUPS, make_features
from mbscale.search.tables.accel_nasbench import (
    describe_accel_space,
    encode_accel,
    is_prior_record,
    load_shipped,
)
from mbscale.space.encoding import decode
from mbscale.space.search_space import load_search_space

_N_TRAINED = 20


def score_records(path: Path) -> tuple[dict[str, Floats], Floats, Floats]:
    """Scores by name, accuracies and MACs of the records that the prior has not seen."""
    vectors, accuracy = encode_accel(pd.read_csv(path))
    is_unseen = ~is_prior_record(vectors)
    vectors, accuracy = vectors[is_unseen], accuracy[is_unseen]
    space = describe_accel_space()
    features = make_features(space, load_shipped().prior)
    guess = features.compute(vectors)[:, features.groups == GROUPS.index("prior")]
    costs = space.count(vectors)
    stages = (costs.stage_params.astype(np.float64) ** 0.25).sum(axis=1)
    prior = guess[:, 0]
    networks = [decode(load_search_space("accel_nasbench"), row) for row in vectors.tolist()]
    score = np.array([score_imagenet(one) for one in networks])
    scores = {"score `imagenet`": score, "prior `imagenet`": prior, "`stages`": stages}
    scores["sum of both ranks"] = rankdata(prior) + rankdata(stages)
    return scores, accuracy, costs.macs.astype(np.float64)


def report_band(
    scores: dict[str, Floats], accuracy: Floats, place: Places, *, name: str, n_repeats: int
) -> None:
    """Print a row for each score."""
    pools = [
        np.random.default_rng(seed).permutation(place)[: len(place) // 2]
        for seed in range(n_repeats)
    ]
    for way, score in scores.items():
        orders = [pool[np.argsort(-score[pool], kind="stable")] for pool in pools]
        pairs = list(zip(pools, orders, strict=True))
        cells = [
            describe(np.array([measure_regret(accuracy, pool, order[:n]) for pool, order in pairs]))
            for n in (1, _N_TRAINED)
        ]
        print(f"{name}, {len(place)}", way, *cells, sep=" | ")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    scores, accuracy, macs = score_records(given.table)
    inside = (macs >= BANDS[0][0]) & (macs < BANDS[-1][1])
    for way, score in scores.items():
        tau = kendalltau(score[inside], accuracy[inside]).statistic
        print(f"tau of {way} over {inside.sum()} networks: {tau:.2f}")
    print("band, networks", "chosen by", "first", f"best of {_N_TRAINED}", sep=" | ")
    for low, high in BANDS:
        place = np.flatnonzero((low <= macs) & (macs < high))
        name = f"{low / 1e6:.0f}-{high / 1e6:.0f} M"
        report_band(scores, accuracy, place, name=name, n_repeats=given.repeats)


if __name__ == "__main__":
    main()
