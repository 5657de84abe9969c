"""The evidence, its gradient and the posterior, against the definitions."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import GROUPS
from mbscale.search.surrogate.accuracy_model import (
    PRIOR_MEAN,
    Sums,
    compute_evidence_loss,
    fit_model,
    fit_variances,
    standardize_sums,
    sum_observations,
)

N_GROUPS = len(GROUPS)


def draw(n: int, *, seed: int = 0, noise: float = 0.3) -> tuple[FloatArray, FloatArray, IntArray]:
    """Features with a constant, targets and the features' groups."""
    rng = np.random.default_rng(seed)
    groups = np.array([0, 1, 1, 3, 3, 3, 7, 7], dtype=np.int64)
    features = np.concatenate([np.ones((n, 1)), rng.normal(size=(n, 7))], axis=1)
    targets = 5 + features @ rng.normal(size=8) + noise * rng.normal(size=n)
    return features, targets, groups


def prior_variances(groups: IntArray, theta: FloatArray) -> FloatArray:
    sizes = np.bincount(groups, minlength=N_GROUPS)
    return np.exp(theta[:-1])[groups] / sizes[groups]


def standardize(targets: FloatArray) -> FloatArray:
    return (targets - targets.mean()) / targets.std()


@pytest.mark.parametrize("n", [3, 20])
def test_the_loss_is_the_negative_log_density_of_the_targets(n: int) -> None:
    features, targets, groups = draw(n)
    theta = PRIOR_MEAN + np.linspace(-1, 1, N_GROUPS + 1)
    data = standardize_sums(sum_observations(features, targets)).sums
    covariance = (features * prior_variances(groups, theta)) @ features.T
    covariance += np.exp(theta[-1]) * np.eye(n)
    density = multivariate_normal(np.zeros(n), covariance).logpdf(standardize(targets))

    loss, _ = compute_evidence_loss(data, groups, theta)

    assert loss + n / 2 * np.log(2 * np.pi) == pytest.approx(-float(density), rel=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_finite_differences(seed: int) -> None:
    features, targets, groups = draw(15, seed=seed)
    data = standardize_sums(sum_observations(features, targets)).sums
    theta = PRIOR_MEAN + np.random.default_rng(seed).normal(size=N_GROUPS + 1)

    def loss(point: FloatArray) -> float:
        return compute_evidence_loss(data, groups, point)[0]

    assert compute_evidence_loss(data, groups, theta)[1] == pytest.approx(
        approx_fprime(theta, loss, 1e-6), abs=1e-3
    )


def test_the_posterior_is_that_of_bayes_rule() -> None:
    features, targets, groups = draw(12)
    theta = PRIOR_MEAN
    noise = float(np.exp(theta[-1]))
    precision = features.T @ features / noise + np.diag(1 / prior_variances(groups, theta))
    mean = np.linalg.solve(precision, features.T @ standardize(targets) / noise)
    asked = draw(4, seed=9)[0]

    model = fit_model(sum_observations(features, targets), groups, theta)

    scale = targets.std()
    assert model.predict_mean(asked) == pytest.approx(targets.mean() + scale * asked @ mean)
    assert model.predict_deviation(asked) == pytest.approx(
        scale * np.sqrt(np.einsum("ni,ij,nj->n", asked, np.linalg.inv(precision), asked))
    )


def test_a_running_trial_lowers_the_variance_and_leaves_the_mean() -> None:
    features, targets, groups = draw(12)
    sums = sum_observations(features, targets)
    asked = draw(1, seed=5)[0]

    alone = fit_model(sums, groups, PRIOR_MEAN)
    pending = fit_model(sums, groups, PRIOR_MEAN, asked.T @ asked)

    assert pending.predict_mean(asked) == pytest.approx(alone.predict_mean(asked))
    assert pending.predict_deviation(asked)[0] < alone.predict_deviation(asked)[0]


def test_sums_of_parts_are_the_sums_of_the_whole() -> None:
    features, targets, _ = draw(20)
    whole = sum_observations(features, targets)
    parts: Sums = sum_observations(features[:7], targets[:7]) + sum_observations(
        features[7:], targets[7:]
    )

    assert parts.gram == pytest.approx(whole.gram)
    assert parts.moment == pytest.approx(whole.moment)
    assert (parts.n, parts.square) == (20, pytest.approx(whole.square))


def test_the_noise_is_found_where_there_is_enough_evidence() -> None:
    features, targets, groups = draw(2_000, noise=0.3)

    model = fit_model(
        sum_observations(features, targets),
        groups,
        fit_variances(sum_observations(features, targets), groups),
    )

    assert model.noise == pytest.approx(0.3, rel=0.05)
