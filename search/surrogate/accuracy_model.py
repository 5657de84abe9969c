"""A Bayesian linear model whose group variances are learned from evidence.

Notation: ``F`` features ``(n, m)``; ``y`` targets ``(n,)``, standardized inside; ``w``
weights, normal with mean 0 and variance ``v[g] / size[g]`` for a feature of group ``g``;
noise variance ``u``. ``theta`` is the logarithm of ``(v, u)``, normal around its prior, and
set to its most probable value (MacKay 1992, "Bayesian interpolation", with a prior).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import GROUPS

# Typical variances, of targets with variance 1, on recorded accuracies of two benchmarks.
_TYPICAL = {
    "constant": 0.1,
    "cost": 0.05,
    "cost2": 0.01,
    "stage": 0.05,
    "stage2": 0.02,
    "level": 0.02,
    "kind": 0.02,
    "choice": 0.025,
    "curve": 0.005,
    "pair": 0.01,
    "root": 0.4,
    "root_kind": 0.3,
    "prior": 0.7,
}
_TYPICAL_NOISE = 0.008
PRIOR_MEAN = np.log(np.array([*(_TYPICAL[group] for group in GROUPS), _TYPICAL_NOISE]))
_PRIOR_DEVIATION = 0.7
_MAX_ITERATIONS = 15
_SMALLEST_SCALE = 1e-6


@dataclass(frozen=True, slots=True)
class Sums:
    """All that the model needs to know of ``n`` observations: F'F, F'y and y'y."""

    n: int
    gram: FloatArray
    moment: FloatArray
    square: float

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.n + other.n,
            self.gram + other.gram,
            self.moment + other.moment,
            self.square + other.square,
        )


def sum_observations(features: FloatArray, targets: FloatArray) -> Sums:
    """The sums of features ``(n, m)``, the first of them 1, and targets ``(n,)``."""
    return Sums(len(targets), features.T @ features, features.T @ targets, float(targets @ targets))


@dataclass(frozen=True, slots=True)
class Standardized:
    """Sums of targets with mean 0 and variance 1."""

    sums: Sums
    mean: float
    scale: float


def standardize_sums(sums: Sums) -> Standardized:
    """The sums that targets would have after division by their deviation from their mean."""
    mean = float(sums.moment[0]) / sums.n
    variance = max(sums.square / sums.n - mean**2, 0.0)
    scale = max(variance**0.5, _SMALLEST_SCALE)
    moment = (sums.moment - mean * sums.gram[0]) / scale
    return Standardized(Sums(sums.n, sums.gram, moment, variance / scale**2 * sums.n), mean, scale)


@dataclass(frozen=True, slots=True)
class AccuracyModel:
    """The posterior of the weights: mean ``(m,)``, covariance ``root @ root.T``."""

    weights: FloatArray
    root: FloatArray
    noise: float

    def predict_mean(self, features: FloatArray) -> FloatArray:
        """Expected targets ``(n,)``."""
        return np.asarray(features @ self.weights)

    def predict_deviation(self, features: FloatArray) -> FloatArray:
        """Standard deviations ``(n,)`` of the noise-free targets."""
        return np.asarray(np.sqrt(np.square(features @ self.root).sum(axis=1)))


def fit_variances(sums: Sums, groups: IntArray) -> FloatArray:
    """The most probable ``theta``, groups first and the noise last."""
    data = standardize_sums(sums).sums

    def loss(theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = compute_evidence_loss(data, groups, theta)
        offset = (theta - PRIOR_MEAN) / _PRIOR_DEVIATION
        return value + 0.5 * float(offset @ offset), gradient + offset / _PRIOR_DEVIATION

    found = minimize(
        loss,
        PRIOR_MEAN,
        jac=True,
        method="L-BFGS-B",
        bounds=[(mean - 6, mean + 6) for mean in PRIOR_MEAN],
        options={"maxiter": _MAX_ITERATIONS},
    )
    return np.asarray(found.x, dtype=np.float64)


def _spread(groups: IntArray, theta: FloatArray) -> FloatArray:
    """Prior standard deviations of the weights."""
    sizes = np.bincount(groups, minlength=len(GROUPS))
    return np.sqrt(np.exp(theta[:-1]) / np.maximum(sizes, 1))[groups]


def _factorise(gram: FloatArray, spread: FloatArray, noise: float) -> FloatArray:
    """Inverse of the lower Cholesky factor of ``I + D F'F D / noise``, D the spreads."""
    inner = gram * np.outer(spread, spread) / noise
    inner.flat[:: len(spread) + 1] += 1
    lower = cholesky(inner, lower=True, overwrite_a=True, check_finite=False)
    identity = np.eye(len(spread))
    return np.asarray(solve_triangular(lower, identity, lower=True, check_finite=False))


def compute_evidence_loss(
    data: Sums, groups: IntArray, theta: FloatArray
) -> tuple[float, FloatArray]:
    """The negative log evidence and its gradient, up to a constant."""
    noise, spread = float(np.exp(theta[-1])), _spread(groups, theta)
    inverse = _factorise(data.gram, spread, noise)
    projected = inverse @ (spread * data.moment) / noise
    whitened = inverse.T @ projected
    fit = noise * float(projected @ projected)
    log_determinant = -2 * float(np.log(np.diag(inverse)).sum())
    value = 0.5 * (data.n * theta[-1] + log_determinant + (data.square - fit) / noise)
    determined = 1 - np.square(inverse).sum(axis=0)
    # The residual y'y - 2 b'w + w'F'Fw, without forming F'Fw.
    residual = data.square - fit - noise * float(whitened @ whitened)
    slope = 0.5 * (determined - whitened**2)
    gradient = np.bincount(groups, weights=slope, minlength=len(GROUPS))
    noise_slope = 0.5 * (data.n - float(determined.sum()) - residual / noise)
    return value, np.append(gradient, noise_slope)


def fit_model(
    sums: Sums, groups: IntArray, theta: FloatArray, pending: FloatArray | None = None
) -> AccuracyModel:
    """The posterior given ``theta``.

    ``pending`` is F'F of observations that are under way: they lower the variance as they
    will, and leave the mean.
    """
    data = standardize_sums(sums)
    noise, spread = float(np.exp(theta[-1])), _spread(groups, theta)
    inverse = _factorise(data.sums.gram, spread, noise)
    weights = spread * (inverse.T @ (inverse @ (spread * data.sums.moment))) / noise
    if pending is not None:
        inverse = _factorise(data.sums.gram + pending, spread, noise)
    weights = weights * data.scale
    weights[0] += data.mean
    return AccuracyModel(
        weights=weights,
        root=spread[:, None] * inverse.T * data.scale,
        noise=noise**0.5 * data.scale,
    )
