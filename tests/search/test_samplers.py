from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import IntDistribution
from optuna.trial import create_trial
from synthetic_search import OBJECTIVE, SPACE, make_task, search

from mbscale.search.evolution import EvolutionSampler
from mbscale.search.samplers import SAMPLERS, make_sampler, space_distributions
from mbscale.search.settings import SamplerName

FAST = [name for name in SAMPLERS if name != "gp"]
DISTRIBUTIONS = {f"x{i}": IntDistribution(0, 3) for i in range(6)}


def ask(study: optuna.Study, sampler: SamplerName) -> tuple[int, ...]:
    task = make_task(sampler)
    study.sampler = make_sampler(task)
    return tuple(study.ask(space_distributions(task.space)).params.values())


@pytest.mark.parametrize("sampler", FAST)
def test_a_proposal_follows_from_the_trials_and_the_number_alone(sampler: SamplerName) -> None:
    rng = np.random.default_rng(0)
    distributions = space_distributions(SPACE)
    studies = [optuna.create_study(direction="maximize") for _ in range(2)]
    for value in rng.random(12):
        params = {
            name: int(rng.integers(cast("IntDistribution", space).high + 1))
            for name, space in distributions.items()
        }
        trial = create_trial(value=value, params=params, distributions=distributions)
        for study in studies:
            study.add_trial(trial)

    first, second = (ask(study, sampler) for study in studies)

    assert first == second


@pytest.mark.parametrize("sampler", FAST)
def test_start_up_trials_of_a_study_differ_when_each_has_a_new_sampler(
    sampler: SamplerName,
) -> None:
    # Optuna's samplers with a fixed seed propose the first network again after a restart.
    study = optuna.create_study(direction="maximize")

    proposals = {ask(study, sampler) for _ in range(8)}

    assert len(proposals) == 8


@pytest.mark.parametrize("sampler", ["surrogate", "tpe", "nsga2"])
def test_samplers_learn_where_the_limits_are(tmp_path: Path, sampler: SamplerName) -> None:
    # About a fifth of the space has at most 1.5 M MACs.
    task = make_task(
        sampler, n_trials=25, objective=replace(OBJECTIVE, max_macs=1.5e6), max_useless=200
    )
    records = search(task, tmp_path).records
    late = [record.state == "infeasible" for record in records[-15:]]

    assert sum(late) <= 5


def make_study(values: Sequence[float], *, n_infeasible: int = 0) -> optuna.Study:
    """Trials with all-equal parameters: those of trial ``i`` are ``i % 4``."""
    study = optuna.create_study(direction="maximize")
    for i, value in enumerate(values):
        study.add_trial(
            create_trial(
                value=value,
                params=dict.fromkeys(DISTRIBUTIONS, i % 4),
                distributions=dict(DISTRIBUTIONS),
                constraints={"max_macs": 1.0 if i < n_infeasible else 0.0},
            )
        )
    return study


def propose(study: optuna.Study, seed: int, **sizes: int) -> list[int]:
    study.sampler = EvolutionSampler(seed=seed, **sizes)
    return list(study.ask(dict(DISTRIBUTIONS)).params.values())


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.permutations([0.1, 0.2, 0.3, 0.4]))
def test_a_child_of_evolution_has_one_choice_of_the_best_changed(
    seed: int, values: list[float]
) -> None:
    # Drawn 200 times, the best of four is in the tournament.
    child = propose(make_study(values), seed, population_size=4, tournament_size=200)
    parent = values.index(0.4)
    changed = [value for value in child if value != parent]

    assert len(changed) == 1


def test_evolution_forgets_the_old_however_good_they_are() -> None:
    study = make_study([0.9, 0.1, 0.2, 0.3])

    child = propose(study, 0, population_size=3, tournament_size=200)

    assert sorted(child)[1:-1] == [3] * 4


def test_evolution_has_no_infeasible_parents() -> None:
    study = make_study([0.9, 0.1, 0.2, 0.3, 0.8, 0.1, 0.2], n_infeasible=5)

    child = propose(study, 0, population_size=2, tournament_size=200)

    assert sorted(child)[1:-1] == [2] * 4


def test_evolution_draws_by_chance_until_its_population_is_full() -> None:
    study = make_study([0.1, 0.2])

    proposals = {
        tuple(propose(study, seed, population_size=20, tournament_size=5)) for seed in range(6)
    }

    assert len(proposals) == 6
