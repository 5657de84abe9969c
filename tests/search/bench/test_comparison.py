"""Samplers against tables."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic_tables import ACCEL_HEADER, list_accel_lines, write_csv

from mbscale.cli.main import main
from mbscale.search.bench.comparison import make_problem
from mbscale.search.tables.accel_nasbench import load_shipped


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["bench", "-q", "--json", *arguments]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_the_bench_needs_nothing_but_the_package(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    document = run(capsys, "--n-trials", "12", "--seeds", "2", "--out", str(tmp_path))
    row = document["samplers"]["surrogate"]["12"]

    assert row["n_seeds"] == 2
    assert row["regret"] > 0
    assert row["regret_se"] > 0
    assert 0 < row["hypervolume"] < 1
    assert set(document["samplers"]) == {"surrogate", "random"}
    assert len(pd.read_csv(tmp_path / "bench.csv")) == 2 * 2 * 2 * 12
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
    assert "| surrogate | 12 | 2 |" in (tmp_path / "bench.md").read_text()


def test_any_optuna_sampler_is_given_by_its_import_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "optuna.samplers.TPESampler"
    document = run(
        capsys,
        "--sampler",
        "evolution",
        "--sampler",
        name,
        "--sampler",
        "surrogate-imagenet",
        "--n-trials",
        "6",
        "--seeds",
        "1",
    )

    assert set(document["samplers"]) == {"evolution", name, "surrogate-imagenet", "random"}
    assert document["samplers"]["evolution"]["6"]["hypervolume"] is None


@pytest.mark.parametrize("name", ["surrogat", "optuna.samplers.Nothing", "json.JSONDecoder"])
def test_a_name_that_is_no_sampler_is_refused(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["bench", "--sampler", name]) == 2
    assert name in capsys.readouterr().err


def test_pool_mode_needs_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--mode", "pool"]) == 2
    assert "--table" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nas_bench_macro.csv", "accel_nasbench.csv"])
def test_in_pool_mode_the_best_record_is_the_best(
    capsys: pytest.CaptureFixture[str], shared_file: Callable[[str], Path], name: str
) -> None:
    table = str(shared_file(name))
    document = run(
        capsys, "--table", table, "--mode", "pool", "--sampler", "nsga2",
        "--n-trials", "6", "--seeds", "1", "--aim", "regret",
    )  # fmt: skip

    assert document["samplers"]["nsga2"]["6"]["regret"] >= 0


def test_the_shipped_surrogate_is_the_one_of_the_table(
    shared_file: Callable[[str], Path],
) -> None:
    fitted = make_problem(shared_file("accel_nasbench.csv"), "quadratic", "surrogate")
    shipped = make_problem(None, "quadratic", "surrogate")
    vectors = shipped.table.space.sample(np.random.default_rng(0), 100)

    assert shipped.table.true_accuracy(vectors) == pytest.approx(
        fitted.table.true_accuracy(vectors), abs=1e-6
    )
    assert shipped.best.reward == pytest.approx(fitted.best.reward, abs=1e-6)
    assert shipped.table.target_macs == fitted.table.target_macs


def test_the_shipped_surrogate_ranks_the_records(shared_file: Callable[[str], Path]) -> None:
    frame = pd.read_csv(shared_file("accel_nasbench.csv"))
    problem = make_problem(shared_file("accel_nasbench.csv"), "quadratic", "pool")
    recorded = problem.table.true_accuracy(problem.table.recorded)
    predicted = load_shipped().truths["quadratic"](problem.table.recorded)

    assert 0.7 * len(frame) < len(recorded) < 0.8 * len(frame)
    assert np.corrcoef(recorded, predicted)[0, 1] > 0.98


def test_a_file_that_is_no_such_table_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")

    assert main(["bench", "--table", str(path)]) == 2
    assert "neither the columns" in capsys.readouterr().err


def refuse(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence of a command that ends with 2 before anything is measured."""
    assert main(["bench", "--n-trials", "3", "--seeds", "1", *arguments]) == 2
    shown = capsys.readouterr()
    [sentence] = shown.err.splitlines()
    assert shown.out == ""
    return sentence


