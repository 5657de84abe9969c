"""Features and sums of a growing list of observations, at the cost of the new ones.

Sums are taken over blocks of a fixed size and then over blocks. A study that is resumed
therefore gets the sums of the uninterrupted one to the last digit.
"""

import numpy as np

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import Features
from mbscale.search.surrogate.accuracy_model import Sums, sum_observations

_BLOCK = 256


class ObservationSums:
    """Keeps what was computed as long as earlier observations stay as they are."""

    def __init__(self, features: Features) -> None:
        self._map = features
        self._vectors = np.empty((0, 0), dtype=np.int64)
        self._targets = np.empty(0)
        self._rows = np.empty((_BLOCK, len(features.groups)))
        self._sums: list[Sums] = []
        # Of the first blocks together.
        self._totals: list[Sums] = []

    @property
    def features(self) -> FloatArray:
        """Those of all observations, ``(n, m)``."""
        return self._rows[: len(self._vectors)]

    def update(self, vectors: IntArray, targets: FloatArray) -> int:
        """Take in all observations; return how many at the start are as they were."""
        n_unchanged = self._count_unchanged(vectors, targets)
        whole = n_unchanged // _BLOCK
        del self._sums[whole:], self._totals[whole:]
        self._make_room(len(vectors))
        for start in range(whole * _BLOCK, len(vectors), _BLOCK):
            rows = slice(start, min(start + _BLOCK, len(vectors)))
            self._rows[rows] = self._map.compute(vectors[rows])
            self._sums.append(sum_observations(self._rows[rows], targets[rows]))
            self._totals.append(self._totals[-1] + self._sums[-1] if start else self._sums[-1])
        self._vectors, self._targets = vectors, targets
        return n_unchanged

    def _make_room(self, n: int) -> None:
        if n > len(self._rows):
            grown = np.empty((2 * n, self._rows.shape[1]))
            grown[: len(self._rows)] = self._rows
            self._rows = grown

    def _count_unchanged(self, vectors: IntArray, targets: FloatArray) -> int:
        n_common = min(len(vectors), len(self._vectors))
        if not n_common:
            return 0
        is_equal = (vectors[:n_common] == self._vectors[:n_common]).all(axis=1)
        is_equal &= targets[:n_common] == self._targets[:n_common]
        return n_common if is_equal.all() else int(np.argmin(is_equal))

    def total(self, n: int) -> Sums:
        """The sums of the first ``n`` observations."""
        whole, rest = divmod(n, _BLOCK)
        if not rest:
            return self._totals[whole - 1]
        rows = slice(whole * _BLOCK, n)
        part = sum_observations(self._rows[rows], self._targets[rows])
        return self._totals[whole - 1] + part if whole else part
