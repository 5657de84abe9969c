"""A count of many encoded architectures at once, and its exact range over a space."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mbscale.space.blocks import Block, realize_stage
from mbscale.space.cost import strided_size
from mbscale.space.search_space import SearchSpace
from mbscale.space.stage_space import STAGE_CHOICES

IntArray = NDArray[np.int64]

_WIDTH = STAGE_CHOICES.index("width")
_COMBINE = {"sum": np.add, "max": np.maximum}


@dataclass(frozen=True, eq=False)
class SpaceTable:
    """Counts of stem, stages and head; that of a network is their sum or their maximum.

    The count of a stage depends on its choices and on the width before it: each of ``stages`` is
    ``(widths before, options of the six choices...)``; ``head`` is ``(widths of the last
    stage,)``.
    """

    stem: int
    stages: tuple[IntArray, ...]
    head: IntArray
    combine: Literal["sum", "max"]

    def count(self, vectors: NDArray[np.integer]) -> IntArray:
        """The counts ``(n,)`` of vectors ``(n, choices)``; ValueError where one is out of range."""
        combine = _COMBINE[self.combine]
        total = np.full(len(vectors), self.stem, dtype=np.int64)
        found = find_rows(vectors, [stage.shape for stage in self.stages])
        for stage, rows in zip(self.stages, found, strict=True):
            total = combine(total, stage.reshape(-1).take(rows))
        last_width = vectors[:, _WIDTH - len(STAGE_CHOICES)]
        return np.asarray(combine(total, self.head[last_width]))

    def find_extreme(self, *, is_largest: bool) -> IntArray:
        """The vector ``(choices,)`` of the largest count in the whole space, or of the smallest."""
        # From the back: the best count of the rest of the network for each width before it.
        rest, best = self.head, list[IntArray]()
        for stage in reversed(self.stages):
            # The rest depends on the width: axis 0 is the width before, then the six choices.
            after = np.expand_dims(rest, tuple(i for i in range(6) if i != _WIDTH))
            flat = _COMBINE[self.combine](stage, after).reshape(len(stage), -1)
            places = flat.argmax(axis=1) if is_largest else flat.argmin(axis=1)
            best.append(np.stack(np.unravel_index(places, stage.shape[1:]), axis=1))
            rest = flat[np.arange(len(flat)), places]
        chosen, before = list[IntArray](), 0
        for choices in reversed(best):
            chosen.append(choices[before])
            before = int(choices[before][_WIDTH])
        return np.concatenate(chosen)

    def find_range(self) -> tuple[int, int]:
        """The smallest and the largest count in the whole space, exactly."""
        extremes = [self.find_extreme(is_largest=is_largest) for is_largest in (False, True)]
        smallest, largest = self.count(np.stack(extremes)).tolist()
        return smallest, largest


def find_rows(
    vectors: NDArray[np.integer], shapes: Sequence[tuple[int, ...]]
) -> Iterator[IntArray]:
    """For every stage, the places ``(n,)`` of vectors in its flattened table."""
    columns = np.ascontiguousarray(vectors.T, dtype=np.int64)
    before = np.zeros(len(vectors), dtype=np.int64)
    for number, shape in enumerate(shapes):
        first = number * len(STAGE_CHOICES)
        chosen = columns[first : first + len(STAGE_CHOICES)]
        yield np.ravel_multi_index((before, *chosen), shape)
        before = chosen[_WIDTH]


def tabulate_stages(
    space: SearchSpace, size: int, measure: Callable[[tuple[Block, ...], int], NDArray[np.int64]]
) -> tuple[tuple[IntArray, ...], int]:
    """A table of every stage by width before and choices, and the side of the last map.

    ``size`` is the side of the map that the first stage gets; ``measure`` takes the blocks
    of a stage and the side of their map. The axes of its result come last.
    """
    in_widths: tuple[int, ...] = (space.stem.width,)
    stages: list[IntArray] = []
    for stage in space.stages:
        members = [stage.make_stage(values) for values in itertools.product(*stage.options())]
        rows = np.stack(
            [
                measure(realize_stage(member, in_width), size)
                for in_width in in_widths
                for member in members
            ]
        )
        shape = (len(in_widths), *map(len, stage.options()), *rows.shape[1:])
        stages.append(rows.reshape(shape))
        size, in_widths = strided_size(size, stage.stride), stage.widths
    return tuple(stages), size
