"""What trained candidates say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.proxy.evaluation import Evaluation
from mbscale.search.scaling.evidence import TrainedCandidate, error_of_means
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
