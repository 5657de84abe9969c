"""Members of a space that are spread over its MACs."""

import numpy as np
import pytest

from mbscale.errors import ArchitectureError
from mbscale.space.blocks import canonical_key
from mbscale.space.costs import COSTS, tabulate_cost
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space
from mbscale.space.space_table import IntArray
from mbscale.space.stratified import sample_stratified

SPACE, TARGET = load_search_space("small"), Target(28, 10)


def is_small(vectors: IntArray) -> np.ndarray:
    return tabulate_cost("params", SPACE, TARGET).count(vectors) <= 50_000


def test_members_are_distinct_allowed_and_ascend_by_macs() -> None:
    members = sample_stratified(SPACE, TARGET, 20, is_allowed=is_small, seed=0)

    macs = [COSTS["macs"].count(member, TARGET) for member in members]
    assert len({canonical_key(member) for member in members}) == 20
    assert macs == sorted(macs)
    assert all(COSTS["params"].count(member, TARGET) <= 50_000 for member in members)


def test_a_space_without_so_many_allowed_members_is_refused() -> None:
    def is_none(vectors: IntArray) -> np.ndarray:
        return np.zeros(len(vectors), dtype=np.bool_)

    with pytest.raises(ArchitectureError, match="gave 0 distinct networks within the limits"):
        sample_stratified(SPACE, TARGET, 2, is_allowed=is_none, seed=0)
