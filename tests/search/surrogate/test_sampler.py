"""The sampler that models accuracy and knows cost."""

from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from mbscale.search.choice_space import ChoiceSpace, IntArray, StageCosts
from mbscale.search.objective import compute_reward
from mbscale.search.settings import ObjectiveSettings, PriorName
from mbscale.search.surrogate.proposal import Proposer, SurrogateOptions
from mbscale.search.surrogate.sampler import SurrogateSampler
from mbscale.space.blocks import canonical_key
from mbscale.space.cost_table import CostTable
from mbscale.space.encoding import Choice, decode, space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SPACE = load_search_space("small")
TARGET = Target(28, 10)
CHOICES = space_choices(SPACE)
COSTS = CostTable(SPACE, TARGET)
OBJECTIVE = ObjectiveSettings(target_macs=4e6)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def measure(vector: list[int]) -> float:
    """An accuracy that grows with the parameters."""
    params = float(COSTS.count(np.array([vector])).params[0])
    return 1 - 1 / np.log(params)


def reward(trial: optuna.Trial) -> float:
    vector = [trial.suggest_int(c.name, 0, len(c.options) - 1) for c in CHOICES]
    macs = float(COSTS.count(np.array([vector])).macs[0])
    return compute_reward(measure(vector), macs, OBJECTIVE)


def make(seed: int = 0, **changes: Any) -> SurrogateSampler:
    given_: dict[str, Any] = {
        "space": SPACE,
        "target": TARGET,
        "objective": OBJECTIVE,
        "seed": seed,
    }
    return SurrogateSampler(**(given_ | changes))


def search(
    sampler: SurrogateSampler, n_trials: int, evaluate: Callable[[optuna.Trial], Any] = reward
) -> optuna.Study:
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(evaluate, n_trials)
    return study


def test_it_finds_more_than_random_search_in_as_many_trials() -> None:
    found = search(make(), 25)
    drawn = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    drawn.optimize(reward, 200)

    assert found.best_value >= drawn.best_value


def test_a_network_is_not_proposed_again_in_another_wording() -> None:
    trials = search(make(), 40).trials

    networks = [decode(SPACE, [trial.params[c.name] for c in CHOICES]) for trial in trials]

    # One repeat shows that a repeat has the very same result.
    assert len({canonical_key(one) for one in networks}) >= 39


@settings(max_examples=5)
@given(seed=st.integers(0, 2**31))
def test_the_same_seed_proposes_the_same_networks(seed: int) -> None:
    first, second = (search(make(seed), 7) for _ in range(2))

    assert [t.params for t in first.trials] == [t.params for t in second.trials]


def test_a_study_that_is_resumed_goes_on_as_if_it_had_not_stopped() -> None:
    whole = search(make(), 14)
    resumed = optuna.create_study(direction="maximize", sampler=make())
    resumed.add_trials(whole.trials[:9])
    resumed.optimize(reward, 5)

    assert [t.params for t in resumed.trials] == [t.params for t in whole.trials]


def count_blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_a_proposal_takes_one_thread_and_leaves_the_others_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inside: set[int] = set()
    propose = Proposer.propose

    def watch(*args: Any, **kwargs: Any) -> IntArray:
        inside.update(count_blas_threads())
        return propose(*args, **kwargs)

    monkeypatch.setattr(Proposer, "propose", watch)
    with threadpool_limits(limits=2, user_api="blas"):
        search(make(), 6)
        after = count_blas_threads()

    assert (inside, after) == ({1}, {2})


def test_options_may_be_suggested_by_their_values() -> None:
    def suggest_options(trial: optuna.Trial) -> float:
        vector = [c.options.index(trial.suggest_categorical(c.name, c.options)) for c in CHOICES]
        macs = float(COSTS.count(np.array([vector])).macs[0])
        return compute_reward(measure(vector), macs, OBJECTIVE)

    sampler = make()
    # The same sampler after that, in a study that suggests otherwise.
    by_value, by_place = search(sampler, 10, suggest_options), search(sampler, 10)

    assert [t.value for t in by_value.trials] == [t.value for t in by_place.trials]


def test_the_accuracy_of_a_trial_is_taken_from_its_attribute() -> None:
    def tell_accuracy(trial: optuna.Trial) -> float:
        value = reward(trial)
        vector = [trial.params[c.name] for c in CHOICES]
        trial.set_user_attr("accuracy", measure(vector))
        return value + (trial.number % 2)

    spoiled, plain = search(make(), 10, tell_accuracy), search(make(), 10)

    assert [t.params for t in spoiled.trials] == [t.params for t in plain.trials]


def test_other_parameters_are_drawn_at_random() -> None:
    def with_rate(trial: optuna.Trial) -> float:
        return reward(trial) + 0 * trial.suggest_float("rate", 0, 1)

    rates = {t.params["rate"] for t in search(make(), 8, with_rate).trials}

    assert len(rates) == 8


