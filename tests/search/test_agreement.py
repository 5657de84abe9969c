"""Two orders of the same networks."""

import numpy as np
import pytest

from mbscale.search.agreement import compare, kendall, seed_tau, split_bands


def test_tau_of_one_exchanged_pair_is_the_closed_form() -> None:
    # One of six pairs stands the other way round: (5 - 1) / 6.
    assert kendall(np.array([1.0, 2, 4, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(2 / 3)


def test_scores_that_order_nothing_agree_with_nothing() -> None:
    assert kendall(np.ones(5), np.arange(5.0)) == 0


def test_the_interval_of_equal_orders_is_one() -> None:
    reference = np.arange(10.0)
    agreement = compare(np.stack([reference, reference], axis=1), reference, seed=0)

    taus = (agreement.tau, agreement.tau_low, agreement.tau_high)
    assert taus == pytest.approx((1, 1, 1))


def test_one_seed_says_nothing_of_noise() -> None:
    assert seed_tau(np.arange(4.0)[:, None]) is None


def test_bands_are_ordered_by_macs_and_hold_every_network() -> None:
    first, second = split_bands(np.array([4.0, 1, 3, 2]), 2)

    assert (first.tolist(), second.tolist()) == ([1, 3], [2, 0])
