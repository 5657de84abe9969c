"""Labels that give way to what is drawn."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from mbscale.results.chart import FloatArray, mark_x, new_chart


def count_covered(axes: Axes, points: FloatArray) -> int:
    """How many points lie under the only text."""
    (text,) = axes.texts
    box = text.get_window_extent()
    pixels = axes.transData.transform(points)
    return int(((pixels >= box.min) & (pixels <= box.max)).all(axis=1).sum())


@pytest.mark.parametrize("x", [1.0, 9.8])
@pytest.mark.parametrize("foot", [0.0, 10.0])
def test_the_name_of_a_line_stands_where_no_point_is(x: float, foot: float) -> None:
    axes = new_chart(title="", x_label="")
    axes.set(xlim=(0, 10), ylim=(0, 10))
    crowd = np.array([(px, abs(foot - py)) for px in np.arange(0, 10, 0.2) for py in (0.2, 0.5)])

    mark_x(axes, x, "target 3 M", around=crowd)

    assert count_covered(axes, crowd) == 0
    (text,) = axes.texts
    assert axes.bbox.contains(*text.get_window_extent().min)
    assert axes.bbox.contains(*text.get_window_extent().max)
