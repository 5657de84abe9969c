"""What the public records say of networks: of others of the benchmark, and of published ones."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from mbscale.proxy.zero_cost.imagenet_records import load_weights, score_imagenet
from mbscale.search.bench.fit_imagenet_score import fit_weights
from mbscale.search.tables.accel_nasbench import encode_accel, is_prior_record
from mbscale.space.encoding import decode
from mbscale.space.published import load_network
from mbscale.space.search_space import load_search_space


def test_it_expects_the_accuracies_of_records_that_it_was_not_fitted_to(
    shared_file: Callable[[str], Path],
) -> None:
    vectors, accuracies = encode_accel(pd.read_csv(shared_file("accel_nasbench.csv")))
    space, unseen = load_search_space("accel_nasbench"), ~is_prior_record(vectors)
    scores = [score_imagenet(decode(space, row)) for row in vectors[unseen].tolist()]

    assert kendalltau(scores, accuracies[unseen])[0] > 0.9
    assert np.sqrt(np.mean((scores - accuracies[unseen]) ** 2)) < 0.0052


def test_the_shipped_weights_are_those_of_the_records(
    shared_file: Callable[[str], Path],
) -> None:
    vectors, accuracies = encode_accel(pd.read_csv(shared_file("accel_nasbench.csv")))
    used = is_prior_record(vectors)
    fitted = fit_weights(vectors[used], accuracies[used])

    assert load_weights().weights == pytest.approx(fitted.weights, rel=1e-5, abs=1e-9)
    assert load_weights().mean == pytest.approx(fitted.mean, rel=1e-6)
    assert load_weights().deviation == pytest.approx(fitted.deviation, rel=1e-6)


def test_published_networks_come_in_their_published_order() -> None:
    # ImageNet top-1 in their papers: 70.6, 72.0, 74.5, 75.2, 77.1 and 79.1 %. None is a record.
    names = [
        "mobilenet-v1",
        "mobilenet-v2",
        "mnasnet-b1",
        "mnasnet-a1",
        "efficientnet-b0",
        "efficientnet-b1",
    ]
    scores = [score_imagenet(load_network(name).architecture) for name in names]

    assert scores == sorted(scores)


def test_blocks_count_as_one_stage_however_they_are_written() -> None:
    network = load_network("efficientnet-b0").architecture
    third = network.stages[2]
    parts = (replace(third, depth=1), replace(third, depth=third.depth - 1, stride=1))
    split = replace(network, stages=(*network.stages[:2], *parts, *network.stages[3:]))

    assert score_imagenet(split) == score_imagenet(network)
