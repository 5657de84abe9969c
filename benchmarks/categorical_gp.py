"""Optuna's Gaussian process on choices without order, to bench beside the ordered one.

``PYTHONPATH=. mbscale bench --sampler benchmarks.categorical_gp.CategoricalGpSampler``, in
the root of the repository.
"""

from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import GPSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial


class CategoricalGpSampler(GPSampler):
    """As the built-in ``gp``, but every integer is a category."""

    def __init__(self, *, seed: int) -> None:
        super().__init__(
            seed=seed,
            independent_sampler=RandomSampler(seed=seed),
            n_startup_trials=10,
            deterministic_objective=False,
            warn_independent_sampling=False,
        )

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The proposal of the categorical kernel, still as integers."""
        unordered = {name: _forget_order(one) for name, one in search_space.items()}
        return super().sample_relative(study, trial, unordered)


def _forget_order(distribution: BaseDistribution) -> BaseDistribution:
    if not isinstance(distribution, IntDistribution):
        return distribution
    return CategoricalDistribution(range(distribution.low, distribution.high + 1))
