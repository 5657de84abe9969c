"""Gradient boosted regression trees on ordered integers, for tables without quadratics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mbscale.search.choice_space import FloatArray, IntArray

_N_TREES = 1000
_DEPTH = 3
_RATE = 0.1
_SHARE = 0.6
_MIN_LEAF = 8


@dataclass(frozen=True, slots=True)
class BoostedTrees:
    """``base`` plus a leaf of every tree.

    Cut ``i`` asks whether choice ``columns[i]`` is at most ``levels[i]``. A tree is
    complete: its cuts, ``(trees, 2**depth - 1)``, stand level by level, and -1 goes left;
    its leaves are ``(trees, 2**depth)``.
    """

    columns: IntArray
    levels: IntArray
    base: float
    cuts: IntArray
    leaves: FloatArray

    def predict(self, vectors: IntArray) -> FloatArray:
        """Predicted targets ``(n,)`` of encoded architectures ``(n, choices)``."""
        is_low = compare_vectors(vectors, self.columns, self.levels)
        total = np.full(len(vectors), self.base)
        for cuts, leaves in zip(self.cuts, self.leaves, strict=True):
            total += leaves[_find_leaves(is_low, cuts)]
        return total


def fit_trees(vectors: IntArray, targets: FloatArray, *, seed: int) -> BoostedTrees:
    """Friedman's stochastic gradient boosting (2002) for squared errors."""
    largest = vectors.max(axis=0)
    columns = np.repeat(np.arange(len(largest)), largest)
    levels = np.concatenate([np.arange(size) for size in largest])
    is_low = compare_vectors(vectors, columns, levels)
    rng = np.random.default_rng(seed)
    base = float(targets.mean())
    residuals = targets - base
    trees: list[tuple[IntArray, FloatArray]] = []
    for _ in range(_N_TREES):
        drawn = rng.random(len(targets)) < _SHARE
        trees.append(_grow_tree(is_low[drawn], residuals[drawn]))
        residuals = residuals - trees[-1][1][_find_leaves(is_low, trees[-1][0])]
    cuts, leaves = zip(*trees, strict=True)
    return BoostedTrees(columns, levels, base, np.stack(cuts), np.stack(leaves))


def compare_vectors(vectors: IntArray, columns: IntArray, levels: IntArray) -> FloatArray:
    """1 where a vector's choice is at most the cut's value, else 0: ``(n, cuts)``."""
    return (vectors[:, columns] <= levels).astype(np.float64)


def _find_leaves(is_low: FloatArray, cuts: IntArray) -> IntArray:
    node = np.zeros(len(is_low), dtype=np.int64)
    rows = np.arange(len(is_low))
    for depth in range(_DEPTH):
        cut = cuts[2**depth - 1 :][node]
        node = 2 * node + ((cut >= 0) & (is_low[rows, cut] == 0))
    return node


def _grow_tree(low: FloatArray, targets: FloatArray) -> tuple[IntArray, FloatArray]:
    node = np.zeros(len(targets), dtype=np.int64)
    rows = np.arange(len(targets))
    cuts: list[IntArray] = []
    for depth in range(_DEPTH):
        level = np.array([_find_cut(low, targets, node == i) for i in range(2**depth)])
        cuts.append(level)
        node = 2 * node + ((level[node] >= 0) & (low[rows, level[node]] == 0))
    sums = np.bincount(node, weights=targets, minlength=2**_DEPTH)
    counts = np.bincount(node, minlength=2**_DEPTH)
    return np.concatenate(cuts), _RATE * sums / (counts + 1)


def _find_cut(low: FloatArray, targets: FloatArray, is_here: NDArray[np.bool_]) -> int:
    """The cut with the largest drop of the squared error, or -1 where none is allowed."""
    low, targets = low[is_here], targets[is_here]
    n_low = low.sum(axis=0)
    n_high = len(targets) - n_low
    is_allowed = (n_low >= _MIN_LEAF) & (n_high >= _MIN_LEAF)
    if not is_allowed.any():
        return -1
    sum_low = targets @ low
    sum_high = targets.sum() - sum_low
    gain = sum_low**2 / np.maximum(n_low, 1) + sum_high**2 / np.maximum(n_high, 1)
    return int(np.where(is_allowed, gain, -1.0).argmax())
