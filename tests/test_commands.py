"""The program as a user starts it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_help_is_shown_from_a_checkout() -> None:
    command = [sys.executable, "run_search.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "usage: mbscale" in done.stdout


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run_search.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--set", "search.n_trails=3"], "n_trials"),
        (["profile", "--architecture", "eficientnet-b0"], "efficientnet-b0"),
        (["--config", "no-such-file.yaml"], "no-such-file.yaml"),
        (["--set", "search"], "key=value"),
        (["profile"], "--architecture"),
        (["scale", "--dry-run"], "--architecture"),
    ],
)
def test_wrong_use_ends_with_one_sentence(arguments: list[str], word: str) -> None:
    done = run_program(*arguments)

    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("| true; exit ${PIPESTATUS[0]}", 1, ""),
        ("> /dev/full", 1, "mbscale: the output cannot be written: No space left on device\n"),
    ],
)
def test_output_that_nobody_takes_ends_without_a_traceback(
    target: str, status: int, said: str
) -> None:
    verb = f"{sys.executable} run_search.py family --architecture efficientnet-b0"
    done = subprocess.run(
        ["bash", "-c", f"{verb} {target}"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (status, said)


@pytest.mark.slow
def test_a_sign_that_the_terminal_lacks_loses_no_table() -> None:
    command = [*("bench", "--n-trials", "2", "--seeds", "2", "--workers", "1")]
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "run_search.py", *command, "--sampler", "random", "--aim", "regret"],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **ascii_only},
    )  # fmt: skip

    assert done.returncode == 0
    assert "random" in done.stdout


@pytest.mark.slow
def test_profile_prints_the_published_counts_as_json() -> None:
    done = run_program("profile", "--architecture", "efficientnet-b0", "--json")

    document = json.loads(done.stdout)
    assert (document["params"], document["macs"]) == (5_288_548, 385_814_752)
    assert document["flop_counter_macs"] == document["macs"]
    assert document["peak_memory"] == 1_505_280
    assert "batch norm" in document["thop_reason"]


@pytest.mark.slow
def test_profile_sizes_the_space_of_a_config() -> None:
    done = run_program("profile", "--config", "configs/quick.yaml", "--json")

    document = json.loads(done.stdout)
    assert document["networks"] < document["vectors"]
    assert document["smallest_macs"] < document["target_macs"] < document["largest_macs"]
    assert document["can_meet_target"] == "yes"


@pytest.mark.slow
def test_scale_lists_candidates_that_cost_the_multiple() -> None:
    done = run_program("scale", "--architecture", "efficientnet-b0", "--dry-run", "--json")

    rows = [row for row in json.loads(done.stdout) if row["control"] is None]
    assert rows
    assert all(abs(row["measured_ratio"] / 2 - 1) <= 0.05 for row in rows)


@pytest.mark.slow
def test_scale_fits_a_table_of_recorded_networks(shared_file: Callable[[str], Path]) -> None:
    path = shared_file("mobilenet_width_resolution_grid.csv")
    done = run_program("scale", "--table", str(path), "--json")

    assert {fit["family"] for fit in json.loads(done.stdout)} == {"mobilenet_v1", "mobilenet_v2"}


@pytest.mark.slow
def test_a_run_leaves_its_files_and_goes_on(tmp_path: Path) -> None:
    settings = (
        "search.n_trials=3",
        "confirm.top_k=2",
        "confirm.n_seeds=2",
        "scale.max_candidates=3",
        "scale.n_seeds=3",
    )
    data = ("proxy.training.epochs=1", "proxy.data.n_train=500", "proxy.data.n_selection=500")
    flags = [part for setting in (*settings, *data) for part in ("--set", setting)]
    command = ["run", "--config", "configs/quick.yaml", *flags, "--out", str(tmp_path), "--json"]

    first = run_program(*command)
    again = run_program(*command, "--resume")

    # So few trials may miss the target, which is said, and changes nothing else.
    assert first.returncode == again.returncode, first.stderr + again.stderr
    assert first.returncode in (0, 3), first.stderr
    assert json.loads(first.stdout)["macs"] == json.loads(again.stdout)["macs"]
    assert len(pd.read_csv(tmp_path / "trials.csv")) >= 3
    assert (tmp_path / "scaling.yaml").exists()
    assert len(list((tmp_path / "family").glob("b*.yaml"))) == 8
