"""docs/scaling.md against the code: its recomputed numbers are recomputed here."""

import re
from pathlib import Path

import pytest

from mbscale.space.published import load_network
from mbscale.space.scaling import PAPER_CONSTANTS, ScalingRules, scale_network
from mbscale.space.scaling_curves import scale_ways

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "scaling.md").read_text("utf-8")
TABLE_ROWS: list[tuple[str, str, str]] = re.findall(
    r"^\| [37] \| ([\w-]+) \| (\w+) \| [\d.]+ \| ([\d.]+) \|$", PAGE, re.MULTILINE
)
CODE_ROWS: list[tuple[str, str]] = re.findall(
    r"^\| 2 \| ([\w-]+) \| its code \| [\d.]+ \| ([\d.]+) \|$", PAGE, re.MULTILINE
)
PHI_ROWS: list[tuple[str, ...]] = re.findall(
    r"^\| (\d) \| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", PAGE, re.MULTILINE
)


def test_the_page_has_all_rows() -> None:
    assert (len(TABLE_ROWS), len(CODE_ROWS), len(PHI_ROWS)) == (19, 8, 8)


@pytest.mark.parametrize("row", TABLE_ROWS)
def test_recomputed_gmacs_are_what_the_code_counts(row: tuple[str, str, str]) -> None:
    name, line, gmacs = row
    ways = {point.line: point for point in scale_ways(load_network(name), ScalingRules())}

    assert f"{ways[line].macs / 1e9:.2f}" == gmacs


@pytest.mark.parametrize(("name", "gmacs"), CODE_ROWS)
def test_members_cost_what_the_page_says(name: str, gmacs: str) -> None:
    assert f"{load_network(name).count_cost().macs / 1e9:.2f}" == gmacs


@pytest.mark.parametrize("row", PHI_ROWS)
def test_powers_of_the_papers_constants_are_what_the_code_counts(row: tuple[str, ...]) -> None:
    b0 = load_network("efficientnet-b0")
    up = scale_network(b0, PAPER_CONSTANTS, phi=int(row[0]))
    nearest = scale_network(
        b0, PAPER_CONSTANTS, phi=int(row[0]), rules=ScalingRules(depth_rounding="round")
    )

    ratios = [
        PAPER_CONSTANTS.nominal_multiple ** int(row[0]),
        *(entry.count_cost().macs / b0.count_cost().macs for entry in (up, nearest)),
    ]
    assert [str(up.target.resolution), *(f"{ratio:.2f}" for ratio in ratios)] == list(row[1:])
