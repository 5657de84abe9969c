"""What twenty recorded accuracies add to a score without training: ``few_labels.py CSV``.

A linear model whose weights have fixed prior deviations. Notation: ``r`` the fourth roots
of the stages' parameters; ``p`` what is chosen of each stage: logarithms of expansion,
kernel size and depth, and whether there is squeeze and excite. Columns are standardized:

    1 | sum r | (sum r)^2 | sum r p, one for each of the four | p | r^2 and r of neighbors

One half of the networks, by chance, was looked at to choose columns and deviations. The
other is halved again and again: labels come from one part, tau is that of the other part.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from stage_score import read_table

from mbscale.proxy.zero_cost_counts import STAGE_EXPONENT
from mbscale.search.surrogate.accuracy_learner import Scale
from mbscale.search.validation.agreement import kendall
from mbscale.space.architecture import Architecture, Stage
from mbscale.space.blocks import realize_blocks
from mbscale.space.cost import count_blocks

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
# Columns (n, m), and the prior deviations of their weights (m,).
Columns = tuple[Floats, Floats]

N_LABELS = (20, 50, 100)
# Of weights, for targets with mean 0 and variance 1.
DEVIATIONS = {
    "constant": 3.0,
    "score": 0.5,
    "score2": 0.1,
    "kind": 0.3,
    "choice": 0.03,
    "roots": 0.03,
}
NOISE = 0.2
MODELS = {
    "score": ("constant", "score"),
    "choices": ("constant", "choice"),
    "score and choices": ("constant", "score", "choice"),
    "all": tuple(DEVIATIONS),
}
# Labels are chosen to tell this many networks apart.
_N_TOLD_APART = 300


def measure_roots(architecture: Architecture) -> list[float]:
    """The fourth root of the parameters of every stage."""
    counts = [count_blocks(blocks, 1)[0].params for blocks in realize_blocks(architecture)]
    return [params**STAGE_EXPONENT for params in counts]


def list_choices(stage: Stage) -> tuple[float, ...]:
    """What is chosen of a stage, as numbers."""
    sizes = (stage.expand_ratio, stage.kernel_size, stage.depth)
    return (*(math.log(size) for size in sizes), float(stage.se_ratio > 0))


def describe(architectures: Sequence[Architecture]) -> dict[str, Floats]:
    """Columns ``(n, m)`` by group."""
    roots = np.array([measure_roots(one) for one in architectures])
    chosen = np.array([[list_choices(stage) for stage in one.stages] for one in architectures])
    each, score = _standardize(roots), _standardize(roots.sum(axis=1, keepdims=True))
    return {
        "constant": np.ones((len(roots), 1)),
        "score": score,
        "score2": _standardize(score**2),
        "kind": _standardize((roots[:, :, None] * chosen).sum(axis=1)),
        "choice": _standardize(chosen.reshape(len(chosen), -1)),
        "roots": _standardize(np.concatenate([each**2, each[:, :-1] * each[:, 1:]], axis=1)),
    }


def select(groups: dict[str, Floats], names: Sequence[str]) -> Columns:
    """The columns of these groups."""
    widths = [groups[name].shape[1] for name in names]
    deviations = np.repeat([DEVIATIONS[name] for name in names], widths)
    return np.concatenate([groups[name] for name in names], axis=1), deviations


def fit(columns: Columns, known: Places, targets: Floats) -> Floats:
    """The most probable weights ``(m,)``."""
    rows, deviations = columns[0][known], columns[1]
    wanted = (targets[known] - targets[known].mean()) / targets[known].std()
    inner = rows.T @ rows / NOISE**2 + np.diag(deviations**-2)
    return np.asarray(np.linalg.solve(inner, rows.T @ wanted / NOISE**2))


def choose_spread(columns: Columns, pool: Places, n_labels: int, told: Places) -> Places:
    """Members of the pool whose labels leave the least variance between those ``told`` apart.

    One after another; no accuracy is needed for it.
    """
    rows, others = (columns[0][part] * columns[1] for part in (pool, told))
    others = others - others.mean(axis=0)
    covariance = np.eye(rows.shape[1])
    chosen: list[int] = []
    for _ in range(n_labels):
        shared = rows @ covariance
        variance = (shared * rows).sum(axis=1) + NOISE**2
        gained = np.square(shared @ others.T).mean(axis=1) / variance
        gained[chosen] = -1.0
        best = int(gained.argmax())
        covariance = covariance - np.outer(shared[best], shared[best]) / variance[best]
        chosen.append(best)
    return pool[chosen]


def repeat(
    columns: Columns, accuracy: Floats, place: Places, n_labels: int, *, is_spread: bool
) -> Iterator[float]:
    """Tau on the part without labels, draw after draw."""
    targets = Scale(is_logarithmic=True).warp(accuracy)
    for seed in range(30):
        pool, rest = np.array_split(np.random.default_rng(seed).permutation(place), 2)
        told = pool[:_N_TOLD_APART]
        known = choose_spread(columns, pool, n_labels, told) if is_spread else pool[:n_labels]
        yield kendall(columns[0][rest] @ fit(columns, known, targets), accuracy[rest])


def report(groups: dict[str, Floats], accuracy: Floats, place: Places) -> None:
    """Print a row for each model and way to choose labels."""
    print(f"{len(place)} networks; mean tau of 30 draws and its deviation", flush=True)
    print("model | labels chosen", *(f"{n} labels" for n in N_LABELS), sep=" | ")
    for name, names in MODELS.items():
        columns = select(groups, names)
        for is_spread in (False, True):
            cells = [name, "spread" if is_spread else "random"]
            for n_labels in N_LABELS:
                taus = [*repeat(columns, accuracy, place, n_labels, is_spread=is_spread)]
                cells.append(f"{np.mean(taus):.3f} ({np.std(taus):.3f})")
            print(*cells, sep=" | ", flush=True)


def main() -> None:
    """Print the table of the half that checks, or of the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--low", type=float, default=200e6)
    parser.add_argument("--high", type=float, default=500e6)
    parser.add_argument("--development", action="store_true", help="the half that was looked at")
    given = parser.parse_args()
    table = read_table(given.table, low=given.low, high=given.high, resolution=224, classes=1000)
    half = np.random.default_rng(0).random(len(table.networks)) < 0.5
    place = np.flatnonzero(half if given.development else ~half)
    groups = describe([one.architecture for one in table.networks])
    report(groups, table.accuracy, place)


def _standardize(values: Floats) -> Floats:
    """Columns with mean 0 and variance 1, without the constant ones."""
    varying = values[:, values.std(axis=0) > 1e-9]
    return np.asarray((varying - varying.mean(axis=0)) / varying.std(axis=0))


if __name__ == "__main__":
    main()
