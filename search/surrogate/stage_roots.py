"""Columns of the roots of the stages' parameters, which accuracy follows most closely.

Notation: ``r`` is the fourth root of the parameters of a stage, ``p`` the position of a
choice's option. The columns are ``sum r``; its square; and, for each kind of choice,
``sum r p`` over the stages that choose it: a choice counts as much as its stage is large.
"""

import numpy as np

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.surrogate.feature_columns import fit_standard, membership


class StageRoots:
    """The columns for one space.

    ``choices`` are the places of the choices that vary; ``stage_params`` ``(n, stages)``
    and ``position`` ``(n, len(choices))`` those of uniformly drawn vectors.
    """

    def __init__(
        self,
        space: ChoiceSpace,
        choices: IntArray,
        *,
        stage_params: IntArray,
        position: FloatArray,
    ) -> None:
        self._owners = _find_owners(space)[choices]
        self._kinds = membership([space.kinds[choice] for choice in choices])
        total, by_kind = self._sum(stage_params, position)
        self._total = fit_standard(total)
        self._square = fit_standard(self._total.apply(total) ** 2)
        self._by_kind = fit_standard(by_kind)

    def compute(
        self, stage_params: IntArray, position: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """``sum r`` and its square ``(n, 2)``; ``sum r p`` by kind ``(n, kinds)``."""
        raw, by_kind = self._sum(stage_params, position)
        total = self._total.apply(raw)
        both = np.concatenate([total, self._square.apply(total**2)], axis=1)
        return both, self._by_kind.apply(by_kind)

    def _sum(self, stage_params: IntArray, position: FloatArray) -> tuple[FloatArray, FloatArray]:
        # Fourth roots, faster than a power.
        roots = np.sqrt(np.sqrt(stage_params))
        return roots.sum(axis=1, keepdims=True), (roots[:, self._owners] * position) @ self._kinds


def _find_owners(space: ChoiceSpace) -> IntArray:
    """For every choice, the stage with parameters at the same relative depth as its own."""
    labels = list(dict.fromkeys(space.stages))
    nearest = np.rint(np.linspace(0, len(space.levels) - 1, len(labels))).astype(np.int64)
    return nearest[[labels.index(label) for label in space.stages]]
