"""The features of an encoded architecture that the accuracy model is linear in.

Notation: ``p`` is the position of a choice's option, ``c`` the logarithms of MACs and
parameters, ``s`` the logarithm of the parameters of a stage; each with mean 0 and variance
1 over uniformly drawn vectors.
"""

from functools import lru_cache
from typing import Protocol

import numpy as np

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray, StageCosts
from mbscale.search.surrogate.feature_columns import (
    fit_standard,
    membership,
    pairs_within,
    place_options,
    tabulate_polynomials,
)
from mbscale.search.surrogate.stage_roots import StageRoots
from mbscale.search.tables.imagenet_prior import PriorGuess, PriorWeights

# Features come in groups, and the model learns one variance a group:
# 1 | c | c^2 - 1 | s | s_i s_j | p summed over choices of a kind | p | polynomials of p of
# degree 2 and 3 | p_i p_j within a stage | sums of roots of stages' parameters | the same
# with p, by kind (search/surrogate/stage_roots.py) | guesses: of a prior, from cheap scores.
GROUPS = (
    "constant", "cost", "cost2", "stage", "stage2", "level", "kind", "choice", "curve", "pair",
    "root", "root_kind", "prior",
)  # fmt: skip

# Vectors that means and variances of the logarithms are taken over.
_N_REFERENCE = 4096
# A stage may be empty; this share of its largest parameters keeps the logarithm finite.
_EMPTY_SHARE = 0.02
_MAX_DEGREE = 3


class Features(Protocol):
    """What the accuracy model is linear in; ``groups[i]`` is the place in GROUPS of column i."""

    @property
    def groups(self) -> IntArray:
        """The group of each column."""
        ...

    @property
    def largest_macs(self) -> float:
        """The most that a uniformly drawn vector costs."""
        ...

    def compute(self, vectors: IntArray) -> FloatArray:
        """Features ``(n, features)``; the first is 1."""
        ...


class FeatureMap:
    """Features of the vectors of one space; ``groups[i]`` is the place in GROUPS of column i.

    ``largest_macs`` are the most that a uniformly drawn vector costs.
    """

    def __init__(self, space: ChoiceSpace, prior: PriorWeights | None = None) -> None:
        self._count = space.count
        points = [place_options(choice) for choice in space.choices]
        self._position = tabulate_polynomials(points, 1)
        self._curves = [tabulate_polynomials(points, d) for d in range(2, _MAX_DEGREE + 1)]
        self._kind_sums = membership([space.kinds[i] for i in self._position.choices])
        self._pairs = pairs_within([space.stages[i] for i in self._position.choices])
        reference = space.sample(np.random.default_rng(0), _N_REFERENCE)
        costs = space.count(reference)
        self.largest_macs = float(costs.macs.max())
        self._floor = 1 + _EMPTY_SHARE * costs.stage_params.max(axis=0)
        self._cost = fit_standard(np.log(np.stack([costs.macs, costs.params], axis=1)))
        self._stage = fit_standard(np.log(costs.stage_params + self._floor))
        levels = np.array(space.levels)
        self._levels = (levels[:, None] == np.unique(levels)).astype(np.int64)
        self._level_floor = self._floor @ self._levels
        level_params = costs.stage_params @ self._levels
        self._level = fit_standard(np.log(level_params + self._level_floor))
        self._level_pairs = np.triu_indices(len(self._level.keep))
        self._stage_pairs = np.triu_indices(len(self._stage.keep))
        position = self._position.look_up(reference)
        self._roots = StageRoots(
            space, self._position.choices, stage_params=costs.stage_params, position=position
        )
        self._guess = None if prior is None else self._make_guess(space, prior)
        self._guess_standard = fit_standard(self._guess_raw(*self._describe(reference)[1:]))
        widths = [len(part) for part in self._compute_rows(reference[:1])]
        self.groups = np.repeat(np.arange(len(GROUPS)), widths)

    def compute(self, vectors: IntArray) -> FloatArray:
        """Features ``(n, features)``; the first is 1."""
        return np.concatenate(self._compute_rows(vectors)).T

    def _make_guess(self, space: ChoiceSpace, prior: PriorWeights) -> PriorGuess:
        costs, stages, choices = self._cost.keep, self._stage.keep, self._position.choices
        return PriorGuess(prior, space, costs=costs, stages=stages, choices=choices)

    def _guess_raw(self, cost: FloatArray, stage: FloatArray, position: FloatArray) -> FloatArray:
        """The guess of the prior ``(n, 1)``; no column without a prior."""
        if self._guess is None:
            return np.empty((len(cost), 0))
        return self._guess.compute(cost, stage, position)[:, None]

    def _describe(self, vectors: IntArray) -> tuple[StageCosts, FloatArray, FloatArray, FloatArray]:
        """The costs; ``c``, ``s`` and ``p``."""
        costs = self._count(vectors)
        cost = self._cost.apply(np.log(np.stack([costs.macs, costs.params], axis=1)))
        stage = self._stage.apply(np.log(costs.stage_params + self._floor))
        return costs, cost, stage, self._position.look_up(vectors)

    def _compute_rows(self, vectors: IntArray) -> list[FloatArray]:
        """Features by group, ``(features, n)``: products of rows are faster than of columns."""
        costs, cost, stage, position = self._describe(vectors)
        level = self._level.apply(np.log(costs.stage_params @ self._levels + self._level_floor))
        total, by_kind = self._roots.compute(costs.stage_params, position)
        guess = self._guess_standard.apply(self._guess_raw(cost, stage, position))
        c, s, p, v = (np.ascontiguousarray(part.T) for part in (cost, stage, position, level))
        (i, j), (k, m), (a, b) = self._stage_pairs, self._level_pairs, self._pairs
        return [
            np.ones((1, len(vectors))),
            c,
            c**2 - 1,
            s,
            s[i] * s[j] - (i == j)[:, None],
            np.concatenate([v, v[k] * v[m] - (k == m)[:, None]]),
            self._kind_sums.T @ p,
            p,
            np.concatenate([curve.look_up(vectors) for curve in self._curves], axis=1).T,
            p[a] * p[b],
            total.T,
            by_kind.T,
            guess.T,
        ]


@lru_cache(maxsize=16)
def make_features(space: ChoiceSpace, prior: PriorWeights | None = None) -> FeatureMap:
    """The features of a space, made once."""
    return FeatureMap(space, prior)
