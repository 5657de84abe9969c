"""Scores that are counted, not measured."""

from itertools import groupby

from mbscale.proxy.zero_cost.logarithm import natural_log
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import Block, realize_blocks
from mbscale.space.cost import count_blocks, count_cost

# Measured in docs/proxy.md: from 0.2 to 0.35 the order of networks hardly changes.
STAGE_EXPONENT = 0.25


def score_parameters(architecture: Architecture, *, num_classes: int) -> float:
    """The natural logarithm of the number of parameters."""
    return natural_log(count_cost(architecture, resolution=1, num_classes=num_classes).params)


def score_macs(architecture: Architecture, *, resolution: int, num_classes: int) -> float:
    """The natural logarithm of the MACs at ``resolution``."""
    cost = count_cost(architecture, resolution=resolution, num_classes=num_classes)
    return natural_log(cost.macs)


def score_stages(architecture: Architecture, *, exponent: float = STAGE_EXPONENT) -> float:
    """The sum over stages of their parameters to the power of ``exponent``, the fourth root.

    Parameters count less the more their stage has already: a network that has them in all
    stages is worth more than one that has them in the last alone. A stage is what has one
    resolution and one width, whatever its blocks are. Our own; docs/proxy.md has what it
    was compared with.
    """
    blocks = [block for stage in realize_blocks(architecture) for block in stage]
    places = number_stages(blocks)
    total = 0.0
    for _, members in groupby(zip(places, blocks, strict=True), key=lambda pair: pair[0]):
        params = sum(count_blocks((block,), 1)[0].params for _, block in members)
        total += params**exponent
    return total


def number_stages(blocks: list[Block]) -> list[int]:
    """For each block the number of its stage: one resolution and one width are one stage."""
    numbers: list[int] = []
    for block in blocks:
        starts = block.stride != 1 or block.in_width != block.out_width
        numbers.append((numbers[-1] if numbers else 0) + int(starts))
    return numbers
