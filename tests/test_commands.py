"""The program as a user starts it."""

import json
import subprocess
import sys
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
    ],
)
def test_wrong_use_ends_with_one_sentence(arguments: list[str], word: str) -> None:
    done = run_program(*arguments)

    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_profile_prints_the_published_counts_as_json() -> None:
    done = run_program("profile", "--architecture", "efficientnet-b0", "--json")

    document = json.loads(done.stdout)
    assert (document["params"], document["macs"]) == (5_288_548, 385_814_752)


@pytest.mark.slow
def test_a_run_leaves_its_files_and_goes_on(tmp_path: Path) -> None:
    settings = (
        "search.n_trials=3",
        "confirm.top_k=2",
        "confirm.n_seeds=2",
        "scale.max_candidates=3",
        "scale.n_seeds=2",
    )
    data = ("proxy.training.epochs=1", "proxy.data.n_train=500", "proxy.data.n_selection=500")
    flags = [part for setting in (*settings, *data) for part in ("--set", setting)]
    command = ["run", "--config", "configs/quick.yaml", *flags, "--out", str(tmp_path), "--json"]

    first = run_program(*command)
    again = run_program(*command, "--resume")

    assert first.returncode == again.returncode == 0, first.stderr + again.stderr
    assert json.loads(first.stdout)["macs"] == json.loads(again.stdout)["macs"]
    assert len(pd.read_csv(tmp_path / "trials.csv")) >= 3
    assert (tmp_path / "scaling.yaml").exists()
    assert len(list((tmp_path / "family").glob("b*.yaml"))) == 8
