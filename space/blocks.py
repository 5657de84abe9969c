"""Architectures as what is built: one entry a block, every number explicit."""

import hashlib
from dataclasses import astuple, dataclass
from typing import Literal

from mbscale.space.architecture import Architecture, Stage
from mbscale.space.rounding import round_channels

BlockKind = Literal["conv", "ds", "mbconv", "fused_mbconv"]


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it is built and counted; ``squeeze_width`` 0 means no SE."""

    kind: BlockKind
    kernel_size: int
    stride: int
    in_width: int
    expanded_width: int
    squeeze_width: int
    out_width: int
    has_residual: bool


def realize_stage(stage: Stage, in_width: int) -> tuple[Block, ...]:
    """The blocks of a stage: the first, then ``depth - 1`` equal ones."""
    first = _realize_block(stage, in_width, stage.stride)
    if stage.depth == 1:
        return (first,)
    # Only the first block strides; repeating the stride would shrink the map twice.
    return (first, *(_realize_block(stage, stage.width, 1),) * (stage.depth - 1))


def _realize_block(stage: Stage, in_width: int, stride: int) -> Block:
    # MBConv with expansion 1 has no expanding convolution: it is a ds block.
    is_expanded = stage.operator in ("mbconv", "fused_mbconv") and stage.expand_ratio != 1
    kind: BlockKind = "ds" if stage.operator == "mbconv" and not is_expanded else stage.operator
    return Block(
        kind=kind,
        kernel_size=stage.kernel_size,
        stride=stride,
        in_width=in_width,
        expanded_width=round_channels(in_width * stage.expand_ratio) if is_expanded else in_width,
        squeeze_width=max(1, int(in_width * stage.se_ratio)) if stage.se_ratio else 0,
        out_width=stage.width,
        has_residual=stage.skip == "identity" and stride == 1 and in_width == stage.width,
    )


def realize_blocks(architecture: Architecture) -> tuple[tuple[Block, ...], ...]:
    """The blocks of every stage, in order."""
    in_width = architecture.stem.width
    stages: list[tuple[Block, ...]] = []
    for stage in architecture.stages:
        stages.append(realize_stage(stage, in_width))
        in_width = stage.width
    return tuple(stages)


def canonical_key(architecture: Architecture) -> str:
    """16 hex digits that two architectures share when they are the same network.

    Taken from the realised blocks, so a skip that no block can have, or the border
    between two alike stages, does not tell networks apart.
    """
    blocks = [astuple(block) for stage in realize_blocks(architecture) for block in stage]
    rest = (
        astuple(architecture.stem),
        architecture.head_width,
        architecture.activation,
        float(architecture.bn_eps),
        float(architecture.bn_momentum),
        float(architecture.dropout),
        float(architecture.drop_path),
    )
    return hashlib.sha256(repr((blocks, rest)).encode()).hexdigest()[:16]
