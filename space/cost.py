"""What a network costs, in closed form and without building it.

MACs are multiply-accumulates of convolutions and linear layers, squeeze layers
included: what papers print as FLOPs, and half of what FlopCounterMode prints. Batch
norm, activations, biases, pooling and additions are not counted.
"""

from dataclasses import dataclass
from functools import lru_cache

from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.block_layers import (
    Convolution,
    Squeeze,
    branch_layers,
    head_layer,
    projection_layer,
    stem_layer,
)
from mbscale.space.blocks import Block, realize_stage


@dataclass(frozen=True, slots=True)
class Cost:
    """Exact counts for one image. ``activations`` are outputs of convolutions (elements)."""

    macs: int
    params: int
    activations: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.macs + other.macs,
            self.params + other.params,
            self.activations + other.activations,
        )

    def __mul__(self, times: int) -> "Cost":
        return Cost(self.macs * times, self.params * times, self.activations * times)


def count_cost(architecture: Architecture, *, resolution: int, num_classes: int) -> Cost:
    """MACs, parameters and activations at ``resolution`` pixels, 3 input channels."""
    stem = architecture.stem
    total, size = count_stem(stem, resolution)
    in_width = stem.width
    for stage in architecture.stages:
        cost, size = _count_stage(stage, in_width, size)
        total += cost
        in_width = stage.width
    return total + count_head(
        in_width,
        architecture.head_width,
        size,
        num_classes=num_classes,
        classifier_width=architecture.classifier_width,
    )


def count_stem(stem: Stem, resolution: int) -> tuple[Cost, int]:
    """The cost of the first convolution, and the size of the map that the stages get."""
    cost, _ = _count_convolution(stem_layer(stem), resolution)
    return cost, strided_size(resolution, stem.total_stride)


def count_head(
    in_width: int, head_width: int, size: int, *, num_classes: int, classifier_width: int = 0
) -> Cost:
    """The 1x1 convolution and the linear layer before the classifier, and the classifier."""
    width = head_width or in_width
    total = _count_linear(classifier_width or width, num_classes)
    if classifier_width:
        total += _count_linear(width, classifier_width)
    if head_width:
        total += _count_convolution(head_layer(in_width, head_width), size)[0]
    return total


def count_blocks(blocks: tuple[Block, ...], size: int) -> tuple[Cost, int]:
    """The cost of one stage's blocks on a ``size`` x ``size`` map, and the size after."""
    out_size = strided_size(size, blocks[0].stride)
    total = _count_block(blocks[0], size)
    if len(blocks) > 1:
        total += _count_block(blocks[1], out_size) * (len(blocks) - 1)
    return total, out_size


def strided_size(size: int, stride: int) -> int:
    """The side after a convolution with padding ``kernel_size // 2``: odd sizes round up."""
    return -(-size // stride)


# The same few stages and blocks come again all through a search.
@lru_cache(maxsize=65536)
def _count_stage(stage: Stage, in_width: int, size: int) -> tuple[Cost, int]:
    return count_blocks(realize_stage(stage, in_width), size)


@lru_cache(maxsize=65536)
def _count_block(block: Block, size: int) -> Cost:
    total = Cost(0, 0, 0)
    if block.has_projection:
        total += _count_convolution(projection_layer(block), size)[0]
    for layer in branch_layers(block):
        if isinstance(layer, Convolution):
            cost, size = _count_convolution(layer, size)
            total += cost
        else:
            total += _count_squeeze(layer)
    return total


def _count_convolution(layer: Convolution, size: int) -> tuple[Cost, int]:
    # Weights, then scale and shift of the batch norm; the convolution has no bias.
    out_width = layer.out_width
    out_size = strided_size(size, layer.stride)
    weights = layer.in_width // layer.groups * out_width * layer.kernel_size**2
    area = out_size * out_size
    return Cost(weights * area, weights + 2 * out_width, out_width * area), out_size


def _count_linear(in_width: int, out_width: int) -> Cost:
    # With a bias, unlike the convolutions.
    return Cost(in_width * out_width, (in_width + 1) * out_width, 0)


def _count_squeeze(layer: Squeeze) -> Cost:
    width, squeeze_width = layer.width, layer.squeeze_width
    weights = 2 * width * squeeze_width
    return Cost(weights, weights + width + squeeze_width, width + squeeze_width)


def format_count(value: float) -> str:
    """A count in k, M or G with three digits.

    >>> format_count(385_814_752), format_count(2e6), format_count(1.5e9), format_count(900)
    ('386 M', '2 M', '1.5 G', '900')
    """
    for factor, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= 0.9995 * factor:
            return f"{value / factor:.3g}{unit}"
    return f"{value:.3g}"
