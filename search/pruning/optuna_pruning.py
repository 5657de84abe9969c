"""Optuna's pruners, asked where the training runs.

Optuna's pruners look at a study. A training in another process or on another machine has
none, so it gets what was known when it started, and makes a study of it. Pruners are told
the reward after each epoch: MACs are known, so it follows from the accuracy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, SuccessiveHalvingPruner
from optuna.trial import FrozenTrial, TrialState, create_trial

from mbscale.proxy.evaluation import Evaluator
from mbscale.search.execution.jobs import Course, Trained
from mbscale.search.settings import PrunerName
from mbscale.space.architecture import Architecture

_STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}

OPTUNA_PRUNERS: Mapping[PrunerName, Callable[[], BasePruner]] = {
    "median": lambda: MedianPruner(
        n_startup_trials=5, n_warmup_steps=0, interval_steps=1, n_min_trials=1
    ),
    "successive_halving": lambda: SuccessiveHalvingPruner(
        min_resource=1, reduction_factor=3, min_early_stopping_rate=0, bootstrap_count=0
    ),
    # The most epochs are those of the first trial that was trained to its end.
    "hyperband": lambda: HyperbandPruner(
        min_resource=1, max_resource="auto", reduction_factor=3, bootstrap_count=0
    ),
}


@dataclass(frozen=True, slots=True)
class PastTrial:
    """An earlier trial: its rewards after epoch 1, 2, ..., and what its pruner noted of it."""

    state: str
    rewards: tuple[float, ...] = ()
    notes: Mapping[str, float] | None = None


def train_pruned(
    evaluator: Evaluator,
    architecture: Architecture,
    *,
    seed: int,
    pruner: PrunerName,
    past: Sequence[PastTrial],
    find_reward: Callable[[float], float],
) -> Trained:
    """Train a network as trial ``len(past)``, and stop after the epoch where the pruner says so."""
    asked = OPTUNA_PRUNERS[pruner]()
    study = _make_study(past)
    trial = study.ask()
    curve: list[float] = []

    def is_hopeless(epoch: int, accuracy: float) -> bool:
        curve.append(accuracy)
        trial.report(find_reward(accuracy), epoch)
        return asked.prune(study, _read(study, trial))

    evaluation = evaluator(architecture, seed=seed, on_epoch=is_hopeless)
    return Trained(evaluation, Course(tuple(curve), dict(_read(study, trial).system_attrs)))


def _read(study: optuna.Study, trial: optuna.Trial) -> FrozenTrial:
    return study.get_trials(deepcopy=False)[trial.number]


def _make_study(past: Sequence[PastTrial]) -> optuna.Study:
    # Hyperband deals out its brackets by the study's name and the trial's number.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="search", direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0)
    )
    for one in past:
        state = _STATES.get(one.state, TrialState.FAIL)
        rewards = dict(enumerate(one.rewards, start=1))
        attributes: dict[str, Any] = dict(one.notes or {})
        study.add_trial(
            create_trial(
                state=state if rewards else TrialState.FAIL,
                value=one.rewards[-1] if rewards and state == TrialState.COMPLETE else None,
                system_attrs=attributes,
                intermediate_values=rewards,
            )
        )
    return study
