"""Statistics of repeated trainings."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mbscale.search.statistics import (
    Pooled,
    binomial_error,
    draw_noise,
    find_tied,
    pool,
    quantile_of_largest,
    summarize,
)

scores = st.lists(st.floats(0, 1), min_size=2, max_size=4)


def test_the_interval_of_one_group_is_students() -> None:
    group = [0.90, 0.92, 0.91]
    expected = stats.t.interval(0.95, 2, loc=np.mean(group), scale=stats.sem(group))

    [summary] = summarize([group], seed=0)

    assert (summary.low, summary.high) == pytest.approx(expected, rel=1e-5)
    assert summary.probability_best == 1
    assert summary.is_tied


@pytest.mark.parametrize(
    ("n_means", "n_free", "expected"),
    [(2, 2, 5.57), (2, 3, 3.96), (2, 5, 3.09), (3, 5, 3.39), (10, 5, 4.31), (28, 5, 5.06)],
)
def test_the_quantile_of_the_largest_is_the_tabulated_one(
    n_means: int, n_free: int, expected: float
) -> None:
    # The table of Stoline and Ury (1979), 5 %, as smmcrit of the R package WRS2 holds it.
    assert quantile_of_largest(n_means, n_free, 0.95) == pytest.approx(expected, abs=0.01)


@given(st.integers(1, 40), st.integers(1, 60), st.floats(0.5, 0.99))
def test_the_quantile_of_the_largest_lies_between_students_and_bonferronis(
    n_means: int, n_free: int, confidence: float
) -> None:
    found = quantile_of_largest(n_means, n_free, confidence)

    low = stats.t.ppf((1 + confidence) / 2, n_free)
    high = stats.t.ppf(1 - (1 - confidence) / (2 * n_means), n_free)
    assert 0.9999 * low <= found <= 1.0001 * high


def test_the_pooled_deviation_is_that_of_the_two_sample_t_test() -> None:
    first, second = [0.1, 0.3, 0.2], [0.6, 0.5]
    pooled = pool([first, second])

    t = (pooled.means[0] - pooled.means[1]) / math.hypot(*pooled.errors)

    assert t == pytest.approx(stats.ttest_ind(first, second).statistic)


def test_the_chance_of_the_better_of_two_is_the_one_sided_p_of_the_t_test() -> None:
    first, second = [0.93, 0.90, 0.92], [0.91, 0.90, 0.90]
    expected = 1 - stats.ttest_ind(first, second, alternative="greater").pvalue

    summary, _ = summarize([first, second], seed=0)

    assert summary.probability_best == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("share", "n_tied"), [(0.97, 2), (1.03, 1)])
def test_the_worse_of_two_is_tied_up_to_the_one_sided_t_quantile(share: float, n_tied: int) -> None:
    # Two scores each, deviation 1: the error of the difference is 1, with two degrees.
    gap = share * float(stats.t.ppf(0.95, 2))
    half = math.sqrt(0.5)

    summaries = summarize([[-half, half], [-half - gap, half - gap]], seed=1)

    assert sum(summary.is_tied for summary in summaries) == n_tied


def test_the_limit_for_many_networks_is_dunnetts() -> None:
    # Dunnett (1955), table 1a: one-sided, 5 %, five groups with a control, 20 degrees: 2.30.
    pooled = pool([[-1.0, 0, 0, 0, 1.0]] * 4 + [[0.0, 0, 0, 0, 0]])
    assert pooled.n_free == 20
    noise = draw_noise(pooled, seed=0)
    leads = 2.30 * pooled.deviation * math.sqrt(2 / 5) * np.array([0.98, 1.02])

    kept = [find_tied(shift(pooled, lead), noise, confidence=0.95)[4] for lead in leads]

    assert kept == [True, False]


def shift(pooled: Pooled, lead: float) -> Pooled:
    means = np.full(5, lead)
    means[4] = 0.0
    return replace(pooled, means=means)


@given(st.lists(scores, min_size=1, max_size=5))
def test_chances_add_up_and_the_best_mean_is_always_tied(groups: list[list[float]]) -> None:
    summaries = summarize(groups, seed=0)
    best = max(summaries, key=lambda summary: summary.mean)

    assert sum(summary.probability_best for summary in summaries) == pytest.approx(1)
    assert best.is_tied
    assert all(summary.low <= summary.mean <= summary.high for summary in summaries)


def test_intervals_cover_all_truths_at_once_as_often_as_they_say() -> None:
    # The network that is picked for the highest mean is one of them.
    rng = np.random.default_rng(0)
    quantile = quantile_of_largest(15, 15, 0.95)
    pools = [pool(groups.tolist()) for groups in rng.normal(0.5, 0.1, size=(1000, 15, 2))]

    hits = [bool((np.abs(one.means - 0.5) <= quantile * one.errors).all()) for one in pools]

    assert np.mean(hits) == pytest.approx(0.95, abs=0.02)


def test_intervals_of_all_reach_as_far_as_the_quantile_says() -> None:
    groups = [[0.1, 0.3], [0.6, 0.5], [0.2, 0.2]]
    pooled = pool(groups)

    summaries = summarize(groups, seed=0)

    reach = quantile_of_largest(3, 3, 0.95) * pooled.errors
    assert [one.high - one.mean for one in summaries] == pytest.approx(reach.tolist())
    assert [one.mean - one.low for one in summaries] == pytest.approx(reach.tolist())


def test_the_truly_best_is_kept_as_often_as_promised_in_the_worst_case() -> None:
    # All equal is the worst case: there the promise is met exactly.
    rng = np.random.default_rng(1)
    kept = [
        summarize(groups.tolist(), seed=0)[0].is_tied
        for groups in rng.normal(0.5, 0.1, size=(150, 6, 2))
    ]

    assert np.mean(kept) == pytest.approx(0.95, abs=0.04)


def test_probabilities_of_being_best_are_calibrated() -> None:
    # Networks drawn from a wide prior: of those called best with 50 to 80 %, so many are.
    rng = np.random.default_rng(2)
    outcomes: list[tuple[float, bool]] = []
    for _ in range(150):
        truth = rng.normal(0, 1, 4)
        groups = truth[:, None] + rng.normal(0, 0.7, size=(4, 3))
        summaries = summarize(groups.tolist(), seed=0)
        outcomes += [(one.probability_best, i == truth.argmax()) for i, one in enumerate(summaries)]
    middle = [(chance, is_best) for chance, is_best in outcomes if 0.4 <= chance <= 0.8]
    said, were = np.mean(np.array(middle, dtype=float), axis=0)

    assert were == pytest.approx(said, abs=0.1)


def test_scores_without_any_repeat_are_refused() -> None:
    with pytest.raises(ValueError, match="one group needs two scores"):
        pool([[0.1], [0.2]])


def test_the_binomial_error_of_a_half_is_the_textbooks() -> None:
    assert binomial_error(0.5, 100) == pytest.approx(0.05)
    assert math.isclose(binomial_error(1.0, 100), 0)
