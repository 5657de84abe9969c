"""The fit of stage 2 on recorded networks instead of trained ones."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mbscale.errors import DataError, RunError
from mbscale.results.rows import read_table
from mbscale.search.scaling.best_split import COST_EXPONENTS, DIMENSIONS, BestSplit, find_best_split
from mbscale.search.scaling.response_surface import FloatArray, Interval, fit_surface

# Names of columns that a table may call its accuracy by, and what makes them 0 to 1.
_ACCURACY_UNITS = {"accuracy": 1.0, "top1": 0.01}
# Coefficients of a curved surface and one more, for one, two and three dimensions.
_LEAST_NETWORKS = {1: 4, 2: 7, 3: 11}


@dataclass(frozen=True, slots=True)
class Slope:
    """Change of the natural log of the error for each doubling of one dimension.

    Below 0 where more of it helps. From the plane through the log errors.
    """

    dimension: str
    log_error: Interval


@dataclass(frozen=True, slots=True)
class TableFit:
    """What the networks of one family say.

    Leave-one-out errors are root mean squares in log error, of the plane and of the curved
    surface; the second is None where the networks are too few for it. ``split`` is the
    best way to double the cost at the middle of the table; it needs the curved surface and
    two dimensions, and is None without.
    """

    family: str
    n_networks: int
    slopes: tuple[Slope, ...]
    plane_error: float
    surface_error: float | None
    split: BestSplit | None


@dataclass(frozen=True, slots=True)
class _Network:
    family: str
    factors: tuple[float, float, float]
    accuracy: float


def fit_table(path: Path, *, multiple: float = 2.0, seed: int = 0) -> tuple[TableFit, ...]:
    """One fit for each family in a CSV file.

    Columns: ``accuracy`` (0 to 1) or ``top1`` (percent), and at least one of ``depth``,
    ``width`` and ``resolution``, in any unit; ``family`` keeps networks apart that should
    not share a surface. Others are ignored, and rows without accuracy are left out.
    Raises DataError naming the file, line and column.
    """
    networks = tuple(_read_networks(path))
    if not networks:
        msg = f"{path} holds no network with an accuracy"
        raise DataError(msg)
    families = dict.fromkeys(network.family for network in networks)
    return tuple(
        _fit_family(
            [network for network in networks if network.family == family],
            path=path,
            multiple=multiple,
            seed=seed,
        )
        for family in families
    )


def _fit_family(
    networks: Sequence[_Network], *, path: Path, multiple: float, seed: int
) -> TableFit:
    family = networks[0].family
    log_costs: FloatArray = np.log2(np.array([one.factors for one in networks])) * COST_EXPONENTS
    active = tuple(int(index) for index in np.flatnonzero(np.ptp(log_costs, axis=0) > 1e-6))
    if len(networks) <= len(active) + 1 or not active:
        msg = (
            f"{path}: {len(networks)} networks of family {family!r} that differ in "
            f"{len(active)} dimensions are too few for a fit"
        )
        raise DataError(msg)
    points = log_costs[:, active]
    scores = -np.log([1 - network.accuracy for network in networks])
    ones = np.ones(len(networks))
    plane = fit_surface(points, scores, ones, degree=1, noise=None, seed=seed)
    slopes = tuple(
        Slope(DIMENSIONS[index], _negate(slope, times=COST_EXPONENTS[index]))
        for index, slope in zip(active, plane.slopes(), strict=True)
    )
    if len(networks) < _LEAST_NETWORKS[len(active)]:
        error = plane.leave_one_out_error
        return TableFit(family, len(networks), slopes, error, None, None)
    surface = fit_surface(points, scores, ones, degree=2, noise=None, seed=seed)
    split = None
    if len(active) > 1:
        split = find_best_split(
            surface,
            active=active,
            n_doublings=math.log2(multiple),
            multiple=multiple,
            origin=points.mean(axis=0),
        )
    return TableFit(
        family=family,
        n_networks=len(networks),
        slopes=slopes,
        plane_error=plane.leave_one_out_error,
        surface_error=surface.leave_one_out_error,
        split=split,
    )


def _negate(slope: Interval, *, times: float) -> Interval:
    return Interval(-slope.best * times, -slope.high * times, -slope.low * times)


def _read_networks(path: Path) -> Iterator[_Network]:
    try:
        header, lines = read_table(path)
    except RunError as failure:
        raise DataError(str(failure)) from failure
    column = next((name for name in _ACCURACY_UNITS if name in header), None)
    if column is None or not set(DIMENSIONS) & set(header):
        msg = (
            f"{path} needs a column accuracy or top1 and one of {', '.join(DIMENSIONS)}; "
            f"it has {', '.join(header) or 'none'}"
        )
        raise DataError(msg)
    for line, cells in lines:
        row = dict(zip(header, cells, strict=True))
        if row[column]:
            yield _parse_network(row, column, where=f"{path} line {line}")


def _parse_network(row: Mapping[str, str], column: str, *, where: str) -> _Network:
    unit = _ACCURACY_UNITS[column]
    accuracy = _parse_number(row[column], where=f"{where}, column {column}") * unit
    if not 0 < accuracy < 1:
        msg = f"{where}, column {column}: must be between 0 and {1 / unit:g}; got {row[column]}"
        raise DataError(msg)
    depth, width, resolution = (
        _parse_number(row.get(name, "1"), where=f"{where}, column {name}") for name in DIMENSIONS
    )
    return _Network(row.get("family", ""), (depth, width, resolution), accuracy)


def _parse_number(text: str, *, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        msg = f"{where}: must be a number above 0; got {text!r}"
        raise DataError(msg)
    return value
