"""Optuna's samplers by name, with every argument explicit.

Optuna 5 changed defaults; nothing here rests on them. A fresh sampler is made for each
proposal, so all that it knows lies in the study and a resumed run goes on the same.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import partial

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from mbscale.search.settings import SamplerName, SearchSettings

MakeSampler = Callable[[SearchSettings, int], BaseSampler]


def _make_tpe(settings: SearchSettings, seed: int) -> BaseSampler:
    return TPESampler(
        n_startup_trials=settings.n_startup,
        n_ei_candidates=24,
        seed=seed,
        multivariate=True,
        group=False,
        constant_liar=True,
        constraints_func=None,
    )


def _make_nsga2(settings: SearchSettings, seed: int) -> BaseSampler:
    return NSGAIISampler(
        population_size=settings.n_startup,
        mutation=None,
        mutation_prob=None,
        crossover=None,
        crossover_prob=0.9,
        swapping_prob=0.5,
        seed=seed,
        constraints_func=None,
        elite_population_selection_strategy=partial(_select_elite, settings.n_startup),
    )


def _select_elite(size: int, study: Study, population: list[FrozenTrial]) -> list[FrozenTrial]:
    # By trial number, because Optuna hands its cached parents out in that order: with
    # its own selection the first proposal of a generation differs after a resume.
    del study
    best = sorted(population, key=lambda trial: (-(trial.value or 0.0), trial.number))[:size]
    return sorted(best, key=lambda trial: trial.number)


def _make_gp(settings: SearchSettings, seed: int) -> BaseSampler:
    return GPSampler(
        seed=seed,
        independent_sampler=RandomSampler(seed=seed),
        n_startup_trials=settings.n_startup,
        deterministic_objective=False,
        constraints_func=None,
        warn_independent_sampling=False,
    )


def _make_random(settings: SearchSettings, seed: int) -> BaseSampler:
    del settings
    return RandomSampler(seed=seed)


SAMPLERS: Mapping[SamplerName, MakeSampler] = {
    "tpe": _make_tpe,
    "nsga2": _make_nsga2,
    "gp": _make_gp,
    "random": _make_random,
}


def make_sampler(settings: SearchSettings, *, seed: int) -> BaseSampler:
    """The sampler that the settings name, for one proposal."""
    with warnings.catch_warnings():
        # multivariate and constant_liar have been experimental since Optuna 2.
        warnings.simplefilter("ignore", ExperimentalWarning)
        return SAMPLERS[settings.sampler](settings, seed)
