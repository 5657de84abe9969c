"""The cheapest and the costliest member of a space, and members of a given cost."""

import numpy as np
from numpy.typing import NDArray

from mbscale.space.cost_table import CostTable
from mbscale.space.space_table import IntArray


def find_cheapest(table: CostTable) -> IntArray:
    """The vector, ``(choices,)``, of fewest MACs in the whole space, exactly."""
    return table.choose("macs").find_extreme(is_largest=False)


def find_costliest(table: CostTable) -> IntArray:
    """The vector, ``(choices,)``, of most MACs in the whole space, exactly."""
    return table.choose("macs").find_extreme(is_largest=True)


def find_member(
    table: CostTable, *, low: float, high: float, rng: np.random.Generator
) -> IntArray | None:
    """The vector of a member with MACs from ``low`` to ``high``; None if none is found.

    Certain to be right about a range that reaches beyond the cheapest or the costliest
    member. Between them 65,536 mixtures of these two and of random members are tried,
    so None means that members of such MACs are rare or do not exist.
    """
    extremes = np.stack([find_cheapest(table), find_costliest(table)])
    smallest, largest = table.count(extremes).macs
    if high < smallest or low > largest:
        return None
    vectors = np.concatenate([extremes, _mix(table, extremes, rng, n_vectors=65_536)])
    macs = table.count(vectors).macs
    within = np.flatnonzero((macs >= low) & (macs <= high))
    return vectors[within[0]] if len(within) else None


def _mix(
    table: CostTable, extremes: IntArray, rng: np.random.Generator, *, n_vectors: int
) -> NDArray[np.int64]:
    """Vectors between the two extremes; a part of the choices of most is random."""
    sizes = np.array([size for stage in table.stages for size in stage.shape[1:-1]])
    shape = (n_vectors, len(sizes))
    is_costliest = rng.random(shape) < rng.random((n_vectors, 1))
    is_random = rng.random(shape) < rng.random((n_vectors, 1)) ** 2
    mixed = np.where(is_costliest, extremes[1], extremes[0])
    return np.where(is_random, rng.integers(sizes, size=shape), mixed)
