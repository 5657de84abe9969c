"""The learning rate over a training."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.proxy.settings import ScheduleName
from mbscale.proxy.training.schedule import rate_factors

schedules = st.sampled_from(get_args(ScheduleName))


@given(schedules, st.integers(1, 300), st.floats(0, 1))
def test_every_step_has_a_rate_above_zero_and_at_most_the_peak(
    schedule: ScheduleName, n_steps: int, warmup: float
) -> None:
    factors = rate_factors(schedule, n_steps, warmup=warmup)

    assert len(factors) == n_steps
    assert all(0 < factor <= 1 for factor in factors)


@given(schedules, st.integers(1, 300), st.floats(0, 1))
def test_the_rate_rises_to_the_peak_and_then_falls(
    schedule: ScheduleName, n_steps: int, warmup: float
) -> None:
    factors = rate_factors(schedule, n_steps, warmup=warmup)
    peak = factors.index(1.0)

    assert list(factors[: peak + 1]) == sorted(factors[: peak + 1])
    assert list(factors[peak:]) == sorted(factors[peak:], reverse=True)


def test_half_the_fall_is_half_the_peak() -> None:
    assert rate_factors("cosine", 10, warmup=0)[5] == pytest.approx(0.5)


def test_one_cycle_rises_from_a_twenty_fifth() -> None:
    assert rate_factors("one_cycle", 1000, warmup=0.5)[0] == pytest.approx(1 / 25, rel=1e-3)
