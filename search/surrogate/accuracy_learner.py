"""From observations to what is believed of any network's accuracy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import Features
from mbscale.search.surrogate.accuracy_model import AccuracyModel, fit_model, fit_variances
from mbscale.search.surrogate.observation_sums import ObservationSums, PendingSums

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
    """The accuracy model with its scale."""

    model: AccuracyModel
    scale: Scale

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
    """Fits the model to all observations, at the cost of those that are new."""

    def __init__(self, features: Features) -> None:
        self._map = features
        self._pending = PendingSums(features)
        self._begun: tuple[int, Scale] | None = None
        self._sums = ObservationSums(features, Scale(is_logarithmic=True).warp)
        self._variances: tuple[int, FloatArray] | None = None

    def learn(
        self,
        vectors: IntArray,
        qualities: FloatArray,
        running: Mapping[int, IntArray],
        *,
        history: int = 0,
    ) -> Learned:
        """The model given ``vectors`` ``(n, choices)`` and their ``qualities`` ``(n,)``.

        ``running`` are vectors by the number of their trial. Of one ``history``, earlier
        observations must stay as they are.
        """
        scale = Scale(is_logarithmic=bool(qualities.max() <= 1))
        if self._begun != (history, scale):
            self._begun = (history, scale)
            self._sums, self._variances = ObservationSums(self._map, scale.warp), None
        n_used = last_milestone(len(vectors))
        theta = self._learn_variances(vectors[:n_used], qualities[:n_used])
        self._sums.append(vectors, qualities)
        pending = self._pending.update(running)
        model = fit_model(self._sums.total, self._map.groups, theta, pending)
        return Learned(model, scale)

    def _learn_variances(self, vectors: IntArray, qualities: FloatArray) -> FloatArray:
        if self._variances is None or self._variances[0] != len(vectors):
            self._sums.append(vectors, qualities)
            theta = fit_variances(self._sums.total, self._map.groups)
            self._variances = (len(vectors), theta)
        return self._variances[1]


def last_milestone(n: int) -> int:
    """The last of 1, 2, 3, ... and then steps of a tenth that is not above ``n``.

    >>> last_milestone(7), last_milestone(100), last_milestone(101)
    (7, 94, 94)
    """
    milestone = 1
    while (following := max(milestone + 1, int(milestone * _GROWTH))) <= n:
        milestone = following
    return milestone
