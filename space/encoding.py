"""Architectures as fixed-length vectors of ordered integers, and back.

Every choice of every stage is always there: choices that come and go with others would
break multivariate samplers. Choices that cannot matter are decoded to one value, the
*canonical* one, so that a baseline scales the same way whichever vector found it:

* the SE ratio and the skip of an operator that has no SE or no skip;
* a skip that no block of the stage can have (one block that strides or changes the
  width) is ``identity`` where the space offers it. It begins to matter when the stage is
  scaled to more blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture, Stage
from mbscale.space.blocks import can_add_input
from mbscale.space.operators import OPERATORS, format_operator
from mbscale.space.search_space import SearchSpace
from mbscale.space.stage_space import STAGE_CHOICES, Option, StageSpace


@dataclass(frozen=True, slots=True)
class Choice:
    """One position of the vector: its name and the values its integers mean, in order.

    ``stage`` is the part of the network that it belongs to, None where it is a part of its
    own. ``kind`` is what it chooses, equal for alike choices of several stages; None: its name.
    Options that are numbers stand in ascending order.

    >>> Choice("depth of stage 2", (1, 2, 4), stage=2, kind="depth").kind
    'depth'
    """

    name: str
    options: tuple[Option, ...]
    stage: int | str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if not self.options:
            msg = f"the choice {self.name!r} needs at least one option; got none"
            raise ArchitectureError(msg)
        if len({*self.options}) < len(self.options):
            msg = f"the options of the choice {self.name!r} must differ; got {self.options}"
            raise ArchitectureError(msg)


@lru_cache(maxsize=64)
def space_choices(space: SearchSpace) -> tuple[Choice, ...]:
    """Six choices a stage, named ``stage1_operator`` to ``stage1_depth``, and so on."""
    return tuple(
        Choice(f"stage{number}_{name}", options, stage=number, kind=name)
        for number, stage in enumerate(space.stages, start=1)
        for name, options in zip(STAGE_CHOICES, stage.options(), strict=True)
    )


def decode(space: SearchSpace, vector: Sequence[int]) -> Architecture:
    """The architecture that a vector means; every vector in range has one.

    Raises ArchitectureError for a vector that is too long, too short or out of range.
    """
    values = _look_up(space_choices(space), vector, name=space.name)
    in_width = space.stem.width
    stages: list[Stage] = []
    for number, stage_space in enumerate(space.stages):
        first = number * len(STAGE_CHOICES)
        chosen = tuple(values[first : first + len(STAGE_CHOICES)])
        stages.append(_decode_stage(stage_space, chosen, in_width))
        in_width = stages[-1].width
    return space.make_architecture(tuple(stages))


def _look_up(choices: tuple[Choice, ...], vector: Sequence[int], *, name: str) -> list[Option]:
    if len(vector) != len(choices):
        msg = f"{name} takes {len(choices)} integers; got {len(vector)}"
        raise ArchitectureError(msg)
    for choice, index in zip(choices, vector, strict=True):
        if not 0 <= index < len(choice.options):
            msg = f"{choice.name} must be from 0 to {len(choice.options) - 1}; got {index}"
            raise ArchitectureError(msg)
    return [choice.options[index] for choice, index in zip(choices, vector, strict=True)]


@lru_cache(maxsize=4096)
def _decode_stage(space: StageSpace, values: tuple[Option, ...], in_width: int) -> Stage:
    return _canonicalize_skip(space.make_stage(values), space, in_width)


def _canonicalize_skip(stage: Stage, space: StageSpace, in_width: int) -> Stage:
    if can_add_input(stage, in_width) or not OPERATORS[stage.operator].can_skip:
        return stage
    return replace(stage, skip=space.skips[-1])


def encode(space: SearchSpace, architecture: Architecture) -> tuple[int, ...]:
    """The canonical vector of a member; ``decode`` turns it back into that member.

    Raises ArchitectureError for an architecture that the space does not hold.
    """
    if len(architecture.stages) != len(space.stages):
        msg = f"{space.name} has {len(space.stages)} stages; got {len(architecture.stages)}"
        raise ArchitectureError(msg)
    if space.make_architecture(architecture.stages) != architecture:
        msg = f"stem, head, activation, batch norm or dropout differ from those of {space.name}"
        raise ArchitectureError(msg)
    in_width = space.stem.width
    vector: list[int] = []
    pairs = zip(space.stages, architecture.stages, strict=True)
    for number, (stage_space, stage) in enumerate(pairs, start=1):
        canonical = _canonicalize_skip(stage, stage_space, in_width)
        vector += _encode_stage(stage_space, canonical, where=f"stage {number}")
        in_width = stage.width
    return tuple(vector)


def _encode_stage(space: StageSpace, stage: Stage, *, where: str) -> list[int]:
    if stage.stride != space.stride:
        msg = f"{where} has stride {stage.stride}, and the space only {space.stride}"
        raise ArchitectureError(msg)
    if stage.activation is not None:
        msg = f"{where} has an activation of its own, and no space has stages with one"
        raise ArchitectureError(msg)
    label = format_operator(stage.operator, stage.expand_ratio)
    # The smallest index stands for SE that the operator does not have, the largest for a skip.
    spec = OPERATORS[stage.operator]
    se_ratio = stage.se_ratio if spec.has_se else space.se_ratios[0]
    skip = stage.skip if spec.can_skip else space.skips[-1]
    values = (label, stage.kernel_size, se_ratio, skip, stage.width, stage.depth)
    indices: list[int] = []
    for name, options, value in zip(STAGE_CHOICES, space.options(), values, strict=True):
        if value not in options:
            msg = f"{where} has {name} {value!r}, and the space only {list(options)}"
            raise ArchitectureError(msg)
        indices.append(options.index(value))
    return indices


def sample_vector(space: SearchSpace, rng: np.random.Generator) -> tuple[int, ...]:
    """A vector with every choice uniform."""
    return tuple(int(rng.integers(len(choice.options))) for choice in space_choices(space))
