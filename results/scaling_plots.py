"""scaling.png and family.png: the candidates of stage 2, and what a family costs."""

# ruff: noqa: D102 - the fields of the two protocols are those of the CSV files

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes

from mbscale.results.chart import (
    BLUE,
    GREY,
    ORANGE,
    FloatArray,
    KeyEntry,
    add_key,
    add_label,
    count_words,
    format_count,
    mark_x,
    new_chart,
    save_chart,
    say_empty,
    scale_macs,
    scale_y,
)


class ScaledPoint(Protocol):
    """A candidate of stage 2, as a row of scaling.csv has it; ``control`` names a control."""

    @property
    def control(self) -> str | None: ...
    @property
    def measured_ratio(self) -> float: ...
    @property
    def accuracy(self) -> float | None: ...
    @property
    def accuracy_low(self) -> float | None: ...
    @property
    def accuracy_high(self) -> float | None: ...


class FamilyPoint(Protocol):
    """A member of a family, as a row of family.csv has it."""

    @property
    def name(self) -> str: ...
    @property
    def resolution(self) -> int: ...
    @property
    def macs(self) -> int: ...
    @property
    def params(self) -> int: ...
    @property
    def nominal_ratio(self) -> float: ...


def plot_scaling(path: Path, points: Sequence[ScaledPoint], *, target_ratio: float = 2.0) -> None:
    """Accuracy of the scaled networks against their measured MACs over the baseline's.

    Controls are named; bars are the intervals of the rows. Rows without accuracy are left out.
    """
    axes = new_chart(
        title="Scaled networks of about the same cost",
        x_label="measured MACs over those of the baseline",
        y_label="accuracy on the selection split",
    )
    measured = [point for point in points if point.accuracy is not None]
    if measured:
        _frame(axes, measured, target_ratio)
        grid = [point for point in measured if point.control is None]
        controls = [point for point in measured if point.control is not None]
        _draw(axes, grid, mark="o", color=BLUE)
        _draw(axes, controls, mark="s", color=ORANGE)
        _name_controls(axes, controls, measured)
        add_key(axes, _scaling_key(grid, controls, measured))
    else:
        say_empty(axes, "no candidate has been trained yet")
    save_chart(axes, path)


def plot_family(path: Path, members: Sequence[FamilyPoint]) -> None:
    """MACs of the members in their order, measured and nominal."""
    axes = new_chart(
        title="What the family costs",
        x_label="",
        y_label="multiply-accumulates (log scale)",
    )
    if members:
        _draw_family(axes, members)
    else:
        say_empty(axes, "the family has no member yet")
    save_chart(axes, path)


def _places(points: Sequence[ScaledPoint]) -> FloatArray:
    pairs = [(point.measured_ratio, point.accuracy) for point in points]
    return np.array(pairs, dtype=float).reshape(-1, 2)


def _intervals(points: Sequence[ScaledPoint]) -> FloatArray:
    """Lower and upper ends, the shape being (2, n); the accuracy itself where there are none."""
    ends = [
        (
            point.accuracy if point.accuracy_low is None else point.accuracy_low,
            point.accuracy if point.accuracy_high is None else point.accuracy_high,
        )
        for point in points
    ]
    return np.array(ends, dtype=float).reshape(-1, 2).T


def _frame(axes: Axes, points: Sequence[ScaledPoint], target_ratio: float) -> None:
    ratios = [*(point.measured_ratio for point in points), target_ratio]
    margin = max(0.06 * (max(ratios) - min(ratios)), 0.02)
    axes.set_xlim(min(ratios) - margin, max(ratios) + margin)
    low, high = _intervals(points)
    scale_y(axes, float(low.min()), float(high.max()), percent=True)
    mark_x(axes, target_ratio, f"target {target_ratio:.3g}x")


def _draw(axes: Axes, points: Sequence[ScaledPoint], *, mark: str, color: str) -> None:
    x, y = _places(points).T
    axes.vlines(x, *_intervals(points), color=color, linewidth=1.2, alpha=0.35, zorder=2)
    axes.plot(x, y, mark, color=color, markersize=7, markeredgecolor="white", zorder=3)


def _name_controls(
    axes: Axes, controls: Sequence[ScaledPoint], measured: Sequence[ScaledPoint]
) -> None:
    around = _places(measured)
    bars = [
        np.array([(x, low), (x, high)])
        for (x, _), low, high in zip(around, *_intervals(measured), strict=True)
    ]
    for point, (x, y) in zip(controls, _places(controls), strict=True):
        words = (point.control or "").replace("_", " ")
        add_label(axes, (x, y), words, color=ORANGE, around=around, lines=bars)


def _scaling_key(
    grid: Sequence[ScaledPoint], controls: Sequence[ScaledPoint], measured: Sequence[ScaledPoint]
) -> list[KeyEntry]:
    low, high = _intervals(measured)
    entries = [
        KeyEntry("●", count_words(len(grid), "compound candidate"), BLUE) if grid else None,
        KeyEntry("■", count_words(len(controls), "control"), ORANGE) if controls else None,
        KeyEntry("|", "95 % interval", GREY) if (high > low).any() else None,
    ]
    return [entry for entry in entries if entry]


def _draw_family(axes: Axes, members: Sequence[FamilyPoint]) -> None:
    places = np.arange(len(members))
    macs = [float(member.macs) for member in members]
    nominal = [member.nominal_ratio * macs[0] for member in members]
    scale_macs(axes, [*macs, *nominal], which="y")
    axes.set_xlim(-0.5, len(members) - 0.5)
    axes.plot(places, nominal, "--", color=GREY, linewidth=1.2, zorder=2)
    axes.plot(places, macs, "-o", color=BLUE, linewidth=1.6, markersize=7, markeredgecolor="white")
    words = [
        f"{member.name}\n{member.resolution} px\n{format_count(member.params)}"
        for member in members
    ]
    axes.set_xticks(places, words)
    line = np.stack([places, macs], axis=1)
    other = np.stack([places, nominal], axis=1)
    for place, value in zip(places.tolist(), macs, strict=True):
        add_label(
            axes, (place, value), format_count(value), color=BLUE, around=line, lines=[line, other]
        )
    below = KeyEntry("", "(below: input side and parameters)", GREY)
    add_key(axes, [KeyEntry("●", "measured", BLUE), KeyEntry("- -", "nominal", GREY), below])
