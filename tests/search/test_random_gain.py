"""What random search would have found in a table."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from mbscale.proxy.settings import ProxySettings, TableSettings
from mbscale.search.pool import list_pool
from mbscale.search.random_gain import expect_best, list_rewards
from mbscale.search.settings import ObjectiveSettings, SearchSettings
from mbscale.search.task import SearchTask
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

VALUES = np.array([0.3, 0.9, 0.1, 0.5, 0.5, 0.8])


@pytest.mark.parametrize("n_drawn", range(1, 7))
def test_the_best_of_some_is_the_mean_over_all_ways_to_draw_them(n_drawn: int) -> None:
    maxima = [max(drawn) for drawn in combinations(VALUES.tolist(), n_drawn)]

    assert expect_best(VALUES, n_drawn) == pytest.approx(float(np.mean(maxima)))


def test_many_draws_from_many_values_stay_finite() -> None:
    values = np.linspace(0, 1, 20_001)

    # The mean of the largest of n uniform numbers is n / (n + 1).
    assert expect_best(values, 999) == pytest.approx(0.999, abs=1e-4)


def test_random_search_draws_within_the_limits(shared_file: Callable[[str], Path]) -> None:
    space = load_search_space("accel_nasbench")
    table = TableSettings(path=str(shared_file("accel_nasbench.csv")))
    proxy = ProxySettings(evaluator="table", table=table)
    pool, target = list_pool(space, proxy), Target(224, 1000)

    def count(objective: ObjectiveSettings) -> int:
        settings = SearchSettings(objective=objective)
        return len(list_rewards(SearchTask(space, target, settings, 0, pool), proxy))

    low = count(ObjectiveSettings(max_macs=3e8))
    high = count(ObjectiveSettings(min_macs=3e8))
    assert low + high == count(ObjectiveSettings()) > 2_500
    assert min(low, high) > 100
