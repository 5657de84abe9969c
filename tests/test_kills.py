"""Searches ended by SIGKILL and resumed, all through the command line."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mbscale.results.run_folder import JOURNAL_NAME
from mbscale.search.samplers import SAMPLERS

pytestmark = pytest.mark.slow

N_TRIALS = 12
# Small enough that the start of the program takes longer than the trainings.
TINY = (
    f"search.n_trials={N_TRIALS}", "search.n_startup=4", "search.population_size=4",
    "proxy.training.epochs=1", "proxy.data.n_train=200", "proxy.data.n_selection=200",
    "proxy.resolution=8",
)  # fmt: skip
# A driver is killed when the journal holds so many lines, and a moment later.
KILL_AT_LINES = (3, 17)
MOMENTS = random.Random(0)


def start(folder: Path, sampler: str, *flags: str) -> subprocess.Popen[bytes]:
    settings = [part for one in TINY for part in ("--set", one)]
    config = ["--config", "configs/quick.yaml", *settings, "--set", f"search.sampler={sampler}"]
    command = ["search", *config, "--out", str(folder), "-q", "--json", "--resume", *flags]
    # A group of its own: its workers are looked for after its death.
    return subprocess.Popen(
        [sys.executable, "run_search.py", *command],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": "."},
    )


def count_lines(folder: Path) -> int:
    path = folder / JOURNAL_NAME
    return path.read_bytes().count(b"\n") if path.exists() else 0


def run_and_kill(folder: Path, sampler: str, *flags: str) -> None:
    for n_lines in KILL_AT_LINES:
        with start(folder, sampler, *flags) as driver:
            while count_lines(folder) < n_lines and driver.poll() is None:
                time.sleep(0.005)
            time.sleep(MOMENTS.uniform(0, 0.1))
            driver.kill()
        assert driver.returncode == -signal.SIGKILL


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        del row["seconds"]
    return rows


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_run_killed_and_resumed_has_the_rows_of_one_that_ran_through(
    tmp_path: Path, sampler: str
) -> None:
    whole, killed, flags = tmp_path / "whole", tmp_path / "killed", ("--workers", "1")
    assert start(whole, sampler, *flags).wait() == 0
    run_and_kill(killed, sampler, *flags)

    assert start(killed, sampler, *flags).wait() == 0

    for name in ("trials.csv", "pareto.csv"):
        assert read_rows(killed / name) == read_rows(whole / name)


@pytest.mark.parametrize("executor", ["process", "ray"])
def test_a_run_of_two_workers_killed_and_resumed_has_every_trial_once(
    tmp_path: Path, executor: str
) -> None:
    if executor == "ray":
        pytest.importorskip("ray", reason="Ray is not installed: pip install 'mbscale[ray]'")
    flags = ("--workers", "2", "--executor", executor)
    run_and_kill(tmp_path, "tpe", *flags)

    assert start(tmp_path, "tpe", *flags).wait() == 0

    rows = read_rows(tmp_path / "trials.csv")
    trained = [row["key"] for row in rows if row["state"] == "complete"]
    assert len(trained) == len(set(trained)) == N_TRIALS
    assert [int(row["number"]) for row in rows] == list(range(len(rows)))
