from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_search import OBJECTIVE, SPACE, TARGET

from mbscale.errors import ConfigError
from mbscale.search.limits import check_limits
from mbscale.space.cost_table import CostTable
from mbscale.space.encoding import sample_vector

# Of the space small at 28 pixels; mbscale profile prints them.
SMALLEST, LARGEST = 118_616, 30_895_552


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_limits_that_a_network_meets_are_never_refused(seed: int) -> None:
    vector = np.array([sample_vector(SPACE, np.random.default_rng(seed))])
    macs = float(CostTable(SPACE, TARGET).count(vector).macs[0])

    check_limits(SPACE, TARGET, replace(OBJECTIVE, min_macs=macs, max_macs=macs))


@pytest.mark.parametrize("limits", [{}, {"max_macs": SMALLEST}, {"min_macs": LARGEST}])
def test_the_cheapest_and_the_costliest_network_are_allowed(limits: dict[str, float]) -> None:
    check_limits(SPACE, TARGET, replace(OBJECTIVE, **limits))


@pytest.mark.parametrize("limits", [{"max_macs": SMALLEST - 0.5}, {"min_macs": LARGEST + 0.5}])
def test_limits_outside_of_the_space_are_refused_with_its_range(limits: dict[str, float]) -> None:
    [name] = limits

    with pytest.raises(ConfigError, match=f"{name}=.* have 118,616 to 30,895,552 MACs"):
        check_limits(SPACE, TARGET, replace(OBJECTIVE, **limits))
