"""What a network costs, by name: each cost with its unit, its count and its table of a space."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from mbscale.errors import ConfigError
from mbscale.space.architecture import Architecture
from mbscale.space.cost import Cost, count_cost
from mbscale.space.cost_table import CostColumn, CostTable
from mbscale.space.network import Target
from mbscale.space.peak_memory import count_peak_memory, tabulate_peak_memory
from mbscale.space.search_space import SearchSpace
from mbscale.space.space_table import SpaceTable

# Vectors ``(n, choices)`` to counts ``(n,)``.
Counter = Callable[[NDArray[np.int64]], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class CostKind:
    """A cost: ``count`` gives that of one network, ``tabulate`` that of all members of a space.

    Both give the same number for a member; a test checks this for all of ``COSTS``. ``unit``
    is a plural that follows a number.
    """

    unit: str
    count: Callable[[Architecture, Target], int]
    tabulate: Callable[[SearchSpace, Target], SpaceTable]


# MACs, parameters and activations of one network are asked for in a row.
@lru_cache(maxsize=8)
def _count(architecture: Architecture, target: Target) -> Cost:
    resolution, num_classes = target.resolution, target.num_classes
    return count_cost(architecture, resolution=resolution, num_classes=num_classes)


def _count_column(architecture: Architecture, target: Target, *, name: CostColumn) -> int:
    return int(getattr(_count(architecture, target), name))


@lru_cache(maxsize=4)
def _tabulate(space: SearchSpace, target: Target) -> CostTable:
    return CostTable(space, target)


def _tabulate_column(space: SearchSpace, target: Target, *, name: CostColumn) -> SpaceTable:
    return _tabulate(space, target).choose(name)


def _make_column(name: CostColumn, unit: str) -> CostKind:
    return CostKind(unit, partial(_count_column, name=name), partial(_tabulate_column, name=name))


def _count_peak_memory(architecture: Architecture, target: Target) -> int:
    resolution, num_classes = target.resolution, target.num_classes
    return count_peak_memory(architecture, resolution=resolution, num_classes=num_classes)


# Limits on them are the settings min_NAME and max_NAME of search.objective.
COSTS: Mapping[str, CostKind] = {
    "macs": _make_column("macs", "MACs"),
    "params": _make_column("params", "parameters"),
    "activations": _make_column("activations", "activations"),
    "peak_memory": CostKind(
        "bytes of peak memory (int8)", _count_peak_memory, tabulate_peak_memory
    ),
}


def count_costs(architecture: Architecture, target: Target) -> dict[str, int]:
    """Every cost of ``COSTS`` for one image at the target, by name."""
    return {name: kind.count(architecture, target) for name, kind in COSTS.items()}


@lru_cache(maxsize=16)
def tabulate_cost(name: str, space: SearchSpace, target: Target) -> SpaceTable:
    """The table of one cost of ``COSTS``, made once."""
    return COSTS[name].tabulate(space, target)


def list_counters(space: SearchSpace, target: Target) -> dict[str, Counter]:
    """A counter of vectors for each cost; each builds its table on the first call."""

    def make(name: str) -> Counter:
        return lambda vectors: tabulate_cost(name, space, target).count(vectors)

    return {name: make(name) for name in COSTS}


class VectorCosts(Mapping[str, NDArray[np.float64]]):
    """Costs ``(n,)`` of vectors ``(n, choices)`` by name, each counted when it is asked for."""

    def __init__(self, vectors: NDArray[np.int64], counters: Mapping[str, Counter]) -> None:
        self._vectors, self._counters = vectors, counters

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        if name not in self._counters:
            msg = f"this space counts {', '.join(self._counters)}; it has no counter for {name}"
            raise ConfigError(msg)
        return self._counters[name](self._vectors).astype(np.float64)

    def __iter__(self) -> Iterator[str]:
        return iter(self._counters)

    def __len__(self) -> int:
        return len(self._counters)
