"""Sums over a growing list of observations, at the cost of the new ones.

Features are computed and summed over blocks of a fixed size, and then over blocks. A study
that is resumed therefore gets the sums of the uninterrupted one to the last digit.
"""

from collections.abc import Callable, Mapping

import numpy as np

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import Features
from mbscale.search.surrogate.accuracy_model import Sums, sum_observations

BLOCK = 32
_MOST_CHANGES = 1000


class ObservationSums:
    """Takes observations in; of those in full blocks it keeps the sums alone.

    ``warp`` makes targets of qualities.
    """

    def __init__(self, features: Features, warp: Callable[[FloatArray], FloatArray]) -> None:
        self._map, self._warp = features, warp
        # Of all full blocks, and of the last one, which is not full.
        self._full: Sums | None = None
        self._open: Sums | None = None
        self.n = 0

    def append(self, vectors: IntArray, qualities: FloatArray) -> None:
        """Take in what lies beyond the first ``n`` of all observations so far."""
        start = self.n - self.n % BLOCK
        while start < len(vectors):
            rows = slice(start, start + BLOCK)
            targets = self._warp(qualities[rows])
            self._open = sum_observations(self._map.compute(vectors[rows]), targets)
            start += BLOCK
            if start <= len(vectors):
                self._full = _add(self._full, self._open)
                self._open = None
        self.n = len(vectors)

    @property
    def total(self) -> Sums:
        """The sums of all observations; there is at least one."""
        total = self._full if self._open is None else _add(self._full, self._open)
        assert total is not None
        return total


class PendingSums:
    """The sum of features' products over vectors that come and go, at the cost of the changes.

    It is exact whenever no vector is left, and is taken anew after many changes, so that
    rounding does not add up.
    """

    def __init__(self, features: Features) -> None:
        self._map = features
        self._rows: dict[int, FloatArray] = {}
        self._gram = self._zero()
        self._n_changes = 0

    def _zero(self) -> FloatArray:
        return np.zeros((len(self._map.groups), len(self._map.groups)))

    def update(self, vectors: Mapping[int, IntArray]) -> FloatArray | None:
        """``F'F`` of these vectors by the number of their trial; None where there is none."""
        gone = [number for number in self._rows if number not in vectors]
        new = [number for number in vectors if number not in self._rows]
        left = _stack([self._rows.pop(number) for number in gone], self._gram)
        if new:
            came = self._map.compute(np.stack([vectors[number] for number in new]))
            self._rows.update(zip(new, came, strict=True))
        else:
            came = left[:0]
        self._n_changes += len(gone) + len(new)
        if self._n_changes > _MOST_CHANGES or not self._rows:
            every = _stack(list(self._rows.values()), self._gram)
            self._gram, self._n_changes = every.T @ every, 0
        else:
            self._gram = self._gram + came.T @ came - left.T @ left
        return self._gram if self._rows else None


def _stack(rows: list[FloatArray], gram: FloatArray) -> FloatArray:
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(gram))


def _add(first: Sums | None, second: Sums) -> Sums:
    return second if first is None else first + second
