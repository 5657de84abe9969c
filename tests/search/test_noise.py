from dataclasses import replace

import numpy as np
from synthetic_search import make_task

from mbscale.results.record import Record
from mbscale.search.noise import describe_noise
from mbscale.search.proposals import make_proposal
from mbscale.search.study.trials import make_record


def records_with(accuracies: np.ndarray) -> list[Record]:
    task = make_task()
    proposal = make_proposal(task, [0] * 18)
    blank = make_record(task, proposal, number=0, state="complete", reason="")
    return [replace(blank, accuracy=float(accuracy)) for accuracy in accuracies]


def test_equal_networks_on_a_small_split_are_called_noise() -> None:
    counts = np.random.default_rng(0).binomial(1000, 0.8, size=200)

    seen, advice = describe_noise(records_with(counts / 1000), n_images=1000)

    # The error of counting is sqrt(0.8 * 0.2 / 1000) = 1.26 points, give or take the mean.
    assert "counting on 1,000 images alone errs by 1.2" in seen
    assert "follows noise more than networks" in advice


def test_networks_that_differ_by_more_than_counting_are_no_noise() -> None:
    messages = describe_noise(records_with(np.linspace(0.6, 0.9, 20)), n_images=1000)

    assert len(messages) == 1


def test_two_networks_say_nothing_of_a_spread() -> None:
    assert describe_noise(records_with(np.array([0.1, 0.9])), n_images=10) == []
