"""Architectures as fixed-length vectors of ordered integers, and back.

Every choice of every stage is always there; conditional choices would break
multivariate samplers. Vectors that mean the same network share a canonical key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture, Skip, Stage
from mbscale.space.search_space import SearchSpace, StageSpace, parse_operator

CHOICES_PER_STAGE = ("operator", "kernel_size", "se_ratio", "skip", "width", "depth")
_SKIPS: tuple[Skip, ...] = ("none", "identity")

Option = str | int | float


@dataclass(frozen=True, slots=True)
class Choice:
    """One position of the vector: its name and the values its integers mean, in order."""

    name: str
    options: tuple[Option, ...]


@lru_cache(maxsize=64)
def space_choices(space: SearchSpace) -> tuple[Choice, ...]:
    """Six choices a stage, named ``stage1_operator`` to ``stage1_depth``, and so on."""
    return tuple(
        Choice(f"stage{number}_{name}", options)
        for number, stage in enumerate(space.stages, start=1)
        for name, options in zip(CHOICES_PER_STAGE, stage_options(stage), strict=True)
    )


def stage_options(stage: StageSpace) -> tuple[tuple[Option, ...], ...]:
    """The realized values of a stage's six choices, each ascending and distinct."""
    return (
        tuple(sorted(set(stage.operators), key=_operator_rank)),
        tuple(sorted(set(stage.kernel_sizes))),
        tuple(sorted(set(stage.se_ratios))),
        tuple(skip for skip in _SKIPS if skip in stage.skips),
        stage.width_options(),
        stage.depth_options(),
    )


def _operator_rank(label: str) -> tuple[float, int]:
    operator, expand_ratio = parse_operator(label)
    return expand_ratio, ("ds", "conv", "mbconv", "fused_mbconv").index(operator)


def decode(space: SearchSpace, vector: Sequence[int]) -> Architecture:
    """The architecture that a vector means; every vector in range has one."""
    choices = space_choices(space)
    if len(vector) != len(choices):
        msg = f"{space.name} takes {len(choices)} integers; got {len(vector)}"
        raise ArchitectureError(msg)
    for choice, index in zip(choices, vector, strict=True):
        if not 0 <= index < len(choice.options):
            msg = f"{choice.name} must be from 0 to {len(choice.options) - 1}; got {index}"
            raise ArchitectureError(msg)
    size = len(CHOICES_PER_STAGE)
    stages = tuple(
        decode_stage(stage, tuple(int(index) for index in vector[size * i : size * (i + 1)]))
        for i, stage in enumerate(space.stages)
    )
    return _with_stages(space, stages)


def _with_stages(space: SearchSpace, stages: tuple[Stage, ...]) -> Architecture:
    return Architecture(
        stem=space.stem,
        stages=stages,
        head_width=space.head_width,
        activation=space.activation,
        bn_eps=space.bn_eps,
        bn_momentum=space.bn_momentum,
        dropout=space.dropout,
        drop_path=space.drop_path,
    )


@lru_cache(maxsize=65536)
def decode_stage(stage: StageSpace, indices: tuple[int, ...]) -> Stage:
    """The stage that six integers mean."""
    values = [options[i] for options, i in zip(stage_options(stage), indices, strict=True)]
    label, kernel_size, se_ratio, skip, width, depth = values
    operator, expand_ratio = parse_operator(str(label))
    return Stage(
        operator=operator,
        width=int(width),
        depth=int(depth),
        stride=stage.stride,
        kernel_size=int(kernel_size),
        expand_ratio=expand_ratio,
        # A plain convolution has no SE, whatever the vector says.
        se_ratio=0.0 if operator == "conv" else float(se_ratio),
        skip="identity" if skip == "identity" else "none",
    )


def encode(space: SearchSpace, architecture: Architecture) -> tuple[int, ...]:
    """The vector of a member; of several, the one with the smallest integers.

    Raises ArchitectureError for an architecture that the space does not hold.
    """
    if len(architecture.stages) != len(space.stages):
        msg = f"{space.name} has {len(space.stages)} stages; got {len(architecture.stages)}"
        raise ArchitectureError(msg)
    if _with_stages(space, architecture.stages) != architecture:
        msg = f"stem, head or activation differ from those of the space {space.name}"
        raise ArchitectureError(msg)
    vector: list[int] = []
    pairs = zip(space.stages, architecture.stages, strict=True)
    for number, (stage_space, stage) in enumerate(pairs, start=1):
        vector += _encode_stage(stage_space, stage, number)
    return tuple(vector)


def _encode_stage(space: StageSpace, stage: Stage, number: int) -> list[int]:
    if stage.stride != space.stride:
        msg = f"stage {number} has stride {stage.stride}, and the space only {space.stride}"
        raise ArchitectureError(msg)
    options = stage_options(space)
    indices: list[int] = []
    for name, values, wanted in zip(CHOICES_PER_STAGE, options, _stage_values(stage), strict=True):
        if name == "se_ratio" and stage.operator == "conv":
            indices.append(0)
        elif wanted in values:
            indices.append(values.index(wanted))
        else:
            msg = f"stage {number} has {name} {wanted!r}, and the space only {list(values)}"
            raise ArchitectureError(msg)
    return indices


def _stage_values(stage: Stage) -> tuple[Option, ...]:
    is_expanded = stage.operator in ("mbconv", "fused_mbconv")
    label = f"{stage.operator}{stage.expand_ratio:g}" if is_expanded else stage.operator
    return (label, stage.kernel_size, stage.se_ratio, stage.skip, stage.width, stage.depth)


def sample_vector(space: SearchSpace, rng: np.random.Generator) -> tuple[int, ...]:
    """A vector with every choice uniform."""
    return tuple(int(rng.integers(len(choice.options))) for choice in space_choices(space))
