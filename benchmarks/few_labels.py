"""What recorded accuracies add to the accuracy model of a search: ``few_labels.py CSV``.

One half of the networks, by chance, may be looked at to choose the model's columns and typical
variances. The other is halved again and again: labels come from one part, tau is of the other.
"""

import argparse
from pathlib import Path

import numpy as np
from stage_score import Floats, measure, read_table

from mbscale.search.choice_space import IntArray, describe_space
from mbscale.search.validation.agreement import kendall
from mbscale.search.validation.labels import (
    LabelTask,
    choose_by_chance,
    choose_spread,
    expect_judged,
)
from mbscale.space.encoding import encode
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

N_LABELS = (20, 50, 100)


def halve(
    vectors: IntArray, accuracy: Floats, place: IntArray, seed: int
) -> tuple[LabelTask, IntArray]:
    """Networks that labels are asked of, and the places of the others."""
    pool, rest = np.array_split(np.random.default_rng(seed).permutation(place), 2)
    space = describe_space(
        load_search_space("accel_nasbench"), Target(resolution=224, num_classes=1000)
    )
    return LabelTask(space, vectors[pool], accuracy[pool], vectors[rest]), rest


def repeat(
    vectors: IntArray, accuracy: Floats, place: IntArray, *, n_repeats: int, is_spread: bool
) -> Floats:
    """Taus of the part without labels ``(repeats, numbers of labels)``."""
    taus: list[list[float]] = []
    for seed in range(n_repeats):
        task, rest = halve(vectors, accuracy, place, seed)
        most = max(N_LABELS)
        known = choose_spread(task, most) if is_spread else choose_by_chance(task, most, seed=seed)
        expected = [expect_judged(task, known[:n]) for n in N_LABELS]
        taus.append([kendall(one, accuracy[rest]) for one in expected])
    return np.array(taus)


def main() -> None:
    """Print the table of the half that checks, or of the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--low", type=float, default=200e6)
    parser.add_argument("--high", type=float, default=500e6)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--development", action="store_true", help="the half that was looked at")
    given = parser.parse_args()
    table = read_table(given.table, low=given.low, high=given.high, resolution=224, classes=1000)
    half = np.random.default_rng(0).random(len(table.networks)) < 0.5
    place = np.flatnonzero(half if given.development else ~half)
    space = load_search_space("accel_nasbench")
    vectors = np.array([encode(space, one.architecture) for one in table.networks])
    stages = kendall(measure(table, 0.25)[place], table.accuracy[place])
    print(f"{len(place)} networks, {given.repeats} halves; `stages` without labels {stages:.3f}")
    print("labels chosen", *(f"{n} labels" for n in N_LABELS), sep=" | ")
    for name in ("by chance", "spread"):
        taus = repeat(
            vectors, table.accuracy, place, n_repeats=given.repeats, is_spread=name == "spread"
        )
        pairs = zip(taus.mean(axis=0), taus.std(axis=0), strict=True)
        print(name, *(f"{mean:.3f} ({spread:.3f})" for mean, spread in pairs), sep=" | ")


if __name__ == "__main__":
    main()
