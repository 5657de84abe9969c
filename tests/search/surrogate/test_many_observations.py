"""What keeps a proposal cheap when there are thousands of observations."""

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.results.pareto import pareto_mask
from mbscale.search.choice_space import FloatArray, IntArray, describe_space
from mbscale.search.objective import compute_reward, make_objective
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.study.journal import Direction
from mbscale.search.surrogate.accuracy_features import make_features
from mbscale.search.surrogate.observation_sums import ObservationSums, PendingSums
from mbscale.search.surrogate.sampler import SurrogateSampler
from mbscale.search.surrogate.shortlist import Shortlist
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SPACE = describe_space(load_search_space("small"), Target(28, 10))
FEATURES = make_features(SPACE)
OBJECTIVE = ObjectiveSettings(target_macs=4e6)
VECTORS = SPACE.sample(np.random.default_rng(0), 3000)


def measure(vectors: IntArray) -> FloatArray:
    """Accuracies that grow with the parameters, with noise."""
    params = SPACE.count(vectors).params.astype(np.float64)
    return 1 - 1 / np.log(params) + np.random.default_rng(1).normal(0, 0.002, len(params))


QUALITIES = measure(VECTORS)
MACS = SPACE.count(VECTORS).macs.astype(np.float64)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 150), max_size=6), st.integers(1, 150))
def test_sums_are_the_same_to_the_last_digit_in_whatever_steps_they_grew(
    ends: list[int], last: int
) -> None:
    at_once, stepwise = (ObservationSums(FEATURES, np.asarray) for _ in range(2))
    at_once.append(VECTORS[:last], QUALITIES[:last])
    for end in [*sorted(end for end in ends if end < last), last]:
        stepwise.append(VECTORS[:end], QUALITIES[:end])

    assert (stepwise.total.gram == at_once.total.gram).all()
    assert (stepwise.total.moment == at_once.total.moment).all()
    assert stepwise.total.n == last


@settings(max_examples=20)
@given(st.lists(st.sets(st.integers(0, 30)), max_size=8), st.sets(st.integers(0, 30), min_size=1))
def test_sums_of_what_runs_follow_its_coming_and_going(
    before: list[set[int]], now: set[int]
) -> None:
    sums = PendingSums(FEATURES)
    for running in before:
        sums.update({number: VECTORS[number] for number in running})
    found = sums.update({number: VECTORS[number] for number in now})
    features = FEATURES.compute(VECTORS[sorted(now)])

    assert found == pytest.approx(features.T @ features, abs=1e-9)
    assert sums.update({}) is None


def test_what_runs_enters_the_model_once_a_trial() -> None:
    twice = PendingSums(FEATURES).update({1: VECTORS[0], 2: VECTORS[0]})
    once = PendingSums(FEATURES).update({1: VECTORS[0]})

    assert once is not None
    assert twice == pytest.approx(2 * once)


def test_the_networks_with_the_best_rewards_stay_on_the_list() -> None:
    rewards = compute_reward(QUALITIES, MACS, OBJECTIVE)
    kept = Shortlist(SPACE, FEATURES, make_objective(OBJECTIVE)).update(
        VECTORS, QUALITIES, history=0, has_front=False
    )
    best = np.sort(rewards)[-900:]

    assert len(kept.qualities) < 1100
    assert np.isin(best, compute_reward(kept.qualities, kept.candidates.macs, OBJECTIVE)).all()


def test_the_front_stays_on_the_list() -> None:
    kept = Shortlist(SPACE, FEATURES, make_objective(OBJECTIVE)).update(
        VECTORS, QUALITIES, history=0, has_front=True
    )
    front = pareto_mask(np.stack([MACS, -QUALITIES], axis=1))

    assert len(kept.qualities) < 1100
    assert np.isin(QUALITIES[front], kept.qualities).all()


@pytest.mark.parametrize("directions", [["maximize"], ["maximize", "minimize"]])
def test_after_thousands_of_trials_a_resumed_study_goes_on_as_if_it_had_not_stopped(
    directions: list[Direction],
) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    whole = optuna.create_study(directions=directions, sampler=make_sampler())
    n_known = 1060
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        choice.name: optuna.distributions.IntDistribution(0, len(choice.options) - 1)
        for choice in SPACE.choices
    }
    whole.add_trials(
        [
            optuna.trial.create_trial(
                values=[float(quality), float(macs)][: len(directions)],
                params=dict(zip(distributions, vector.tolist(), strict=True)),
                distributions=distributions,
            )
            for vector, quality, macs in zip(
                VECTORS[:n_known], QUALITIES[:n_known], MACS[:n_known], strict=True
            )
        ]
    )
    whole.optimize(evaluate, 6)
    resumed = optuna.create_study(directions=directions, sampler=make_sampler())
    resumed.add_trials(whole.trials[: n_known + 2])
    resumed.optimize(evaluate, 4)

    assert [t.params for t in resumed.trials[-4:]] == [t.params for t in whole.trials[-4:]]


def make_sampler() -> SurrogateSampler:
    return SurrogateSampler(space=SPACE, objective=OBJECTIVE, seed=0)


def evaluate(trial: optuna.Trial) -> float | tuple[float, float]:
    vector = [trial.suggest_int(c.name, 0, len(c.options) - 1) for c in SPACE.choices]
    quality = float(measure(np.array([vector]))[0])
    macs = float(SPACE.count(np.array([vector])).macs[0])
    return (quality, macs) if len(trial.study.directions) > 1 else quality
