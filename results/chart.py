"""What all plots share: a plain frame, a key of colored words, ticks with units, labels with room.

Nothing here reads or changes the global state of matplotlib; figures belong to no window.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from mbscale.results.files import replace_file

FloatArray = NDArray[np.float64]

# Okabe and Ito's colors, told apart by every kind of color vision (and by shape besides).
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
DARK, GREY, LIGHT = "#222222", "#767676", "#B8BCC2"

_INCHES = (7.2, 4.6)
_DPI = 150
# Left, bottom, width and height; fixed, so that labels can be placed before drawing.
_FRAME = (0.105, 0.135, 0.865, 0.70)
_SIZE = 10.0
# Where a label may stand, seen from its point; the first of the best is taken.
_DIRECTIONS = [(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1)]
_ALIGN_X = {1: "left", 0: "center", -1: "right"}
_ALIGN_Y = {1: "bottom", 0: "center", -1: "top"}


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A word of the key above a plot, in the color and with the mark of what it names."""

    mark: str
    words: str
    color: str


def new_chart(*, title: str, x_label: str, y_label: str) -> Axes:
    """Axes with a title and a faint grid along y, on a white figure of their own."""
    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes(_FRAME, facecolor="white")
    figure.text(
        _FRAME[0], 0.965, title, size=_SIZE + 3, weight="bold", color=DARK, va="top", ha="left"
    )
    axes.set_xlabel(x_label, size=_SIZE, color=DARK, labelpad=6)
    axes.set_ylabel(y_label, size=_SIZE, color=DARK, labelpad=6)
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
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    width = figure.bbox.width
    x = _FRAME[0]
    for entry in entries:
        words = f"{entry.mark} {entry.words}".strip()
        text = figure.text(x, 0.868, words, size=_SIZE, color=entry.color, va="bottom")
        x += text.get_window_extent(_renderer(axes)).width / width + 0.025


def add_label(
    axes: Axes, point: tuple[float, float], words: str, *, color: str, around: FloatArray
) -> None:
    """Write beside a point where the fewest of the points ``around`` (n, 2) are covered.

    Call it last, when the limits of the axes are set.
    """
    taken = [text.get_window_extent(_renderer(axes)) for text in axes.texts]
    pixels = axes.transData.transform(around.reshape(-1, 2))
    places = [(direction, reach) for reach in (8.0, 18.0) for direction in _DIRECTIONS]
    costs: list[float] = []
    for direction, reach in places:
        box = _annotate(axes, point, words, direction, reach, color)
        costs.append(_cost(box, taken, pixels, axes.bbox.frozen()))
        axes.texts[-1].remove()
    direction, reach = places[int(np.argmin(costs))]
    _annotate(axes, point, words, direction, reach, color)


def save_chart(axes: Axes, path: Path) -> None:
    """Replace ``path`` by the chart, as the PNG or SVG that its name says."""
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    image = io.BytesIO()
    figure.savefig(image, format=path.suffix.removeprefix("."), facecolor="white")
    replace_file(path, image.getvalue())


def scale_macs(axes: Axes, macs: Sequence[float]) -> None:
    """A logarithmic x axis around ``macs``, with ticks such as 2 M, 5 M and 10 M."""
    low, high = min(macs), max(macs)
    margin = max((high / low) ** 0.08, 1.05)
    axes.set_xscale("log")
    axes.set_xlim(low / margin, high * margin)
    set_log_ticks(axes, "x")


def set_log_ticks(axes: Axes, which: str) -> None:
    """Ticks with units on a logarithmic axis whose limits are set."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    axis.set_major_locator(FixedLocator(_log_ticks(low, high)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_count(value)))


def scale_accuracy(axes: Axes, low: float, high: float, *, unit: str = " %") -> None:
    """A y axis with some room around ``low`` and ``high``, in percent unless ``unit`` is empty."""
    margin = max(0.06 * (high - low), 0.002 if unit else 1e-4)
    axes.set_ylim(low - margin, high + margin)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    factor = 100 if unit else 1
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{round(factor * value, 6):g}{unit}")
    )


def robust_low(values: FloatArray) -> float:
    """The lowest value worth showing: far below the middle, a failure would squash the rest."""
    best, middle = values.max(), float(np.median(values))
    return float(max(values.min(), best - 4 * max(best - middle, 0.005)))


def format_count(value: float) -> str:
    """A count in k, M or G with three digits.

    >>> format_count(385_814_752), format_count(2e6), format_count(1.5e9), format_count(900)
    ('386 M', '2 M', '1.5 G', '900')
    """
    for factor, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= 0.9995 * factor:
            return f"{value / factor:.3g}{unit}"
    return f"{value:.3g}"


def _log_ticks(low: float, high: float) -> list[float]:
    """Steps of 1, 2 and 5, of 1 alone where these are many, or even ones where they are few."""
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ([1.0], [1.0, 2.0, 5.0]):
        ticks = np.sort(np.outer(powers, steps).ravel())
        inside = ticks[(ticks >= low) & (ticks <= high)]
        if len(inside) >= 4:
            return [float(tick) for tick in inside]
    even = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in even if low <= tick <= high]


def _annotate(
    axes: Axes, point: tuple[float, float], words: str, direction: tuple[int, int], reach: float,
    color: str,
) -> Bbox:  # fmt: skip
    x, y = direction
    text = axes.annotate(
        words, point, (x * reach, y * reach), textcoords="offset points", size=_SIZE, color=color,
        ha=_ALIGN_X[x], va=_ALIGN_Y[y],
    )  # fmt: skip
    return text.get_window_extent(_renderer(axes))


def _cost(box: Bbox, taken: Sequence[Bbox], pixels: FloatArray, frame: Bbox) -> float:
    """Points covered, and much more for leaving the frame or covering another label."""
    roomy = box.padded(3)
    covered = ((pixels >= roomy.min) & (pixels <= roomy.max)).all(axis=1).sum()
    is_outside = not (frame.contains(*box.min) and frame.contains(*box.max))
    clashes = sum(roomy.overlaps(other) for other in taken)
    return float(covered + 1000 * is_outside + 300 * clashes)


def _renderer(axes: Axes):
    canvas = axes.get_figure(root=True).canvas
    assert isinstance(canvas, FigureCanvasAgg)
    return canvas.get_renderer()
