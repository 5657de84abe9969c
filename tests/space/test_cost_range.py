"""Cheapest and costliest members, and members of a given cost."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mbscale.space.cost_range import find_cheapest, find_costliest, find_member
from mbscale.space.cost_table import CostTable, IntArray
from mbscale.space.encoding import space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace, load_search_space, parse_space, preset_names
from mbscale.space.space_size import count_vectors
from strategies import small_spaces

# The costlier operator behind 8 channels is conv, and behind 64 it is mbconv3.
TURNING = parse_space(
    {
        "schema_version": 1,
        "name": "turning",
        "stem": {"width": 8},
        "head_width": 0,
        "stages": [
            {"stride": 1, "operators": ["conv"], "widths": [8, 64], "depths": [1]},
            {"stride": 1, "operators": ["conv", "mbconv3"], "widths": [16], "depths": [1]},
        ],
    },
    where="turning",
)


def count_macs(table: CostTable, vector: IntArray) -> int:
    return int(table.count(vector[None, :]).macs[0])


@settings(max_examples=50, deadline=None)
@given(small_spaces(), st.sampled_from([1, 28, 33]))
@example(TURNING, 28)
def test_no_member_is_cheaper_or_costlier(space: SearchSpace, resolution: int) -> None:
    assume(count_vectors(space) <= 2000)
    table = CostTable(space, Target(resolution, 10))
    options = [range(len(choice.options)) for choice in space_choices(space)]
    macs = table.count(np.array(list(itertools.product(*options)))).macs

    assert count_macs(table, find_cheapest(table)) == macs.min()
    assert count_macs(table, find_costliest(table)) == macs.max()


def test_the_accel_nasbench_space_ends_at_one_ds_block_and_at_the_deepest_mbconv6() -> None:
    """Hand-made: MACs grow with every choice of this space."""
    space = load_search_space("accel_nasbench")
    table = CostTable(space, Target(224, 1000))
    sizes = np.array([len(choice.options) for choice in space_choices(space)])

    assert find_cheapest(table).tolist() == [0] * 42
    assert find_costliest(table).tolist() == (sizes - 1).tolist()


@pytest.mark.parametrize("name", preset_names())
@pytest.mark.parametrize("position", [0.0, 0.1, 0.5, 0.9])
def test_a_member_is_found_in_a_hundredth_of_the_range(name: str, position: float) -> None:
    table = CostTable(load_search_space(name), Target(64, 10))
    smallest, largest = (
        count_macs(table, vector) for vector in (find_cheapest(table), find_costliest(table))
    )
    low = smallest + position * (largest - smallest)
    high = low + 0.01 * (largest - smallest)

    found = find_member(table, low=low, high=high, rng=np.random.default_rng(0))

    assert found is not None
    assert low <= count_macs(table, found) <= high


@pytest.mark.parametrize(("low", "high"), [(0, 1e6), (1e12, 1e13), (386e6, 385e6)])
def test_no_member_is_found_where_none_can_be(low: float, high: float) -> None:
    table = CostTable(load_search_space("efficientnet"), Target(224, 1000))

    assert find_member(table, low=low, high=high, rng=np.random.default_rng(0)) is None


def test_the_ends_of_the_range_are_found_exactly() -> None:
    table = CostTable(load_search_space("efficientnet"), Target(224, 1000))
    for vector in (find_cheapest(table), find_costliest(table)):
        macs = count_macs(table, vector)

        found = find_member(table, low=macs, high=macs, rng=np.random.default_rng(0))

        assert found is not None
        assert count_macs(table, found) == macs
