"""docs/scaling.md against the code, and docs/scaling-ways.md against its CSV file."""

import re
from pathlib import Path

import pytest

from mbscale.results.rows import read_rows
from mbscale.search.scaling.experiments import CurveRow
from mbscale.space.published import load_network
from mbscale.space.scaling import PAPER_CONSTANTS, ScalingRules, scale_network
from mbscale.space.scaling_curves import scale_ways

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "scaling.md").read_text("utf-8")
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


def test_the_page_of_the_ways_has_the_numbers_of_its_table() -> None:
    page = (DOCS / "scaling-ways.md").read_text("utf-8")
    rows = read_rows(DOCS / "scaling-ways.csv", CurveRow)

    assert len(rows) == 5
    for row in rows:
        assert row.accuracy is not None
        assert row.accuracy_low is not None
        assert row.accuracy_high is not None
        numbers = (
            f"{row.line} | {row.depth:.3g} | {row.width:.3g} | {row.resolution} "
            f"| {row.macs / 1e6:.2f} | {row.measured_ratio:.2f} | {100 * row.accuracy:.1f} "
            f"({100 * row.accuracy_low:.1f} to {100 * row.accuracy_high:.1f}) | {row.log_loss:.3f}"
        )
        assert f"| {numbers} |" in page
