"""Members of a space that are spread over its MACs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.cost_table import CostTable
from mbscale.space.encoding import decode, sample_vector
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace
from mbscale.space.space_table import IntArray

# Random members a stratum, before those outside of the limits are left out.
_DRAWS = 256


def sample_stratified(
    space: SearchSpace,
    target: Target,
    n_networks: int,
    *,
    is_allowed: Callable[[IntArray], NDArray[np.bool_]],
    seed: int,
) -> tuple[Architecture, ...]:
    """Distinct random members that are allowed, fewest MACs first.

    One from each of ``n_networks`` strata that hold equally many random members, so
    that they cost what random members cost, without gaps. Raises ArchitectureError where
    too few members are allowed. ``is_allowed`` takes vectors ``(n, choices)``.
    """
    rng = np.random.default_rng(seed)
    vectors = np.array([sample_vector(space, rng) for _ in range(_DRAWS * n_networks)])
    macs = CostTable(space, target).count(vectors).macs
    is_inside = is_allowed(vectors)
    order = [index for index in macs.argsort(kind="stable") if is_inside[index]]
    found: dict[str, Architecture] = {}
    for stratum in np.array_split(np.array(order, dtype=np.int64), n_networks):
        for index in rng.permutation(stratum):
            architecture = decode(space, [int(value) for value in vectors[index]])
            if found.setdefault(canonical_key(architecture), architecture) is architecture:
                break
    if len(found) < n_networks:
        msg = (
            f"the space {space.name} gave {len(found)} distinct networks within the "
            f"limits, and {n_networks} are needed"
        )
        raise ArchitectureError(msg)
    return tuple(found.values())
