"""Depth, width and resolution scaled together, as in EfficientNet (arXiv:1905.11946)."""

import math
import operator
from dataclasses import dataclass, replace
from itertools import accumulate

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture, Stage
from mbscale.space.network import Network, Target
from mbscale.space.operators import OPERATORS
from mbscale.space.rounding import DepthRounding, round_channels, round_depth
from mbscale.strict_dataclass import strict_dataclass

# Depth alone reaches 2 ** 7 at the end of a family of eight; what stands far above is a
# slip of the keyboard, and a network of a million blocks would only be found out when
# the memory is full.
LARGEST_FACTOR = 250.0
_LARGEST_CONSTANT = 100.0


@dataclass(frozen=True, slots=True)
class ScalingRules:
    """How scaled numbers are rounded, and where the resolution ends."""

    resolution_multiple: int = 1
    max_resolution: int | None = None
    depth_rounding: DepthRounding = "ceil"
    width_divisor: int = 8


# As EfficientNet's code rounds.
PAPER_RULES = ScalingRules()


@strict_dataclass
class CompoundConstants:
    """Growth of depth, width and resolution for each step of ``phi``; each at least 1."""

    alpha: float
    beta: float
    gamma: float

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "gamma"):
            value = float(getattr(self, name))
            if not 1 <= value <= _LARGEST_CONSTANT:
                msg = f"{name} must be from 1 to {_LARGEST_CONSTANT:g}; got {value:g}"
                raise ArchitectureError(msg)

    @property
    def nominal_multiple(self) -> float:
        """What a step of ``phi`` costs by the paper's formula, before any rounding."""
        return self.alpha * self.beta**2 * self.gamma**2


# Tan and Le, 2019, section 3.3: the best constants they found for EfficientNet-B0.
PAPER_CONSTANTS = CompoundConstants(1.2, 1.1, 1.15)


def scale_architecture(
    architecture: Architecture,
    *,
    depth: float,
    width: float,
    depth_rounding: DepthRounding = "ceil",
    width_divisor: int = 8,
) -> Architecture:
    """The architecture with depths and widths multiplied, stem and head included.

    A factor of 1 changes nothing, also where a width is no multiple of ``width_divisor``.
    """
    _check_factor(depth, name="depth")
    _check_factor(width, name="width")
    stages = tuple(
        replace(
            stage,
            width=_scale_stage_width(stage, width, divisor=width_divisor),
            depth=round_depth(stage.depth * depth, rounding=depth_rounding),
        )
        for stage in architecture.stages
    )
    stem_width = scale_width(architecture.stem.width, width, divisor=width_divisor)
    return replace(
        architecture,
        stem=replace(architecture.stem, width=stem_width),
        stages=stages,
        head_width=_scale_optional(architecture.head_width, width, divisor=width_divisor),
        classifier_width=_scale_optional(
            architecture.classifier_width, width, divisor=width_divisor
        ),
    )


def _scale_optional(width: int, factor: float, *, divisor: int) -> int:
    return scale_width(width, factor, divisor=divisor) if width else 0


def _scale_stage_width(stage: Stage, factor: float, *, divisor: int) -> int:
    # ResNet's code names a bottleneck by its inner width; the output is always four times that.
    times = OPERATORS[stage.operator].inner_divisor or 1
    return times * scale_width(stage.width // times, factor, divisor=divisor)


def scale_width(width: int, factor: float, *, divisor: int = 8) -> int:
    """Channels after scaling, rounded as EfficientNet's code does."""
    return width if factor == 1 else round_channels(width * factor, divisor=divisor)


def scale_resolution(
    resolution: int, factor: float, *, multiple: int = 1, most: int | None = None
) -> int:
    """Pixels after scaling, on the nearest ``multiple``; a factor of 1 changes nothing.

    Above ``most`` it is the largest multiple up to there, and never less than before scaling.

    >>> scale_resolution(224, 1.15), scale_resolution(224, 1.15, multiple=32)
    (258, 256)
    >>> scale_resolution(224, 1.15, multiple=32, most=250)
    224
    """
    _check_factor(factor, name="resolution")
    if factor == 1:
        return resolution
    scaled = max(1, math.floor(resolution * factor / multiple + 0.5)) * multiple
    if most is None or scaled <= most:
        return scaled
    return max(resolution, most // multiple * multiple)


def scale_network(
    network: Network,
    constants: CompoundConstants,
    *,
    phi: float,
    rules: ScalingRules = PAPER_RULES,
) -> Network:
    """The network scaled by the constants to the power of ``phi``.

    Equation 3 of the paper: depth ``alpha**phi``, width ``beta**phi``, resolution
    ``gamma**phi``.
    """
    architecture = scale_architecture(
        network.architecture,
        depth=_power(constants.alpha, phi),
        width=_power(constants.beta, phi),
        depth_rounding=rules.depth_rounding,
        width_divisor=rules.width_divisor,
    )
    resolution = scale_resolution(
        network.target.resolution,
        _power(constants.gamma, phi),
        multiple=rules.resolution_multiple,
        most=rules.max_resolution,
    )
    target = Target(resolution, network.target.num_classes)
    return Network(f"{network.name}-phi{phi:g}", architecture, target)


def cumulative_strides(architecture: Architecture) -> tuple[int, ...]:
    """Input pixels a side for one pixel of every stage's output."""
    strides = (stage.stride for stage in architecture.stages)
    return tuple(accumulate(strides, operator.mul, initial=architecture.stem.total_stride))[1:]


def total_stride(architecture: Architecture) -> int:
    """Input pixels a side for one pixel of the last feature map."""
    return cumulative_strides(architecture)[-1]


def _power(constant: float, phi: float) -> float:
    try:
        return float(constant**phi)
    except OverflowError:
        return math.inf


def _check_factor(factor: float, *, name: str) -> None:
    if not 1 / LARGEST_FACTOR <= factor <= LARGEST_FACTOR:
        msg = (
            f"{name} can be scaled by {1 / LARGEST_FACTOR:g} to {LARGEST_FACTOR:g} times; "
            f"got {factor:g}"
        )
        raise ArchitectureError(msg)
