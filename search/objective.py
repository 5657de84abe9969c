"""What a network is worth: its quality, paid for with its MACs."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mbscale.search.limits import measure_excess, measure_violations
from mbscale.search.settings import Metric, ObjectiveKind, ObjectiveSettings
from mbscale.space.costs import Counter, VectorCosts

FloatArray = NDArray[np.float64]
# A number for one network, or an array for many.
Number = TypeVar("Number", float, FloatArray)


class Objective(Protocol):
    """What a search maximizes, and the limits that it keeps.

    At a fixed cost the reward must be linear in the quality and grow with it. The surrogate
    and the pruners rely on this: ``quality_for`` is then well defined, and the mean and the
    deviation of a quality give those of its reward. Quality is from 0 to 1 (``measure_quality``),
    ``macs`` are those at the target. All methods take numbers, or arrays of one shape.
    """

    def reward(self, quality: Number, macs: Number) -> Number:
        """The reward; higher is better."""
        ...

    def quality_for(self, reward: Number, macs: Number) -> Number:
        """The quality that has this reward: ``quality_for(reward(q, m), m)`` is ``q``."""
        ...

    def violations(self, costs: Mapping[str, Number]) -> Mapping[str, Number]:
        """How far costs are outside each limit, by name of the limit; 0 or less is within.

        ``costs`` holds every cost of ``COSTS`` (space/costs.py). Networks outside a limit are
        never trained.
        """
        ...


class ObjectiveFromSettings(ABC):
    """An objective with the limits of its settings; a subclass computes the reward."""

    def __init__(self, settings: ObjectiveSettings) -> None:
        self._settings = settings

    @abstractmethod
    def _compute(self, quality: FloatArray, ratio: FloatArray) -> FloatArray:
        """The reward at ``ratio`` times the target's MACs."""

    def reward(self, quality: Number, macs: Number) -> Number:
        """The reward of :class:`ObjectiveSettings`; higher is better."""
        ratio = np.asarray(macs, float) / self._settings.target_macs
        rewards = np.asarray(self._compute(np.asarray(quality, float), ratio))
        return cast("Number", rewards if rewards.ndim else float(rewards))

    def quality_for(self, reward: Number, macs: Number) -> Number:
        """The quality that has this reward."""
        # By the law of Objective.
        offset = self.reward(macs * 0.0, macs)
        return (reward - offset) / measure_slope(self, macs)

    def violations(self, costs: Mapping[str, Number]) -> dict[str, Number]:
        """How far costs are outside the limits of the settings, as logarithms."""
        return measure_violations(costs, self._settings)


class SoftObjective(ObjectiveFromSettings):
    """Quality times a power of the MACs (MnasNet, arXiv:1807.11626, equation 2)."""

    def _compute(self, quality: FloatArray, ratio: FloatArray) -> FloatArray:
        return np.asarray(quality * ratio**self._settings.exponent)


class HardObjective(ObjectiveFromSettings):
    """Quality up to the target, divided by the excess above it."""

    def _compute(self, quality: FloatArray, ratio: FloatArray) -> FloatArray:
        return np.asarray(quality / np.maximum(ratio, 1))


class AbsoluteObjective(ObjectiveFromSettings):
    """Quality less the distance from the target (TuNAS, arXiv:2008.06120)."""

    def _compute(self, quality: FloatArray, ratio: FloatArray) -> FloatArray:
        return np.asarray(quality + self._settings.beta * np.abs(ratio - 1))


OBJECTIVES: Mapping[ObjectiveKind, Callable[[ObjectiveSettings], Objective]] = {
    "soft": SoftObjective,
    "hard": HardObjective,
    "absolute": AbsoluteObjective,
}


def make_objective(settings: ObjectiveSettings) -> Objective:
    """The objective that the settings name."""
    return OBJECTIVES[settings.kind](settings)


def measure_slope(objective: Objective, macs: Number) -> Number:
    """Reward per unit of quality at this cost; above 0."""
    zero = macs * 0.0
    return objective.reward(zero + 1, macs) - objective.reward(zero, macs)


def is_within_limits(
    vectors: NDArray[np.int64], counters: Mapping[str, Counter], objective: Objective
) -> NDArray[np.bool_]:
    """Which of vectors ``(n, choices)`` are within all limits of the objective.

    ``counters`` are those of their space, by the name of the cost.
    """
    costs = VectorCosts(vectors, counters)
    return measure_excess(objective.violations(costs), len(vectors)) <= 0


def compute_reward(quality: Number, macs: Number, settings: ObjectiveSettings) -> Number:
    """The reward of the objective that the settings name."""
    return make_objective(settings).reward(quality, macs)


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
