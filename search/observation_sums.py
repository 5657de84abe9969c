"""Features and sums of a growing list of observations, at the cost of the new ones.

Sums are taken over blocks of a fixed size and then over blocks. A study that is resumed
therefore gets the sums of the uninterrupted one to the last digit.
"""

from itertools import accumulate
from operator import add

import numpy as np

from mbscale.search.accuracy_features import FeatureMap
from mbscale.search.accuracy_model import Sums, sum_observations
from mbscale.search.choice_space import FloatArray, IntArray

_BLOCK = 256


class ObservationSums:
    """Keeps what was computed as long as earlier observations stay as they are."""

    def __init__(self, features: FeatureMap) -> None:
        self._map = features
        self._vectors = np.empty((0, 0), dtype=np.int64)
        self._targets = np.empty(0)
        self._blocks: list[FloatArray] = []
        self._sums: list[Sums] = []
        self._totals: list[Sums] = []
        self.features = np.empty((0, len(features.groups)))

    def update(self, vectors: IntArray, targets: FloatArray) -> int:
        """Take in all observations; return how many at the start are as they were.

        ``features`` ``(n, m)`` are theirs afterwards.
        """
        n_unchanged = self._count_unchanged(vectors, targets)
        whole = n_unchanged // _BLOCK
        del self._blocks[whole:], self._sums[whole:]
        for start in range(whole * _BLOCK, len(vectors), _BLOCK):
            rows = slice(start, start + _BLOCK)
            self._blocks.append(self._map.compute(vectors[rows]))
            self._sums.append(sum_observations(self._blocks[-1], targets[rows]))
        self._vectors, self._targets = vectors, targets
        self._totals = list(accumulate(self._sums, add))
        self.features = np.concatenate([self.features[: whole * _BLOCK], *self._blocks[whole:]])
        return n_unchanged

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
        part = sum_observations(self._blocks[whole][:rest], self._targets[whole * _BLOCK : n])
        return self._totals[whole - 1] + part if whole else part
