"""Vectors of a space made canonical, many at once.

Several vectors may mean one network, because some choices cannot matter: see
``mbscale.space.encoding``, which makes one vector canonical.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from mbscale.space.blocks import can_add_input
from mbscale.space.operators import OPERATORS, parse_operator
from mbscale.space.search_space import SearchSpace
from mbscale.space.stage_space import STAGE_CHOICES, StageSpace

Vectors = NDArray[np.int64]

_OPERATOR, _SE_RATIO, _SKIP, _WIDTH, _DEPTH = (
    STAGE_CHOICES.index(name) for name in ("operator", "se_ratio", "skip", "width", "depth")
)


class CanonicalVectors:
    """Makes the vectors of one space canonical."""

    def __init__(self, space: SearchSpace) -> None:
        before = [(space.stem.width,), *(stage.widths for stage in space.stages[:-1])]
        pairs = list(zip(space.stages, before, strict=True))
        self._has_se = [_tabulate_se(stage) for stage in space.stages]
        self._can_skip = [_tabulate_skip(stage, in_widths) for stage, in_widths in pairs]
        self._last_skip = [len(stage.skips) - 1 for stage in space.stages]

    def canonicalize(self, vectors: Vectors) -> Vectors:
        """The canonical vectors ``(n, choices)`` of the same networks."""
        canonical = vectors.copy()
        in_width = np.zeros(len(vectors), dtype=np.int64)
        for number, has_se in enumerate(self._has_se):
            first = number * len(STAGE_CHOICES)
            stage = canonical[:, first : first + len(STAGE_CHOICES)]
            operator, width, depth = stage[:, _OPERATOR], stage[:, _WIDTH], stage[:, _DEPTH]
            can_skip = self._can_skip[number][operator, in_width, width, depth]
            stage[~has_se[operator], _SE_RATIO] = 0
            stage[~can_skip, _SKIP] = self._last_skip[number]
            in_width = width
        return canonical


def _tabulate_se(stage: StageSpace) -> NDArray[np.bool_]:
    """By operator, whether SE can matter."""
    return np.array([OPERATORS[parse_operator(label)[0]].has_se for label in stage.operators])


def _tabulate_skip(stage: StageSpace, in_widths: tuple[int, ...]) -> NDArray[np.bool_]:
    """By operator, width before, width and depth, whether any block can have a skip."""
    sizes = [len(stage.operators), len(in_widths), len(stage.widths), len(stage.depths)]
    can_skip = np.zeros(sizes, dtype=np.bool_)
    for operator, in_width, width, depth in itertools.product(*map(range, sizes)):
        values = [options[0] for options in stage.options()]
        values[_OPERATOR] = stage.operators[operator]
        values[_WIDTH], values[_DEPTH] = stage.widths[width], stage.depths[depth]
        can_add = can_add_input(stage.make_stage(values), in_widths[in_width])
        can_skip[operator, in_width, width, depth] = can_add
    return can_skip
