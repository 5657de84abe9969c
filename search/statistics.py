"""What repeated trainings say: means, intervals, and who cannot be told from the best.

The model: the score of network ``i`` is ``mu_i`` plus normal noise of one standard
deviation, the same for all networks. It is pooled over them, because two or three seeds
tell nearly nothing of it alone; Student's t has the pooled degrees of freedom.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq
from scipy.special import ndtr

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# The error of a probability of one half is then 0.35 %.
_DRAWS = 20_000
# Enough for five digits of a quantile.
_SCALES = 10_000


@dataclass(frozen=True, slots=True)
class Summary:
    """One network among others.

    ``low`` and ``high`` bound its ``mu``, for all networks at once, and so for the one that
    is picked because its mean is the highest. ``probability_best`` is that of having the
    highest ``mu``, given the scores and a flat prior. ``is_tied`` is false where the
    network can be told from the best.
    """

    mean: float
    low: float
    high: float
    probability_best: float
    is_tied: bool


@dataclass(frozen=True, slots=True)
class Pooled:
    """Means ``(k,)``, their numbers of scores ``(k,)``, the common deviation, its freedom."""

    means: FloatArray
    sizes: FloatArray
    deviation: float
    n_free: int

    @property
    def errors(self) -> FloatArray:
        """The standard error of each mean."""
        return np.asarray(self.deviation / np.sqrt(self.sizes))


def pool(groups: Sequence[Sequence[float]]) -> Pooled:
    """Means and common deviation of groups of scores.

    Raises ValueError when no group has two scores, as nothing then tells the spread.
    """
    arrays = [np.asarray(group, dtype=np.float64) for group in groups]
    sizes = np.array([len(array) for array in arrays], dtype=np.float64)
    n_free = int((sizes - 1).sum())
    if not len(sizes) or sizes.min() < 1 or n_free < 1:
        msg = f"one group needs two scores and every group one; got {[*map(len, groups)]}"
        raise ValueError(msg)
    squares = sum(float(((array - array.mean()) ** 2).sum()) for array in arrays)
    means = np.array([array.mean() for array in arrays])
    return Pooled(means, sizes, math.sqrt(squares / n_free), n_free)


def summarize(
    groups: Sequence[Sequence[float]], *, seed: int, confidence: float = 0.95
) -> tuple[Summary, ...]:
    """A summary of each group of scores, higher is better."""
    pooled = pool(groups)
    reach = quantile_of_largest(len(groups), pooled.n_free, confidence) * pooled.errors
    noise = draw_noise(pooled, seed=seed)
    chances = find_chances(pooled, noise)
    tied = find_tied(pooled, noise, confidence=confidence)
    return tuple(
        Summary(
            mean=float(pooled.means[i]),
            low=float(pooled.means[i] - reach[i]),
            high=float(pooled.means[i] + reach[i]),
            probability_best=float(chances[i]),
            is_tied=bool(tied[i]),
        )
        for i in range(len(groups))
    )


def quantile_of_largest(n_means: int, n_free: int, confidence: float) -> float:
    """What the largest ``|t|`` of so many independent means with one deviation stays below.

    The studentized maximum modulus (Stoline and Ury, 1979, "Tables of the studentized maximum
    modulus distribution"): the intervals by it cover all means at once. Student's for one mean.
    """
    # Deviations over their estimate, each as probable as the others.
    scales = np.sqrt(stats.chi2.ppf((np.arange(_SCALES) + 0.5) / _SCALES, n_free) / n_free)

    def miss(quantile: float) -> float:
        covered = (2 * ndtr(quantile * scales) - 1) ** n_means
        return float(covered.mean()) - confidence

    lowest = float(stats.t.ppf((1 + confidence) / 2, n_free))
    # Bonferroni's is never too small.
    highest = float(stats.t.ppf(1 - (1 - confidence) / (2 * n_means), n_free))
    return float(brentq(miss, 0.99 * lowest, 1.01 * highest))


def draw_noise(pooled: Pooled, *, seed: int) -> FloatArray:
    """Errors of the means in units of the estimated deviation, ``(draws, k)``.

    All means of a draw share the error of the deviation: they are jointly t-distributed.
    """
    rng = np.random.default_rng(seed)
    scale = np.sqrt(pooled.n_free / rng.chisquare(pooled.n_free, size=(_DRAWS, 1)))
    noise = rng.standard_normal((_DRAWS, len(pooled.means))) / np.sqrt(pooled.sizes)
    return np.asarray(scale * noise)


def find_chances(pooled: Pooled, noise: FloatArray) -> FloatArray:
    """The probability of each group to have the highest true mean, ``(k,)``; adds up to 1."""
    drawn = pooled.means + pooled.deviation * noise
    winners = np.bincount(drawn.argmax(axis=1), minlength=len(pooled.means))
    return np.asarray(winners / len(drawn))


def find_tied(pooled: Pooled, noise: FloatArray, *, confidence: float) -> BoolArray:
    """True for the groups that cannot be told from the best, ``(k,)``.

    Multiple comparisons with the best (Hsu, 1984; the selection of Gupta, 1965): the
    truly best is among them with at least ``confidence``, whatever the means are, and
    the best mean is always. Group ``i`` drops out when the largest ``t`` of the others
    over it exceeds what it does by chance for equal means (Dunnett's one-sided quantile).
    """
    means, sizes = pooled.means, pooled.sizes
    tied = np.ones(len(means), dtype=np.bool_)
    for i in range(len(means)):
        others = np.arange(len(means)) != i
        if not others.any():
            continue
        errors = np.sqrt(1 / sizes[others] + 1 / sizes[i])
        by_chance = ((noise[:, others] - noise[:, [i]]) / errors).max(axis=1)
        quantile = float(np.quantile(by_chance, confidence))
        leads = means[others] - means[i]
        tied[i] = bool((leads <= quantile * pooled.deviation * errors).all())
    return tied


def binomial_error(accuracy: float, n_images: int) -> float:
    """The standard error of an accuracy that was counted on ``n_images``."""
    return math.sqrt(accuracy * (1 - accuracy) / n_images)
