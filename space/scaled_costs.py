"""What a hundred thousand scalings of one network are and cost, in well under a second."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from mbscale.space.architecture import Architecture, Stage
from mbscale.space.blocks import realize_stage
from mbscale.space.cost import Cost, count_blocks, count_cost
from mbscale.space.network import Network
from mbscale.space.rounding import round_depth
from mbscale.space.scaling import (
    ScalingRules,
    cumulative_strides,
    scale_architecture,
    scale_resolution,
)

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True, eq=False)
class RealizedPoints:
    """The few networks that many scaling factors come down to.

    ``network_of`` (points,) names the network of every point. Of every network,
    ``macs``, ``params`` and ``activations`` (networks,) are exact, and ``parts``
    (networks, 3) names its depths, its widths and its resolution.
    """

    network_of: IntArray
    macs: IntArray
    params: IntArray
    activations: IntArray
    parts: IntArray
    depths: tuple[tuple[int, ...], ...]
    widths: tuple[Architecture, ...]
    resolutions: tuple[int, ...]

    def architecture(self, network: int) -> Architecture:
        """The realised architecture of one network."""
        depth, width, _ = self.parts[network]
        return _with_depths(self.widths[width], self.depths[depth])

    def resolution(self, network: int) -> int:
        """The resolution of one network in pixels."""
        return self.resolutions[int(self.parts[network, 2])]


def realize_points(network: Network, factors: FloatArray, rules: ScalingRules) -> RealizedPoints:
    """Realise and cost every row (depth, width, resolution) of ``factors`` (points, 3).

    Depths, widths and resolutions are few whatever the number of points, and the cost is
    a sum over blocks: only distinct blocks are counted, the rest is indexing.
    """
    architecture, resolution = network.architecture, network.target.resolution
    shallow = _with_depths(architecture, (1,) * len(architecture.stages))
    depths, depth_of = _distinct(
        factors[:, 0], lambda factor: _scale_depths(architecture, factor, rules)
    )
    widths, width_of = _distinct(
        factors[:, 1],
        lambda factor: scale_architecture(
            shallow, depth=1, width=factor, width_divisor=rules.width_divisor
        ),
    )
    resolutions, resolution_of = _distinct(
        factors[:, 2],
        lambda factor: scale_resolution(
            resolution, factor, multiple=rules.resolution_multiple, most=rules.max_resolution
        ),
    )
    points = np.column_stack([depth_of, width_of, resolution_of])
    parts, network_of = _distinct_rows(points, (len(depths), len(widths), len(resolutions)))
    counts = _count(parts, depths, widths, resolutions, num_classes=network.target.num_classes)
    macs, params, activations = counts.T
    return RealizedPoints(network_of, macs, params, activations, parts, depths, widths, resolutions)


def _distinct(values: FloatArray, realize: Callable[[float], T]) -> tuple[tuple[T, ...], IntArray]:
    factors, inverse = np.unique(values, return_inverse=True)
    found: dict[T, int] = {}
    indices = [found.setdefault(realize(float(factor)), len(found)) for factor in factors]
    return tuple(found), np.array(indices, dtype=np.int64)[inverse]


def _distinct_rows(rows: IntArray, shape: tuple[int, ...]) -> tuple[IntArray, IntArray]:
    # One number a row: np.unique on numbers is twenty times faster than on rows.
    flat = np.ravel_multi_index(tuple(rows.T), shape)
    distinct, inverse = np.unique(flat, return_inverse=True)
    return np.column_stack(np.unravel_index(distinct, shape)).astype(np.int64), inverse


def _scale_depths(
    architecture: Architecture, factor: float, rules: ScalingRules
) -> tuple[int, ...]:
    rounding = rules.depth_rounding
    return tuple(
        round_depth(stage.depth * factor, rounding=rounding) for stage in architecture.stages
    )


def _with_depths(architecture: Architecture, depths: Sequence[int]) -> Architecture:
    stages = tuple(
        replace(stage, depth=depth)
        for stage, depth in zip(architecture.stages, depths, strict=True)
    )
    return replace(architecture, stages=stages)


def _count(
    parts: IntArray,
    depths: Sequence[Sequence[int]],
    widths: Sequence[Architecture],
    resolutions: Sequence[int],
    *,
    num_classes: int,
) -> IntArray:
    places, place_of = _distinct_rows(parts[:, 1:], (len(widths), len(resolutions)))
    found = [(widths[width], resolutions[resolution]) for width, resolution in places]
    shallow = [
        _as_tuple(count_cost(architecture, resolution=resolution, num_classes=num_classes))
        for architecture, resolution in found
    ]
    repeats = [_count_repeats(architecture, resolution) for architecture, resolution in found]
    more = np.array(depths, dtype=np.int64)[parts[:, 0]] - 1
    counts: IntArray = np.einsum("ns,nsc->nc", more, np.array(repeats)[place_of])
    return np.array(shallow)[place_of] + counts


def _count_repeats(architecture: Architecture, resolution: int) -> list[tuple[int, int, int]]:
    # What one more block costs in each stage.
    sizes = [-(-resolution // stride) for stride in cumulative_strides(architecture)]
    return [
        _as_tuple(_count_repeat(stage, size))
        for stage, size in zip(architecture.stages, sizes, strict=True)
    ]


# A block that repeats knows only its own width: networks that differ in others share it.
@lru_cache(maxsize=65536)
def _count_repeat(stage: Stage, size: int) -> Cost:
    _, repeat = realize_stage(replace(stage, depth=2), stage.width)
    return count_blocks((repeat,), size)[0]


def _as_tuple(cost: Cost) -> tuple[int, int, int]:
    return (cost.macs, cost.params, cost.activations)
