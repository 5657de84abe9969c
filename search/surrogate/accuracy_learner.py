"""From observations to what is believed of any network's accuracy."""

from dataclasses import dataclass

import numpy as np

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import Features
from mbscale.search.surrogate.accuracy_model import AccuracyModel, fit_model, fit_variances
from mbscale.search.surrogate.observation_sums import ObservationSums

# Variances are learned again when observations have grown by a tenth.
_GROWTH = 1.1
# A quality of 1 has no finite logarithm of its error.
_LARGEST = 0.9999


@dataclass(frozen=True, slots=True)
class Scale:
    """The model's targets: ``-log(1 - quality)``, or the quality where some are above 1.

    A block more or less changes the error of a network by a factor, good or bad; on this
    scale its effect is a constant.
    """

    is_logarithmic: bool

    def warp(self, qualities: FloatArray) -> FloatArray:
        """Targets of the model."""
        if not self.is_logarithmic:
            return qualities
        return -np.log1p(-np.minimum(qualities, _LARGEST))

    def unwarp(self, targets: FloatArray) -> FloatArray:
        """Qualities of targets."""
        return -np.expm1(-targets) if self.is_logarithmic else targets

    def slope(self, targets: FloatArray) -> FloatArray:
        """The derivative of the quality."""
        return np.exp(-targets) if self.is_logarithmic else np.ones_like(targets)


@dataclass(frozen=True, slots=True)
class Learned:
    """The accuracy model with its scale, and the features of what was measured."""

    model: AccuracyModel
    scale: Scale
    features: FloatArray

    def expect(self, features: FloatArray) -> FloatArray:
        """Expected qualities ``(n,)``."""
        return self.scale.unwarp(self.model.predict_mean(features))

    def predict(self, features: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Expected qualities, their deviations, and those of a measurement's noise, ``(n,)``."""
        targets = self.model.predict_mean(features)
        slope = self.scale.slope(targets)
        deviation = self.model.predict_deviation(features) * slope
        return self.scale.unwarp(targets), deviation, self.model.noise * slope


class AccuracyLearner:
    """Fits the model to all observations; keeps what earlier ones share with them."""

    def __init__(self, features: Features) -> None:
        self._map = features
        self._sums = ObservationSums(features)
        self._variances: tuple[int, FloatArray] | None = None

    def learn(self, vectors: IntArray, qualities: FloatArray, running: IntArray) -> Learned:
        """The model given ``vectors`` ``(n, choices)`` and their ``qualities`` ``(n,)``."""
        scale = Scale(is_logarithmic=bool(qualities.max() <= 1))
        n_unchanged = self._sums.update(vectors, scale.warp(qualities))
        n_used = last_milestone(len(vectors))
        if self._variances and self._variances[0] > n_unchanged:
            self._variances = None
        if not self._variances or self._variances[0] != n_used:
            theta = fit_variances(self._sums.total(n_used), self._map.groups)
            self._variances = (n_used, theta)
        model = fit_model(
            self._sums.total(len(vectors)),
            self._map.groups,
            self._variances[1],
            self._map.compute(running),
        )
        return Learned(model, scale, self._sums.features)


def last_milestone(n: int) -> int:
    """The last of 1, 2, 3, ... and then steps of a tenth that is not above ``n``.

    >>> last_milestone(7), last_milestone(100), last_milestone(101)
    (7, 94, 94)
    """
    milestone = 1
    while (following := max(milestone + 1, int(milestone * _GROWTH))) <= n:
        milestone = following
    return milestone
