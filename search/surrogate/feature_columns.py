"""Columns that features are made of, each with mean 0 and variance 1 over a space."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from mbscale.errors import ArchitectureError
from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.space.encoding import Choice
from mbscale.space.operators import parse_operator
from mbscale.space.stage_space import Option


@dataclass(frozen=True, slots=True)
class Standard:
    """Makes columns have mean 0 and variance 1, and leaves constant ones out."""

    keep: IntArray
    mean: FloatArray
    deviation: FloatArray

    def apply(self, columns: FloatArray) -> FloatArray:
        """The kept columns ``(n, kept)`` of ``(n, columns)``."""
        return np.asarray((columns[:, self.keep] - self.mean) / self.deviation)


def fit_standard(columns: FloatArray) -> Standard:
    """What makes these columns, of uniformly drawn vectors, standard."""
    deviation = columns.std(axis=0)
    keep = np.flatnonzero(deviation > 1e-9)
    return Standard(keep, columns[:, keep].mean(axis=0), deviation[keep])


@dataclass(frozen=True, slots=True)
class Polynomials:
    """Orthonormal polynomials of one degree, for the choices with enough options.

    ``values[starts + vectors[:, choices]]`` are the columns.
    """

    choices: IntArray
    starts: IntArray
    values: FloatArray

    def look_up(self, vectors: IntArray) -> FloatArray:
        """Columns ``(n, len(choices))`` of vectors ``(n, all choices)``."""
        return np.asarray(self.values[vectors[:, self.choices] + self.starts])


def tabulate_polynomials(points: Sequence[FloatArray], degree: int) -> Polynomials:
    """The polynomials of choices whose options lie at ``points``, ascending."""
    sizes = np.array([len(one) for one in points], dtype=np.int64)
    choices = np.flatnonzero(sizes > degree)
    columns = [np.empty(0), *(_orthonormal(one, degree) for one in points if len(one) > degree)]
    starts = np.cumsum([0, *sizes[choices]])[:-1].astype(np.int64)
    return Polynomials(choices, starts, np.concatenate(columns))


def _orthonormal(points: FloatArray, degree: int) -> FloatArray:
    powers = np.vander(np.interp(points, points[[0, -1]], [-1, 1]), degree + 1, increasing=True)
    column = np.linalg.qr(powers)[0][:, -1] * np.sqrt(len(points))
    return np.asarray(column * np.sign(column[-1]))


def place_options(choice: Choice) -> FloatArray:
    """Where the options of a choice lie: at logarithms of sizes, or else at equal distances.

    An operator's size is its expansion. Twice a size is as far from it as it is from half.

    >>> place_options(Choice("stage1_depth", (1, 2, 4))).round(2).tolist()
    [0.0, 0.69, 1.39]
    """
    sizes = [_measure_size(option) for option in choice.options]
    known = np.array([size for size in sizes if size is not None and size > 0])
    if len(known) < len(sizes) or not (np.diff(known) > 0).all():
        return np.arange(len(sizes), dtype=np.float64)
    return np.asarray(np.log(known))


def _measure_size(option: Option) -> float | None:
    if not isinstance(option, str):
        return float(option)
    try:
        return parse_operator(option)[1]
    except ArchitectureError:
        return None


def membership(labels: Sequence[Hashable]) -> FloatArray:
    """One column a label, scaled so that sums of independent positions have variance 1."""
    known = list(dict.fromkeys(labels))
    members = np.array([[label == other for other in known] for label in labels], dtype=np.float64)
    members = members.reshape(len(labels), len(known))
    return np.asarray(members / np.sqrt(np.maximum(members.sum(axis=0), 1)))


def pairs_within(labels: Sequence[Hashable]) -> tuple[IntArray, IntArray]:
    """Indices of all pairs with one label."""
    names = np.array([str(label) for label in labels])
    first, second = np.triu_indices(len(names), 1)
    is_alike = names[first] == names[second]
    return first[is_alike], second[is_alike]
