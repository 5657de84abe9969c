"""What trained candidates say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mbscale.proxy.evaluation import Evaluation
from mbscale.search.scaling.evidence import TrainedCandidate, error_of_means, find_tied
from mbscale.search.scaling.response_surface import SeedNoise
from mbscale.space.candidates import as_candidate
from mbscale.space.published import load_network

NETWORK = as_candidate(load_network("efficientnet-b0"))


def train(accuracy: float) -> TrainedCandidate:
    evaluation = Evaluation("complete", accuracy, 1 - accuracy, 1.0, 1, 0, 0)
    return TrainedCandidate(NETWORK, (1.0, 0.0, 0.0), (evaluation,))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_the_error_of_means_is_that_of_leaving_each_out(accuracies: list[float]) -> None:
    others = [np.mean(accuracies[:i] + accuracies[i + 1 :]) for i in range(len(accuracies))]
    expected = np.sqrt(np.mean(np.square(np.array(accuracies) - others)))

    found = error_of_means([train(accuracy) for accuracy in accuracies], "accuracy")

    assert found == pytest.approx(float(expected), abs=1e-9)


def _train_often(accuracy: float, n_seeds: int, *, width: int) -> TrainedCandidate:
    evaluation = Evaluation("complete", accuracy, 1 - accuracy, 1.0, 1, 0, 0)
    network = replace(
        NETWORK.network, architecture=replace(NETWORK.network.architecture, head_width=width)
    )
    return TrainedCandidate(as_candidate(network), (1.0, 0.0, 0.0), (evaluation,) * n_seeds)


@pytest.mark.parametrize("n_seeds", [1, 3])
@pytest.mark.parametrize(("share", "n_tied"), [(0.97, 2), (1.03, 1)])
def test_two_networks_are_tied_below_the_one_sided_quantile_of_student(
    n_seeds: int, share: float, n_tied: int
) -> None:
    noise = SeedNoise(0.01, 20)
    quantile = float(stats.t.ppf(0.95, noise.n_free))
    lead = share * quantile * noise.deviation * np.sqrt(1 / 3 + 1 / n_seeds)
    best = _train_often(0.8, 3, width=1280)
    other = _train_often(0.8 - lead, n_seeds, width=640)

    tied = find_tied([best, other], "accuracy", noise)

    assert len(tied) == n_tied
    assert best.candidate.key in tied


def test_the_best_of_the_last_round_is_tied_with_a_luckier_one_of_the_first() -> None:
    entries = [_train_often(0.7, 3, width=1280), _train_often(0.9, 1, width=640)]

    assert len(find_tied(entries, "accuracy", SeedNoise(0.01, 20))) == 2
