"""Limits on the costs of a network: which are set, and what they leave of a space."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mbscale.errors import ConfigError
from mbscale.search.settings import ObjectiveSettings
from mbscale.space.costs import COSTS
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace

FloatArray = NDArray[np.float64]
Number = TypeVar("Number", float, FloatArray)


@dataclass(frozen=True, slots=True)
class Limit:
    """A setting such as ``max_params``, the cost that it limits, and its value."""

    name: str
    cost: str
    value: float
    is_upper: bool


def list_limits(settings: ObjectiveSettings) -> tuple[Limit, ...]:
    """The limits that are set: ``min_NAME`` and ``max_NAME`` of every cost of ``COSTS``."""
    limits: list[Limit] = []
    for cost in COSTS:
        for bound in ("min", "max"):
            value = getattr(settings, f"{bound}_{cost}", None)
            if value is not None:
                limits.append(Limit(f"{bound}_{cost}", cost, float(value), bound == "max"))
    return tuple(limits)


def measure_violations(
    costs: Mapping[str, Number], settings: ObjectiveSettings
) -> dict[str, Number]:
    """How far costs are outside each limit that is set, as a logarithm; 0 or less is within.

    ``costs`` are those of one network, or arrays ``(n,)`` of many, by their names in ``COSTS``.

    >>> measure_violations({"macs": 200.0}, ObjectiveSettings(min_macs=100, max_macs=200))
    {'min_macs': -0.6931471805599453, 'max_macs': 0.0}
    """
    violations: dict[str, Number] = {}
    for limit in list_limits(settings):
        cost = np.asarray(costs[limit.cost], dtype=np.float64)
        amount = np.log(cost / limit.value if limit.is_upper else limit.value / cost)
        violations[limit.name] = cast("Number", amount if amount.ndim else float(amount))
    return violations


def measure_excess(violations: Mapping[str, FloatArray], n_networks: int) -> FloatArray:
    """How far networks ``(n,)`` are outside the limit that they break most; 0 within all."""
    excess = np.zeros(n_networks)
    for amount in violations.values():
        excess = np.maximum(excess, amount)
    return excess


def describe_violations(
    violations: Mapping[str, float], costs: Mapping[str, float], settings: ObjectiveSettings
) -> str:
    """Which limits are broken, and by what; empty where none is."""
    limits = {limit.name: limit for limit in list_limits(settings)}
    broken = [name for name, amount in violations.items() if amount > 0]
    return " and ".join(
        _describe_limit(limits[name], costs) if name in limits else f"breaks {name}"
        for name in broken
    )


def _describe_limit(limit: Limit, costs: Mapping[str, float]) -> str:
    unit = COSTS[limit.cost].unit
    return f"{costs[limit.cost]:,} {unit} break {limit.name} {limit.value:,.0f}"


def check_limits(space: SearchSpace, target: Target, objective: ObjectiveSettings) -> None:
    """Raise ConfigError where every network of the space is outside one of the limits.

    Limits between the smallest and the largest cost pass, though no network may be within
    all of them.
    """
    for limit in list_limits(objective):
        kind = COSTS[limit.cost]
        smallest, largest = kind.tabulate(space, target).find_range()
        if limit.value < smallest if limit.is_upper else limit.value > largest:
            msg = (
                f"no network of the space {space.name} is within "
                f"search.objective.{limit.name}={limit.value:,.15g}: at {target.resolution} "
                f"pixels they have {smallest:,} to {largest:,} {kind.unit}"
            )
            raise ConfigError(msg)
