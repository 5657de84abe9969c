"""What a network is worth: its quality, paid for with its MACs."""

import math
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray

from mbscale.search.settings import Metric, ObjectiveSettings

FloatArray = NDArray[np.float64]


@overload
def compute_reward(quality: float, macs: float, settings: ObjectiveSettings) -> float: ...


@overload
def compute_reward(
    quality: FloatArray, macs: FloatArray, settings: ObjectiveSettings
) -> FloatArray: ...


def compute_reward(
    quality: float | FloatArray, macs: float | FloatArray, settings: ObjectiveSettings
) -> float | FloatArray:
    """The reward of :class:`ObjectiveSettings`, numbers or arrays; higher is better.

    ``quality`` is from 0 to 1 (``measure_quality``), ``macs`` are those at the target.
    """
    rewards = _compute_rewards(np.asarray(quality, float), np.asarray(macs, float), settings)
    return rewards if rewards.ndim else float(rewards)


def _compute_rewards(
    quality: FloatArray, macs: FloatArray, settings: ObjectiveSettings
) -> FloatArray:
    ratio = macs / settings.target_macs
    if settings.kind == "absolute":
        return np.asarray(quality + settings.beta * np.abs(ratio - 1))
    if settings.kind == "hard":
        return np.asarray(quality / np.maximum(ratio, 1))
    return np.asarray(quality * ratio**settings.exponent)


class Measured(Protocol):
    """What an evaluator gave: an accuracy with or without its log loss, or a score."""

    @property
    def accuracy(self) -> float | None:
        """From 0 to 1."""
        ...

    @property
    def log_loss(self) -> float | None:
        """Mean natural log loss."""
        ...

    @property
    def score(self) -> float | None:
        """Any number, higher is better."""
        ...


def measure_quality(measured: Measured, metric: Metric) -> float | None:
    """From 0 to 1, higher is better: the accuracy, ``exp(-log_loss)``, or the score squeezed.

    None where there is nothing, and where the log loss that ``metric`` asks for is missing.
    """
    if measured.score is not None:
        return squeeze_score(measured.score)
    if metric == "accuracy":
        return measured.accuracy
    return None if measured.log_loss is None else math.exp(-measured.log_loss)


def squeeze_score(score: float) -> float:
    """A score as a number from 0 to 1 in the same order: ``(1 + s / (1 + |s|)) / 2``.

    The order is all that it keeps. How many MACs a difference is worth is arbitrary, so
    only rewards that do not weigh the two against each other make sense of it.

    >>> squeeze_score(0.0), squeeze_score(3.0)
    (0.5, 0.875)
    """
    return (1 + score / (1 + abs(score))) / 2


def measure_violations(macs: int, settings: ObjectiveSettings) -> dict[str, float]:
    """How far MACs are outside each limit that is set, as a logarithm; 0 or less is within.

    >>> measure_violations(200, ObjectiveSettings(min_macs=100, max_macs=200))
    {'min_macs': -0.6931471805599453, 'max_macs': 0.0}
    """
    violations: dict[str, float] = {}
    if settings.min_macs is not None:
        violations["min_macs"] = math.log(settings.min_macs / macs)
    if settings.max_macs is not None:
        violations["max_macs"] = math.log(macs / settings.max_macs)
    return violations
