"""Architectures as what is built: one entry a block, every number explicit."""

import hashlib
from dataclasses import astuple, dataclass, replace

from mbscale.space.architecture import Activation, Architecture, Stage
from mbscale.space.operators import OPERATORS, Operator, resolve_operator
from mbscale.space.rounding import round_channels


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it is built and counted; ``squeeze_width`` 0 means no SE.

    ``expanded_width`` is the width of the inner convolutions; ``activation`` None is that
    of the architecture.
    """

    kind: Operator
    kernel_size: int
    stride: int
    in_width: int
    expanded_width: int
    squeeze_width: int
    out_width: int
    has_residual: bool
    activation: Activation | None = None

    @property
    def has_projection(self) -> bool:
        """Whether the skip needs a convolution to get the shape of the branch."""
        return self.has_residual and (self.stride != 1 or self.in_width != self.out_width)

    @property
    def is_activated_after_sum(self) -> bool:
        """Whether the activation comes after the residual, as in ResNet."""
        return OPERATORS[self.kind].is_activated_after_sum


def realize_stage(stage: Stage, in_width: int) -> tuple[Block, ...]:
    """The blocks of a stage: the first, then ``depth - 1`` equal ones."""
    first = _realize_block(stage, in_width, stage.stride)
    if stage.depth == 1:
        return (first,)
    # Only the first block strides; repeating the stride would shrink the map twice.
    return (first, *(_realize_block(stage, stage.width, 1),) * (stage.depth - 1))


def _realize_block(stage: Stage, in_width: int, stride: int) -> Block:
    is_alike = stride == 1 and in_width == stage.width
    can_add = OPERATORS[stage.operator].projects_skip or is_alike
    return Block(
        kind=resolve_operator(stage.operator, stage.expand_ratio),
        kernel_size=stage.kernel_size,
        stride=stride,
        in_width=in_width,
        expanded_width=_expanded_width(stage, in_width),
        squeeze_width=max(1, int(in_width * stage.se_ratio)) if stage.se_ratio else 0,
        out_width=stage.width,
        has_residual=stage.skip == "identity" and can_add,
        activation=stage.activation,
    )


def _expanded_width(stage: Stage, in_width: int) -> int:
    divisor = OPERATORS[stage.operator].inner_divisor
    if divisor is not None:
        return stage.width // divisor
    return round_channels(in_width * stage.expand_ratio) if stage.expand_ratio != 1 else in_width


def can_add_input(stage: Stage, in_width: int) -> bool:
    """Whether the skip of the stage matters: whether any of its blocks could have one."""
    if not OPERATORS[stage.operator].can_skip:
        return False
    with_skip = replace(stage, skip="identity")
    return any(block.has_residual for block in realize_stage(with_skip, in_width))


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
    blocks = [
        _identify(block, architecture.activation)
        for stage in realize_blocks(architecture)
        for block in stage
    ]
    rest = (
        astuple(architecture.stem),
        architecture.head_width,
        architecture.activation,
        float(architecture.bn_eps),
        float(architecture.bn_momentum),
        float(architecture.dropout),
        float(architecture.drop_path),
    )
    # What came later counts where it is used: the keys of earlier runs stay what they are.
    later = (architecture.se_gate, architecture.classifier_width)
    parts = (blocks, rest) if later == ("sigmoid", 0) else (blocks, rest, later)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _identify(block: Block, activation: Activation) -> tuple[object, ...]:
    *numbers, own = astuple(block)
    return tuple(numbers) if own in (None, activation) else (*numbers, own)
