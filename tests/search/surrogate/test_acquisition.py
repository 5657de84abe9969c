"""The worth of a measurement, against simulation and integrals."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from mbscale.results.pareto import hypervolume
from mbscale.search.surrogate.acquisition import (
    Belief,
    build_staircase,
    expected_area_gain,
    expected_improvement,
    expected_pick_gain,
)

N_DRAWS = 400_000


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (-0.5, 0.2), (0.3, 2.0)])
def test_the_expected_improvement_is_its_integral(mean: float, deviation: float) -> None:
    def integrand(value: float) -> float:
        return (value - 0.1) * float(norm.pdf(value, mean, deviation))

    found = expected_improvement(np.array(mean), np.array(deviation), np.array(0.1))

    assert float(found) == pytest.approx(quad(integrand, 0.1, 0.1 + 12 * deviation)[0], abs=1e-7)


def test_what_is_certain_improves_by_what_it_is_better() -> None:
    found = expected_improvement(np.array([1.0, 3.0]), np.zeros(2), np.array(2.0))

    assert found == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("mean", [-0.5, 0.0, 0.4])
def test_the_gain_of_the_pick_is_that_of_simulated_picks(mean: float) -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(mean, 0.3, N_DRAWS)
    is_picked = true + rng.normal(0, 0.4, N_DRAWS) > 0.2
    belief = Belief(np.array([mean]), np.array([0.3]), np.array([0.4]))

    gain = expected_pick_gain(belief, picked_reward=0.2, picked_mean=0.1)

    assert gain[0] == pytest.approx(float(((true - 0.1) * is_picked).mean()), abs=2e-3)


def test_it_pays_to_measure_a_good_network_again_after_a_lucky_one() -> None:
    belief = Belief(np.array([0.5]), np.array([0.01]), np.array([0.3]))

    gain = expected_pick_gain(belief, picked_reward=0.8, picked_mean=0.2)

    assert gain[0] > 0
    assert expected_improvement(belief.mean, belief.deviation, np.array(0.6))[0] < 1e-6


ACCURACY = np.array([0.6, 0.7, 0.65, 0.8])
MACS = np.array([1.0, 2.0, 3.0, 5.0])
REFERENCE = (0.5, 8.0)


@pytest.mark.parametrize(("mean", "macs"), [(0.72, 1.5), (0.66, 2.5), (0.85, 7.0), (0.55, 0.5)])
def test_the_growth_of_the_area_is_that_of_simulated_areas(mean: float, macs: float) -> None:
    rng = np.random.default_rng(0)
    losses = np.stack([-ACCURACY, MACS], axis=1)
    reference = (-REFERENCE[0], REFERENCE[1])
    before = hypervolume(losses, reference)
    grown = [
        hypervolume(np.concatenate([losses, [[-accuracy, macs]]]), reference) - before
        for accuracy in rng.normal(mean, 0.05, 4_000)
    ]
    stairs = build_staircase(ACCURACY, MACS, REFERENCE)

    gain = expected_area_gain(np.array([mean]), np.array([0.05]), np.array([macs]), stairs)

    assert gain[0] == pytest.approx(
        float(np.mean(grown)), abs=4 * float(np.std(grown)) / 4_000**0.5
    )


def test_networks_beyond_the_reference_add_no_area() -> None:
    stairs = build_staircase(ACCURACY, MACS, REFERENCE)

    assert expected_area_gain(np.array([0.9]), np.array([0.1]), np.array([9.0]), stairs) == 0
