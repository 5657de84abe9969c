"""What the paper's scaling experiments cost, against what was computed before the code."""

import pytest

from mbscale.space.published import load_network
from mbscale.space.scaling import ScalingRules
from mbscale.space.scaling_curves import (
    ScaledNetwork,
    make_experiment,
    match_ways,
    scale_dimensions,
    scale_ways,
    scale_widths,
)

B0 = load_network("efficientnet-b0")
PLAIN = ScalingRules()


def _gmacs(points: tuple[ScaledNetwork, ...], line: str, *, digits: int = 2) -> list[float]:
    return [round(point.macs / 1e9, digits) for point in points if point.line == line]


@pytest.mark.parametrize(
    ("line", "gmacs"),
    [
        ("width", [0.39, 0.74, 1.18, 2.39, 5.06, 8.71]),
        ("depth", [0.39, 0.78, 1.18, 1.58, 2.37, 3.16]),
        ("resolution", [0.39, 0.72, 0.89, 1.13, 1.46, 1.92, 2.45]),
    ],
)
def test_figure_3s_cost_axis_is_met(line: str, gmacs: list[float]) -> None:
    assert _gmacs(scale_dimensions(B0, PLAIN), line) == gmacs


def test_figure_4s_lines_start_where_they_were_computed() -> None:
    lines = scale_widths(B0, PLAIN, widths=(1,))

    assert [round(point.macs / 1e9, 3) for point in lines] == [0.386, 0.730, 0.782, 1.487]
    assert [point.network.target.resolution for point in lines] == [224, 299, 224, 299]


def test_table_7_costs_what_was_recomputed() -> None:
    gmacs = [round(point.macs / 1e9, 3) for point in scale_ways(B0, PLAIN)]

    assert gmacs == [0.386, 1.575, 1.450, 1.538, 1.800]


@pytest.mark.parametrize(
    ("name", "gmacs"),
    [
        ("mobilenet-v1", {"baseline": 0.57, "width": 2.22, "resolution": 2.27, "compound": 2.47}),
        (
            "mobilenet-v2",
            {"baseline": 0.30, "depth": 1.22, "width": 1.14, "resolution": 1.20, "compound": 1.44},
        ),
        ("resnet-50", {"baseline": 4.09, "depth": 14.57, "resolution": 16.35}),
    ],
)
def test_table_3_costs_what_was_recomputed(name: str, gmacs: dict[str, float]) -> None:
    ways = {point.line: point for point in scale_ways(load_network(name), PLAIN)}

    # ResNet-50 in width: the reference left the stem alone, tests/space/test_published_scaled.py.
    assert {line: round(ways[line].macs / 1e9, 2) for line in gmacs} == gmacs


def test_every_experiment_begins_at_the_baseline() -> None:
    for experiment in ("dimensions", "widths", "ways"):
        points = make_experiment(experiment, B0, ScalingRules(resolution_multiple=32))
        assert points[0].measured_ratio == 1
        assert points[0].network.architecture == B0.architecture


def test_matched_ways_cost_what_the_compound_network_costs() -> None:
    for name in ("efficientnet-b0", "mobilenet-v2", "resnet-50"):
        ways = {point.line: point for point in match_ways(load_network(name), PLAIN)}

        compound = ways["compound"].macs
        assert (compound, ways["baseline"].macs) == tuple(
            point.macs
            for line in ("compound", "baseline")
            for point in scale_ways(load_network(name), PLAIN)
            if point.line == line
        )
        alone = [ways[line] for line in ("depth", "width", "resolution")]
        assert all(abs(point.macs / compound - 1) < 0.06 for point in alone)
        assert [
            sum(factor != 1 for factor in (point.depth, point.width, point.resolution))
            for point in alone
        ] == [1, 1, 1]


def test_a_cap_leaves_no_network_twice_on_a_line() -> None:
    points = make_experiment("dimensions", B0, ScalingRules(max_resolution=300))

    pixels = [point.network.target.resolution for point in points if point.line == "resolution"]
    assert pixels == [224, 291, 300]
