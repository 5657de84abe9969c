import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.proxy.evaluation import Evaluation
from mbscale.search.objective import (
    OBJECTIVES,
    compute_reward,
    make_objective,
    measure_quality,
    measure_slope,
    squeeze_score,
)
from mbscale.search.settings import Metric, ObjectiveKind, ObjectiveSettings

KINDS: tuple[ObjectiveKind, ...] = ("soft", "hard", "absolute")
qualities = st.floats(0.01, 1)
macs_counts = st.integers(10**6, 10**10)
settings = st.builds(ObjectiveSettings, kind=st.sampled_from(KINDS), target_macs=st.just(4e8))


def test_the_soft_reward_of_mnasnet_gives_five_percent_for_twice_the_cost() -> None:
    # MnasNet, section 3: 5 % more accuracy is worth twice the latency, hence w = -0.07.
    soft = ObjectiveSettings(target_macs=1e8)

    assert compute_reward(0.5 * 1.05, 2e8, soft) == pytest.approx(0.5, rel=2e-3)


@given(qualities, settings)
def test_at_the_target_the_reward_is_the_quality(
    quality: float, objective: ObjectiveSettings
) -> None:
    assert compute_reward(quality, objective.target_macs, objective) == pytest.approx(quality)


@given(qualities, qualities, macs_counts, settings)
def test_a_better_network_of_equal_cost_has_the_higher_reward(
    first: float, second: float, macs: int, objective: ObjectiveSettings
) -> None:
    low, high = sorted((first, second))

    assert compute_reward(low, macs, objective) <= compute_reward(high, macs, objective)


@given(qualities, macs_counts)
def test_the_hard_reward_costs_nothing_below_the_target_and_divides_above(
    quality: float, macs: int
) -> None:
    hard = ObjectiveSettings(kind="hard", target_macs=4e8)
    expected = quality if macs <= 4e8 else quality * 4e8 / macs

    assert compute_reward(quality, macs, hard) == pytest.approx(expected)


@given(qualities, st.floats(0.01, 0.99))
def test_the_absolute_reward_is_even_around_the_target(quality: float, off: float) -> None:
    absolute = ObjectiveSettings(kind="absolute", beta=-0.5, target_macs=4e8)
    below, above = ((1 + sign * off) * 4e8 for sign in (-1, 1))

    assert compute_reward(quality, below, absolute) == pytest.approx(quality - 0.5 * off)
    assert compute_reward(quality, above, absolute) == pytest.approx(quality - 0.5 * off)


@given(st.lists(st.tuples(qualities, macs_counts), min_size=1), settings)
def test_arrays_give_the_rewards_of_their_numbers(
    rows: list[tuple[float, int]], objective: ObjectiveSettings
) -> None:
    table = np.array(rows, dtype=np.float64)

    rewards = compute_reward(table[:, 0], table[:, 1], objective)

    assert list(rewards) == pytest.approx([compute_reward(q, m, objective) for q, m in rows])


@pytest.mark.parametrize(("metric", "expected"), [("accuracy", 0.9), ("log_loss", 0.5)])
def test_quality_is_the_accuracy_or_the_mean_probability_of_the_truth(
    metric: Metric, expected: float
) -> None:
    measured = Evaluation("complete", 0.9, math.log(2), 1.0, 1, 0, 10)

    assert measure_quality(measured, metric) == pytest.approx(expected)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_a_score_keeps_its_order_between_nothing_and_one(score: float, more: float) -> None:
    low, high = squeeze_score(score), squeeze_score(score + more)

    assert 0 < low < high < 1


def test_a_log_loss_that_was_not_measured_is_no_quality() -> None:
    measured = Evaluation("complete", 0.9, None, 1.0, 1, 0, 10)

    assert measure_quality(measured, "log_loss") is None


@given(qualities, st.floats(1e6, 1e10), settings)
def test_the_quality_for_a_reward_is_the_quality_that_it_came_from(
    quality: float, macs: float, objective: ObjectiveSettings
) -> None:
    chosen = make_objective(objective)

    assert chosen.quality_for(chosen.reward(quality, macs), macs) == pytest.approx(quality)


@given(qualities, qualities, st.floats(0, 1), st.floats(1e6, 1e10), settings)
def test_at_a_fixed_cost_the_reward_is_linear_in_the_quality(
    first: float, second: float, share: float, macs: float, objective: ObjectiveSettings
) -> None:
    chosen = make_objective(objective)
    between = share * first + (1 - share) * second
    expected = share * chosen.reward(first, macs) + (1 - share) * chosen.reward(second, macs)

    assert chosen.reward(between, macs) == pytest.approx(expected)
    assert measure_slope(chosen, macs) > 0


@given(st.lists(st.tuples(qualities, st.floats(1e6, 1e10)), min_size=1), settings)
def test_arrays_give_the_qualities_of_their_numbers(
    rows: list[tuple[float, float]], objective: ObjectiveSettings
) -> None:
    chosen, table = make_objective(objective), np.array(rows)

    found = chosen.quality_for(table[:, 0], table[:, 1])

    assert list(found) == pytest.approx([chosen.quality_for(r, macs) for r, macs in rows])


def test_every_kind_of_the_settings_has_an_objective() -> None:
    assert set(OBJECTIVES) == set(KINDS)
