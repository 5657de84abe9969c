"""Rows of proxy.csv."""

from dataclasses import replace

import numpy as np
import pytest

from mbscale.search.validation.agreement import partial_tau
from mbscale.search.validation.labels import Guesses
from mbscale.search.validation.proxy_validation import Networks, compare_guesses, compare_proxy
from mbscale.search.validation.score_book import Score

ORDER = np.arange(16.0)
NETWORKS = Networks(
    reference=ORDER,
    macs=np.geomspace(1e6, 1e7, 16),
    params=np.random.default_rng(1).permutation(ORDER),
    band_ratio=1.2,
    n_bands=2,
)
SCORE = Score("", "mine", "", 0, 0.5, 1.0, 1.0, 1.0, "", "")


def score(accuracies: list[list[float]]) -> list[list[Score]]:
    return [[replace(SCORE, accuracy=one) for one in row] for row in accuracies]


def test_what_is_known_beyond_parameters_is_said_of_one_training() -> None:
    noise = np.random.default_rng(0).normal(0, 8, (16, 30))
    columns = (ORDER[:, None] + noise) / 100
    taus = [partial_tau(one, ORDER, NETWORKS.params) for one in columns.T]
    expected = sum(tau or 0.0 for tau in taus) / len(taus)

    trained = compare_proxy("mine", score(columns.tolist()), NETWORKS, n_images=100)[0]
    guessed = compare_guesses(Guesses("20 labels", 20, columns, 1.0), NETWORKS)[0]

    assert trained.partial_tau == pytest.approx(expected)
    assert guessed.partial_tau == pytest.approx(expected)
    # That of the mean over thirty trainings.
    averaged = partial_tau(columns.mean(axis=1), ORDER, NETWORKS.params)
    assert averaged is not None
    assert averaged > expected + 0.1


def test_a_failure_comes_last_and_is_no_part_of_the_spread() -> None:
    known = score((0.5 + ORDER[:, None] / 1000).tolist())
    failed = [[replace(SCORE, accuracy=None)], *known[1:]]

    row = compare_proxy("mine", failed, NETWORKS, n_images=100)[0]

    assert row.tau == 1
    assert row.spread == pytest.approx(np.std(ORDER[1:], ddof=1) / 1000)


def test_a_failed_seed_leaves_its_network_out_of_the_spread() -> None:
    known = score(np.tile(0.5 + ORDER[:, None] / 1000, 2).tolist())
    failed = [*known[:-1], [known[-1][0], replace(SCORE, accuracy=None)]]

    row = compare_proxy("mine", failed, NETWORKS, n_images=100)[0]

    assert row.spread == pytest.approx(np.std(ORDER[:-1], ddof=1) / 1000)
    assert row.counting_error == pytest.approx(np.sqrt(0.507 * 0.493 / 100))
