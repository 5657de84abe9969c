"""The measured networks that a proposal looks at: all of them, or the best of many."""

from dataclasses import dataclass

import numpy as np

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.objective import Objective
from mbscale.search.surrogate.accuracy_features import Features
from mbscale.search.surrogate.local_search import Candidates, describe_vectors
from mbscale.search.surrogate.observation_sums import BLOCK

# Up to here nothing is left out.
_MOST = 1024
# Slices of MACs for each doubling, where a front is searched.
_SLICES = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """Measured networks with their qualities ``(n,)``, in the order of the observations."""

    candidates: Candidates
    qualities: FloatArray


class Shortlist:
    """Keeps the best by reward; or the most accurate of every slice of MACs.

    Observations enter in blocks. When there is no more room, the slice with the most
    networks loses its worst, the earliest of equal ones.
    """

    def __init__(self, space: ChoiceSpace, features: Features, objective: Objective) -> None:
        self._space, self._map, self._objective = space, features, objective
        self._begun: int | None = None
        self._n_taken = 0
        self._kept = self._describe(np.empty((0, len(space.choices)), np.int64), np.empty(0))

    def update(
        self, vectors: IntArray, qualities: FloatArray, *, history: int, has_front: bool
    ) -> Measured:
        """What is kept of all observations; of one ``history``, earlier ones stay."""
        if self._begun != history:
            self._begun, self._n_taken = history, 0
            self._kept = self._describe(vectors[:0], qualities[:0])
        while self._n_taken + BLOCK <= len(vectors):
            rows = slice(self._n_taken, self._n_taken + BLOCK)
            self._kept = self._join(self._describe(vectors[rows], qualities[rows]))
            self._kept = self._drop(self._kept, has_front=has_front)
            self._n_taken += BLOCK
        rest = slice(self._n_taken, len(vectors))
        return self._join(self._describe(vectors[rest], qualities[rest]))

    def _describe(self, vectors: IntArray, qualities: FloatArray) -> Measured:
        described = describe_vectors(self._space, self._map, self._objective, vectors)
        return Measured(described, qualities)

    def _join(self, more: Measured) -> Measured:
        first, second = self._kept.candidates, more.candidates
        joined = Candidates(
            np.concatenate([first.vectors, second.vectors]),
            np.concatenate([first.features, second.features]),
            first.prices.join(second.prices),
        )
        return Measured(joined, np.concatenate([self._kept.qualities, more.qualities]))

    def _drop(self, kept: Measured, *, has_front: bool) -> Measured:
        macs, worth, slices = kept.candidates.macs, kept.qualities, np.zeros(len(kept.qualities))
        if has_front:
            slices = np.floor(_SLICES * np.log2(macs))
        else:
            worth = self._objective.reward(worth, macs)
        is_kept = np.ones(len(worth), dtype=np.bool_)
        for _ in range(len(worth) - _MOST):
            found, sizes = np.unique(slices[is_kept], return_counts=True)
            crowd = np.flatnonzero(is_kept & (slices == found[sizes.argmax()]))
            is_kept[crowd[worth[crowd].argmin()]] = False
        if is_kept.all():
            return kept
        places = np.flatnonzero(is_kept)
        return Measured(kept.candidates.take(places), kept.qualities[places])
