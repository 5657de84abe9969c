"""What repeated trainings say: means, intervals, and who cannot be told from the best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]

_DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Summary:
    """One network among others.

    ``low`` and ``high`` bound its mean with 95 %; ``probability_best`` is that of having
    the highest true mean; ``is_tied`` is true where it cannot be told from the best.
    """

    mean: float
    low: float
    high: float
    probability_best: float
    is_tied: bool


def summarize(groups: Sequence[Sequence[float]], *, seed: int) -> tuple[Summary, ...]:
    """A summary of each group of scores (higher is better), at least two a group.

    The spread between seeds is pooled over groups, as two or three seeds tell too little
    of it alone; Student's t with the pooled degrees of freedom. Ties allow for all
    comparisons with the best at once (Bonferroni).
    """
    means = np.array([float(np.mean(group)) for group in groups])
    sizes = np.array([len(group) for group in groups])
    n_free = int((sizes - 1).sum())
    if n_free < len(groups):
        msg = "every group needs at least two scores"
        raise ValueError(msg)
    squares = sum(float(((np.asarray(group) - np.mean(group)) ** 2).sum()) for group in groups)
    deviation = math.sqrt(squares / n_free)
    errors = deviation / np.sqrt(sizes)
    reach = float(stats.t.ppf(0.975, n_free)) * errors
    best = int(np.argmax(means))
    n_others = max(1, len(groups) - 1)
    tie_reach = float(stats.t.ppf(1 - 0.05 / n_others, n_free))
    gaps = means[best] - means
    tied = gaps <= tie_reach * np.sqrt(errors**2 + errors[best] ** 2)
    chances = _find_chances(means, errors, n_free, seed=seed)
    return tuple(
        Summary(
            mean=float(means[i]),
            low=float(means[i] - reach[i]),
            high=float(means[i] + reach[i]),
            probability_best=float(chances[i]),
            is_tied=bool(tied[i]) or i == best,
        )
        for i in range(len(groups))
    )


def _find_chances(means: FloatArray, errors: FloatArray, n_free: int, *, seed: int) -> FloatArray:
    # One draw of the common spread for all groups, then each mean around its estimate.
    rng = np.random.default_rng(seed)
    scale = np.sqrt(n_free / rng.chisquare(n_free, size=(_DRAWS, 1)))
    draws = means + errors * scale * rng.standard_normal((_DRAWS, len(means)))
    winners = np.bincount(draws.argmax(axis=1), minlength=len(means))
    return np.asarray(winners / _DRAWS)


def binomial_error(accuracy: float, n_images: int) -> float:
    """The standard error of an accuracy that was counted on ``n_images``."""
    return math.sqrt(accuracy * (1 - accuracy) / n_images)
