"""The memory that the activations of one image need at once, in closed form.

Layers run one after another, as an interpreter on a microcontroller runs them. While a
layer runs, its input and its output are held, and the input of the block where a skip adds
it later; a squeeze and excite holds the map and its two small vectors. Batch norm,
activation, gate and sum work in place. Weights and the program are not counted.

The count is in bytes for activations of one byte (int8), as devices with kilobytes run
them (MCUNet, Lin et al., 2020, arXiv:2007.10319); float32 needs four times as much.
"""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from mbscale.space.architecture import Architecture, Stem
from mbscale.space.block_layers import Convolution, branch_layers
from mbscale.space.blocks import Block, realize_blocks
from mbscale.space.cost import strided_size
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace
from mbscale.space.space_table import IntArray, SpaceTable, tabulate_stages


def count_peak_memory(architecture: Architecture, *, resolution: int, num_classes: int) -> int:
    """Bytes for one image of ``resolution`` pixels with three channels, at one per element."""
    most, size = _measure_stem(architecture.stem, resolution)
    for blocks in realize_blocks(architecture):
        most = max(most, _measure_blocks(blocks, size))
        size = strided_size(size, blocks[0].stride)
    head = _measure_head(
        architecture.stages[-1].width,
        architecture.head_width,
        size,
        num_classes=num_classes,
        classifier_width=architecture.classifier_width,
    )
    return max(most, head)


def tabulate_peak_memory(space: SearchSpace, target: Target) -> SpaceTable:
    """The same for all members of a space: the maximum of a table of maxima."""
    stem, size = _measure_stem(space.stem, target.resolution)
    stages, size = tabulate_stages(space, size, _measure_row)
    head = [
        _measure_head(width, space.head_width, size, num_classes=target.num_classes)
        for width in space.stages[-1].widths
    ]
    return SpaceTable(stem, stages, np.array(head, dtype=np.int64), "max")


def _measure_row(blocks: tuple[Block, ...], size: int) -> IntArray:
    return np.array(_measure_blocks(blocks, size), dtype=np.int64)


def _measure_stem(stem: Stem, resolution: int) -> tuple[int, int]:
    """Bytes, and the side of the map that the stages get."""
    size = strided_size(resolution, stem.stride)
    most = 3 * resolution**2 + stem.width * size**2
    pooled = strided_size(resolution, stem.total_stride)
    if stem.pool == "max":
        most = max(most, stem.width * (size**2 + pooled**2))
    return most, pooled


def _measure_blocks(blocks: tuple[Block, ...], size: int) -> int:
    after = strided_size(size, blocks[0].stride)
    # After the first, all blocks of a stage are equal.
    sizes = zip(blocks[:2], (size, after), strict=False)
    return max(_measure_block(block, side) for block, side in sizes)


@lru_cache(maxsize=65536)
def _measure_block(block: Block, size: int) -> int:
    received = block.in_width * size**2
    out = block.out_width * strided_size(size, block.stride) ** 2
    # The projection runs last, when the branch has its output.
    most = received + 2 * out if block.has_projection else 0
    for place, layer in enumerate(branch_layers(block)):
        # The first layer reads what waits.
        waiting = received if block.has_residual and place else 0
        if isinstance(layer, Convolution):
            before, size = size, strided_size(size, layer.stride)
            needed = layer.in_width * before**2 + layer.out_width * size**2
        else:
            needed = layer.width * size**2 + layer.width + layer.squeeze_width
        most = max(most, waiting + needed)
    return most


def _measure_head(
    in_width: int, head_width: int, size: int, *, num_classes: int, classifier_width: int = 0
) -> int:
    width = head_width or in_width
    widths = (width, classifier_width, num_classes) if classifier_width else (width, num_classes)
    most = max(first + second for first, second in pairwise(widths))
    if head_width:
        most = max(most, (in_width + head_width) * size**2)
    # The mean of the map, before the linear layers.
    return max(most, width * size**2 + width)
