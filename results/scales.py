"""Scales of a figure: limits with some room, and ticks with units."""

from collections.abc import Callable, Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from mbscale.space.cost import format_count


def scale_macs(axes: Axes, macs: Iterable[float], *, which: str = "x") -> None:
    """A logarithmic axis around ``macs``, with ticks such as 2 M, 5 M and 10 M."""
    values = list(macs)
    margin = max((max(values) / min(values)) ** 0.08, 1.05)
    low, high = min(values) / margin, max(values) * margin
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    axis.set_major_locator(FixedLocator(_log_ticks(low, high)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(_formatter(format_count))


def scale_y(axes: Axes, low: float, high: float, *, percent: bool) -> None:
    """A y axis with some room around ``low`` and ``high``; ``percent`` is for shares of one."""
    margin = max(0.06 * (high - low), 0.005)
    # More room above, where labels stand.
    axes.set_ylim(low - margin, high + 1.5 * margin)
    _write_ticks(axes.yaxis, axes.get_ylim(), n_most=7, percent=percent)


def scale_x(axes: Axes, low: float, high: float) -> None:
    """An x axis in percent with some room around two shares of one."""
    margin = max(0.06 * (high - low), 0.005)
    axes.set_xlim(low - margin, high + margin)
    _write_ticks(axes.xaxis, axes.get_xlim(), n_most=6, percent=True)


def _write_ticks(axis: Axis, limits: tuple[float, float], *, n_most: int, percent: bool) -> None:
    locator = MaxNLocator(nbins=n_most, steps=[1, 2, 5, 10])
    factor, unit = (100, " %") if percent else (1, "")
    first, second, *_ = np.asarray(locator.tick_values(*limits)).tolist()
    step = factor * (second - first)
    n_decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    axis.set_major_locator(locator)
    axis.set_major_formatter(_formatter(lambda value: f"{factor * value:.{n_decimals}f}{unit}"))


def _log_ticks(low: float, high: float) -> list[float]:
    """Steps of 1, 2 and 5, of 1 alone where these are many, or even ones where they are few."""
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps, least in (([1.0], 4), ([1.0, 2.0, 5.0], 3)):
        ticks = np.sort(np.outer(powers, steps).ravel())
        inside = ticks[(ticks >= low) & (ticks <= high)]
        if len(inside) >= least:
            return [float(tick) for tick in inside]
    even = np.asarray(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    kept: list[float] = []
    for tick in even[(even >= low) & (even <= high)].tolist():
        # On a logarithmic axis the upper ones crowd.
        if not kept or np.log(tick / kept[-1]) > 0.1 * np.log(high / low):
            kept.append(tick)
    return kept


def _formatter(write: Callable[[float], str]) -> FuncFormatter:
    def write_tick(value: float, _: int | None) -> str:
        return write(value)

    return FuncFormatter(write_tick)
