"""The networks of EfficientNet's scaling experiments, on any baseline.

Figures and tables are those of arXiv:1905.11946. The factors are taken literally; what
the paper prints beside them and what they cost are compared in docs/scaling.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from mbscale.space.network import Network, Target
from mbscale.space.scaled_costs import ScalingRules
from mbscale.space.scaling import scale_architecture, scale_resolution

Experiment = Literal["dimensions", "widths", "ways"]

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
# Tables 3 and 7: depth, width, resolution.
WAYS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "baseline": (1, 1, 1),
        "depth": (4, 1, 1),
        "width": (1, 2, 1),
        "resolution": (1, 1, 2),
        "compound": (1.4, 1.2, 1.3),
    }
)


@dataclass(frozen=True, slots=True)
class ScaledNetwork:
    """One point of an experiment: a line's name, the factors, and what they come down to."""

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
        baseline.target.resolution, resolution, multiple=rules.resolution_multiple
    )
    name = f"{baseline.name}-d{depth:.3g}-w{width:.3g}-r{pixels}"
    network = Network(name, architecture, Target(pixels, baseline.target.num_classes))
    cost = network.count_cost()
    return ScaledNetwork(
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
    """Tables 3 and 7: the baseline, each dimension alone, and all three."""
    return tuple(
        scale_by_factors(baseline, factors, rules, line=line) for line, factors in WAYS.items()
    )


def make_experiment(
    experiment: Experiment, baseline: Network, rules: ScalingRules
) -> tuple[ScaledNetwork, ...]:
    """The networks of an experiment by name."""
    makers = {"dimensions": scale_dimensions, "widths": scale_widths, "ways": scale_ways}
    return makers[experiment](baseline, rules)


def _in_order(factors: Mapping[str, float]) -> tuple[float, float, float]:
    return factors["depth"], factors["width"], factors["resolution"]
