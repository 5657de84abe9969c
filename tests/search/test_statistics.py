"""Statistics of repeated trainings."""

import math

import numpy as np
import pytest
from scipy import stats

from mbscale.search.statistics import binomial_error, summarize


def test_the_interval_of_one_group_is_students() -> None:
    scores = [0.90, 0.92, 0.91]
    expected = stats.t.interval(0.95, 2, loc=np.mean(scores), scale=stats.sem(scores))

    [summary] = summarize([scores], seed=0)

    assert (summary.low, summary.high) == pytest.approx(expected)
    assert summary.probability_best == 1


def test_two_equal_groups_are_best_half_of_the_time() -> None:
    first, second = summarize([[0.8, 0.9], [0.9, 0.8]], seed=0)

    assert first.probability_best == pytest.approx(0.5, abs=0.02)
    assert second.is_tied


def test_a_clear_loser_is_not_tied() -> None:
    best, loser = summarize([[0.9, 0.901], [0.5, 0.501]], seed=0)

    assert best.is_tied
    assert not loser.is_tied
    assert loser.probability_best < 0.01


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    hits = [
        summary.low <= 0.5 <= summary.high
        for scores in rng.normal(0.5, 0.1, size=(200, 5, 2))
        for summary in summarize(scores.tolist(), seed=0)
    ]

    assert np.mean(hits) == pytest.approx(0.95, abs=0.03)


def test_the_binomial_error_of_a_half_is_the_textbooks() -> None:
    assert binomial_error(0.5, 100) == pytest.approx(0.05)
    assert math.isclose(binomial_error(1.0, 100), 0)
