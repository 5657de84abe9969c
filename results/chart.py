"""What all plots share: a plain frame, a key of colored words, labels with room.

Nothing here reads or changes the global state of matplotlib; figures belong to no window.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox, blended_transform_factory
from numpy.typing import NDArray

from mbscale.results.files import replace_file

FloatArray = NDArray[np.float64]

# Okabe and Ito's colors, told apart by every kind of color vision (and by shape besides).
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
DARK, GREY, LIGHT = "#222222", "#767676", "#A4AAB2"
# A blue for words on bands.
FAINT = "#5A9BC4"

_DPI = 150
# In inches, and fixed, so that labels can be placed before drawing.
_WIDTH, _HEIGHT = 7.2, 4.6
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.83, 0.21, 0.62, 0.76
_TITLE_DOWN, _KEY_DOWN = 0.16, 0.61
_SIZE = 10.0
# Where a label may stand, seen from its point; the first of the best is taken.
_DIRECTIONS = [(1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1)]
_ALIGN_X = {1: "left", 0: "center", -1: "right"}
_ALIGN_Y = {1: "bottom", 0: "center", -1: "top"}


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A word of the key above a plot, in the color and with the mark of what it names."""

    mark: str
    words: str
    color: str


def new_chart(
    *,
    title: str,
    x_label: str,
    y_label: str = "",
    height: float = _HEIGHT,
    left: float = _LEFT,
    indent: float = _LEFT,
) -> Axes:
    """Axes with a title and a faint grid along y, on a white figure of their own.

    ``height`` and the room at the ``left`` of the axes and of the title (``indent``) are
    in inches.
    """
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes(
        (
            left / _WIDTH,
            _BOTTOM / height,
            1 - (left + _RIGHT) / _WIDTH,
            1 - (_BOTTOM + _TOP) / height,
        ),
        facecolor="white",
    )
    x, y = indent / _WIDTH, 1 - _TITLE_DOWN / height
    figure.text(x, y, title, size=_SIZE + 3, weight="bold", color=DARK, va="top", ha="left")
    axes.set_xlabel(x_label, size=_SIZE, color=DARK, labelpad=6)
    axes.set_ylabel(y_label, size=_SIZE, color=DARK)
    axes.yaxis.set_label_coords(-0.103, 0.5)
    axes.tick_params(labelsize=_SIZE - 0.5, color=LIGHT, labelcolor=DARK, length=4)
    axes.grid(visible=True, axis="y", color="#ECEDEF", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LIGHT)
    return axes


def add_key(axes: Axes, entries: Iterable[KeyEntry]) -> None:
    """Write the entries side by side between the title and the frame."""
    figure = _figure(axes)
    width = figure.bbox.width
    x, _ = figure.texts[0].get_position()
    y = 1 - _KEY_DOWN * _DPI / figure.bbox.height
    for entry in entries:
        words = f"{entry.mark} {entry.words}".strip()
        text = figure.text(x, y, words, size=_SIZE, color=entry.color, va="bottom")
        x += _extent(text).width / width + 0.025


def add_label(
    axes: Axes,
    point: tuple[float, float],
    words: str,
    *,
    color: str,
    around: FloatArray,
    lines: Sequence[FloatArray] = (),
) -> None:
    """Write beside a point where it covers least of the points ``around`` (n, 2) and of ``lines``.

    Call it last, when the limits of the axes are set.
    """
    pixels = axes.transData.transform(around.reshape(-1, 2))
    pixels = np.vstack([pixels, *(_dot(axes.transData.transform(line)) for line in lines)])
    places = [(direction, reach) for reach in (8.0, 16.0) for direction in _DIRECTIONS]
    drawings = [partial(_annotate, axes, point, words, *place, color) for place in places]
    _draw_best(axes, drawings, pixels, [0.2 * reach for _, reach in places])


def add_row_text(
    axes: Axes, inches: float, y: float, words: str, *, color: str, is_number: bool = False
) -> None:
    """Write left of the axes, at the height of ``y``, as in a table.

    ``inches`` from the left edge words begin, and a number ends.
    """
    figure = _figure(axes)
    place = blended_transform_factory(figure.dpi_scale_trans, axes.transData)
    axes.text(
        inches, y, words, transform=place, size=_SIZE - 0.5, color=color, va="center",
        ha="right" if is_number else "left",
    )  # fmt: skip


