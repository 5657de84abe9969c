"""A curved surface through a few noisy accuracies, with its uncertainty.

Notation: ``points`` (n, k) are coordinates of n networks, ``scores`` (n,) their mean
scores (higher is better; finite), ``n_seeds`` (n,) the evaluations behind each mean.
A surface is ``features(points) @ coefficients``; features are 1, the coordinates and,
at degree 2, their squares and products. The variance of a mean score is
``misfit**2 + noise**2 / n_seeds``.

Coefficients are normal a priori. How wide, how large the noise and how large the misfit
is not known: a grid of such scales is weighted by its evidence and drawn from, so that the
intervals hold all of that doubt (Bayesian linear regression, Bishop 2006, chapter 3).
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from mbscale.errors import DataError

FloatArray = npt.NDArray[np.float64]
Degree = Literal[1, 2]

_N_DRAWS = 2000
# Scales to weigh, in units of the spread of the scores.
_LINEAR_SCALES = np.geomspace(0.1, 10, 5)
_CURVED_SCALES = np.geomspace(0.03, 3, 5)
_MISFIT_SCALES = np.array([0.01, 0.1, 0.2, 0.4, 0.8])
_NOISE_SCALES = np.geomspace(0.03, 2, 8)
_NOISE_RATIOS = np.geomspace(0.5, 2.5, 8)
# Wide enough to leave the mean free.
_INTERCEPT_SCALE = 100.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A best value with its 95 % interval."""

    best: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SeedNoise:
    """Standard deviation between seeds, pooled over networks, and its degrees of freedom."""

    deviation: float
    n_free: int


@dataclass(frozen=True, slots=True, eq=False)
class ResponseSurface:
    """A fitted surface.

    ``coefficients`` (features, draws) are draws from the posterior;
    ``leave_one_out_error`` is the root mean square error (in scores) of each network
    predicted by the others.
    """

    degree: Degree
    center: FloatArray
    unit: float
    coefficients: FloatArray
    leave_one_out_error: float

    def draw_scores(self, points: FloatArray) -> FloatArray:
        """Scores (points, draws) that the evidence allows."""
        return self._features(points) @ self.coefficients

    def predict(self, points: FloatArray) -> tuple[Interval, ...]:
        """The score at each point with its 95 % interval, without the noise of a seed."""
        return tuple(summarize(draws) for draws in self.draw_scores(points))

    def slopes(self) -> tuple[Interval, ...]:
        """Change of the score for each unit of each coordinate, at the center."""
        n_coordinates = len(self.center)
        linear = self.coefficients[1 : n_coordinates + 1] / self.unit
        return tuple(summarize(draws) for draws in linear)

    def _features(self, points: FloatArray) -> FloatArray:
        return _features((points - self.center) / self.unit, self.degree)


def summarize(draws: FloatArray, *, n_together: int = 1) -> Interval:
    """The mean of the draws and an interval of 95 %.

    ``n_together`` intervals, each made so, hold all at once with 95 % (Bonferroni).
    """
    tail = 0.025 / n_together
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Interval(float(np.mean(draws)), float(low), float(high))


def fit_surface(
    points: FloatArray,
    scores: FloatArray,
    n_seeds: FloatArray,
    *,
    degree: Degree,
    noise: SeedNoise | None,
    seed: int,
) -> ResponseSurface:
    """The surface of ``degree`` through the scores; ``noise`` where seeds were repeated.

    Raises DataError for fewer than two points or scores that are not finite.
    """
    if len(points) < 2 or not np.isfinite(points).all() or not np.isfinite(scores).all():
        msg = f"a surface needs at least two networks with finite scores; got {len(points)}"
        raise DataError(msg)
    center = points.mean(axis=0)
    unit = float(points.std(axis=0).max()) or 1.0
    features = _features((points - center) / unit, degree)
    spread = float(scores.std()) or 1e-6
    # Scores are fitted around their mean and in units of their spread.
    grid = _weigh(
        features,
        (scores - scores.mean()) / spread,
        n_seeds,
        noise=None if noise is None else SeedNoise(noise.deviation / spread, noise.n_free),
        n_coordinates=points.shape[1],
    )
    coefficients = grid.draw(np.random.default_rng(seed)) * spread
    coefficients[0] += scores.mean()
    return ResponseSurface(degree, center, unit, coefficients, grid.leave_one_out() * spread)


