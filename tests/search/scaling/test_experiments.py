"""The paper's experiments, from points to rows."""

from pathlib import Path

import pytest

from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.results.rows import read_rows, write_rows
from mbscale.search.evaluation_log import EvaluationJob, EvaluationLog
from mbscale.search.scaling.experiments import CurveRow, describe_experiment, run_experiment
from mbscale.search.scaling.recorded_grid import fit_table
from mbscale.search.scaling.rounds import ScalingTask
from mbscale.search.scaling.settings import ScaleSettings
from mbscale.space.architecture import Architecture
from mbscale.space.cost import count_cost
from mbscale.space.published import load_network
from mbscale.space.scaling import ScalingRules
from mbscale.space.scaling_curves import scale_dimensions, scale_widths

B0 = load_network("efficientnet-b0")
TASK = ScalingTask(B0, ScaleSettings(n_seeds=3), 224, 350, seed=0)


def _evaluate(
    architecture: Architecture,
    *,
    seed: int,
    split: SplitName = "selection",
    resolution: int | None = None,
    on_epoch: OnEpoch | None = None,
) -> Evaluation:
    cost = count_cost(architecture, resolution=resolution or 1, num_classes=1000)
    accuracy = 1 - 0.3 * (cost.macs / 385_814_752) ** -0.2 + (seed % 100) * 1e-5
    return Evaluation("complete", accuracy, 1 - accuracy, 1.0, 1, seed, 10)


def test_a_network_on_several_lines_is_trained_once() -> None:
    points = scale_dimensions(B0, ScalingRules())
    jobs: list[EvaluationJob] = []

    def keep(job: EvaluationJob, evaluation: Evaluation) -> None:
        jobs.append(job)

    rows = run_experiment(TASK, points, _evaluate, EvaluationLog(), on_evaluation=keep)

    # 19 points, of which three are the baseline; three seeds.
    assert len(rows) == 19
    assert len(jobs) == 17 * 3
    assert len({row.accuracy for row in rows if row.measured_ratio == 1}) == 1


def test_rows_come_back_and_can_be_fitted_as_a_table(tmp_path: Path) -> None:
    points = scale_dimensions(B0, ScalingRules())
    rows = run_experiment(TASK, points, _evaluate, EvaluationLog())
    write_rows(tmp_path / "curves.csv", rows, CurveRow)

    assert read_rows(tmp_path / "curves.csv", CurveRow) == rows
    (fit,) = fit_table(tmp_path / "curves.csv")
    slopes = {slope.dimension: slope.log_error.best for slope in fit.slopes}
    # 0.2 * ln 2 for each doubling of cost, once for depth and twice for the others.
    assert slopes["depth"] == pytest.approx(-0.139, abs=0.02)
    assert slopes["width"] == pytest.approx(-0.277, abs=0.03)


def test_what_would_be_trained_is_known_before() -> None:
    rows = describe_experiment(scale_widths(B0, ScalingRules()))

    assert len(rows) == 24
    assert all(row.accuracy is None and row.n_seeds == 0 for row in rows)
