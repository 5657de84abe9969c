"""Settings of the grid that stage 2 takes its candidates from."""

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mbscale.errors import ConfigError
from mbscale.space.network import Network
from mbscale.space.rounding import DepthRounding
from mbscale.space.scaled_costs import FloatArray
from mbscale.space.scaling import ScalingRules, total_stride
from mbscale.strict_dataclass import settings_dataclass

# At phi_search 2 a network is scaled by the square of a constant.
Constant = Annotated[float, Field(ge=1, le=10)]
Range = tuple[Constant, Constant]
Constraint = Literal["measured", "nominal"]

_MOST_POINTS = 2_000_000
_EDGE = 1e-9


@settings_dataclass
class CandidateSettings:
    """Which scaled versions of a baseline are compared."""

    step: Annotated[
        float,
        Field(
            ge=0.001,
            le=1,
            description="Distance between grid values of alpha, beta and gamma. Smaller steps "
            "find more candidates and take longer to search.",
        ),
    ] = 0.05
    alpha_range: Annotated[
        Range | None,
        Field(
            description="Lowest and highest alpha, the growth of depth per step of phi. null "
            "goes from 1 to the first grid value that reaches the multiple on its own."
        ),
    ] = None
    beta_range: Annotated[
        Range | None,
        Field(
            description="Lowest and highest beta, the growth of width per step of phi. null "
            "goes from 1 to the first grid value that reaches the multiple on its own."
        ),
    ] = None
    gamma_range: Annotated[
        Range | None,
        Field(
            description="Lowest and highest gamma, the growth of resolution per step of phi. null "
            "goes from 1 to the first grid value that reaches the multiple on its own."
        ),
    ] = None
    multiple: Annotated[
        float,
        Field(
            ge=1.1,
            le=8,
            description="MACs of a candidate per step of phi, as a multiple of the baseline's.",
        ),
    ] = 2.0
    tolerance: Annotated[
        float,
        Field(
            ge=0.001,
            le=0.5,
            description="Largest relative distance of a candidate's MACs from the multiple.",
        ),
    ] = 0.05
    phi_search: Annotated[
        Literal[1, 2],
        Field(
            description="Phi at which candidates are trained. At 2 rounding of widths and depths "
            "matters less, but with a multiple of 2 each costs four times the baseline."
        ),
    ] = 1
    constraint: Annotated[
        Constraint,
        Field(
            description="Cost that must be near the multiple. measured: the MACs of the network "
            "as it is built. nominal: the paper's alpha * beta**2 * gamma**2, whatever the "
            "network really costs."
        ),
    ] = "measured"
    depth_rounding: Annotated[
        DepthRounding,
        Field(
            description="Rounding of scaled depths. ceil rounds up, as EfficientNet's code does; "
            "round is closer to the formula and better for stages of few blocks."
        ),
    ] = "ceil"
    resolution_multiple: Annotated[
        int | None,
        Field(
            ge=1,
            le=1024,
            description="Scaled resolutions are multiples of this many pixels. null takes the "
            "total stride of the baseline: other sizes are padded at every stride and cost more "
            "than they gain.",
        ),
    ] = None
    max_resolution: Annotated[
        int | None,
        Field(
            ge=1,
            le=65_536,
            description="Largest resolution of a candidate in pixels. Set it to the size of the "
            "source images, beyond which they are only upsampled; null sets no limit.",
        ),
    ] = None
    width_divisor: Annotated[
        int, Field(ge=1, le=1024, description="Scaled widths are multiples of this.")
    ] = 8
    min_networks: Annotated[
        int,
        Field(
            ge=0,
            le=1000,
            description="If fewer distinct networks are within the tolerance, it is widened up to "
            "four times, with a message.",
        ),
    ] = 4

    def __post_init__(self) -> None:
        for name in ("alpha_range", "beta_range", "gamma_range"):
            _check_order(getattr(self, name), name=name)
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


def _check_order(bounds: Range | None, *, name: str) -> None:
    if bounds and bounds[0] > bounds[1]:
        msg = (
            f"{name} must be two numbers, the lower one first; got {bounds[0]:g} and {bounds[1]:g}"
        )
        raise ConfigError(msg)
