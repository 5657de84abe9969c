"""The figures of dimensions and widths: accuracy against MACs, a line for each."""

# ruff: noqa: D102 - the fields of the protocol are those of the CSV file

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes

from mbscale.results.chart import (
    BLUE,
    DARK,
    GREEN,
    GREY,
    ORANGE,
    FloatArray,
    KeyEntry,
    add_key,
    add_label,
    new_chart,
    save_chart,
    say_empty,
)
from mbscale.results.scaled_network import ScaledNetwork
from mbscale.results.scales import scale_macs, scale_y

# Told apart by shape as well as by color.
_STYLES = ((BLUE, "o", "●"), (ORANGE, "s", "■"), (GREEN, "^", "▲"), (DARK, "D", "◆"))


class CurvePoint(ScaledNetwork, Protocol):
    """A point of an experiment, as a row of its CSV file has it."""

    @property
    def line(self) -> str: ...
    @property
    def macs(self) -> int: ...


def plot_curves(path: Path, points: Sequence[CurvePoint], *, title: str) -> None:
    """One connected line for each ``line`` of the points; each point is named by what grew.

    Bars are the intervals of the rows. Points without accuracy are left out.
    """
    axes = new_chart(
        title=title,
        x_label="multiply-accumulates (log scale)",
        y_label="accuracy on the selection split",
    )
    trained = [point for point in points if point.accuracy is not None]
    if trained:
        _draw(axes, trained)
    else:
        say_empty(axes, "no network has been trained yet")
    save_chart(axes, path)


def _draw(axes: Axes, trained: Sequence[CurvePoint]) -> None:
    scale_macs(axes, [point.macs for point in trained])
    low, high = _intervals(trained)
    scale_y(axes, float(low.min()), float(high.max()), percent=True)
    styles = dict(zip(dict.fromkeys(point.line for point in trained), cycle(_STYLES)))
    for line, (color, mark, _) in styles.items():
        _draw_line(axes, [point for point in trained if point.line == line], color, mark)
    places = _places(trained)
    lines = [_places([point for point in trained if point.line == line]) for line in styles]
    for point, (x, y) in zip(trained, places.tolist(), strict=True):
        if words := _name_growth(point):
            color = styles[point.line][0]
            add_label(axes, (x, y), words, color=color, around=places, lines=lines)
    entries = [KeyEntry(symbol, line, color) for line, (color, _, symbol) in styles.items()]
    if (high > low).any():
        entries.append(KeyEntry("|", "95 % interval", GREY))
    add_key(axes, entries)


def _draw_line(axes: Axes, points: Sequence[CurvePoint], color: str, mark: str) -> None:
    x, y = _places(points).T
    axes.vlines(x, *_intervals(points), color=color, alpha=0.35)
    axes.plot(x, y, f"-{mark}", color=color, linewidth=1.6, markersize=7, markeredgecolor="white")


def _name_growth(point: CurvePoint) -> str:
    if point.line == "resolution":
        return f"{point.resolution} px"
    factor = point.depth if point.line == "depth" else point.width
    # The baseline stands on every line; its name would stand there as often.
    return "" if factor == 1 else f"{factor:.3g}x"


def _places(points: Sequence[CurvePoint]) -> FloatArray:
    pairs = [(point.macs, point.accuracy) for point in points]
    return np.array(pairs, dtype=float).reshape(-1, 2)


def _intervals(points: Sequence[CurvePoint]) -> FloatArray:
    """Lower and upper ends, the shape being (2, n); the accuracy itself where there are none."""
    ends = [
        (
            point.accuracy if point.accuracy_low is None else point.accuracy_low,
            point.accuracy if point.accuracy_high is None else point.accuracy_high,
        )
        for point in points
    ]
    return np.array(ends, dtype=float).reshape(-1, 2).T
