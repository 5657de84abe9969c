"""Whether the limits of the objective leave any network of the space."""

import numpy as np

from mbscale.errors import ConfigError
from mbscale.search.settings import ObjectiveSettings
from mbscale.space.cost_range import find_cheapest, find_costliest
from mbscale.space.cost_table import CostTable
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace


def check_limits(space: SearchSpace, target: Target, objective: ObjectiveSettings) -> None:
    """Raise ConfigError where every network of the space is outside min_macs or max_macs.

    Limits between the cheapest and the costliest network pass, though none may lie within.
    """
    smallest, largest = _find_range(space, target)
    wrong = ""
    if objective.max_macs is not None and objective.max_macs < smallest:
        wrong = f"max_macs={objective.max_macs:,.15g}"
    if objective.min_macs is not None and objective.min_macs > largest:
        wrong = f"min_macs={objective.min_macs:,.15g}"
    if wrong:
        msg = (
            f"no network of the space {space.name} is within search.objective.{wrong}: at "
            f"{target.resolution} pixels they have {smallest:,} to {largest:,} MACs"
        )
        raise ConfigError(msg)


def _find_range(space: SearchSpace, target: Target) -> tuple[int, int]:
    table = CostTable(space, target)
    extremes = np.stack([find_cheapest(table), find_costliest(table)])
    smallest, largest = table.count(extremes).macs
    return int(smallest), int(largest)