def test_an_aim_that_is_given_twice_is_measured_once(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--n-trials", "3", "--seeds", "2", "--sampler", "random", "--aim", "regret"]
    once = run(capsys, *arguments)["samplers"]["random"]["3"]
    twice = run(capsys, *arguments, "--aim", "regret")["samplers"]["random"]["3"]

    assert twice["regret_se"] == once["regret_se"] > 0


def test_a_wrong_cell_of_a_table_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = list_accel_lines(8)
    lines[3][-1] = "inf"
    path = write_csv(tmp_path / "table.csv", ACCEL_HEADER, lines)

    said = refuse(capsys, "--table", str(path))
    assert f"{path} line 5, column val_top1: must be from 0 to 100 percent; got 'inf'" in said


def test_pool_mode_refuses_more_trials_than_networks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "table.csv", ACCEL_HEADER, list_accel_lines(40))
    n_networks = len(make_problem(path, "quadratic", "pool").table.recorded)
    flags = ["--table", str(path), "--mode", "pool", "--sampler", "random"]

    run(capsys, *flags, "--n-trials", str(n_networks), "--seeds", "1")
    said = refuse(capsys, *flags, "--n-trials", "50")
    assert f"it has {n_networks}, and n_trials is 50" in said


def test_a_hypervolume_needs_a_network_that_is_better_than_the_worst(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = [[*cells[:-1], "60"] for cells in list_accel_lines(8)]
    path = write_csv(tmp_path / "table.csv", ACCEL_HEADER, lines)
    flags = ["--table", str(path), "--mode", "pool", "--sampler", "random"]

    assert "give --aim regret" in refuse(capsys, *flags)
    run(capsys, *flags, "--aim", "regret", "--n-trials", "3", "--seeds", "1")


def test_a_sampler_for_one_objective_is_refused_where_nothing_else_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = refuse(capsys, "--sampler", "evolution", "--aim", "hypervolume")

    assert "evolution follows one number" in said
    assert "--aim regret" in said


def test_a_sampler_for_one_objective_is_named_where_it_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flags = ["--sampler", "evolution", "--sampler", "random", "--aim", "hypervolume"]

    assert main(["bench", "-q", *flags, "--n-trials", "2", "--seeds", "1"]) == 0
    shown = capsys.readouterr()
    assert "evolution" not in shown.out
    assert "evolution follows one number" in shown.err
    assert "left out" in shown.err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".foo.Bar", "no sampler '.foo.Bar'"),
        ("optuna..TPESampler", "no sampler"),
        ("optuna.samplers.BaseSampler", "takes no arguments"),
        ("optuna.samplers.GridSampler", "'search_space'"),
        ("mbscale.search.surrogate.sampler.SurrogateSampler", "'space'"),
    ],
)
def test_a_class_that_a_seed_does_not_make_is_refused(
    capsys: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    assert reason in refuse(capsys, "--sampler", name)


def test_a_sampler_whose_package_is_missing_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cmaes", None)

    said = refuse(capsys, "--sampler", "optuna.samplers.CmaEsSampler")
    assert "cmaes" in said


def test_the_sentence_for_an_unknown_sampler_names_each_once_and_an_example_that_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = refuse(capsys, "--sampler", "nothing").replace(",", " ").split()
    assert names.count("surrogate") == 1

    document = run(capsys, "--sampler", names[-1], "--n-trials", "12", "--seeds", "1")
    assert names[-1] in document["samplers"]


def test_out_must_name_a_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")

    assert "--out file is a file" in refuse(capsys, "--out", "file")
    with pytest.raises(SystemExit, match="2"):
        main(["bench", "--n-trials", "1", "--seeds", "1", "--out", ""])
    assert "--out: must name a folder; got ''" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
