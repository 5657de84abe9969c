"""The networks of EfficientNet's scaling experiments, on any baseline.

Figures and tables are those of arXiv:1905.11946. The factors are taken literally; what
the paper prints beside them and what they cost are compared in docs/scaling.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from mbscale.space.network import Network, Target
from mbscale.space.scaled_costs import realize_points
from mbscale.space.scaling import ScalingRules, scale_architecture, scale_resolution

Experiment = Literal["dimensions", "widths", "existing", "ways"]
# Table 3: the networks that the paper scales beside its own.
EXISTING = ("mobilenet-v1", "mobilenet-v2", "resnet-50")

# Figure 3: one dimension at a time.
DIMENSION_FACTORS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "width": (1, 1.4, 1.8, 2.6, 3.8, 5),
        "depth": (1, 2, 3, 4, 6, 8),
        "resolution": (1, 1.3, 1.5, 1.7, 1.9, 2.2, 2.5),
    }
)
# Figure 4: depth and resolution of its four lines. The caption says r = 1.3 and means 299
# pixels; the text's r = 2.0 for the last one fits neither the caption nor the figure.
WIDTH_LINES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "d=1.0, r=1.0": (1, 1),
        "d=1.0, r=1.3": (1, 299 / 224),
        "d=2.0, r=1.0": (2, 1),
        "d=2.0, r=1.3": (2, 299 / 224),
    }
)
# Tables 3 and 7: depth, width, resolution. Taken literally they do not cost the same.
WAYS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "baseline": (1, 1, 1),
        "depth": (4, 1, 1),
        "width": (1, 2, 1),
        "resolution": (1, 1, 2),
        "compound": (1.4, 1.2, 1.3),
    }
)

_STEPS_OF_A_MATCH = 1000
# Where a dimension stands in the factors, and the power of it that the cost goes with.
_COLUMNS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"depth": (0, 1), "width": (1, 2), "resolution": (2, 2)}
)


@dataclass(frozen=True, slots=True)
class ScaledNetwork:
    """One point of an experiment: whose, on which line, the factors, and what they come to.

    ``family`` is the name of the baseline.
    """

    family: str
    line: str
    depth: float
    width: float
    resolution: float
    network: Network
    macs: int
    params: int
    activations: int
    measured_ratio: float


def scale_by_factors(
    baseline: Network,
    factors: tuple[float, float, float],
    rules: ScalingRules,
    *,
    line: str,
) -> ScaledNetwork:
    """The baseline with depth, width and resolution multiplied."""
    depth, width, resolution = factors
    architecture = scale_architecture(
        baseline.architecture,
        depth=depth,
        width=width,
        depth_rounding=rules.depth_rounding,
        width_divisor=rules.width_divisor,
    )
    pixels = scale_resolution(
        baseline.target.resolution,
        resolution,
        multiple=rules.resolution_multiple,
        most=rules.max_resolution,
    )
    name = f"{baseline.name}-d{depth:.3g}-w{width:.3g}-r{pixels}"
    network = Network(name, architecture, Target(pixels, baseline.target.num_classes))
    cost = network.count_cost()
    return ScaledNetwork(
        family=baseline.name,
        line=line,
        depth=depth,
        width=width,
        resolution=resolution,
        network=network,
        macs=cost.macs,
        params=cost.params,
        activations=cost.activations,
        measured_ratio=cost.macs / baseline.count_cost().macs,
    )


def scale_dimensions(baseline: Network, rules: ScalingRules) -> tuple[ScaledNetwork, ...]:
    """Figures 2 and 3: each dimension alone, from the baseline up."""
    ones = {"depth": 1.0, "width": 1.0, "resolution": 1.0}
    return tuple(
        scale_by_factors(baseline, _in_order({**ones, line: factor}), rules, line=line)
        for line, factors in DIMENSION_FACTORS.items()
        for factor in factors
    )


def scale_widths(
    baseline: Network,
    rules: ScalingRules,
    *,
    widths: Sequence[float] = DIMENSION_FACTORS["width"],
) -> tuple[ScaledNetwork, ...]:
    """Figure 4: widths at four settings of depth and resolution."""
    return tuple(
        scale_by_factors(baseline, (depth, width, resolution), rules, line=line)
        for line, (depth, resolution) in WIDTH_LINES.items()
        for width in widths
    )


def scale_ways(baseline: Network, rules: ScalingRules) -> tuple[ScaledNetwork, ...]:
    """Tables 3 and 7 as printed: the baseline, each dimension alone, and all three."""
    return tuple(
        scale_by_factors(baseline, factors, rules, line=line) for line, factors in WAYS.items()
    )


def match_ways(baseline: Network, rules: ScalingRules) -> tuple[ScaledNetwork, ...]:
    """Table 7 at matched cost: each dimension alone costs nearly what all three together do.

    The printed multipliers give the compound network of EfficientNet-B0 14 to 24 % more
    MACs than its rivals.
    """
    ways = {point.line: point for point in scale_ways(baseline, rules)}
    wanted = ways["compound"].macs
    matched = {
        line: scale_by_factors(
            baseline, _match(baseline, line, rules, wanted=wanted), rules, line=line
        )
        for line in DIMENSION_FACTORS
    }
    return tuple(matched.get(line, point) for line, point in ways.items())


def _match(
    baseline: Network, line: str, rules: ScalingRules, *, wanted: int
) -> tuple[float, float, float]:
    """The factors of one dimension whose realized MACs are nearest to ``wanted``."""
    ratio = wanted / baseline.count_cost().macs
    # Stem and head hold on to their cost, so that more than the formula's may be needed.
    scales = np.geomspace(1, 2 * ratio, _STEPS_OF_A_MATCH)
    factors = np.ones((len(scales), 3))
    column, exponent = _COLUMNS[line]
    factors[:, column] = scales ** (1 / exponent)
    realized = realize_points(baseline, factors, rules)
    distance = np.abs(np.log(realized.macs / wanted))[realized.network_of]
    depth, width, resolution = (float(factor) for factor in factors[int(distance.argmin())])
    return depth, width, resolution


def make_experiment(
    experiment: Experiment, baseline: Network, rules: ScalingRules
) -> tuple[ScaledNetwork, ...]:
    """The networks of an experiment by name; rounding or a cap leaves none twice on a line."""
    makers = {
        "dimensions": scale_dimensions,
        "widths": scale_widths,
        "existing": scale_ways,
        "ways": match_ways,
    }
    points = makers[experiment](baseline, rules)
    distinct = {
        (point.line, point.network.architecture, point.network.target): point
        for point in reversed(points)
    }
    return tuple(reversed(distinct.values()))


def _in_order(factors: Mapping[str, float]) -> tuple[float, float, float]:
    return factors["depth"], factors["width"], factors["resolution"]
