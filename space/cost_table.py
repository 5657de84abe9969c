"""The exact cost of many encoded architectures at once."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mbscale.errors import ArchitectureError
from mbscale.space.blocks import Block
from mbscale.space.cost import Cost, count_blocks, count_head, count_stem
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace
from mbscale.space.space_table import IntArray, SpaceTable, find_rows, tabulate_stages
from mbscale.space.stage_space import STAGE_CHOICES

CostColumn = Literal["macs", "params", "activations"]

# Columns and sums of so few rows stay in the cache: 2.5 times as fast as a million at once.
_CHUNK = 8192
# The sum of a hundred such stages still is a 64-bit integer.
_LARGEST = 2**56
_WIDTH = STAGE_CHOICES.index("width")


@dataclass(frozen=True, slots=True)
class Costs:
    """MACs, parameters and activations, each ``(n,)``."""

    macs: IntArray
    params: IntArray
    activations: IntArray


class CostTable:
    """Costs of a space's members at a target: one table look-up a stage.

    A stage's cost depends on its own choices and on the width before it, so all of them
    are counted once, by the closed form that costs single networks.
    ``stem`` is ``(3,)``; each of ``stages`` is ``(widths before, options of the six
    choices..., 3)``; ``head`` is ``(widths of the last stage, 3)``. The last axis holds
    MACs, parameters and activations.
    """

    def __init__(self, space: SearchSpace, target: Target) -> None:
        stem, size = count_stem(space.stem, target.resolution)
        self.stem = _as_row(stem)
        self.stages, size = tabulate_stages(space, size, _measure_stage)
        classes, widths = target.num_classes, space.stages[-1].widths
        heads = [count_head(w, space.head_width, size, num_classes=classes) for w in widths]
        self.head = np.stack([_as_row(head) for head in heads])

    def count(self, vectors: NDArray[np.integer]) -> Costs:
        """Costs of encoded architectures, ``(n, choices)``; ValueError out of range."""
        total = np.empty((len(vectors), 3), dtype=np.int64)
        for start in range(0, len(vectors), _CHUNK):
            rows = slice(start, start + _CHUNK)
            total[rows] = self._count_chunk(vectors[rows])
        return Costs(macs=total[:, 0], params=total[:, 1], activations=total[:, 2])

    def _count_chunk(self, vectors: NDArray[np.integer]) -> IntArray:
        total = np.repeat(self.stem[None, :], len(vectors), axis=0)
        found = find_rows(vectors, [table.shape[:-1] for table in self.stages])
        for table, rows in zip(self.stages, found, strict=True):
            total += table.reshape(-1, 3).take(rows, axis=0)
        return np.asarray(total + self.head[vectors[:, _WIDTH - len(STAGE_CHOICES)]])

    def choose(self, name: CostColumn) -> SpaceTable:
        """The table of MACs, parameters or activations alone."""
        column = get_args(CostColumn).index(name)
        stages = tuple(stage[..., column] for stage in self.stages)
        return SpaceTable(int(self.stem[column]), stages, self.head[:, column], "sum")


def _as_row(cost: Cost) -> IntArray:
    counts = (cost.macs, cost.params, cost.activations)
    if max(counts) > _LARGEST:
        msg = f"a stage may cost at most {_LARGEST} MACs, so that sums are exact; got {cost.macs}"
        raise ArchitectureError(msg)
    return np.array(counts, dtype=np.int64)


def _measure_stage(blocks: tuple[Block, ...], size: int) -> IntArray:
    return _as_row(count_blocks(blocks, size)[0])