def save_chart(axes: Axes, path: Path) -> None:
    """Replace ``path`` by the chart, as the PNG or SVG that its name says."""
    figure = _figure(axes)
    image = io.BytesIO()
    figure.savefig(image, format=path.suffix.removeprefix("."), facecolor="white")
    replace_file(path, image.getvalue())


def mark_x(axes: Axes, x: float, words: str, *, around: FloatArray) -> None:
    """A dashed line up from ``x``, named where that covers least of the points ``around`` (n, 2).

    Call it when the limits of the axes are set.
    """
    axes.axvline(x, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    places = [(height, side) for height in (0.02, 0.98) for side in (1, -1)]
    drawings = [partial(_name_line, axes, x, words, *place) for place in places]
    _draw_best(axes, drawings, axes.transData.transform(around), [0.0] * len(places))


def say_empty(axes: Axes, words: str) -> None:
    """Leave out the axes and say why there is nothing to see."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, size=_SIZE + 2, color=GREY, ha="center", va="center")


def robust_low(values: FloatArray) -> float:
    """The lowest value worth showing: a failure far below the middle would squash the rest."""
    best, middle = float(values.max()), float(np.median(values))
    return float(values[values >= best - 4 * max(best - middle, 0.005)].min())


def count_words(count: int, noun: str) -> str:
    """A count with its noun.

    >>> count_words(1, "control"), count_words(1200, "trial")
    ('1 control', '1,200 trials')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _draw_best(
    axes: Axes,
    drawings: Sequence[Callable[[], Text]],
    pixels: FloatArray,
    extra: Sequence[float],
) -> None:
    """Keep the cheapest text: what it covers, and something extra for each."""
    taken = [_extent(text) for text in axes.texts]
    costs: list[float] = []
    for draw, more in zip(drawings, extra, strict=True):
        text = draw()
        costs.append(_cost(_extent(text), taken, pixels, axes.bbox.frozen()) + more)
        text.remove()
    drawings[int(np.argmin(costs))]()


def _annotate(
    axes: Axes, point: tuple[float, float], words: str, direction: tuple[int, int], reach: float,
    color: str,
) -> Text:  # fmt: skip
    x, y = direction
    return axes.annotate(
        words, point, (x * reach, y * reach), textcoords="offset points", size=_SIZE, color=color,
        ha=_ALIGN_X[x], va=_ALIGN_Y[y],
        zorder=10, bbox={"facecolor": "white", "alpha": 0.5, "edgecolor": "none", "pad": 1},
    )  # fmt: skip


def _name_line(axes: Axes, x: float, words: str, height: float, side: int) -> Text:
    return axes.annotate(
        words, (x, height), (side * 5, 0), xycoords=("data", "axes fraction"),
        textcoords="offset points", size=_SIZE, color=GREY,
        ha=_ALIGN_X[side], va="bottom" if height < 0.5 else "top",
    )  # fmt: skip


def _dot(line: FloatArray) -> FloatArray:
    """A line in pixels as points a few pixels apart."""
    steps = [
        np.linspace(start, end, 2 + int(np.abs(end - start).max() / 6))
        for start, end in pairwise(line)
    ]
    return np.vstack([line, *steps])


def _cost(box: Bbox, taken: Sequence[Bbox], pixels: FloatArray, frame: Bbox) -> float:
    """Points covered, and much more for leaving the frame or covering another label."""
    roomy = box.padded(3)
    covered = ((pixels >= roomy.min) & (pixels <= roomy.max)).all(axis=1).sum()
    is_outside = not (frame.contains(*box.min) and frame.contains(*box.max))
    clashes = sum(roomy.overlaps(other) for other in taken)
    return float(covered + 1000 * is_outside + 300 * clashes)


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def _extent(text: Text) -> Bbox:
    """Where a text stands, in pixels."""
    figure = text.get_figure(root=True)
    assert figure is not None
    assert isinstance(figure.canvas, FigureCanvasAgg)
    return text.get_window_extent(figure.canvas.get_renderer())  # type: ignore[no-untyped-call]  # no stub has its type
