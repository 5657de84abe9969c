"""The exact cost of many encoded architectures at once."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mbscale.space.blocks import realize_stage
from mbscale.space.cost import Cost, count_blocks, count_head, count_stem, strided_size
from mbscale.space.encoding import CHOICES_PER_STAGE, decode_stage, stage_options
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace, StageSpace

IntArray = NDArray[np.int64]

_WIDTH = CHOICES_PER_STAGE.index("width")


@dataclass(frozen=True, slots=True)
class Costs:
    """MACs, parameters and activations, each ``(n,)``."""

    macs: IntArray
    params: IntArray
    activations: IntArray


class CostTable:
    """Costs of a space's members at a target, one table look-up a stage.

    A stage's cost depends on its own choices and the width before it only, so all of
    them are counted once by the same closed form that costs single networks.
    """

    def __init__(self, space: SearchSpace, target: Target) -> None:
        stem = space.stem
        size = strided_size(target.resolution, stem.stride)
        self._fixed = _as_row(count_stem(stem, size))
        self._shapes: list[tuple[int, ...]] = []
        self._tables: list[IntArray] = []
        in_widths: tuple[int, ...] = (stem.width,)
        for stage in space.stages:
            shape, table = _tabulate_stage(stage, in_widths, size)
            self._shapes.append(shape)
            self._tables.append(table)
            in_widths, size = stage.width_options(), strided_size(size, stage.stride)
        classes = target.num_classes
        heads = [count_head(w, space.head_width, size, num_classes=classes) for w in in_widths]
        self._heads = np.stack([_as_row(head) for head in heads])

    def count(self, vectors: NDArray[np.integer]) -> Costs:
        """Costs of encoded architectures, ``(n, choices)``."""
        columns = np.ascontiguousarray(vectors.T, dtype=np.int64)
        total = np.repeat(self._fixed[None, :], len(vectors), axis=0)
        before = np.zeros(len(vectors), dtype=np.int64)
        for stage, (shape, table) in enumerate(zip(self._shapes, self._tables, strict=True)):
            first = stage * len(CHOICES_PER_STAGE)
            chosen = columns[first : first + len(CHOICES_PER_STAGE)]
            total += table[np.ravel_multi_index((before, *chosen), shape)]
            before = chosen[_WIDTH]
        total += self._heads[before]
        return Costs(macs=total[:, 0], params=total[:, 1], activations=total[:, 2])


def _as_row(cost: Cost) -> IntArray:
    return np.array([cost.macs, cost.params, cost.activations], dtype=np.int64)


def _tabulate_stage(
    stage: StageSpace, in_widths: tuple[int, ...], size: int
) -> tuple[tuple[int, ...], IntArray]:
    shape = (len(in_widths), *(len(options) for options in stage_options(stage)))
    rows = [
        _as_row(count_blocks(realize_stage(decode_stage(stage, indices), in_width), size)[0])
        for in_width in in_widths
        for indices in itertools.product(*(range(n) for n in shape[1:]))
    ]
    return shape, np.stack(rows)
