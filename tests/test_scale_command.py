"""Stage 2 and its experiments, from the command line to a folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mbscale.cli.main import main
from mbscale.config import load_run_config
from mbscale.proxy.fingerprint import fingerprint
from mbscale.results.rows import read_rows
from mbscale.search.scaling.experiments import CurveRow
from mbscale.search.scaling.rows import ScalingRow
from mbscale.search.study.lock import lock_folder
from mbscale.space.published import PUBLISHED, load_network

NETWORK = """
schema_version: 1
name: tiny
resolution: 16
num_classes: 10
architecture:
  stem: {width: 8}
  head_width: 16
  stages:
    - {operator: ds, width: 8, depth: 1, stride: 2}
    - {operator: mbconv, width: 8, depth: 2, stride: 2, expand_ratio: 2}
"""
TINY = [
    part
    for setting in (
        "proxy.training.epochs=1", "proxy.data.n_train=200", "proxy.data.n_selection=200",
        "proxy.resolution=16", "scale.n_seeds=3", "scale.max_candidates=4",
        "scale.n_finalists=2", "scale.candidates.max_resolution=24",
    )
    for part in ("--set", setting)
]  # fmt: skip

TOO_LOW = ["--set", "scale.candidates.max_resolution=192"]


@pytest.fixture
def network(tmp_path: Path) -> str:
    path = tmp_path / "tiny.yaml"
    path.write_text(NETWORK)
    return str(path)


def scale(*flags: str) -> int:
    return main(["scale", *flags, "-q"])


@pytest.mark.slow
def test_a_network_from_outside_is_scaled_in_its_own_folder(
    tmp_path: Path, network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    begin = ["--architecture", network, *TINY, "--out", str(folder), "--json"]
    assert scale(*begin) == 0
    first = json.loads(capsys.readouterr().out)
    trained = (folder / "evaluations.jsonl").read_text()

    mark = fingerprint(load_run_config(folder / "config.yaml").proxy)
    assert {json.loads(line)["fingerprint"] for line in trained.splitlines()} == {mark}
    assert {"alpha", "beta", "gamma", "measured_product", "family", "verdict"} <= set(first)
    assert first["beta_interval"][0] <= first["beta"] <= first["beta_interval"][1]
    assert first["tied"]
    assert sum(entry["is_chosen"] for entry in first["confirmations"]) == 1
    rows = read_rows(folder / "scaling.csv", ScalingRow)
    assert max(row.resolution for row in rows) <= 24
    assert load_network(str(folder / "baseline.yaml")).name == "tiny"
    # Gone on with, nothing is trained again and the same comes out.
    assert scale(*begin) == 2
    assert "add --resume" in capsys.readouterr().err
    assert scale(*begin, "--resume") == 0
    assert json.loads(capsys.readouterr().out) == first
    # What decides no result changes no training.
    for changed in (
        *("proxy.certificate=other.yaml", "proxy.training.threads=2", "proxy.data.cache=other"),
        *("proxy.device=cpu", "proxy.zero_cost.batch_size=9", "proxy.supernet.epochs=3"),
    ):
        assert scale("--out", str(folder), "--json", "--set", changed) == 0
    assert (folder / "evaluations.jsonl").read_text() == trained


@pytest.mark.slow
def test_an_experiment_leaves_a_table_and_a_figure_and_goes_on(
    tmp_path: Path, network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    begin = ["--architecture", network, *TINY, "--out", str(folder), "--json"]
    assert scale("--experiment", "ways", *begin) == 0
    printed = json.loads(capsys.readouterr().out)

    rows = read_rows(folder / "ways.csv", CurveRow)
    assert [row.line for row in rows] == ["baseline", "depth", "width", "resolution", "compound"]
    assert [row["accuracy"] for row in printed] == [row.accuracy for row in rows]
    assert all(row.n_seeds == 3 and row.accuracy_low is not None for row in rows)
    assert (folder / "ways.png").stat().st_size > 10_000
    # The folder is a run now: it needs no second mention of the network, nor trainings.
    before = (folder / "evaluations.jsonl").read_text()
    assert scale("--experiment", "ways", "--out", str(folder), "--json") == 0
    assert json.loads(capsys.readouterr().out) == printed
    assert (folder / "evaluations.jsonl").read_text() == before


@pytest.mark.slow
def test_wrong_images_leave_no_folder(
    tmp_path: Path, network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ["--set", "proxy.data.name=npz", "--set", "proxy.data.path=nowhere.npz"]
    folder = tmp_path / "run"

    assert scale("--architecture", network, *wrong, "--out", str(folder)) == 2
    assert "nowhere.npz does not exist" in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.slow
def test_a_folder_of_another_baseline_or_in_use_is_left_alone(
    tmp_path: Path, network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    with lock_folder(folder):
        assert scale("--architecture", network, *TINY, "--out", str(folder)) == 1
    assert "is in use by process" in capsys.readouterr().err
    (folder / "baseline.yaml").write_text(NETWORK)

    assert scale("--architecture", "efficientnet-b0", *TINY, "--out", str(folder)) == 2
    assert "another network than efficientnet-b0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "n_rows", "gmacs"),
    [
        # Figures 3 and 4 and Tables 3 and 7 of arXiv:1905.11946, recomputed.
        (["--curves", "--architecture", "efficientnet-b0"], 19, 8.71),
        (["--experiment", "widths", "--architecture", "efficientnet-b0"], 24, 34.05),
        (["--experiment", "existing"], 15, 16.35),
        (["--experiment", "existing", "--architecture", "mobilenet-v2"], 5, 1.44),
        (["--experiment", "ways", "--architecture", "efficientnet-b0"], 5, 1.82),
    ],
)
def test_an_experiment_lists_its_costs_without_training(
    flags: list[str], n_rows: int, gmacs: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scale(*flags, "--dry-run", "--json") == 0

    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == n_rows
    assert max(row["macs"] for row in rows) / 1e9 == pytest.approx(gmacs, abs=0.05)
    assert all(row["accuracy"] is None for row in rows)


@pytest.mark.parametrize("constraint", ["nominal", "measured"])
def test_the_constraint_is_that_of_the_flag(
    constraint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    column = {"nominal": "nominal_product", "measured": "measured_ratio"}[constraint]
    coarse = ("scale.candidates.step=0.1", "scale.candidates.resolution_multiple=1")
    flags = [part for setting in coarse for part in ("--set", setting)]
    begin = ["--architecture", "efficientnet-b0", "--dry-run", "--json", *flags]
    assert scale(*begin, "--constraint", constraint) == 0

    rows = [row for row in json.loads(capsys.readouterr().out) if row["n_points"]]
    assert all(abs(row[column] / 2 - 1) <= 0.05 for row in rows)
    # By the paper's literal rule 20 points, which are 18 networks.
    assert constraint == "measured" or (len(rows), sum(row["n_points"] for row in rows)) == (18, 20)


def test_candidates_have_the_fields_of_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert scale("--architecture", "efficientnet-b0", "--dry-run", "--json") == 0

    rows = json.loads(capsys.readouterr().out)
    fields = {"alpha", "beta", "gamma", "nominal_product", "measured_ratio", "macs", "control"}
    assert fields <= set(rows[0])
    controls = {name for row in rows for name in (row["control"] or "").split("+")}
    assert controls >= {"depth", "width", "resolution", "uniform", "dWr", "paper"}


def test_a_fit_shows_slopes_constants_and_the_errors_of_both_surfaces(
    shared_file: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert scale("--table", str(shared_file("mobilenet_width_resolution_grid.csv"))) == 0

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"width -0.272 -0.287 to -0.258", "gamma 1.006 1.000 to 1.081"} <= set(lines)
    assert {"plane 0.021", "curved surface 0.008"} <= set(lines)
    # The table has one depth, so that nothing is said of alpha.
    assert not any(line.startswith("alpha") for line in lines)


def test_a_matched_family_takes_its_multiple(capsys: pytest.CaptureFixture[str]) -> None:
    begin = ["family", "--architecture", "efficientnet-b0", "--phi", "2", "--multiple", "3", "-q"]
    assert main([*begin, "--mode", "matched", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["measured_ratio"] == pytest.approx(9, rel=0.05)

    assert main(begin) == 2
    assert "--multiple is for --mode matched" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--dry-run", "--out", "nowhere"], "--architecture"),
        (["--curves", "--dry-run", "--out", "nowhere"], "--architecture"),
        (["--curves", "--out", "nowhere"], "holds no run"),
        (["--experiment", "ways", "--architecture", "eficientnet-b0"], "efficientnet-b0"),
        (["--table", "x.csv", "--dry-run"], "--dry-run"),
        (["--table", "x.csv", "--architecture", "efficientnet-b0"], "--architecture"),
        (["--table", "x.csv", "--set", "seed=1"], "--set"),
        (["--table", "x.csv", "--seed", "0"], "--seed"),
        (["--table", "x.csv", "--constraint", "nominal"], "--constraint"),
        (
            ["--curves", "--architecture", "efficientnet-b0", "--constraint", "nominal"],
            "own factors",
        ),
        (["--table", "nowhere.csv"], "nowhere.csv"),
        (["--architecture", "efficientnet-b0", "--dry-run", *TOO_LOW], "at least the 224 pixels"),
        (["--curves", "--architecture", "efficientnet-b0", "--dry-run", *TOO_LOW], "at least the"),
        (["--architecture", "efficientnet-b0", "--dry-run", "--set", "scale.n_seed=3"], "n_seeds"),
    ],
)
def test_wrong_use_ends_with_one_sentence(
    flags: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scale(*flags) == 2

    message = capsys.readouterr().err
    assert word in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("flags", [["--experiment", "figure3"], ["--curves", "--table", "x.csv"]])
def test_flags_that_do_not_exist_or_go_together_are_refused(flags: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        scale(*flags)

    assert ended.value.code == 2


def test_every_setting_file_loads() -> None:
    folder = Path(__file__).resolve().parent.parent / "configs"
    configs, networks = sorted(folder.glob("*.yaml")), sorted(folder.glob("networks/*.yaml"))

    assert configs
    assert networks
    for path in configs:
        load_run_config(path)
    for path in networks:
        assert load_network(str(path)).name not in PUBLISHED
