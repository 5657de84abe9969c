"""What holds for every cost of the table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.errors import ConfigError
from mbscale.space.costs import COSTS, VectorCosts, count_costs
from mbscale.space.encoding import decode
from mbscale.space.network import Target
from mbscale.space.published import load_network
from mbscale.space.search_space import SearchSpace
from strategies import small_spaces, spaces_with_vectors

every_cost = pytest.mark.parametrize("name", COSTS)


def test_b0_has_the_published_counts_under_their_names() -> None:
    network = load_network("efficientnet-b0")

    costs = count_costs(network.architecture, network.target)

    assert (costs["macs"], costs["params"]) == (385_814_752, 5_288_548)
    assert set(costs) == {"macs", "params", "activations", "peak_memory"}


@every_cost
@settings(max_examples=20, deadline=None)
@given(
    spaces_with_vectors(most=5) | spaces_with_vectors(most=5, spaces=small_spaces()),
    st.sampled_from([1, 28, 33]),
)
def test_the_table_of_a_space_counts_what_its_networks_count(
    name: str, drawn: tuple[SearchSpace, list[tuple[int, ...]]], resolution: int
) -> None:
    (space, rows), target, kind = drawn, Target(resolution, 10), COSTS[name]

    counts = kind.tabulate(space, target).count(np.array(rows))

    assert counts.tolist() == [kind.count(decode(space, row), target) for row in rows]


def test_a_cost_without_a_counter_is_refused_by_name() -> None:
    costs = VectorCosts(np.zeros((1, 3), dtype=np.int64), {"macs": lambda vectors: vectors[:, 0]})

    assert list(costs) == ["macs"]
    with pytest.raises(ConfigError, match="counts macs; it has no counter for peak_memory"):
        costs["peak_memory"]
