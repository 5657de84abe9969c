"""Regularized evolution: the oldest dies, the best of a few has a child."""

from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState


class EvolutionSampler(BaseSampler):
    """Aging evolution (Real et al., 2019, arXiv:1802.01548, algorithm 1).

    The population is the last ``population_size`` complete and feasible trials. The best
    of ``tournament_size`` of them, drawn with replacement, gets one of its integers
    changed to another value. All parameters are integers, and there is one objective.
    """

    def __init__(self, *, population_size: int, tournament_size: int, seed: int) -> None:
        self._population_size = population_size
        self._tournament_size = tournament_size
        self._rng = np.random.default_rng(seed)
        self._random = RandomSampler(seed=seed)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """All parameters that the first finished trial had and that offer a choice."""
        del trial
        finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))[:1]
        found = sorted(finished[0].distributions.items()) if finished else []
        return {name: space for name, space in found if not space.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """A mutated copy of the tournament's winner; nothing until the population is full."""
        del trial
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        feasible = [one for one in complete if all(v <= 0 for v in one.constraints.values())]
        population = feasible[-self._population_size :]
        if len(population) < self._population_size or not search_space:
            return {}
        drawn = self._rng.integers(len(population), size=self._tournament_size)
        fitness = [_fitness(study, population[index]) for index in drawn]
        parent = population[drawn[int(np.argmax(fitness))]]
        return self._mutate(parent, search_space)

    def _mutate(
        self, parent: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        child = {name: parent.params[name] for name in search_space}
        name = sorted(search_space)[int(self._rng.integers(len(search_space)))]
        space = search_space[name]
        assert isinstance(space, IntDistribution)
        others = [v for v in range(space.low, space.high + 1, space.step) if v != child[name]]
        child[name] = others[int(self._rng.integers(len(others)))]
        return child

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """A uniform value, for the first population."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Take fresh randomness from the system, as Optuna asks of parallel copies."""
        self._rng = np.random.default_rng()
        self._random.reseed_rng()


def _fitness(study: Study, trial: FrozenTrial) -> float:
    value = trial.value
    assert value is not None
    return value if study.direction == StudyDirection.MAXIMIZE else -value
