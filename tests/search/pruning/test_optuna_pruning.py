"""Optuna's pruners by name: they decide as they do in a study of Optuna's own."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_search import OBJECTIVE, SPACE, SyntheticEvaluator, make_task, search

from mbscale.errors import ConfigError
from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.search.pruning.optuna_pruning import OPTUNA_PRUNERS, PastTrial, train_pruned
from mbscale.search.settings import PrunerName, SearchSettings
from mbscale.space.architecture import Architecture
from mbscale.space.encoding import decode, space_choices

NAMES = list(OPTUNA_PRUNERS)
ARCHITECTURE = decode(SPACE, [0] * len(space_choices(SPACE)))
CURVES = st.lists(
    st.lists(st.integers(0, 100).map(lambda hundredths: hundredths / 100), min_size=9, max_size=9),
    min_size=1,
    max_size=12,
)


@dataclass(frozen=True)
class Replay:
    """An evaluator that goes through given accuracies."""

    curve: tuple[float, ...]

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        assert on_epoch is not None
        for epoch, accuracy in enumerate(self.curve, start=1):
            if on_epoch(epoch, accuracy):
                return Evaluation("pruned", accuracy, 1.0, 0.0, epoch, seed, 1)
        return Evaluation("complete", self.curve[-1], 1.0, 0.0, len(self.curve), seed, 1)


def list_epochs(pruner: PrunerName, curves: list[list[float]]) -> list[int]:
    """The epochs that each training gets, one after the other."""
    past: list[PastTrial] = []
    for curve in curves:
        trained = train_pruned(
            Replay(tuple(curve)), ARCHITECTURE, seed=0, pruner=pruner, past=past, find_reward=float
        )
        status, course = trained.evaluation.status, trained.course
        past.append(PastTrial(status, course.curve, course.notes))
    return [len(one.rewards) for one in past]


def list_epochs_of_optuna(pruner: PrunerName, curves: list[list[float]]) -> list[int]:
    """The same by a study that reports and asks itself."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="search", direction="maximize", pruner=OPTUNA_PRUNERS[pruner]()
    )

    def train(trial: optuna.Trial) -> float:
        curve = curves[trial.number]
        for epoch, accuracy in enumerate(curve, start=1):
            trial.report(accuracy, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return curve[-1]

    study.optimize(train, n_trials=len(curves))
    return [len(trial.intermediate_values) for trial in study.trials]


@pytest.mark.parametrize("pruner", NAMES)
@settings(max_examples=10, deadline=None)
@given(CURVES)
def test_a_training_ends_where_optuna_would_end_it(
    pruner: PrunerName, curves: list[list[float]]
) -> None:
    assert list_epochs(pruner, curves) == list_epochs_of_optuna(pruner, curves)


@pytest.mark.parametrize("pruner", NAMES)
def test_a_pruned_search_stopped_again_and_again_equals_one_that_ran_through(
    tmp_path: Path, pruner: PrunerName
) -> None:
    evaluator = SyntheticEvaluator(epochs=9, halves_thirds=True)
    task = make_task("random", n_trials=20, pruner=pruner)
    whole = search(task, tmp_path / "whole", evaluator)
    for n_trials in (3, 7, 15):
        part = replace(task, settings=replace(task.settings, n_trials=n_trials))
        search(part, tmp_path / "parts", evaluator)

    resumed = search(task, tmp_path / "parts", evaluator)

    assert resumed.records == whole.records
    assert any(record.state == "pruned" for record in whole.records)


@pytest.mark.slow
def test_a_pruner_works_where_trainings_run_in_processes(tmp_path: Path) -> None:
    task = make_task("random", n_trials=10, n_workers=2, pruner="successive_halving")
    outcome = search(task, tmp_path, SyntheticEvaluator(epochs=9, halves_thirds=True))

    assert {record.state for record in outcome.records} >= {"complete", "pruned"}


@pytest.mark.parametrize("pruner", NAMES)
def test_a_pruner_of_one_reward_is_refused_with_two_objectives(pruner: str) -> None:
    with pytest.raises(ConfigError, match="use pareto or none"):
        SearchSettings(
            sampler="random",
            pruner=cast("PrunerName", pruner),
            objective=replace(OBJECTIVE, multi_objective=True),
        )
