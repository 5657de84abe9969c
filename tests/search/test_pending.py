"""What samplers make of trials that run, and that no network is trained twice at once."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState, create_trial
from synthetic_search import SPACE, SyntheticEvaluator, make_task

from mbscale.results.record import Record
from mbscale.search.driver import run_search
from mbscale.search.samplers import SAMPLERS, make_sampler, space_distributions
from mbscale.search.settings import SamplerName
from mbscale.search.study.journal import open_journal
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import sample_vector, space_choices

P = ParamSpec("P")
T = TypeVar("T")
Params = dict[str, Any]

NAMES = [choice.name for choice in space_choices(SPACE)]
DISTRIBUTIONS = space_distributions(SPACE)
# The others propose as if what runs were not there; the driver refuses what they repeat.
LOOKS_AT_RUNNING = ("surrogate", "tpe", "gp")
EVERY_SAMPLER = [pytest.param(name, marks=[pytest.mark.slow] * (name == "gp")) for name in SAMPLERS]


class HeldExecutor(Executor):
    """Keeps so many calls running; then the end of one, drawn by chance, makes room."""

    def __init__(self, n_workers: int, n_calls: int) -> None:
        self._n_workers, self._n_left = n_workers, n_calls
        self._running: list[tuple[str, Callable[[], None]]] = []
        self._rng = random.Random(0)
        self.most_at_once: Counter[str] = Counter()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        _evaluator, architecture = args
        assert isinstance(architecture, Architecture)
        key = canonical_key(architecture)
        self._running.append((key, lambda: future.set_result(fn(*args, **kwargs))))
        self.most_at_once |= Counter(key for key, _ in self._running)
        self._n_left -= 1
        while self._running and (len(self._running) == self._n_workers or self._n_left <= 0):
            self._running.pop(self._rng.randrange(len(self._running)))[1]()
        return future


def ignore(record: Record, records: Sequence[Record]) -> None:
    del record, records


@pytest.mark.parametrize("sampler", EVERY_SAMPLER)
def test_no_network_is_trained_twice_at_once(tmp_path: Path, sampler: SamplerName) -> None:
    task = make_task(sampler, n_trials=24, n_workers=6, executor="process")
    # So few networks, 64, that a sampler repeats one that runs.
    only = {"operators": ("ds",), "kernel_sizes": (3,), "se_ratios": (0.0,), "skips": ("none",)}
    stages = tuple(
        replace(one, **only, widths=one.widths[:2], depths=(1, 2)) for one in SPACE.stages
    )
    task = replace(task, space=replace(SPACE, stages=stages))
    executor = HeldExecutor(6, 24)
    with open_journal(tmp_path) as journal:
        outcome = run_search(
            task, SyntheticEvaluator(), journal, executor=executor, on_record=ignore
        )

    assert outcome.n_evaluated == len(executor.most_at_once) == 24
    assert set(executor.most_at_once.values()) == {1}


def propose(sampler: SamplerName, seed: int, other: Params, state: TrialState) -> Params:
    """What is asked for after twelve complete trials and one other, in a state."""
    rng = np.random.default_rng(seed)
    study = optuna.create_study(direction="maximize")
    for value in rng.random(12):
        params = dict(zip(NAMES, sample_vector(SPACE, rng), strict=True))
        study.add_trial(create_trial(value=value, params=params, distributions=DISTRIBUTIONS))
    study.add_trial(create_trial(state=state, params=other, distributions=DISTRIBUTIONS))
    study.sampler = make_sampler(make_task(sampler))
    return study.ask(DISTRIBUTIONS).params


@pytest.mark.parametrize("sampler", EVERY_SAMPLER)
def test_a_sampler_that_looks_at_running_trials_proposes_something_else(
    sampler: SamplerName,
) -> None:
    far = dict.fromkeys(NAMES, 0)
    # Of a failed trial, no sampler learns anything: as if it were not there.
    alone = [propose(sampler, seed, far, TrialState.FAIL) for seed in range(4)]
    beside = [
        propose(sampler, seed, proposal, TrialState.RUNNING) for seed, proposal in enumerate(alone)
    ]

    same = [one == other for one, other in zip(alone, beside, strict=True)]
    assert same == [sampler not in LOOKS_AT_RUNNING] * 4
