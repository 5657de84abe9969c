"""family.png: what the members of a family cost."""

# ruff: noqa: D102 - the fields of the protocol are those of the CSV file

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes

from mbscale.results.chart import (
    BLUE,
    GREY,
    KeyEntry,
    add_key,
    add_label,
    new_chart,
    save_chart,
    say_empty,
)
from mbscale.results.scales import scale_macs
from mbscale.space.cost import format_count


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
