"""scaling.yaml and scaling.csv, out and in again."""

from pathlib import Path

import pytest

from mbscale.errors import ConfigError
from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.results.rows import read_rows, write_rows
from mbscale.search.evaluation_log import EvaluationLog
from mbscale.search.scaling.constants_yaml import describe_outcome, read_scaling, write_scaling
from mbscale.search.scaling.find_constants import ScalingOutcome, run_scaling
from mbscale.search.scaling.rounds import ScalingTask
from mbscale.search.scaling.rows import (
    CandidateRow,
    FamilyRow,
    ScalingRow,
    candidate_rows,
    family_rows,
    scaling_rows,
)
from mbscale.search.scaling.settings import ScaleSettings
from mbscale.space.architecture import Architecture
from mbscale.space.family import FamilySettings, make_family
from mbscale.space.published import load_network
from mbscale.space.scaling import PAPER_CONSTANTS

B0 = load_network("efficientnet-b0")


def _evaluate(
    architecture: Architecture,
    *,
    seed: int,
    split: SplitName = "selection",
    resolution: int | None = None,
    on_epoch: OnEpoch | None = None,
) -> Evaluation:
    accuracy = 0.5 + (seed % 1000) / 1e5 + sum(s.depth for s in architecture.stages) / 1000
    return Evaluation("complete", accuracy, 1 - accuracy, 2.5, 1, seed, 10)


@pytest.fixture(scope="module")
def outcome() -> ScalingOutcome:
    task = ScalingTask(B0, ScaleSettings(confirm_phi_2=True), 32, 3, seed=0, source_resolution=32)
    return run_scaling(task, _evaluate, EvaluationLog())


def test_the_constants_come_back_as_they_were_written(
    outcome: ScalingOutcome, tmp_path: Path
) -> None:
    write_scaling(tmp_path / "scaling.yaml", outcome)

    file = read_scaling(tmp_path / "scaling.yaml")
    assert file == describe_outcome(outcome)
    assert file.constants == outcome.constants
    assert file.nominal_product == pytest.approx(2)
    assert file.verdict == outcome.comparison.statement


def test_constants_written_by_hand_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "scaling.yaml"
    path.write_text("schema_version: 1\nalpha: 1.2\nbeta: 1.1\ngamma: 1.15\n")

    assert read_scaling(path).constants == PAPER_CONSTANTS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema_version: 1\nalpa: 1.2\nbeta: 1.1\ngamma: 1.15\n", "did you mean 'alpha'"),
        ("schema_version: 2\nalpha: 1.2\nbeta: 1.1\ngamma: 1.15\n", "schema_version must be 1"),
        ("schema_version: 1\nalpha: x\nbeta: 1.1\ngamma: 1.15\n", "alpha"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "scaling.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError, match=message):
        read_scaling(path)


def test_rows_come_back_as_they_were_written(outcome: ScalingOutcome, tmp_path: Path) -> None:
    rows = scaling_rows(outcome)
    write_rows(tmp_path / "scaling.csv", rows, ScalingRow)
    write_rows(tmp_path / "candidates.csv", candidate_rows(outcome.found), CandidateRow)
    family = family_rows(make_family(B0, PAPER_CONSTANTS, FamilySettings()))
    write_rows(tmp_path / "family.csv", family, FamilyRow)

    assert read_rows(tmp_path / "scaling.csv", ScalingRow) == rows
    assert read_rows(tmp_path / "family.csv", FamilyRow) == family
    assert {row.phi for row in rows} == {0, 1, 2}
    assert all(row.accuracy_low is not None for row in rows)
    assert rows[0].name == "efficientnet-b0"
