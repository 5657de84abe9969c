"""What a network is worth: its quality, paid for with its MACs."""

import math
from typing import overload

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


def measure_quality(accuracy: float, log_loss: float, metric: Metric) -> float:
    """From 0 to 1, higher is better: the accuracy, or ``exp(-log_loss)``."""
    return accuracy if metric == "accuracy" else math.exp(-log_loss)


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
