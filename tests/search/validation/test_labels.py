"""What labels of some networks tell of the others."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mbscale.search.choice_space import describe_space
from mbscale.search.surrogate.accuracy_features import make_features
from mbscale.search.surrogate.accuracy_model import PRIOR_MEAN, Sums, fit_model
from mbscale.search.validation.agreement import kendall, mean_tau
from mbscale.search.validation.labels import (
    LabelTask,
    choose_by_chance,
    choose_spread,
    guess_accuracies,
)
from mbscale.search.validation.recorded_reference import draw_reference, make_label_task
from mbscale.search.validation.settings import ValidationSettings
from mbscale.space.blocks import canonical_key
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SMALL = load_search_space("small")
IMAGENET = Target(resolution=224, num_classes=1000)


def _task(*, n_pool: int, seed: int = 0) -> LabelTask:
    """Networks whose accuracy grows with the logarithm of their MACs alone."""
    space = describe_space(SMALL, Target(resolution=28, num_classes=10))
    rng = np.random.default_rng(seed)
    pool, judged = (space.sample(rng, n) for n in (n_pool, 40))
    recorded = 0.5 + 0.02 * np.log(space.count(pool).macs / 1e6)
    return LabelTask(space, pool, recorded, judged)


def test_an_accuracy_that_follows_from_the_cost_is_learned_from_a_few_labels() -> None:
    task = _task(n_pool=60)
    macs = task.space.count(task.judged).macs.astype(np.float64)

    taus = [kendall(one.values[:, 0], macs) for one in guess_accuracies(task, [5, 20])]

    assert min(taus[2:]) > 0.9


def test_labels_are_distinct_and_the_first_of_many_are_those_that_fewer_would_be() -> None:
    task = _task(n_pool=30)

    chosen = choose_spread(task, 12)

    assert len({*chosen.tolist()}) == len({*choose_by_chance(task, 12, seed=3).tolist()}) == 12
    assert chosen[:5].tolist() == choose_spread(task, 5).tolist()


def test_no_accuracy_is_needed_to_spread_labels() -> None:
    task = _task(n_pool=30)
    other = LabelTask(task.space, task.pool, task.recorded[::-1].copy(), task.judged)

    assert choose_spread(task, 8).tolist() == choose_spread(other, 8).tolist()


def test_each_spread_label_is_the_one_that_a_full_inversion_finds() -> None:
    task = _task(n_pool=12)
    features = make_features(task.space)
    width = len(features.groups)
    nothing = Sums(1, np.zeros((width, width)), np.zeros(width), 1.0)
    prior = fit_model(nothing, features.groups, PRIOR_MEAN)
    rows, others = (features.compute(part) @ prior.root for part in (task.pool, task.judged))
    others = others - others.mean(axis=0)

    def leave(chosen: list[int]) -> float:
        known = rows[chosen]
        inside = np.linalg.inv(known @ known.T + prior.noise**2 * np.eye(len(chosen)))
        shared = others @ known.T
        return float(
            (np.square(others).sum(axis=1) - (shared @ inside * shared).sum(axis=1)).mean()
        )

    expected: list[int] = []
    for _ in range(4):
        free = [place for place in range(12) if place not in expected]
        expected.append(min(free, key=lambda place: leave([*expected, place])))

    assert choose_spread(task, 4).tolist() == expected


def test_judged_networks_are_never_among_those_that_have_labels(
    shared_file: Callable[[str], Path],
) -> None:
    settings = ValidationSettings(n_networks=30, min_macs=200e6, max_macs=500e6)

    reference = draw_reference(shared_file("accel_nasbench.csv"), settings, IMAGENET)

    keys = [canonical_key(one.architecture) for one in (*reference.judged, *reference.others)]
    assert len(reference.judged) == 30
    assert len({*keys}) == len(keys) > 1000


def test_a_space_without_the_judged_networks_has_no_labels(
    shared_file: Callable[[str], Path],
) -> None:
    settings = ValidationSettings(n_networks=30)
    reference = draw_reference(shared_file("nas_bench_macro.csv"), settings, IMAGENET)

    assert make_label_task(reference, [SMALL], IMAGENET) is None


@pytest.mark.slow
def test_twenty_spread_labels_order_recorded_networks_better_than_random_ones(
    shared_file: Callable[[str], Path],
) -> None:
    settings = ValidationSettings(n_networks=150, min_macs=200e6, max_macs=500e6)
    reference = draw_reference(shared_file("accel_nasbench.csv"), settings, IMAGENET)
    task = make_label_task(reference, [SMALL, load_search_space("accel_nasbench")], IMAGENET)
    assert task is not None
    recorded = np.array([one.accuracy for one in reference.judged])

    chance, spread = guess_accuracies(task, [20])

    by_chance, by_spread = (mean_tau(one.values, recorded) for one in (chance, spread))
    assert by_spread > by_chance > 0.65
