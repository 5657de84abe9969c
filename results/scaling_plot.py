"""scaling.png: the candidates of stage 2, one a row, the best above."""

# ruff: noqa: D102 - the fields of the protocol are those of the CSV file

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from matplotlib.axes import Axes

from mbscale.results.chart import (
    BLUE,
    DARK,
    GREY,
    ORANGE,
    KeyEntry,
    add_key,
    add_row_text,
    count_words,
    new_chart,
    save_chart,
    say_empty,
)
from mbscale.results.scales import scale_x

_ROW_INCHES, _FRAME_INCHES = 0.25, 1.6
_INDENT, _LEFT = 0.2, 4.3
# A figure has no room for all of the thousands that may be trained.
_MOST_ROWS = 60
# Names of the columns, and inches from the left edge: words begin there, numbers end there.
_NAME = ("scaled by", _INDENT)
_NUMBERS = (("depth", 2.1), ("width", 2.6), ("pixels", 3.1), ("MACs", 3.65), ("seeds", 4.15))


class ScaledPoint(Protocol):
    """A candidate of stage 2, as a row of scaling.csv has it; ``control`` names a control."""

    @property
    def control(self) -> str | None: ...
    @property
    def phi(self) -> float: ...
    @property
    def depth(self) -> float: ...
    @property
    def width(self) -> float: ...
    @property
    def resolution(self) -> int: ...
    @property
    def measured_ratio(self) -> float: ...
    @property
    def accuracy(self) -> float | None: ...
    @property
    def accuracy_low(self) -> float | None: ...
    @property
    def accuracy_high(self) -> float | None: ...
    @property
    def n_seeds(self) -> int: ...
    @property
    def is_tied(self) -> bool: ...


def plot_scaling(path: Path, points: Sequence[ScaledPoint], *, target_ratio: float = 2.0) -> None:
    """The scaled networks by accuracy, with what they are beside it and their intervals.

    Rows without accuracy are left out. What was trained again at phi = 2 comes last.
    """
    groups = _group(points)
    n_left_out = sum(len(group[_MOST_ROWS:]) for group in groups)
    groups = [group[:_MOST_ROWS] for group in groups]
    n_rows = sum(len(group) + 1 for group in groups)
    axes = new_chart(
        title=f"Networks scaled to about {target_ratio:.3g} times the baseline's MACs",
        x_label="accuracy on the selection split"
        + (f" ({count_words(n_left_out, 'row')} below)" if n_left_out else ""),
        height=_FRAME_INCHES + _ROW_INCHES * max(n_rows, 8),
        left=_LEFT,
        indent=_INDENT,
    )
    shown = [point for group in groups for point in group]
    if shown:
        _frame(axes, shown, n_rows)
        _draw_groups(axes, groups)
        add_key(axes, _make_key(shown))
    else:
        say_empty(axes, "no candidate has been trained yet")
    save_chart(axes, path)


def _group(points: Sequence[ScaledPoint]) -> list[list[ScaledPoint]]:
    """One group a step of phi, the baseline in the first; each with the best accuracy first."""
    ranked = sorted(
        (point for point in points if point.accuracy is not None), key=_accuracy, reverse=True
    )
    steps = sorted({point.phi for point in ranked if not _is_baseline(point)}) or [0]
    return [
        [
            point
            for point in ranked
            if point.phi == step or (step == steps[0] and _is_baseline(point))
        ]
        for step in (steps if ranked else [])
    ]


def _accuracy(point: ScaledPoint) -> float:
    assert point.accuracy is not None
    return point.accuracy


def _interval(point: ScaledPoint) -> tuple[float, float]:
    low, high = point.accuracy_low, point.accuracy_high
    middle = _accuracy(point)
    return (middle if low is None else low, middle if high is None else high)


def _is_baseline(point: ScaledPoint) -> bool:
    return point.control == "baseline"


def _frame(axes: Axes, points: Sequence[ScaledPoint], n_rows: int) -> None:
    ends = [end for point in points for end in _interval(point)]
    scale_x(axes, min(ends), max(ends))
    axes.set_ylim(n_rows - 0.3, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x", color="#ECEDEF", linewidth=0.8)


def _draw_groups(axes: Axes, groups: Sequence[Sequence[ScaledPoint]]) -> None:
    heading = 0
    for number, group in enumerate(groups):
        _write_heading(axes, heading, f"again at phi = {group[0].phi:g}" if number else "")
        for row, point in enumerate(group, start=heading + 1):
            _draw_row(axes, row, point)
        heading += len(group) + 1


def _write_heading(axes: Axes, row: int, words: str) -> None:
    name, inches = _NAME
    add_row_text(axes, inches, row, words or name, color=GREY)
    if not words:
        for name, inches in _NUMBERS:
            add_row_text(axes, inches, row, name, color=GREY, is_number=True)


def _draw_row(axes: Axes, row: int, point: ScaledPoint) -> None:
    color, mark, _ = _style(point)
    axes.axhline(row, color="#F4F5F6", linewidth=0.8, zorder=0)
    axes.hlines(row, *_interval(point), color=color, linewidth=1.6, alpha=0.45, zorder=2)
    is_open = not point.is_tied and not _is_baseline(point)
    face = "white" if is_open else color
    axes.plot(
        _accuracy(point), row, mark, color=color, markerfacecolor=face, markersize=7, zorder=3
    )
    words = "compound" if point.control is None else ", ".join(point.control.split("+"))
    add_row_text(axes, _NAME[1], row, words.replace("_", " "), color=color)
    numbers = (
        f"{point.depth:.2f}",
        f"{point.width:.2f}",
        f"{point.resolution}",
        f"{point.measured_ratio:.2f}x",
        f"{point.n_seeds}",
    )
    for text, (_, inches) in zip(numbers, _NUMBERS, strict=True):
        add_row_text(axes, inches, row, text, color=DARK, is_number=True)


def _style(point: ScaledPoint) -> tuple[str, str, str]:
    """Color, mark, and the mark of the key: told apart by shape as well as by color."""
    if _is_baseline(point):
        return GREY, "D", "◆"
    return (BLUE, "o", "●") if point.control is None else (ORANGE, "s", "■")


def _make_key(points: Sequence[ScaledPoint]) -> list[KeyEntry]:
    scaled = [point for point in points if not _is_baseline(point)]
    kinds = {_style(point): "control" if point.control else "compound" for point in scaled}
    entries = [KeyEntry(mark, words, color) for (color, _, mark), words in kinds.items()]
    entries += [KeyEntry("◆", "baseline", GREY)] if len(scaled) < len(points) else []
    if any(low < high for low, high in map(_interval, points)):
        entries.append(KeyEntry("—", "95 % interval", GREY))
    if not all(point.is_tied for point in scaled):
        entries.append(KeyEntry("○", "worse than the best beyond noise", GREY))
    return entries
