"""Fits on recorded networks against what was computed by least squares."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mbscale.errors import DataError
from mbscale.search.scaling.recorded_grid import TableFit, fit_table

SharedFile = Callable[[str], Path]


@pytest.fixture
def mobilenets(shared_file: SharedFile) -> dict[str, TableFit]:
    path = shared_file("mobilenet_width_resolution_grid.csv")
    return {fit.family: fit for fit in fit_table(path)}


@pytest.mark.parametrize(
    ("family", "dimension", "fall"),
    [
        ("mobilenet_v1", "width", 0.27),
        ("mobilenet_v1", "resolution", 0.22),
        ("mobilenet_v2", "width", 0.23),
        ("mobilenet_v2", "resolution", 0.27),
    ],
)
def test_log_error_falls_as_published_for_each_doubling(
    mobilenets: dict[str, TableFit], family: str, dimension: str, fall: float
) -> None:
    slopes = {slope.dimension: slope.log_error for slope in mobilenets[family].slopes}

    assert set(slopes) == {"width", "resolution"}
    assert slopes[dimension].low < -fall < slopes[dimension].high
    assert slopes[dimension].high - slopes[dimension].low < 0.1


def test_the_surface_predicts_left_out_mobilenets_better_than_the_plane(
    mobilenets: dict[str, TableFit],
) -> None:
    for fit, n_networks in zip(mobilenets.values(), (16, 22), strict=True):
        assert fit.n_networks == n_networks
        # Least squares gives 0.021 and 0.020 for the planes, 0.008 and 0.016 for the surfaces.
        assert fit.plane_error == pytest.approx(0.0206, abs=0.001)
        assert fit.surface_error is not None
        assert fit.surface_error < fit.plane_error


def test_mobilenets_split_between_width_and_resolution_alone(
    mobilenets: dict[str, TableFit],
) -> None:
    for fit in mobilenets.values():
        assert fit.split is not None
        assert fit.split.alpha.best == 1
        assert fit.split.constants.nominal_multiple == pytest.approx(2)


def _write(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_exact_power_laws_are_found_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows: list[str] = []
    for depth, width, resolution in rng.uniform(1, 3, (30, 3)):
        error = 0.5 * depth**-0.3 * width**-0.4 * resolution**-0.2
        rows.append(f"{depth},{width},{resolution},{1 - error}")
    (fit,) = fit_table(_write(tmp_path / "t.csv", "depth,width,resolution,accuracy", *rows))

    falls = [-slope.log_error.best for slope in fit.slopes]
    assert falls == pytest.approx([0.3 * np.log(2), 0.4 * np.log(2), 0.2 * np.log(2)], abs=0.005)


def test_few_networks_give_slopes_but_no_surface(tmp_path: Path) -> None:
    rows = ["1,32,0.5", "2,32,0.6", "1,64,0.55", "2,64,0.64", "4,64,0.7"]
    (fit,) = fit_table(_write(tmp_path / "t.csv", "width,resolution,accuracy", *rows))

    assert fit.split is None
    assert fit.surface_error is None
    assert len(fit.slopes) == 2


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("width,top5", ["1,50"], "needs a column accuracy or top1"),
        ("top1", ["50"], "needs a column accuracy or top1"),
        ("width,top1", ["1,50", "2,x"], r"line 3, column top1: must be a number"),
        ("width,top1", ["1,50", "2,nan"], r"line 3, column top1: must be a number"),
        ("width,top1", ["1,"], "holds no network with an accuracy"),
        ("width,top1", ["0,50"], r"line 2, column width: must be a number above 0"),
        ("width,top1", ["1,100"], r"line 2, column top1: must be between 0 and 100"),
        ("width,accuracy", ["1,50"], r"line 2, column accuracy: must be between 0 and 1"),
        ("width,top1", ["1,50", "2"], "line 3 has 1 cells"),
        ("width,top1", ["1,50", "2,60"], "too few for a fit"),
        ("width,top1", ["1,50", "1,60", "1,70"], "too few for a fit"),
    ],
)
def test_a_table_that_cannot_be_fitted_is_refused(
    header: str, rows: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        fit_table(_write(tmp_path / "t.csv", header, *rows))


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"t.csv cannot be read"):
        fit_table(tmp_path / "t.csv")
