"""Settings of the grid that stage 2 takes its candidates from."""

import math
from typing import Literal

import numpy as np

from mbscale.errors import ConfigError
from mbscale.space.network import Network
from mbscale.space.rounding import DepthRounding
from mbscale.space.scaled_costs import FloatArray
from mbscale.space.scaling import ScalingRules, total_stride
from mbscale.strict_dataclass import strict_dataclass

Range = tuple[float, float]
Constraint = Literal["measured", "nominal"]

_MOST_POINTS = 2_000_000
# The square of it, at phi_search 2, is the largest factor that a network is scaled by.
_LARGEST_CONSTANT = 10.0
_EDGE = 1e-9


@strict_dataclass
class CandidateSettings:
    """Which scalings of a baseline are compared in stage 2."""

    # Distance of two grid values of alpha, beta and gamma; 0.001 to 1.
    step: float = 0.05
    # Lowest and highest alpha, beta, gamma, each at least 1. Nothing: from 1 to the first
    # grid value that reaches the multiple on its own.
    alpha_range: Range | None = None
    beta_range: Range | None = None
    gamma_range: Range | None = None
    # How many times the baseline's MACs a candidate costs for each step of phi; 1.1 to 8.
    multiple: float = 2.0
    # Largest relative distance from the multiple; 0.001 to 0.5.
    tolerance: float = 0.05
    # Candidates are scaled by this phi; at 2 the rounding averages out, at four times the cost.
    phi_search: Literal[1, 2] = 1
    # "measured" keeps what really costs the multiple; "nominal" is the paper's literal
    # rule alpha * beta**2 * gamma**2, whatever that costs.
    constraint: Constraint = "measured"
    # EfficientNet's code rounds depths up; "round" comes nearer to the formula.
    depth_rounding: DepthRounding = "ceil"
    # Resolutions are multiples of this. Nothing: the total stride of the baseline,
    # because odd maps are padded at every stride and cost more than they give.
    resolution_multiple: int | None = None
    # Largest resolution of a candidate in pixels: what lies above that of the source images
    # is only upsampling. Nothing: no limit.
    max_resolution: int | None = None
    # Widths are multiples of this.
    width_divisor: int = 8
    # With fewer distinct networks than this inside the tolerance, it is widened,
    # with a message, up to four times.
    min_networks: int = 4

    def __post_init__(self) -> None:
        _require(self.step, 0.001, 1, name="step")
        _require(self.multiple, 1.1, 8, name="multiple")
        _require(self.tolerance, 0.001, 0.5, name="tolerance")
        _require(self.width_divisor, 1, 1024, name="width_divisor")
        _require(self.min_networks, 0, 1000, name="min_networks")
        if self.resolution_multiple is not None:
            _require(self.resolution_multiple, 1, 1024, name="resolution_multiple")
        if self.max_resolution is not None:
            _require(self.max_resolution, 1, 65536, name="max_resolution")
        for name in ("alpha_range", "beta_range", "gamma_range"):
            _require_range(getattr(self, name), name=name)
        n_points = math.prod(len(values) for values in self.axes())
        if n_points > _MOST_POINTS:
            msg = (
                f"a grid of step {self.step:g} has {n_points:,} points, more than "
                f"{_MOST_POINTS:,}; a larger step or narrower ranges would do"
            )
            raise ConfigError(msg)

    def axes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The grid values of alpha, beta and gamma."""
        root = math.sqrt(self.multiple)
        return (
            _axis(self.alpha_range, self.step, until=self.multiple),
            _axis(self.beta_range, self.step, until=root),
            _axis(self.gamma_range, self.step, until=root),
        )

    def rules(self, baseline: Network) -> ScalingRules:
        """How the scaled numbers of ``baseline`` are rounded."""
        multiple = self.resolution_multiple or total_stride(baseline.architecture)
        native = baseline.target.resolution
        if self.max_resolution is not None and self.max_resolution < native:
            msg = (
                f"max_resolution must be at least the {native} pixels of {baseline.name}; "
                f"got {self.max_resolution}"
            )
            raise ConfigError(msg)
        return ScalingRules(
            resolution_multiple=multiple,
            max_resolution=self.max_resolution,
            depth_rounding=self.depth_rounding,
            width_divisor=self.width_divisor,
        )


def _axis(bounds: Range | None, step: float, *, until: float) -> FloatArray:
    low, high = bounds or (1.0, math.ceil((until - 1) / step - _EDGE) * step + 1)
    steps = np.arange(int((high - low) / step + _EDGE) + 1, dtype=np.float64)
    return low + step * steps


def _require(value: float, low: float, high: float, *, name: str) -> None:
    if not low <= value <= high:
        msg = f"{name} must be from {low:g} to {high:g}; got {value:g}"
        raise ConfigError(msg)


def _require_range(bounds: Range | None, *, name: str) -> None:
    if bounds and not 1 <= bounds[0] <= bounds[1] <= _LARGEST_CONSTANT:
        msg = (
            f"{name} must be two numbers from 1 to {_LARGEST_CONSTANT:g}, the lower one first; "
            f"got {bounds[0]:g} and {bounds[1]:g}"
        )
        raise ConfigError(msg)
