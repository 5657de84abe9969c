"""Two orders of the same networks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.search.validation.agreement import (
    compare,
    cut_bands,
    kendall,
    mean_tau,
    partial_tau,
    seed_tau,
    split_bands,
)


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


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=4),
)
@settings(max_examples=2, deadline=None)
def test_the_interval_is_that_of_scipys_tau_over_a_thousand_draws(
    rows: list[tuple[int, int, int]],
) -> None:
    table = np.array(rows, dtype=np.float64)
    scores, reference = table[:, :2], table[:, 2]
    rng = np.random.default_rng(3)
    draws: list[float] = []
    for _ in range(1000):
        chosen = rng.integers(0, len(rows), len(rows))
        draws.append(mean_tau(scores[chosen], reference[chosen]))

    agreement = compare(scores, reference, seed=3)

    interval = (agreement.tau_low, agreement.tau_high)
    assert interval == pytest.approx(tuple(np.quantile(draws, (0.025, 0.975))), abs=1e-9)


def test_one_seed_says_nothing_of_noise() -> None:
    assert seed_tau(np.arange(4.0)[:, None]) is None


def test_bands_are_ordered_by_macs_and_hold_every_network() -> None:
    first, second = split_bands(np.array([4.0, 1, 3, 2]), 2)

    assert (first.tolist(), second.tolist()) == ([1, 3], [2, 0])


def test_narrow_bands_are_found_at_once() -> None:
    bands = cut_bands(np.array([1.0, 1, 3, 3]), ratio=1 + 1e-15, least=2)

    assert [band.tolist() for band in bands] == [[0, 1], [2, 3]]


def test_a_third_order_that_both_follow_explains_all() -> None:
    # Two of three pairs agree; an order that says nothing explains nothing.
    scores, reference = np.array([1.0, 2, 3]), np.array([1.0, 3, 2])

    assert partial_tau(scores, reference, np.ones(3)) == pytest.approx(1 / 3)
    assert partial_tau(scores, reference, scores) is None


def test_partial_tau_is_kendalls_formula() -> None:
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 30))
    ab, ac, bc = kendall(a, b), kendall(a, c), kendall(b, c)
    expected = (ab - ac * bc) / np.sqrt((1 - ac**2) * (1 - bc**2))

    assert partial_tau(a, b, c) == pytest.approx(expected)


def test_a_band_ends_at_its_ratio_and_small_ones_are_left_out() -> None:
    macs = np.array([100.0, 119, 121, 143, 200])

    bands = cut_bands(macs, ratio=1.2, least=2)

    assert [band.tolist() for band in bands] == [[0, 1], [2, 3]]
