"""How much a network is worth measuring.

Notation: of a candidate, ``m`` and ``s`` are mean and standard deviation of its true
reward, ``t`` the standard deviation of a measured one (``t^2 = s^2 + noise^2``); ``b`` is
the best mean among measured networks, and ``o`` and ``p`` the measured reward and the
mean of the trial that would be picked now, the one with the best measured reward.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from mbscale.results.pareto import pareto_mask
from mbscale.search.choice_space import FloatArray

_SQRT_2_PI = float(np.sqrt(2 * np.pi))
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Belief:
    """Mean, deviation of the true value, and deviation of one measurement's noise, ``(n,)``."""

    mean: FloatArray
    deviation: FloatArray
    noise: FloatArray


def expected_improvement(mean: FloatArray, deviation: FloatArray, best: FloatArray) -> FloatArray:
    """``E max(X - best, 0)`` of normal X (Mockus et al., 1978); shapes broadcast."""
    deviation = np.maximum(deviation, _TINY)
    z = (mean - best) / deviation
    return np.asarray(deviation * (z * ndtr(z) + np.exp(-0.5 * z * z) / _SQRT_2_PI))


def expected_pick_gain(belief: Belief, *, picked_reward: float, picked_mean: float) -> FloatArray:
    """What measuring each candidate once adds to the true reward of the trial picked at last.

    ``E[(X - p) 1{X + noise > o}]``: a candidate is picked when its measured reward is the
    best. Unlike expected improvement it pays to measure a good network again, because a
    lucky reward of another is then beaten. For the network that is picked already the true
    worth is 0, because X is then p too; this one is a little above.
    """
    total = np.maximum(np.hypot(belief.deviation, belief.noise), _TINY)
    z = (belief.mean - picked_reward) / total
    density = np.exp(-0.5 * z * z) / _SQRT_2_PI
    gain = (belief.mean - picked_mean) * ndtr(z) + belief.deviation**2 / total * density
    return np.asarray(gain)


@dataclass(frozen=True, slots=True)
class Staircase:
    """The best accuracy for MACs up to each of ``macs``: steps of a front, from low to high."""

    macs: FloatArray
    accuracy: FloatArray
    reference_macs: float


def build_staircase(
    accuracy: FloatArray, macs: FloatArray, reference: tuple[float, float]
) -> Staircase:
    """The front of measured networks within ``reference`` (accuracy, MACs)."""
    low_accuracy, high_macs = reference
    is_inside = (accuracy > low_accuracy) & (macs < high_macs)
    accuracy, macs = accuracy[is_inside], macs[is_inside]
    is_front = pareto_mask(np.stack([macs, -accuracy], axis=1))
    front = np.unique(np.stack([macs[is_front], accuracy[is_front]], axis=1), axis=0)
    return Staircase(
        np.concatenate([[-np.inf], front[:, 0]]),
        np.concatenate([[low_accuracy], front[:, 1]]),
        high_macs,
    )


def expected_area_gain(
    mean: FloatArray, deviation: FloatArray, macs: FloatArray, stairs: Staircase
) -> FloatArray:
    """The expected growth of the hypervolume, exact because MACs are known.

    A network of ``c`` MACs adds ``max(accuracy - step, 0)`` over the part of every step
    right of ``c``, so the expectation is a sum of expected improvements over steps.
    """
    ends = np.append(stairs.macs[1:], stairs.reference_macs)
    starts = np.maximum(stairs.macs[None, :], macs[:, None])
    lengths = np.maximum(ends[None, :] - starts, 0)
    gains = expected_improvement(mean[:, None], deviation[:, None], stairs.accuracy[None, :])
    return np.asarray((lengths * gains).sum(axis=1))