def test_trials_that_fail_or_that_are_not_of_the_space_are_passed_over() -> None:
    def fail_sometimes(trial: optuna.Trial) -> float:
        if trial.number % 3 == 0:
            raise optuna.TrialPruned
        return reward(trial)

    study = optuna.create_study(direction="maximize", sampler=make())
    study.enqueue_trial({})
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), 1)
    study.optimize(fail_sometimes, 12)

    assert len(study.trials) == 13


def test_networks_outside_the_limits_are_not_proposed() -> None:
    objective = ObjectiveSettings(target_macs=4e6, min_macs=2e6, max_macs=3e6)
    study = search(make(objective=objective), 20)
    vectors = np.array([[t.params[c.name] for c in CHOICES] for t in study.trials])
    macs = COSTS.count(vectors).macs

    assert ((macs >= 2e6) & (macs <= 3e6)).all()


def test_running_trials_are_not_proposed_again() -> None:
    study = search(make(options=SurrogateOptions(may_repeat=False)), 8)
    running: list[dict[str, Any]] = []
    for _ in range(6):
        trial = study.ask()
        for choice in CHOICES:
            trial.suggest_int(choice.name, 0, len(choice.options) - 1)
        running.append(trial.params)

    assert len({tuple(params.values()) for params in running}) == 6


def test_with_two_directions_it_searches_a_front() -> None:
    def both(trial: optuna.Trial) -> tuple[float, float]:
        vector = [trial.suggest_int(c.name, 0, len(c.options) - 1) for c in CHOICES]
        return measure(vector), float(COSTS.count(np.array([vector])).macs[0])

    study = optuna.create_study(directions=["maximize", "minimize"], sampler=make())
    study.optimize(both, 20)

    assert len(study.best_trials) > 5


def test_a_front_is_searched_within_the_limits() -> None:
    objective = ObjectiveSettings(target_macs=4e6, min_macs=2e6, max_macs=3e6)

    def both(trial: optuna.Trial) -> tuple[float, float]:
        vector = [trial.suggest_int(c.name, 0, len(c.options) - 1) for c in CHOICES]
        return measure(vector), float(COSTS.count(np.array([vector])).macs[0])

    sampler = make(objective=objective, options=SurrogateOptions(prior="imagenet"))
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    study.optimize(both, 15)

    assert all(2e6 <= trial.values[1] <= 3e6 for trial in study.trials)


def test_a_study_that_is_minimized_is_read_with_the_sign_changed() -> None:
    raised = search(make(), 10)
    lowered = optuna.create_study(direction="minimize", sampler=make())
    lowered.optimize(lambda trial: -reward(trial), 10)

    assert [t.params for t in lowered.trials] == [t.params for t in raised.trials]


def make_space(sizes: list[int]) -> ChoiceSpace:
    """One stage a choice; each costs as much as its position says."""

    def count(vectors: IntArray) -> StageCosts:
        total = 1000 + vectors.sum(axis=1)
        return StageCosts(total, total, vectors)

    choices = tuple(
        Choice(f"b{i}", tuple(range(n)), stage=i, kind="size") for i, n in enumerate(sizes)
    )
    return ChoiceSpace(choices, count, tuple(range(len(sizes))))


@pytest.mark.parametrize("prior", ["none", "imagenet"])
@pytest.mark.parametrize("sizes", [[1], [1, 1], [2], [1, 3, 1], [500, 2], [2] * 12])
def test_odd_spaces_are_searched(sizes: list[int], prior: PriorName) -> None:
    def evaluate(trial: optuna.Trial) -> float:
        values = [trial.suggest_int(f"b{i}", 0, n - 1) for i, n in enumerate(sizes)]
        return 0.5 + sum(values) / (4 * sum(sizes))

    options = SurrogateOptions(prior=prior)
    study = search(make(space=make_space(sizes), options=options), 10, evaluate)

    assert len(study.trials) == 10


@pytest.mark.parametrize("sizes", [[3], [2, 2], [2, 3, 2]])
def test_a_search_goes_on_when_every_network_was_measured(sizes: list[int]) -> None:
    rng = np.random.default_rng(0)

    def evaluate(trial: optuna.Trial) -> float:
        values = [trial.suggest_int(f"b{i}", 0, n - 1) for i, n in enumerate(sizes)]
        return 0.5 + sum(values) / 100 + float(rng.normal(0, 0.01))

    study = search(make(space=make_space(sizes)), 30, evaluate)

    assert len(study.trials) == 30


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 55.0])
def test_values_that_do_not_differ_are_no_trouble(value: float) -> None:
    study = search(make(), 8, lambda trial: value + 0 * reward(trial))

    assert len(study.trials) == 8
