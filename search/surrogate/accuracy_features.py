"""The features of an encoded architecture that the accuracy model is linear in.

Notation: ``p`` is the position of a choice's option, ``c`` the logarithms of MACs and
parameters, ``s`` the logarithm of the parameters of a stage; each with mean 0 and variance
1 over uniformly drawn vectors.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray, StageCosts
from mbscale.search.tables.imagenet_prior import PriorGuess, PriorWeights

# Features come in groups, and the model learns one variance a group:
# 1 | c | c^2 - 1 | s | s_i s_j | p summed over choices of a kind | p | polynomials of p of
# degree 2 and 3 | p_i p_j within a stage | guesses: of a prior, from cheap scores.
GROUPS = (
    "constant", "cost", "cost2", "stage", "stage2", "level", "kind", "choice", "curve", "pair",
    "prior",
)  # fmt: skip

# Vectors that means and variances of the logarithms are taken over.
_N_REFERENCE = 4096
# A stage may be empty; this share of its largest parameters keeps the logarithm finite.
_EMPTY_SHARE = 0.02
_MAX_DEGREE = 3


@dataclass(frozen=True, slots=True)
class _Standard:
    """Makes columns have mean 0 and variance 1, and leaves constant ones out."""

    keep: IntArray
    mean: FloatArray
    deviation: FloatArray

    def apply(self, columns: FloatArray) -> FloatArray:
        return np.asarray((columns[:, self.keep] - self.mean) / self.deviation)


def _fit_standard(columns: FloatArray) -> _Standard:
    deviation = columns.std(axis=0)
    keep = np.flatnonzero(deviation > 1e-9)
    return _Standard(keep, columns[:, keep].mean(axis=0), deviation[keep])


@dataclass(frozen=True, slots=True)
class _Polynomials:
    """Orthonormal polynomials of one degree, for the choices with enough options.

    ``values[starts + vectors[:, choices]]`` are the columns.
    """

    choices: IntArray
    starts: IntArray
    values: FloatArray

    def look_up(self, vectors: IntArray) -> FloatArray:
        return np.asarray(self.values[vectors[:, self.choices] + self.starts])


def _tabulate_polynomials(sizes: IntArray, degree: int) -> _Polynomials:
    choices = np.flatnonzero(sizes > degree)
    columns = [np.empty(0)]
    for size in sizes[choices]:
        powers = np.vander(np.linspace(-1, 1, size), degree + 1, increasing=True)
        orthonormal = np.linalg.qr(powers)[0][:, -1] * np.sqrt(size)
        columns.append(orthonormal * np.sign(orthonormal[-1]))
    starts = np.cumsum([0, *sizes[choices]])[:-1].astype(np.int64)
    return _Polynomials(choices, starts, np.concatenate(columns))


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
        self._position = _tabulate_polynomials(space.sizes, 1)
        self._curves = [_tabulate_polynomials(space.sizes, d) for d in range(2, _MAX_DEGREE + 1)]
        self._kind_sums = _membership([space.kinds[i] for i in self._position.choices])
        self._pairs = _pairs_within([space.stages[i] for i in self._position.choices])
        reference = space.sample(np.random.default_rng(0), _N_REFERENCE)
        costs = space.count(reference)
        self.largest_macs = float(costs.macs.max())
        self._floor = 1 + _EMPTY_SHARE * costs.stage_params.max(axis=0)
        self._cost = _fit_standard(np.log(np.stack([costs.macs, costs.params], axis=1)))
        self._stage = _fit_standard(np.log(costs.stage_params + self._floor))
        levels = np.array(space.levels)
        self._levels = (levels[:, None] == np.unique(levels)).astype(np.int64)
        self._level_floor = self._floor @ self._levels
        level_params = costs.stage_params @ self._levels
        self._level = _fit_standard(np.log(level_params + self._level_floor))
        self._level_pairs = np.triu_indices(len(self._level.keep))
        self._stage_pairs = np.triu_indices(len(self._stage.keep))
        self._guess = None if prior is None else self._make_guess(space, prior)
        self._guess_standard = _fit_standard(self._guess_raw(*self._describe(reference)[1:]))
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
            guess.T,
        ]


@lru_cache(maxsize=16)
def make_features(space: ChoiceSpace, prior: PriorWeights | None = None) -> FeatureMap:
    """The features of a space, made once."""
    return FeatureMap(space, prior)


def _membership(labels: Sequence[Hashable]) -> FloatArray:
    """One column a label, scaled so that sums of independent positions have variance 1."""
    known = list(dict.fromkeys(labels))
    members = np.array([[label == other for other in known] for label in labels], dtype=np.float64)
    members = members.reshape(len(labels), len(known))
    return np.asarray(members / np.sqrt(np.maximum(members.sum(axis=0), 1)))


def _pairs_within(labels: Sequence[Hashable]) -> tuple[IntArray, IntArray]:
    """Indices of all pairs with one label."""
    names = np.array([str(label) for label in labels])
    first, second = np.triu_indices(len(names), 1)
    is_alike = names[first] == names[second]
    return first[is_alike], second[is_alike]
