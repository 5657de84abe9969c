"""The figures of existing and ways: each network one a row, a group for each baseline."""

# ruff: noqa: D102 - the fields of the protocol are those of the CSV file

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from mbscale.results.dot_plot import DotRow, plot_dots
from mbscale.results.scaled_network import ScaledNetwork


class WayPoint(ScaledNetwork, Protocol):
    """A network of an experiment, as a row of its CSV file has it; ``line`` is the way."""

    @property
    def family(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def measured_ratio(self) -> float: ...
    @property
    def n_seeds(self) -> int: ...


def plot_ways(path: Path, points: Sequence[WayPoint], *, title: str) -> None:
    """The ways by accuracy, with their factors and intervals; untrained ones are left out."""
    trained = [point for point in points if point.accuracy is not None]
    groups = [
        (family, [_make_row(point) for point in trained if point.family == family])
        for family in dict.fromkeys(point.family for point in trained)
    ]
    plot_dots(path, groups, title=title)


def _make_row(point: WayPoint) -> DotRow:
    accuracy, low, high = point.accuracy, point.accuracy_low, point.accuracy_high
    assert accuracy is not None
    return DotRow(
        name=point.line,
        kind=point.line if point.line in ("baseline", "compound") else "control",
        depth=point.depth,
        width=point.width,
        resolution=point.resolution,
        ratio=point.measured_ratio,
        n_seeds=point.n_seeds,
        accuracy=accuracy,
        low=accuracy if low is None else low,
        high=accuracy if high is None else high,
    )
