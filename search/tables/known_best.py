"""The best that a table holds: exact where it is listed, by local search elsewhere."""

from dataclasses import dataclass

import numpy as np

from mbscale.results.pareto import hypervolume, pareto_mask
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.objective import compute_reward
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.tables.recorded_tables import RecordedTable

# Climbs for each exponent of the MACs; the front is what all of them meet.
_N_STARTS = 24
_EXPONENTS = (0.0, *(-np.geomspace(0.005, 1, 14)))


@dataclass(frozen=True, slots=True)
class KnownBest:
    """The best reward, and the front with the reference point of its area.

    ``front`` is ``(n, 2)``: negative accuracy and MACs. The reference is the lowest
    recorded accuracy and the largest recorded MACs.
    """

    reward: float
    front: FloatArray
    reference: tuple[float, float]

    @property
    def area(self) -> float:
        """The hypervolume of the front; 0 where no network beats the reference in both."""
        return hypervolume(self.front, self.reference)

    def measure_area(self, losses: FloatArray) -> float:
        """The hypervolume of ``losses`` ``(n, 2)`` as a share of that of the front."""
        return hypervolume(losses, self.reference) / self.area


def find_known_best(
    table: RecordedTable, objective: ObjectiveSettings, *, in_pool: bool
) -> KnownBest:
    """The best of the recorded networks, or of all of the space."""
    losses = measure_losses(table, table.recorded)
    if not in_pool and table.front is not None:
        losses = table.front
    elif not in_pool and not table.is_complete:
        losses = np.concatenate([losses, _climb(table, objective.exponent)])
    rewards = compute_reward(-losses[:, 0], losses[:, 1], objective)
    accuracy, macs = table.reference
    front = np.unique(losses[pareto_mask(losses)], axis=0)
    return KnownBest(float(rewards.max()), front, (-accuracy, macs))


def measure_losses(table: RecordedTable, vectors: IntArray) -> FloatArray:
    """Negative true accuracies and MACs ``(n, 2)``."""
    macs = table.space.count(vectors).macs.astype(np.float64)
    return np.stack([-table.true_accuracy(vectors), macs], axis=1)


def _climb(table: RecordedTable, exponent: float) -> FloatArray:
    """Losses of all that greedy climbs from random vectors meet."""
    rng = np.random.default_rng(0)
    met: list[FloatArray] = []
    for power in (exponent, *_EXPONENTS):
        current = table.space.sample(rng, _N_STARTS)
        while True:
            around = _list_around(table.space, current)
            losses = measure_losses(table, around.reshape(-1, current.shape[1]))
            met.append(losses[pareto_mask(losses)])
            worth = (-losses[:, 0] * losses[:, 1] ** power).reshape(len(current), -1)
            top = worth.argmax(axis=1)
            if not top.any():
                break
            current = around[np.arange(len(current)), top]
    return np.concatenate(met)


def _list_around(space: ChoiceSpace, vectors: IntArray) -> IntArray:
    """Each vector, and then all that differ in one choice: ``(n, 1 + moves, choices)``."""
    sizes = space.sizes
    places = np.repeat(np.arange(len(sizes)), sizes - 1)
    steps = np.concatenate([np.arange(1, size) for size in sizes])
    around = np.repeat(vectors[:, None, :], len(places) + 1, axis=1)
    moves = np.arange(len(places))
    around[:, moves + 1, places] = (around[:, moves + 1, places] + steps) % sizes[places]
    return around
