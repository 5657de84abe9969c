"""What the public records of ImageNet bring, and that they do not mislead."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from mbscale.errors import ConfigError
from mbscale.search.bench.comparison import make_bench_sampler, make_problem
from mbscale.search.bench.fit_accel_nasbench import fit_prior
from mbscale.search.bench.single_run import BenchProblem, run_sampler
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray, describe_space
from mbscale.search.settings import SearchSettings
from mbscale.search.surrogate.accuracy_features import GROUPS, FeatureMap, make_features
from mbscale.search.tables.accel_nasbench import (
    IMAGENET,
    describe_accel_space,
    encode_accel,
    is_prior_record,
    load_shipped,
)
from mbscale.search.tables.known_best import find_known_best
from mbscale.space.search_space import load_search_space


def guess(features: FeatureMap, vectors: IntArray) -> FloatArray:
    return features.compute(vectors)[:, features.groups == GROUPS.index("prior")][:, 0]


def test_the_guess_orders_records_that_it_was_not_fitted_to(
    shared_file: Callable[[str], Path],
) -> None:
    vectors, accuracies = encode_accel(pd.read_csv(shared_file("accel_nasbench.csv")))
    kept = ~is_prior_record(vectors)
    features = make_features(describe_accel_space(), load_shipped().prior)

    assert kendalltau(guess(features, vectors[kept]), accuracies[kept])[0] > 0.9


def test_the_shipped_weights_are_those_of_the_records(
    shared_file: Callable[[str], Path],
) -> None:
    vectors, accuracies = encode_accel(pd.read_csv(shared_file("accel_nasbench.csv")))
    used = is_prior_record(vectors)
    fitted = fit_prior(vectors[used], accuracies[used])

    assert load_shipped().prior.flatten() == pytest.approx(fitted.flatten(), rel=1e-6)


@pytest.mark.parametrize("name", ["small", "mnasnet", "efficientnet"])
def test_larger_networks_of_another_space_are_expected_to_be_better(name: str) -> None:
    space = describe_space(load_search_space(name), IMAGENET)
    vectors = space.sample(np.random.default_rng(0), 500)
    features = make_features(space, load_shipped().prior)

    assert kendalltau(guess(features, vectors), space.count(vectors).params)[0] > 0.3


def test_a_guess_that_is_the_same_for_all_is_left_out() -> None:
    space = describe_accel_space()
    weights = load_shipped().prior
    nothing = replace(weights, **{name: 0 * getattr(weights, name) for name in weights.__slots__})

    assert FeatureMap(space, nothing).groups.max() < GROUPS.index("prior")


def reverse(problem: BenchProblem, trend: Callable[[IntArray], FloatArray]) -> BenchProblem:
    """The table mirrored at ``trend``."""
    table, drawn = problem.table, problem.table.space.sample(np.random.default_rng(0), 2_000)

    def look_up(asked: IntArray) -> FloatArray:
        return 2 * trend(asked) - table.true_accuracy(asked)

    def look(asked: IntArray, rng: np.random.Generator) -> FloatArray:
        return 2 * trend(asked) - table.look(asked, rng)

    mirrored = replace(table, recorded=drawn, true_accuracy=look_up, look=look, front=None)
    best = find_known_best(mirrored, problem.objective, in_pool=False)
    return replace(problem, table=mirrored, best=best)


def fit_trend(space: ChoiceSpace, table: Callable[[IntArray], FloatArray]) -> FloatArray:
    drawn = space.sample(np.random.default_rng(0), 2_000)
    return np.polyfit(np.log(space.count(drawn).macs), table(drawn), 2)


def find(problem: BenchProblem, name: str) -> FloatArray:
    """Regrets after 30 trials, of so many seeds that one unlucky draw does not decide."""
    samplers = [make_bench_sampler(name, problem, seed=seed) for seed in range(20)]
    curves = [
        run_sampler(problem, sampler, n_trials=30, seed=seed)
        for seed, sampler in enumerate(samplers)
    ]
    return np.array([curve.values[-1] for curve in curves])  # noqa: PD011  # no data frame


@pytest.mark.slow
@pytest.mark.parametrize("is_within", [False, True], ids=["all", "at equal MACs"])
def test_it_does_not_hurt_on_a_table_whose_ranks_are_reversed(*, is_within: bool) -> None:
    problem = make_problem(None, "quadratic", "surrogate")
    space = problem.table.space
    curve = fit_trend(space, problem.table.true_accuracy) if is_within else np.array([0.7])

    def trend(asked: IntArray) -> FloatArray:
        return np.asarray(np.polyval(curve, np.log(space.count(asked).macs)), dtype=np.float64)

    contrary = reverse(problem, trend)
    found = {name: find(contrary, name) for name in ("surrogate", "surrogate-imagenet")}
    harm = found["surrogate-imagenet"] - found["surrogate"]

    assert harm.mean() <= 2 * harm.std(ddof=1) / len(harm) ** 0.5 + 0.01


def test_a_prior_needs_the_sampler_that_uses_it() -> None:
    with pytest.raises(ConfigError, match="sampler: surrogate"):
        SearchSettings(sampler="random", prior="imagenet")
