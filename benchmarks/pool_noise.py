"""How well a training must order networks to improve on a score: ``pool_noise.py CSV``.

The trainings are invented: the recorded accuracy, as ``-log(1 - accuracy)``, with normal noise
that has nothing to do with the network. Real trainings also err in a direction, such as against
large networks, which is worse. Halves of the bands are those of ``pool_bands.py``.
"""

import argparse
from pathlib import Path

import numpy as np
from pool_bands import BANDS, add_ranks, measure_regret
from stage_score import Floats, Table, measure, read_table

from mbscale.search.choice_space import IntArray
from mbscale.search.validation.agreement import kendall

# Deviations of the noise, in those of the networks of all bands.
NOISES = (3.0, 1.5, 1.0, 0.6, 0.3, 0.15)
N_TRAINED = 20


def pick(table: Table, stages: Floats, trained: Floats, pool: IntArray) -> list[float]:
    """Regrets: of ``stages``, of the best trained of its twenty, by both, and of all trained."""
    several = pool[np.argsort(-stages[pool], kind="stable")[:N_TRAINED]]
    both = add_ranks(stages[several], trained[several])
    chosen = (
        several[0],
        several[trained[several].argmax()],
        several[both.argmax()],
        pool[trained[pool].argmax()],
    )
    return [measure_regret(table.accuracy, pool, np.array([one])) for one in chosen]


def main() -> None:
    """Print a row for each band and noise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--repeats", type=int, default=20, help="halves, and draws of the noise")
    given = parser.parse_args()
    table = read_table(given.table, low=200e6, high=500e6, resolution=224, classes=1000)
    stages, truth = measure(table, 0.25), -np.log1p(-table.accuracy)
    print(
        "band", "tau of training, whole range", "in the band", "among its twenty", sep=" | ", end=""
    )
    print(" | `stages` | best trained of twenty | ranks of both | best trained of all")
    for low, high in BANDS:
        place = np.flatnonzero((low <= table.macs) & (table.macs < high))
        for noise in NOISES:
            rows: list[list[float]] = []
            for seed in range(given.repeats):
                pool = np.random.default_rng(seed).permutation(place)[: len(place) // 2]
                draw = np.random.default_rng([seed, 1]).normal(size=len(truth))
                trained = truth + noise * truth.std() * draw
                several = pool[np.argsort(-stages[pool], kind="stable")[:N_TRAINED]]
                taus = [
                    kendall(trained[part], truth[part]) for part in (slice(None), place, several)
                ]
                rows.append(taus + pick(table, stages, trained, pool))
            words = [f"{one:.2f}" for one in np.mean(rows, axis=0)]
            print(f"{low / 1e6:.0f}-{high / 1e6:.0f} M", *words, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
