"""Limits on any cost: what they refuse, and whom."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_search import OBJECTIVE, SPACE, TARGET

from mbscale.errors import ConfigError
from mbscale.search.limits import check_limits, list_limits, measure_excess, measure_violations
from mbscale.search.settings import ObjectiveSettings
from mbscale.space.costs import COSTS, VectorCosts, list_counters
from mbscale.space.encoding import sample_vector

# Of the space small at 28 pixels; mbscale profile prints them.
SMALLEST, LARGEST = 118_616, 30_895_552


every_cost = pytest.mark.parametrize("cost", COSTS)


def limit_costs(**limits: float) -> ObjectiveSettings:
    return replace(OBJECTIVE, **limits)  # pyright: ignore[reportArgumentType]


@every_cost
@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_limits_that_a_network_meets_are_never_refused(cost: str, seed: int) -> None:
    vector = np.array([sample_vector(SPACE, np.random.default_rng(seed))])
    [value] = COSTS[cost].tabulate(SPACE, TARGET).count(vector).tolist()

    check_limits(SPACE, TARGET, limit_costs(**{f"min_{cost}": value, f"max_{cost}": value}))


@every_cost
def test_limits_outside_of_the_range_of_a_cost_are_refused(cost: str) -> None:
    smallest, largest = COSTS[cost].tabulate(SPACE, TARGET).find_range()

    for name, value in ((f"max_{cost}", smallest - 0.5), (f"min_{cost}", largest + 0.5)):
        with pytest.raises(ConfigError, match=f"{name}=.* have {smallest:,} to {largest:,}"):
            check_limits(SPACE, TARGET, limit_costs(**{name: value}))


@every_cost
@given(st.integers(10**3, 10**10), st.integers(10**3, 10**9), st.integers(0, 10**9))
def test_a_network_violates_a_limit_exactly_when_it_is_outside(
    cost: str, value: int, low: int, width: int
) -> None:
    limits = limit_costs(**{f"min_{cost}": low, f"max_{cost}": low + width})

    violations = measure_violations({cost: float(value)}, limits)

    assert len(violations) == 2
    is_within = low <= value <= low + width
    assert all(amount <= 0 for amount in violations.values()) == is_within


def test_no_limit_is_no_violation() -> None:
    assert measure_violations({"macs": 1e9}, ObjectiveSettings()) == {}
    assert list_limits(ObjectiveSettings()) == ()


def test_networks_exceed_by_the_limit_that_they_break_most() -> None:
    limits = limit_costs(max_params=100_000, max_peak_memory=80_000, min_macs=1e6)
    rng = np.random.default_rng(0)
    vectors = np.array([sample_vector(SPACE, rng) for _ in range(200)])
    costs = VectorCosts(vectors, list_counters(SPACE, TARGET))

    excess = measure_excess(measure_violations(costs, limits), len(vectors))

    singles = [{name: float(costs[name][row]) for name in costs} for row in range(len(vectors))]
    alone = [measure_violations(one, limits) for one in singles]
    assert excess.tolist() == pytest.approx([max(0, *one.values()) for one in alone])
    assert 0 < (excess > 0).sum() < len(vectors)


@pytest.mark.parametrize("limits", [{}, {"max_macs": SMALLEST}, {"min_macs": LARGEST}])
def test_the_cheapest_and_the_costliest_network_are_allowed(limits: dict[str, float]) -> None:
    check_limits(SPACE, TARGET, replace(OBJECTIVE, **limits))


@pytest.mark.parametrize("limits", [{"max_macs": SMALLEST - 0.5}, {"min_macs": LARGEST + 0.5}])
def test_limits_outside_of_the_space_are_refused_with_its_range(limits: dict[str, float]) -> None:
    [name] = limits

    with pytest.raises(ConfigError, match=f"{name}=.* have 118,616 to 30,895,552 MACs"):
        check_limits(SPACE, TARGET, replace(OBJECTIVE, **limits))