def _features(points: FloatArray, degree: Degree) -> FloatArray:
    columns = [np.ones(len(points)), *points.T]
    if degree == 2:
        columns += [column**2 for column in points.T]
        # The root makes the prior the same in every direction.
        columns += [2**0.5 * first * second for first, second in combinations(points.T, 2)]
    return np.column_stack(columns)


@dataclass(frozen=True, slots=True, eq=False)
class _ScaleGrid:
    """Posteriors (scales, ...) for every combination of scales, with their weights."""

    weights: FloatArray  # (scales,)
    means: FloatArray  # (scales, features)
    covariances: FloatArray  # (scales, features, features)
    features: FloatArray
    scores: FloatArray
    variances: FloatArray  # (scales, n)

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """Coefficients (features, draws)."""
        chosen = rng.choice(len(self.weights), size=_N_DRAWS, p=self.weights)
        roots = np.linalg.cholesky(self.covariances[chosen])
        normal = rng.standard_normal((_N_DRAWS, self.means.shape[1], 1))
        return (self.means[chosen] + (roots @ normal)[..., 0]).T

    def leave_one_out(self) -> float:
        """Root mean square error of every score predicted by the others, nearly.

        In closed form, with the weights of the scales, the center and the unit of all of them;
        4 % below that of surfaces fitted anew (eight surfaces of twelve networks).
        """
        residuals = self.scores - self.means @ self.features.T
        reach = np.einsum("nf,sfg,ng->sn", self.features, self.covariances, self.features)
        without = residuals / (1 - np.minimum(reach / self.variances, 1 - 1e-9))
        return float(np.sqrt(np.mean((self.weights @ without) ** 2)))


def _weigh(
    features: FloatArray,
    scores: FloatArray,
    n_seeds: FloatArray,
    *,
    noise: SeedNoise | None,
    n_coordinates: int,
) -> _ScaleGrid:
    noises, noise_evidence = _noise_grid(noise)
    deviation = np.repeat(noises, len(_MISFIT_SCALES))
    misfit = np.tile(_MISFIT_SCALES, len(noises))
    variances = misfit[:, None] ** 2 + deviation[:, None] ** 2 / n_seeds
    weighted = features / variances[..., None]
    information = np.einsum("snf,ng->sfg", weighted, features)
    projected = np.einsum("snf,n->sf", weighted, scores)
    # The prior changes the diagonal alone: the sums over networks are shared.
    n_priors = len(_LINEAR_SCALES) * len(_CURVED_SCALES)
    variances, information, projected = (
        np.repeat(sums, n_priors, axis=0) for sums in (variances, information, projected)
    )
    linear, curved = (
        np.tile(scales.ravel(), len(deviation))
        for scales in np.meshgrid(_LINEAR_SCALES, _CURVED_SCALES, indexing="ij")
    )
    precision = _prior_precision(linear, curved, features.shape[1], n_coordinates)
    diagonal = np.arange(features.shape[1])
    information[:, diagonal, diagonal] += precision
    covariances: FloatArray = np.linalg.inv(information).astype(np.float64)
    means = np.einsum("sfg,sg->sf", covariances, projected)
    evidence = -0.5 * (
        np.log(variances).sum(axis=1)
        + np.linalg.slogdet(information)[1]
        - np.log(precision).sum(axis=1)
        + (scores**2 / variances).sum(axis=1)
        - (projected * means).sum(axis=1)
    )
    evidence += np.repeat(noise_evidence, len(evidence) // len(noise_evidence))
    weights = np.exp(evidence - evidence.max())
    return _ScaleGrid(weights / weights.sum(), means, covariances, features, scores, variances)


def _noise_grid(noise: SeedNoise | None) -> tuple[FloatArray, FloatArray]:
    # Repeated seeds tell the noise up to a chi-square factor; without them any is possible.
    if noise is None or noise.n_free < 1 or noise.deviation <= 0:
        return _NOISE_SCALES, np.zeros(len(_NOISE_SCALES))
    evidence = -noise.n_free * (np.log(_NOISE_RATIOS) + 0.5 / _NOISE_RATIOS**2)
    return noise.deviation * _NOISE_RATIOS, evidence


def _prior_precision(
    linear: FloatArray, curved: FloatArray, n_features: int, n_coordinates: int
) -> FloatArray:
    scales = np.empty((len(linear), n_features))
    scales[:, 0] = _INTERCEPT_SCALE
    scales[:, 1 : n_coordinates + 1] = linear[:, None]
    scales[:, n_coordinates + 1 :] = curved[:, None]
    return scales**-2
