"""From integers to a network that can be judged, and new members by chance."""

import itertools
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mbscale.search.designs import Design, count_design, find_key, list_choices, realize
from mbscale.search.limits import list_limits
from mbscale.search.objective import is_within_limits
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture

# Spaces up to this many vectors are listed, so that their end is known for certain.
LISTED_VECTORS = 50_000
# Of larger ones, this many vectors are drawn before the driver gives up.
_BATCH, _BATCHES = 1_000, 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """A vector with the network that it means, its canonical key and its costs at the target."""

    vector: tuple[int, ...]
    design: Design
    key: str
    costs: Mapping[str, int] = field(hash=False)

    @property
    def architecture(self) -> Architecture:
        """The design, where the space holds architectures."""
        assert isinstance(self.design, Architecture)
        return self.design

    @property
    def macs(self) -> int:
        """The MACs at the target."""
        return self.costs["macs"]


def make_proposal(task: SearchTask, vector: Sequence[int]) -> Proposal:
    """The network that a vector means."""
    design, costs = realize(task.space, vector), count_design(task.space, task.target, vector)
    return Proposal(tuple(vector), design, find_key(design), costs)


def read_vector(task: SearchTask, params: Mapping[str, Any]) -> tuple[int, ...]:
    """The vector in a trial's parameters."""
    return tuple(int(params[choice.name]) for choice in list_choices(task.space))


class Members:
    """The members of a space within the limits of the objective, drawn by chance."""

    def __init__(self, task: SearchTask) -> None:
        self._task = task
        self._sizes = [len(choice.options) for choice in list_choices(task.space)]
        self._listed: NDArray[np.int64] | None = None

    def draw(self, seen: Container[str], *, seed: int) -> Proposal | None:
        """A member whose key is not in ``seen``; None when none was found."""
        rng = np.random.default_rng(seed)
        for vectors in self._batches(rng):
            for vector in vectors:
                proposal = make_proposal(self._task, vector.tolist())
                if proposal.key not in seen:
                    return proposal
        return None

    def describe_end(self) -> str:
        """A sentence for when ``draw`` has found nothing."""
        name, objective = self._task.space.name, self._task.settings.objective
        found = " and ".join(limit.name for limit in list_limits(objective))
        found = "the limits of the objective" if self._task.objective else found
        limits = f", or none within {found}" if found else ""
        if self._task.pool:
            return f"the table holds no other network of the space {name}{limits}"
        if self._is_small():
            return f"the space {name} holds no other network{limits}"
        return f"{_BATCH * _BATCHES:,} draws from the space {name} found no new network{limits}"

    def _is_small(self) -> bool:
        return bool(self._task.pool) or math.prod(self._sizes) <= LISTED_VECTORS

    def _batches(self, rng: np.random.Generator) -> Iterable[NDArray[np.int64]]:
        if self._is_small():
            if self._listed is None:
                self._listed = self._within_limits(np.array(list(self._list_all())))
            yield rng.permutation(self._listed)
            return
        for _ in range(_BATCHES):
            drawn = rng.integers(self._sizes, size=(_BATCH, len(self._sizes)))
            yield self._within_limits(drawn)

    def _list_all(self) -> Iterable[tuple[int, ...]]:
        if self._task.pool:
            return self._task.pool.values()
        return itertools.product(*(range(n) for n in self._sizes))

    def _within_limits(self, vectors: NDArray[np.int64]) -> NDArray[np.int64]:
        task = self._task
        is_inside = is_within_limits(vectors, task.choice_space.counters, task.followed)
        return vectors[is_inside]
