"""The time that a run is said to take."""

from dataclasses import replace

import pytest

from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.settings import DataSettings, ProxySettings, TrainingSettings
from mbscale.proxy.timing import time_evaluations
from mbscale.search.run_estimate import estimate_run
from mbscale.search.scaling.settings import ScaleSettings
from mbscale.search.settings import ConfirmSettings, SearchSettings
from mbscale.search.task import SearchTask
from mbscale.space.encoding import decode, space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SPACE = load_search_space("small")
PROXY = ProxySettings(
    data=DataSettings(n_train=1000, n_selection=400, n_test=100),
    resolution=12,
    training=TrainingSettings(epochs=2, batch_size=16),
    device="cpu",
)


@pytest.mark.slow
def test_the_estimate_is_near_what_a_training_takes() -> None:
    architecture = decode(SPACE, [0] * len(space_choices(SPACE)))
    evaluate = make_evaluator(PROXY)
    taken = sorted(evaluate(architecture, seed=seed).seconds for seed in range(3))[1]
    (said,) = time_evaluations(PROXY, [architecture])

    # Others on the machine may slow either of them.
    assert 0.4 < said / taken < 2.5


def test_twice_the_trials_and_half_the_workers_take_four_times_as_long() -> None:
    settings = SearchSettings(n_trials=10, n_startup=10, n_workers=2)
    parts = (ConfirmSettings(), ScaleSettings())
    task = SearchTask(SPACE, Target(28, 10), settings, 0)
    more = replace(task, settings=SearchSettings(n_trials=20, n_startup=20))
    short, long = (estimate_run(each, PROXY, *parts) for each in (task, more))

    assert short.search == pytest.approx(10 * short.trial / 2)
    assert long.search == pytest.approx(20 * long.trial)
    assert short.total == pytest.approx(short.search + short.confirm + short.scale)
