"""Networks one a row, the best above: what each is, and its accuracy with the interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
# Color, mark, and the mark of the key: told apart by shape as well as by color.
_STYLES = {
    "compound": (BLUE, "o", "●"),
    "control": (ORANGE, "s", "■"),
    "baseline": (GREY, "D", "◆"),
}


@dataclass(frozen=True, slots=True)
class DotRow:
    """A network: the name of how it is scaled, its numbers, and its accuracy.

    ``kind`` is compound, control or baseline. ``ratio`` is the MACs over the baseline's;
    ``is_worse`` says that it is told from the best.
    """

    name: str
    kind: str
    depth: float
    width: float
    resolution: int
    ratio: float
    n_seeds: int
    accuracy: float
    low: float
    high: float
    is_worse: bool = False


def plot_dots(path: Path, groups: Sequence[tuple[str, Sequence[DotRow]]], *, title: str) -> None:
    """Groups with a heading each, "" for none; the rows in the order of their accuracy."""
    ranked = [
        (heading, sorted(rows, key=lambda row: row.accuracy, reverse=True))
        for heading, rows in groups
        if rows
    ]
    n_left_out = sum(len(rows[_MOST_ROWS:]) for _, rows in ranked)
    shown = [(heading, rows[:_MOST_ROWS]) for heading, rows in ranked]
    n_lines = sum(len(rows) + 1 for _, rows in shown)
    axes = new_chart(
        title=title,
        x_label="accuracy on the selection split"
        + (f" ({count_words(n_left_out, 'row')} below)" if n_left_out else ""),
        height=_FRAME_INCHES + _ROW_INCHES * max(n_lines, 8),
        left=_LEFT,
        indent=_INDENT,
    )
    if shown:
        everyone = [row for _, rows in shown for row in rows]
        _frame(axes, everyone, n_lines)
        _draw_groups(axes, shown)
        add_key(axes, _make_key(everyone))
    else:
        say_empty(axes, "no network has been trained yet")
    save_chart(axes, path)


def _frame(axes: Axes, rows: Sequence[DotRow], n_lines: int) -> None:
    scale_x(axes, min(row.low for row in rows), max(row.high for row in rows))
    axes.set_ylim(n_lines - 0.3, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x", color="#ECEDEF", linewidth=0.8)


def _draw_groups(axes: Axes, groups: Sequence[tuple[str, Sequence[DotRow]]]) -> None:
    line = 0
    for heading, rows in groups:
        add_row_text(axes, _NAME[1], line, heading or _NAME[0], color=GREY)
        for name, inches in _NUMBERS if line == 0 else ():
            add_row_text(axes, inches, line, name, color=GREY, is_number=True)
        for place, row in enumerate(rows, start=line + 1):
            _draw_row(axes, place, row)
        line += len(rows) + 1


def _draw_row(axes: Axes, place: int, row: DotRow) -> None:
    color, mark, _ = _STYLES[row.kind]
    axes.axhline(place, color="#F4F5F6", linewidth=0.8, zorder=0)
    axes.hlines(place, row.low, row.high, color=color, linewidth=1.6, alpha=0.45, zorder=2)
    face = "white" if row.is_worse else color
    axes.plot(row.accuracy, place, mark, color=color, mfc=face, markersize=7, zorder=3)
    add_row_text(axes, _NAME[1], place, row.name, color=color)
    numbers = (
        f"{row.depth:.2f}",
        f"{row.width:.2f}",
        f"{row.resolution}",
        f"{row.ratio:.2f}x",
        f"{row.n_seeds}",
    )
    for text, (_, inches) in zip(numbers, _NUMBERS, strict=True):
        add_row_text(axes, inches, place, text, color=DARK, is_number=True)


def _make_key(rows: Sequence[DotRow]) -> list[KeyEntry]:
    kinds = {row.kind for row in rows}
    entries = [
        KeyEntry(mark, kind, color) for kind, (color, _, mark) in _STYLES.items() if kind in kinds
    ]
    if any(row.low < row.high for row in rows):
        entries.append(KeyEntry("—", "95 % interval", GREY))
    if any(row.is_worse for row in rows):
        entries.append(KeyEntry("○", "worse than the best beyond noise", GREY))
    return entries
