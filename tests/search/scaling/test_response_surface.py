"""Surfaces against exact polynomials, least squares and recorded networks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.errors import DataError
from mbscale.search.scaling.best_split import (
    find_best_split,
    measure_log_costs,
    single_dimension,
    to_constants,
    to_shares,
)
from mbscale.search.scaling.response_surface import Degree, SeedNoise, fit_surface
from mbscale.space.candidate_settings import CandidateSettings
from mbscale.space.candidates import as_candidate, find_candidates
from mbscale.space.published import load_network
from mbscale.space.scaling import PAPER_CONSTANTS

B0 = load_network("efficientnet-b0")


def _points(n: int, k: int, seed: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).uniform(0, 1, (n, k))


@pytest.mark.parametrize("degree", [1, 2])
def test_an_exact_polynomial_is_found_again(degree: Degree) -> None:
    points = _points(40, 2)
    scores = 0.5 + 0.3 * points[:, 0] - 0.2 * points[:, 1]
    surface = fit_surface(points, scores, np.ones(40), degree=degree, noise=None, seed=0)

    first, second = surface.slopes()
    assert (first.best, second.best) == pytest.approx((0.3, -0.2), abs=0.005)
    assert surface.leave_one_out_error < 0.003


def test_slopes_and_intervals_are_those_of_least_squares_where_data_are_many() -> None:
    points, rng = _points(80, 2), np.random.default_rng(1)
    scores = 0.5 + points @ [0.3, -0.2] + 0.05 * rng.standard_normal(80)
    surface = fit_surface(points, scores, np.ones(80), degree=1, noise=None, seed=0)

    design = np.column_stack([np.ones(80), points])
    solution, residual, _, _ = np.linalg.lstsq(design, scores, rcond=None)
    variance = residual[0] / 77 * np.linalg.inv(design.T @ design)
    for slope, best, error in zip(
        surface.slopes(), solution[1:], np.sqrt(np.diag(variance))[1:], strict=True
    ):
        assert slope.best == pytest.approx(best, abs=error / 4)
        assert slope.high - slope.low == pytest.approx(2 * 1.99 * error, rel=0.15)


def test_the_leave_one_out_error_is_that_of_refitting_without_each_network() -> None:
    points, rng = _points(30, 2), np.random.default_rng(2)
    scores = 0.5 + points @ [0.3, -0.2] - points[:, 0] ** 2 + 0.02 * rng.standard_normal(30)
    noise = SeedNoise(0.02, 200)
    surface = fit_surface(points, scores, np.ones(30), degree=2, noise=noise, seed=0)

    errors: list[float] = []
    for left_out in range(30):
        rest = np.arange(30) != left_out
        other = fit_surface(points[rest], scores[rest], np.ones(29), degree=2, noise=noise, seed=0)
        (predicted,) = other.predict(points[[left_out]])
        errors.append(predicted.best - scores[left_out])
    assert surface.leave_one_out_error == pytest.approx(np.sqrt(np.mean(np.square(errors))), 0.1)


@pytest.mark.parametrize("deviation", [0.01, 0.1])
def test_the_noise_between_seeds_sets_the_width_of_the_intervals(deviation: float) -> None:
    points = _points(200, 2)
    rng = np.random.default_rng(3)
    scores = 0.5 + points @ [0.3, -0.2] + deviation * rng.standard_normal(200)
    noise = SeedNoise(deviation, 1000)
    surface = fit_surface(points, scores, np.ones(200), degree=1, noise=noise, seed=0)

    # Independent coordinates: the variance of a slope is the noise over its sum of squares.
    error = deviation / np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=0))
    widths = [slope.high - slope.low for slope in surface.slopes()]
    assert widths == pytest.approx(list(2 * 1.96 * error), rel=0.15)


def test_a_noise_known_to_be_large_is_believed_over_a_close_fit() -> None:
    points = _points(20, 1)
    scores = 0.5 + 0.3 * points[:, 0]
    close, wide = (
        fit_surface(points, scores, np.ones(20), degree=1, noise=noise, seed=0).slopes()[0]
        for noise in (None, SeedNoise(0.1, 1000))
    )

    error = 0.1 / np.sqrt(((points - points.mean()) ** 2).sum())
    assert close.high - close.low < error
    assert wide.high - wide.low > 3 * error


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_the_order_of_the_networks_does_not_matter(seed: int) -> None:
    points, rng = _points(12, 3, seed), np.random.default_rng(seed)
    scores, order = rng.uniform(size=12), rng.permutation(12)
    surface, shuffled = (
        fit_surface(points[rows], scores[rows], np.ones(12), degree=2, noise=None, seed=0)
        for rows in (np.arange(12), order)
    )

    assert shuffled.leave_one_out_error == pytest.approx(surface.leave_one_out_error)


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_scores_that_are_not_finite_are_refused(score: float) -> None:
    with pytest.raises(DataError, match="finite scores"):
        fit_surface(
            _points(3, 1),
            np.array([0.1, score, 0.2]),
            np.ones(3),
            degree=1,
            noise=None,
            seed=0,
        )


def test_the_best_split_of_an_exact_parabola_is_its_top() -> None:
    points = _points(60, 3)
    top = np.array([0.3, 0.5, 0.2])
    scores = 0.7 - ((points - top) ** 2).sum(axis=1)
    surface = fit_surface(points, scores, np.ones(60), degree=2, noise=None, seed=0)

    split = find_best_split(surface, active=(0, 1, 2), n_doublings=1, multiple=2)
    assert split.shares == pytest.approx(tuple(top), abs=0.02)
    assert split.constants.nominal_multiple == pytest.approx(2)
    assert split.score.best == pytest.approx(0.7, abs=0.01)


def test_a_dimension_that_takes_no_part_stays_as_it_is() -> None:
    points = _points(40, 2)
    scores = 0.7 - (points[:, 0] - 0.4) ** 2 - (points[:, 1] - 0.6) ** 2
    surface = fit_surface(points, scores, np.ones(40), degree=2, noise=None, seed=0)

    split = find_best_split(surface, active=(0, 1), n_doublings=1, multiple=2)
    assert split.gamma.best == split.gamma.low == split.gamma.high == 1
    assert split.shares == pytest.approx((0.4, 0.6, 0), abs=0.03)


def test_the_papers_constants_are_the_shares_that_were_computed() -> None:
    constants = to_constants((0.279, 0.292, 0.428), PAPER_CONSTANTS.nominal_multiple)

    assert (constants.alpha, constants.beta, constants.gamma) == pytest.approx(
        (1.2, 1.1, 1.15), abs=0.001
    )


def test_measured_doublings_add_up_to_the_measured_ratio() -> None:
    for entry in find_candidates(B0, CandidateSettings()).candidates:
        logs = measure_log_costs(B0, entry)
        assert 2 ** logs.sum() == pytest.approx(entry.measured_ratio)


def test_controls_of_one_dimension_are_known_as_such() -> None:
    candidates = find_candidates(B0, CandidateSettings()).candidates
    found = {
        name: single_dimension(to_shares(measure_log_costs(B0, entry)))
        for entry in candidates
        for name in (entry.control or "").split("+")
    }

    assert [found[name] for name in ("depth", "width", "resolution")] == [
        *("depth", "width", "resolution")
    ]
    assert found["paper"] is None
    assert found["uniform"] is None


def test_the_baseline_grew_in_no_dimension() -> None:
    logs = measure_log_costs(B0, as_candidate(B0))

    assert not logs.any()
    assert to_shares(logs) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
