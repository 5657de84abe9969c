"""What public records of ImageNet say of a space's networks, before any is measured.

Notation: ``c`` the logarithms of MACs and parameters, ``s`` of the parameters of stages,
``p`` the positions of options, all with mean 0 and variance 1 over the space
(search/surrogate/accuracy_features.py). The guess is

    a'c + b'(c * c) + d's + s'Es + h'p

with the weights that fit ``-log(1 - accuracy)`` of Accel-NASBench best
(search/bench/fit_accel_nasbench.py). A space with other stages takes the weights of the stages
at the same relative depth; a choice that the records do not vary has weight 0. Scale and
sign are left to the accuracy model, which learns one coefficient of the guess.
"""

from dataclasses import dataclass, fields

import numpy as np

from mbscale.proxy.zero_cost.imagenet_records import N_STAGES, match_stages
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray

PRIOR_KINDS = ("operator", "kernel_size", "se_ratio", "depth")


@dataclass(frozen=True, slots=True, eq=False)
class PriorWeights:
    """``a`` and ``b`` ``(2,)``, ``d`` ``(7,)``, ``E`` ``(7, 7)``; ``h`` by stage and kind."""

    cost: FloatArray
    cost2: FloatArray
    stage: FloatArray
    stage2: FloatArray
    choice: FloatArray

    def flatten(self) -> FloatArray:
        """All numbers in one row, as they are stored."""
        return np.concatenate([getattr(self, field.name).ravel() for field in fields(self)])


def read_weights(flat: FloatArray) -> PriorWeights:
    """The weights that ``flatten`` made a row of."""
    n_stages, n_kinds = N_STAGES, len(PRIOR_KINDS)
    shapes = ((2,), (2,), (n_stages,), (n_stages, n_stages), (n_stages, n_kinds))
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])[:-1]
    parts = np.split(flat, ends)
    return PriorWeights(*(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)))


class PriorGuess:
    """The guess for one space.

    ``costs``, ``stages`` and ``choices`` are the places of the columns of ``c``, ``s`` and
    ``p`` that are given: those that vary.
    """

    def __init__(
        self,
        weights: PriorWeights,
        space: ChoiceSpace,
        *,
        costs: IntArray,
        stages: IntArray,
        choices: IntArray,
    ) -> None:
        labels = list(dict.fromkeys(space.stages))
        owners = np.array([labels.index(label) for label in space.stages])[choices]
        kinds = [space.kinds[choice] for choice in choices]
        self._cost, self._cost2 = weights.cost[costs], weights.cost2[costs]
        nearest = match_stages(len(space.levels))
        self._spread = (stages[:, None] == nearest[None, :]).astype(np.float64)
        self._stage, self._stage2 = weights.stage, weights.stage2
        # Of a choice: the mean over the records' stages that its own stands for.
        places = match_stages(len(labels))
        is_own = owners[:, None] == places[None, :]
        shares = is_own / np.maximum(is_own.sum(axis=1, keepdims=True), 1)
        is_kind = np.array([[kind == one for one in PRIOR_KINDS] for kind in kinds])
        is_kind = is_kind.reshape(-1, len(PRIOR_KINDS))
        self._choice = ((shares @ weights.choice) * is_kind).sum(axis=1)

    def compute(self, cost: FloatArray, stage: FloatArray, position: FloatArray) -> FloatArray:
        """The guesses ``(n,)``, on no particular scale."""
        seven = stage @ self._spread
        linear = cost @ self._cost + cost**2 @ self._cost2 + position @ self._choice
        return np.asarray(linear + seven @ self._stage + (seven @ self._stage2 * seven).sum(axis=1))
