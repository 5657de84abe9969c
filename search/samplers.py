"""Who proposes: samplers by name, with every argument explicit.

Optuna 5 changed defaults; nothing here rests on them. Arguments that Optuna 5 marks as
deprecated are left out, because giving them is a warning. Limits reach the samplers as
constraints of the trials (``Trial.set_constraint``), for the same reason.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.samplers.nsgaii import UniformCrossover
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from mbscale.search.choice_space import ChoiceSpace, IntArray
from mbscale.search.designs import Space, list_choices
from mbscale.search.evolution import EvolutionSampler
from mbscale.search.objective import Objective
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.search.settings import SamplerName, SearchSettings
from mbscale.search.surrogate.cheap_scores import CheapScores
from mbscale.search.surrogate.proposal import SurrogateOptions
from mbscale.search.surrogate.sampler import SurrogateSampler
from mbscale.search.task import SearchTask

SamplerFactory = Callable[[ChoiceSpace, SearchSettings, int], BaseSampler]


def space_distributions(space: Space) -> dict[str, BaseDistribution]:
    """Every choice of the space as an ordered integer, in the order of the encoding."""
    return {
        choice.name: IntDistribution(0, len(choice.options) - 1) for choice in list_choices(space)
    }


def make_sampler(task: SearchTask) -> BaseSampler:
    """The task's own sampler, or the one that the settings name.

    Stopped and resumed, one that the settings name proposes the same, and so does one that a
    function of the user's own makes; an object is asked as it is.
    """
    if isinstance(task.sampler, BaseSampler):
        return task.sampler
    if task.sampler is not None:
        make_own = partial(task.sampler, task.choice_space)
        distributions = space_distributions(task.space)
        return FreshSampler(make_own, seed=task.seed, distributions=distributions)
    name, space = task.settings.sampler, task.choice_space
    if name in FOLLOWS_TRIALS:
        pool = np.array(sorted(task.pool.values()), dtype=np.int64) if task.pool else None
        seed = derive_seed(task.seed, Purpose.SAMPLER)
        return FOLLOWS_TRIALS[name](
            space, task.settings, seed, task.cheap_scores, pool, task.objective
        )
    make = SAMPLERS[name]

    def make_seeded(seed: int) -> BaseSampler:
        return make(space, task.settings, seed)

    return FreshSampler(make_seeded, seed=task.seed, distributions=space_distributions(task.space))


class FreshSampler(BaseSampler):
    """Asks a new sampler for every trial, with a seed from the run's seed and the number.

    What a proposal depends on is thus in the study alone: its trials' parameters, values,
    constraints, states and system attributes. A run that was killed goes on as if it had
    not been, and start-up trials are not proposed again. Not for several threads.
    """

    def __init__(
        self,
        make: Callable[[int], BaseSampler],
        *,
        seed: int,
        distributions: Mapping[str, BaseDistribution],
    ) -> None:
        self._make = make
        self._seed = seed
        self._inner = make(seed)
        # Sorted, as Optuna's own search spaces are.
        self._distributions = {
            name: distributions[name]
            for name in sorted(distributions)
            if not distributions[name].single()
        }

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Make the sampler of this trial."""
        self._inner = self._make(derive_seed(self._seed, Purpose.SAMPLER, trial.number))
        self._inner.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """All choices: a new sampler would compare those of all trials to find the same."""
        del study, trial
        return self._distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """What the sampler of this trial proposes."""
        return self._inner.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """What the sampler of this trial draws for one choice."""
        return self._inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Let the sampler see the end of a trial."""
        self._inner.after_trial(study, trial, state, values)


class _OrderedNsga2(NSGAIISampler):
    """NSGA-II whose parents always stand in the order of their numbers.

    Optuna returns them by rank when it selects them, and by number when it reads them
    from its cache, so that the first proposal after a resume would differ.
    """

    def select_parent(self, study: Study, generation: int) -> list[FrozenTrial]:
        return sorted(super().select_parent(study, generation), key=lambda trial: trial.number)


def _make_tpe(_space: ChoiceSpace, settings: SearchSettings, seed: int) -> BaseSampler:
    return TPESampler(
        n_startup_trials=settings.n_startup,
        n_ei_candidates=24,
        seed=seed,
        multivariate=True,
        group=False,
        constant_liar=True,
    )


def _make_nsga2(_space: ChoiceSpace, settings: SearchSettings, seed: int) -> BaseSampler:
    return _OrderedNsga2(
        population_size=settings.population_size,
        mutation=None,
        mutation_prob=None,
        crossover=UniformCrossover(swapping_prob=0.5),
        crossover_prob=0.9,
        swapping_prob=0.5,
        seed=seed,
        elite_population_selection_strategy=None,
        child_generation_strategy=None,
        after_trial_strategy=None,
    )


def _make_gp(_space: ChoiceSpace, settings: SearchSettings, seed: int) -> BaseSampler:
    return GPSampler(
        seed=seed,
        independent_sampler=RandomSampler(seed=seed),
        n_startup_trials=settings.n_startup,
        deterministic_objective=False,
        warn_independent_sampling=False,
    )


def _make_random(_space: ChoiceSpace, _settings: SearchSettings, seed: int) -> BaseSampler:
    return RandomSampler(seed=seed)


def _make_evolution(_space: ChoiceSpace, settings: SearchSettings, seed: int) -> BaseSampler:
    # A quarter of the population, as in the paper (25 of 100).
    size = settings.population_size
    return EvolutionSampler(population_size=size, tournament_size=-(-size // 4), seed=seed)


def _make_surrogate(
    space: ChoiceSpace,
    settings: SearchSettings,
    seed: int,
    cheap_scores: tuple[CheapScores, ...] = (),
    pool: IntArray | None = None,
    objective: Objective | None = None,
) -> BaseSampler:
    # The driver looks repeats up; the accuracy in a trial's attributes may not be the
    # quality of the objective, which the value gives.
    options = SurrogateOptions(
        may_repeat=False,
        accuracy_attribute=None,
        pool=pool,
        prior=settings.prior,
        cheap_scores=cheap_scores,
    )
    followed = objective or settings.objective
    return SurrogateSampler(space=space, seed=seed, objective=followed, options=options)


# A proposal of these depends on the study and the trial's number as it is, and they know
# what to do with cheap scores and a pool.
FOLLOWS_TRIALS: Mapping[
    SamplerName,
    Callable[
        [
            ChoiceSpace,
            SearchSettings,
            int,
            tuple[CheapScores, ...],
            IntArray | None,
            Objective | None,
        ],
        BaseSampler,
    ],
] = {"surrogate": _make_surrogate}

SAMPLERS: Mapping[SamplerName, SamplerFactory] = {
    "surrogate": _make_surrogate,
    "tpe": _make_tpe,
    "nsga2": _make_nsga2,
    "gp": _make_gp,
    "random": _make_random,
    "evolution": _make_evolution,
}
