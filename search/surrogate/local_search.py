"""Candidates for the next trial: what many short climbs meet on their way."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.limits import measure_excess
from mbscale.search.objective import Objective
from mbscale.search.surrogate.accuracy_features import Features
from mbscale.space.costs import VectorCosts

_MAX_STEPS = 10
# Neighbors of a vector that are looked at in one step; huge stages have more.
_MAX_MOVES = 160


@dataclass(frozen=True, slots=True)
class Prices:
    """MACs of networks, and how far they are outside the limits (0 within); of one shape."""

    macs: FloatArray
    excess: FloatArray

    def take(self, places: IntArray) -> "Prices":
        """The prices at these places."""
        return Prices(self.macs[places], self.excess[places])

    def reshape(self, shape: tuple[int, ...]) -> "Prices":
        """The same in another shape."""
        return Prices(self.macs.reshape(shape), self.excess.reshape(shape))

    def repeat(self, n_times: int) -> "Prices":
        """The prices ``(n,)`` in each of ``n_times`` rows."""
        shape = (n_times, len(self.macs))
        return Prices(np.broadcast_to(self.macs, shape), np.broadcast_to(self.excess, shape))

    def join(self, *others: "Prices") -> "Prices":
        """These prices, then the others."""
        every = (self, *others)
        macs = np.concatenate([one.macs for one in every])
        return Prices(macs, np.concatenate([one.excess for one in every]))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Vectors ``(n, choices)`` with their features ``(n, m)`` and prices ``(n,)``."""

    vectors: IntArray
    features: FloatArray
    prices: Prices

    @property
    def macs(self) -> FloatArray:
        """The MACs ``(n,)``."""
        return self.prices.macs

    def take(self, places: IntArray) -> "Candidates":
        """The candidates at these places."""
        prices = self.prices.take(places)
        return Candidates(self.vectors[places], self.features[places], prices)


def price_vectors(space: ChoiceSpace, objective: Objective, vectors: IntArray) -> Prices:
    """What vectors cost."""
    counted = space.count(vectors)

    def get_macs(_: IntArray) -> IntArray:
        return counted.macs

    def get_params(_: IntArray) -> IntArray:
        return counted.params

    counters = {**space.counters, "macs": get_macs, "params": get_params}
    costs = VectorCosts(vectors, counters)
    excess = measure_excess(objective.violations(costs), len(vectors))
    return Prices(counted.macs.astype(np.float64), excess)


def describe_vectors(
    space: ChoiceSpace, features: Features, objective: Objective, vectors: IntArray
) -> Candidates:
    """Vectors as candidates."""
    prices = price_vectors(space, objective, vectors)
    return Candidates(vectors, features.compute(vectors), prices)


# The worth of the candidates around some climbs, given which: ``(climbs, n)``.
Worth = Callable[[Candidates, IntArray], FloatArray]


class LocalSearch:
    """Climbs from vectors by the best change of one choice."""

    def __init__(self, space: ChoiceSpace, features: Features, objective: Objective) -> None:
        self._space = space
        self._map = features
        self._objective = objective
        sizes = space.sizes
        self._places = np.repeat(np.arange(len(sizes)), sizes - 1)
        self._steps = np.concatenate([np.arange(1, size) for size in sizes])

    def climb(self, starts: IntArray, worth: Worth, rng: np.random.Generator) -> list[Candidates]:
        """All vectors that the climbs from ``starts`` ``(climbs, choices)`` looked at, by step."""
        met: list[Candidates] = []
        climbs, current, best = np.arange(len(starts)), starts, np.full(len(starts), -np.inf)
        for _ in range(_MAX_STEPS if len(starts) else 0):
            listed = self._list_neighbors(current, rng)
            # What was measured is canonical, so the model knows no other wording.
            flat = self._space.canonicalize(listed.reshape(-1, starts.shape[1]))
            around = flat.reshape(listed.shape)
            met.append(describe_vectors(self._space, self._map, self._objective, flat))
            values = worth(met[-1], climbs).reshape(len(climbs), -1)
            top, rows = values.argmax(axis=1), np.arange(len(climbs))
            is_better = values[rows, top] > best
            if not is_better.any():
                break
            climbs, best = climbs[is_better], values[rows, top][is_better]
            current = around[rows, top][is_better]
        return met

    def _list_neighbors(self, vectors: IntArray, rng: np.random.Generator) -> IntArray:
        """Each vector with one choice changed, ``(climbs, moves, choices)``."""
        moves = np.arange(len(self._places))
        if len(moves) > _MAX_MOVES:
            moves = rng.choice(moves, _MAX_MOVES, replace=False)
        around = np.repeat(vectors[:, None, :], len(moves), axis=1)
        places, rows = self._places[moves], np.arange(len(moves))
        changed = around[:, rows, places] + self._steps[moves]
        around[:, rows, places] = changed % self._space.sizes[places]
        return around


def gather(parts: list[Candidates], places: IntArray) -> Candidates:
    """Candidates at these places of all parts in a row; features are not copied as a whole."""
    ends = np.cumsum([len(part.macs) for part in parts])
    owner = np.searchsorted(ends, places, side="right")
    taken = [
        part.take(places[owner == index] - (ends[index] - len(part.macs)))
        for index, part in enumerate(parts)
    ]
    order = np.argsort(np.argsort(owner, kind="stable"), kind="stable")
    return Candidates(
        np.concatenate([part.vectors for part in taken])[order],
        np.concatenate([part.features for part in taken])[order],
        taken[0].prices.join(*(part.prices for part in taken[1:])).take(order),
    )
