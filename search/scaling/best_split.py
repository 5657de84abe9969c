"""How a step of cost is best divided between depth, width and resolution.

A *share* is the part of a step's log cost that one dimension takes; the three add up to 1.
``multiple`` times the cost then multiplies depth by ``multiple ** share``, width and
resolution by the root of that, because cost is linear in depth and quadratic in both others.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from mbscale.search.scaling.response_surface import FloatArray, Interval, ResponseSurface, summarize
from mbscale.space.candidates import ScalingCandidate
from mbscale.space.network import Network
from mbscale.space.scaling import CompoundConstants

DIMENSIONS = ("depth", "width", "resolution")
COST_EXPONENTS = (1.0, 2.0, 2.0)

# A share of this much and more is a network scaled in one dimension.
_ALONE = 0.97


@dataclass(frozen=True, slots=True)
class BestSplit:
    """The best constants for a multiple of the cost, and the score there.

    ``best`` is the center of where the optimum may lie; its nominal product is the multiple.
    The three intervals hold the optimum all at once with 95 %.
    """

    alpha: Interval
    beta: Interval
    gamma: Interval
    shares: tuple[float, float, float]
    score: Interval

    @property
    def constants(self) -> CompoundConstants:
        """The best values as constants."""
        return CompoundConstants(self.alpha.best, self.beta.best, self.gamma.best)


def to_constants(shares: tuple[float, float, float], multiple: float) -> CompoundConstants:
    """The constants that divide ``multiple`` by these shares.

    >>> to_constants((1, 0, 0), 2)
    CompoundConstants(alpha=2.0, beta=1.0, gamma=1.0)
    """
    values = [
        float(multiple ** (share / exponent))
        for share, exponent in zip(shares, COST_EXPONENTS, strict=True)
    ]
    return CompoundConstants(*values)


def realized_factors(baseline: Network, network: Network) -> tuple[float, float, float]:
    """Blocks, channels (geometric mean over stages) and pixels over the baseline's."""
    stages, native = network.architecture.stages, baseline.architecture.stages
    depth = sum(stage.depth for stage in stages) / sum(stage.depth for stage in native)
    logs = [math.log(new.width / old.width) for new, old in zip(stages, native, strict=True)]
    resolution = network.target.resolution / baseline.target.resolution
    return depth, math.exp(math.fsum(logs) / len(logs)), resolution


def measure_log_costs(baseline: Network, candidate: ScalingCandidate) -> FloatArray:
    """Doublings (3,) of measured MACs that depth, width and resolution account for.

    They add up to the measured ratio, divided as the realised blocks, channels and pixels
    say: what rounding did to the constants is in them.
    """
    factors = realized_factors(baseline, candidate.network)
    logs = np.log2(factors) * COST_EXPONENTS
    total = float(logs.sum())
    return logs * (math.log2(candidate.measured_ratio) / total) if total else logs


def to_shares(log_costs: FloatArray) -> tuple[float, float, float]:
    """The shares of measured doublings; equal ones for a network that did not grow."""
    total = float(log_costs.sum())
    shares = np.clip(log_costs / total, 0, None) if total else np.ones(3)
    depth, width, resolution = (float(share) for share in shares / shares.sum())
    return depth, width, resolution


def single_dimension(shares: tuple[float, float, float]) -> str | None:
    """The name of the dimension that took all the cost, if one did."""
    largest = max(range(3), key=lambda index: shares[index])
    return DIMENSIONS[largest] if shares[largest] >= _ALONE else None


def find_best_split(
    surface: ResponseSurface,
    *,
    active: tuple[int, ...],
    n_doublings: float,
    multiple: float,
    origin: FloatArray | None = None,
) -> BestSplit:
    """Where the surface is highest among all ways to spend ``n_doublings`` of cost.

    The surface's coordinates are doublings of cost by the ``active`` dimensions; the
    others keep a share of 0. ``origin`` is the point from which cost grows.
    """
    shares = _simplex(len(active))
    start = np.zeros(len(active)) if origin is None else origin
    scores = surface.draw_scores(start + n_doublings * shares)
    best = shares[scores.argmax(axis=0)]
    full = np.zeros((len(best), 3))
    full[:, list(active)] = best
    depth, width, resolution = (float(share) for share in full.mean(axis=0))
    center = start + n_doublings * best.mean(axis=0)
    constants = to_constants((depth, width, resolution), multiple)
    return BestSplit(
        alpha=_interval(constants.alpha, multiple ** full[:, 0]),
        beta=_interval(constants.beta, multiple ** (full[:, 1] / 2)),
        gamma=_interval(constants.gamma, multiple ** (full[:, 2] / 2)),
        shares=(depth, width, resolution),
        score=surface.predict(center[None])[0],
    )


def _interval(best: float, draws: FloatArray) -> Interval:
    spread = summarize(draws, n_together=len(DIMENSIONS))
    return Interval(best, spread.low, spread.high)


def _simplex(n_dimensions: int, n_steps: int = 40) -> FloatArray:
    """All shares in steps of ``1 / n_steps``."""
    counts = product(range(n_steps + 1), repeat=n_dimensions - 1)
    rows = [(*row, n_steps - sum(row)) for row in counts if sum(row) <= n_steps]
    return np.array(rows, dtype=np.float64) / n_steps
