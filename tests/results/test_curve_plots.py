"""The figures of the scaling experiments, read back from their SVG."""

import re
from dataclasses import dataclass
from pathlib import Path

from mbscale.results.curve_plots import plot_curves
from mbscale.results.ways_plot import plot_ways


@dataclass(frozen=True, slots=True)
class Point:
    line: str
    macs: int
    accuracy: float | None
    depth: float = 1
    width: float = 1
    resolution: int = 224
    family: str = "b0"
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    measured_ratio: float = 1
    n_seeds: int = 3


BASELINE = Point("width", 400_000_000, 0.70, accuracy_low=0.69, accuracy_high=0.71)
CURVES = (
    BASELINE,
    Point("width", 800_000_000, 0.72, width=1.4),
    Point("depth", 400_000_000, 0.70),
    Point("depth", 800_000_000, 0.73, depth=2),
    Point("resolution", 400_000_000, 0.70),
    Point("resolution", 800_000_000, 0.74, resolution=291),
    Point("resolution", 900_000_000, None, resolution=336),
)


def words(path: Path) -> list[str]:
    """Every text of an SVG: matplotlib names each in a comment beside its outlines."""
    return re.findall(r"<!-- (.+?) -->", path.read_text())


def test_each_line_is_in_the_key_and_each_point_says_what_grew(tmp_path: Path) -> None:
    plot_curves(tmp_path / "a.svg", CURVES, title="One dimension at a time")

    found = words(tmp_path / "a.svg")
    assert {"● width", "■ depth", "▲ resolution", "| 95 % interval"} <= set(found)
    assert {"1.4x", "2x", "291 px", "One dimension at a time"} <= set(found)
    assert "1x" not in found


def test_points_without_accuracy_are_left_out(tmp_path: Path) -> None:
    plot_curves(tmp_path / "a.svg", CURVES, title="")

    assert "336 px" not in words(tmp_path / "a.svg")


def test_ways_are_named_and_families_told_apart(tmp_path: Path) -> None:
    ways = [
        Point(line, 10**8, accuracy, family=family, depth=depth, n_seeds=5)
        for family in ("mobilenet-v1", "resnet-50")
        for line, depth, accuracy in (("baseline", 1, 0.7), ("depth", 4, 0.8), ("compound", 2, 0.9))
    ]
    plot_ways(tmp_path / "a.svg", ways, title="Existing networks")

    found = words(tmp_path / "a.svg")
    names = ("mobilenet-v1", "resnet-50", "baseline", "depth", "compound")
    order = [word for word in found if word in names]
    # Each best first; the column of depths has that name too.
    group = ["compound", "depth", "baseline"]
    assert order == ["mobilenet-v1", "depth", *group, "resnet-50", *group]
    assert {"4.00", "● compound", "■ control", "◆ baseline"} <= set(found)


def test_an_experiment_of_nothing_says_so(tmp_path: Path) -> None:
    plot_curves(tmp_path / "curves.svg", CURVES[-1:], title="")
    plot_ways(tmp_path / "ways.svg", (), title="")

    assert "no network has been trained yet" in words(tmp_path / "curves.svg")
    assert "no network has been trained yet" in words(tmp_path / "ways.svg")
