"""scaling.png: the candidates of stage 2, and what was trained again at phi = 2."""

# ruff: noqa: D102 - the fields of the protocol are those of the CSV file

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from mbscale.results.dot_plot import DotRow, plot_dots
from mbscale.results.scaled_network import ScaledNetwork


class ScaledPoint(ScaledNetwork, Protocol):
    """A candidate of stage 2, as a row of scaling.csv has it; ``control`` names a control."""

    @property
    def control(self) -> str | None: ...
    @property
    def phi(self) -> float: ...
    @property
    def measured_ratio(self) -> float: ...
    @property
    def n_seeds(self) -> int: ...
    @property
    def is_tied(self) -> bool: ...


def plot_scaling(path: Path, points: Sequence[ScaledPoint], *, target_ratio: float = 2.0) -> None:
    """The scaled networks by accuracy, with what they are beside it and their intervals.

    Rows without accuracy are left out. What was trained again at phi = 2 comes last.
    """
    trained = [point for point in points if point.accuracy is not None]
    steps = sorted({point.phi for point in trained if not _is_baseline(point)}) or [0]
    groups = [
        (
            "" if step == steps[0] else f"again at phi = {step:g}",
            [
                _make_row(point)
                for point in trained
                if point.phi == step or (step == steps[0] and _is_baseline(point))
            ],
        )
        for step in steps
    ]
    title = f"Networks scaled to about {target_ratio:.3g} times the baseline's MACs"
    plot_dots(path, groups, title=title)


def _is_baseline(point: ScaledPoint) -> bool:
    return point.control == "baseline"


def _make_row(point: ScaledPoint) -> DotRow:
    accuracy, low, high = point.accuracy, point.accuracy_low, point.accuracy_high
    assert accuracy is not None
    kind = "compound" if point.control is None else "control"
    return DotRow(
        name=", ".join((point.control or kind).split("+")),
        kind="baseline" if _is_baseline(point) else kind,
        depth=point.depth,
        width=point.width,
        resolution=point.resolution,
        ratio=point.measured_ratio,
        n_seeds=point.n_seeds,
        accuracy=accuracy,
        low=accuracy if low is None else low,
        high=accuracy if high is None else high,
        is_worse=not point.is_tied and not _is_baseline(point),
    )
