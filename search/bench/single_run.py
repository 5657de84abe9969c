"""One sampler on one table with one seed."""

import time
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.trial import Trial, TrialState, create_trial

from mbscale.errors import ConfigError
from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.objective import compute_reward
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.tables.known_best import KnownBest, measure_losses
from mbscale.search.tables.recorded_tables import RecordedTable

# Of the looks, so that every sampler sees the noise of its seed.
_LOOKS = 1_000


@dataclass(frozen=True, slots=True)
class Curve:
    """What a sampler had after each trial ``(n_trials,)``, and what its proposals took.

    ``values`` are regrets, 100 times the best reward less the true reward of the trial
    with the best measured one; or, of a search for a front, shares of the known area that
    the true values of all trials reach.
    """

    values: FloatArray
    seconds: float


@dataclass(frozen=True, slots=True)
class BenchProblem:
    """A table, what is wanted of it, and whether only recorded networks may be proposed."""

    table: RecordedTable
    objective: ObjectiveSettings
    best: KnownBest
    in_pool: bool


def run_sampler(problem: BenchProblem, sampler: BaseSampler, *, n_trials: int, seed: int) -> Curve:
    """Ask and tell ``n_trials`` times; each costs one evaluation, repeats included.

    Raises ConfigError where there are more trials than networks in the pool.
    """
    check_pool(problem, n_trials)
    table, objective = problem.table, problem.objective
    has_front = objective.multi_objective
    study = optuna.create_study(
        directions=["maximize", "minimize"] if has_front else ["maximize"], sampler=sampler
    )
    rng = np.random.default_rng([_LOOKS, seed])
    place = _Pool(table.recorded, table.space.sizes) if problem.in_pool else None
    asked: list[IntArray] = []
    looks: list[float] = []
    seconds = 0.0
    for _ in range(n_trials):
        start = time.perf_counter()
        trial = study.ask()
        vector = _suggest(trial, table)
        seconds += time.perf_counter() - start
        if place is not None:
            vector = place.find(vector)
        accuracy = float(table.look(vector[None], rng)[0])
        macs = float(table.space.count(vector[None]).macs[0])
        values = [accuracy, macs] if has_front else [compute_reward(accuracy, macs, objective)]
        start = time.perf_counter()
        _tell(study, trial, table, vector, values)
        seconds += time.perf_counter() - start
        asked.append(vector)
        looks.append(values[0])
    losses = measure_losses(table, np.array(asked))
    score = _score_areas if has_front else _score_regrets
    return Curve(score(problem, losses, np.array(looks)), seconds)


def check_pool(problem: BenchProblem, n_trials: int) -> None:
    """Raise ConfigError where the pool has fewer networks than there are trials."""
    n_recorded = len(problem.table.recorded)
    if problem.in_pool and n_trials > n_recorded:
        msg = (
            f"pool mode gives out each network of {problem.table.name} once: it has {n_recorded}, "
            f"and n_trials is {n_trials}; give at most {n_recorded}"
        )
        raise ConfigError(msg)


def _suggest(trial: Trial, table: RecordedTable) -> IntArray:
    names = table.space.choices
    return np.array(
        [
            trial.suggest_int(choice.name, 0, len(choice.options) - 1)
            if len(choice.options) > 1
            else 0
            for choice in names
        ]
    )


def _tell(
    study: optuna.Study,
    trial: Trial,
    table: RecordedTable,
    vector: IntArray,
    values: list[float],
) -> None:
    """Tell the values; of another network than was asked for, add that network's trial."""
    names = [choice.name for choice in table.space.choices]
    known = dict(zip(names, vector.tolist(), strict=True))
    params = {name: known[name] for name in trial.params}
    if params == trial.params:
        study.tell(trial, values)
        return
    distributions: dict[str, BaseDistribution] = {
        choice.name: IntDistribution(0, len(choice.options) - 1)
        for choice in table.space.choices
        if choice.name in params
    }
    frozen = study.get_trials(deepcopy=False)[trial.number]
    # Failed trials teach samplers nothing; what they note of a trial moves on to the new one.
    study.tell(trial, state=TrialState.FAIL)
    study.add_trial(
        create_trial(
            values=values,
            params=params,
            distributions=distributions,
            system_attrs=frozen.system_attrs,
        )
    )


class _Pool:
    """Recorded vectors, each of which is given out once."""

    def __init__(self, vectors: IntArray, sizes: IntArray) -> None:
        self._vectors = vectors
        self._steps = np.maximum(sizes - 1, 1)
        self._is_left = np.ones(len(vectors), dtype=np.bool_)

    def find(self, vector: IntArray) -> IntArray:
        """The nearest vector that is left, every choice counted from 0 to 1."""
        distance = (np.abs(self._vectors - vector) / self._steps).sum(axis=1)
        nearest = int(np.where(self._is_left, distance, np.inf).argmin())
        self._is_left[nearest] = False
        return np.asarray(self._vectors[nearest])


def _score_regrets(problem: BenchProblem, losses: FloatArray, looks: FloatArray) -> FloatArray:
    rewards = compute_reward(-losses[:, 0], losses[:, 1], problem.objective)
    picks = [int(np.argmax(looks[: n + 1])) for n in range(len(looks))]
    return 100 * (problem.best.reward - rewards[picks])


def _score_areas(problem: BenchProblem, losses: FloatArray, looks: FloatArray) -> FloatArray:
    del looks
    return np.array([problem.best.measure_area(losses[: n + 1]) for n in range(len(losses))])
