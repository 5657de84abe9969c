"""What a network costs, in closed form and without building it.

MACs are multiply-accumulates of convolutions and linear layers, squeeze layers
included: what papers print as FLOPs, and half of what FlopCounterMode prints. Batch
norm, activations, biases, pooling and additions are not counted.
"""

from dataclasses import dataclass
from functools import lru_cache

from mbscale.space.architecture import Architecture, Stem
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
    size = strided_size(resolution, stem.stride)
    total = count_stem(stem, size)
    in_width = stem.width
    for stage in architecture.stages:
        cost, size = count_blocks(realize_stage(stage, in_width), size)
        total += cost
        in_width = stage.width
    return total + count_head(in_width, architecture.head_width, size, num_classes=num_classes)


def count_stem(stem: Stem, out_size: int) -> Cost:
    """The first convolution on three channels; ``out_size`` is the side of its map."""
    return _count_conv(3, stem.width, stem.kernel_size, out_size)


def count_head(in_width: int, head_width: int, size: int, *, num_classes: int) -> Cost:
    """The 1x1 convolution, if there is one, and the classifier with its bias."""
    out_width = head_width or in_width
    classifier = Cost(out_width * num_classes, (out_width + 1) * num_classes, 0)
    if not head_width:
        return classifier
    return _count_conv(in_width, head_width, 1, size) + classifier


def count_blocks(blocks: tuple[Block, ...], size: int) -> tuple[Cost, int]:
    """The cost of one stage's blocks on a ``size`` x ``size`` map, and the size after."""
    out_size = strided_size(size, blocks[0].stride)
    total = _count_block(blocks[0], size, out_size)
    if len(blocks) > 1:
        total += _count_block(blocks[1], out_size, out_size) * (len(blocks) - 1)
    return total, out_size


def strided_size(size: int, stride: int) -> int:
    """The side after a convolution with padding ``kernel_size // 2``: odd sizes round up."""
    return -(-size // stride)


# The same few blocks come again all through a search.
@lru_cache(maxsize=65536)
def _count_block(block: Block, size: int, out_size: int) -> Cost:
    width, expanded, out_width = block.in_width, block.expanded_width, block.out_width
    if block.kind == "conv":
        return _count_conv(width, out_width, block.kernel_size, out_size)
    if block.kind == "fused_mbconv":
        total = _count_conv(width, expanded, block.kernel_size, out_size)
    else:
        total = _count_depthwise(expanded, block.kernel_size, out_size)
    if block.kind == "mbconv":
        total += _count_conv(width, expanded, 1, size)
    if block.squeeze_width:
        total += _count_squeeze(expanded, block.squeeze_width)
    return total + _count_conv(expanded, out_width, 1, out_size)


def _count_conv(in_width: int, out_width: int, kernel_size: int, out_size: int) -> Cost:
    # Weights, then scale and shift of the batch norm; the convolution has no bias.
    weights = in_width * out_width * kernel_size**2
    area = out_size * out_size
    return Cost(weights * area, weights + 2 * out_width, out_width * area)


def _count_depthwise(width: int, kernel_size: int, out_size: int) -> Cost:
    weights = width * kernel_size**2
    area = out_size * out_size
    return Cost(weights * area, weights + 2 * width, width * area)


def _count_squeeze(width: int, squeeze_width: int) -> Cost:
    weights = 2 * width * squeeze_width
    return Cost(weights, weights + width + squeeze_width, width + squeeze_width)
