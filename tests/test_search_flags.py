"""The search and what looks at it, from the command line to a folder."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from mbscale.cli.main import main
from mbscale.config import load_run_config
from mbscale.proxy.fingerprint import Recipe, fingerprint
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.settings import EvaluatorName
from mbscale.results.run_folder import EVALUATIONS
from mbscale.results.tables import read_records
from mbscale.search.study.journal import open_journal
from mbscale.search.study.lock import lock_folder

pytestmark = pytest.mark.slow

TINY = [
    part
    for setting in (
        "search.n_workers=1", "proxy.training.epochs=1", "proxy.data.n_train=200",
        "proxy.data.n_selection=200", "proxy.resolution=8", "search.sampler=random",
        "proxy.supernet.epochs=1",
    )
    for part in ("--set", setting)
]  # fmt: skip


def search(folder: Path, *flags: str) -> int:
    config = ["--config", "configs/quick.yaml"]
    supernets = ["--set", f"proxy.supernet.cache={folder}/supernets"]
    return main(
        ["search", *config, *TINY, *supernets, "--out", str(folder), "--json", "-q", *flags]
    )


@pytest.mark.parametrize("name", get_args(EvaluatorName))
def test_every_evaluator_finds_a_baseline(
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    shared_file: Callable[[str], Path],
) -> None:
    flags = ["--set", f"proxy.evaluator={name}", "--n-trials", "5"]
    if name == "table":
        table = shared_file("accel_nasbench.csv")
        flags += ["--set", f"proxy.table.path={table}", "--set", "space=accel_nasbench"]
        flags += ["--set", "search.objective.max_macs=null"]
    assert search(tmp_path, *flags) == 0

    best = json.loads(capsys.readouterr().out)
    assert (best["accuracy"] is None) != (best["score"] is None)
    trials = read_records(tmp_path / "trials.csv")
    number = next(record.number for record in trials if record.state == "complete")
    assert main(["reproduce", str(tmp_path), "--trial", str(number), "--json"]) == 0
    assert main(["status", str(tmp_path), "--json"]) == 0


def test_a_search_without_training_is_confirmed_by_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, "--set", "proxy.evaluator=zero_cost", "--n-trials", "4") == 0
    capsys.readouterr()

    # So few trials may miss the target, which is said.
    assert main(["confirm", "--out", str(tmp_path), "--json", "-q"]) in (0, 3)
    assert 0 < json.loads(capsys.readouterr().out)["test_accuracy"] <= 1


def test_a_confirmation_takes_the_trials_that_a_killed_search_left_in_its_journal(
    tmp_path: Path,
) -> None:
    assert search(tmp_path, "--n-trials", "2") == 0
    header = (tmp_path / "trials.csv").read_text().splitlines()[0]
    (tmp_path / "trials.csv").write_text(header + "\n")

    assert main(["confirm", "--out", str(tmp_path), "-q"]) in (0, 3)
    assert len((tmp_path / "confirm.csv").read_text().splitlines()) == 1 + 2


def test_a_confirmed_baseline_stays_when_the_search_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, "--n-trials", "2") == 0
    assert main(["confirm", "--out", str(tmp_path), "-q"]) in (0, 3)
    confirmed = (tmp_path / "baseline.yaml").read_text()
    capsys.readouterr()

    assert search(tmp_path, "--n-trials", "3", "--resume") == 0
    assert (tmp_path / "baseline.yaml").read_text() == confirmed
    assert "still holds the confirmed network" in capsys.readouterr().err


def test_a_folder_without_a_search_cannot_be_confirmed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, "--n-trials", "1") == 0
    (tmp_path / "study.journal").unlink()

    assert main(["confirm", "--out", str(tmp_path), "-q"]) == 2
    assert "holds no search" in capsys.readouterr().err


def test_search_confirm_and_scores_have_one_fingerprint(tmp_path: Path) -> None:
    assert search(tmp_path, "--n-trials", "1") == 0
    few = ["--set", "confirm.top_k=1", "--set", "confirm.n_seeds=2"]
    assert main(["confirm", "--out", str(tmp_path), "-q", *few]) in (0, 3)

    settings = load_run_config(tmp_path / "config.yaml").proxy
    images = load_dataset(settings.data)
    lines = (tmp_path / EVALUATIONS).read_text().splitlines()
    assert {json.loads(line)["fingerprint"] for line in lines} == {fingerprint(settings, images)}
    with open_journal(tmp_path) as journal:
        kept = journal.open_study("search", ["maximize"]).read_facts()["recipe"]
    recipe = Recipe(kept["settings"], kept["content"], source="")
    assert recipe.fingerprint == fingerprint(settings, images)


def test_a_search_is_confirmed_again_by_longer_trainings(tmp_path: Path) -> None:
    few = ["confirm", "--out", str(tmp_path), "-q", "--set", "confirm.top_k=1"]
    assert search(tmp_path, "--n-trials", "1") == 0
    assert main(few) in (0, 3)
    short = (tmp_path / "confirm.csv").read_text()

    assert main([*few, "--set", "proxy.training.epochs=2"]) in (0, 3)
    assert (tmp_path / "confirm.csv").read_text() != short
    assert main(few) in (0, 3)
    assert (tmp_path / "confirm.csv").read_text() == short


@pytest.mark.parametrize(
    ("setting", "words"),
    [("search.objective.metric=log_loss", "log loss|log_loss"), ("search.pruner=pareto", "none")],
)
def test_an_objective_that_the_evaluator_cannot_serve_is_refused(
    setting: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, "--set", "proxy.evaluator=zero_cost", "--set", setting) == 2
    assert re.search(words, capsys.readouterr().err)


def test_flags_are_settings(tmp_path: Path) -> None:
    assert search(tmp_path, "--n-trials", "2", "--timeout", "600", "--executor", "inline") == 0

    settings = load_run_config(tmp_path / "config.yaml").search
    assert (settings.n_trials, settings.timeout_seconds, settings.executor) == (2, 600, "inline")


def test_a_run_goes_on_with_more_trials_and_workers_and_nothing_else_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, "--n-trials", "2") == 0
    assert search(tmp_path, "--n-trials", "3") == 2
    assert "add --resume" in capsys.readouterr().err
    assert search(tmp_path, "--n-trials", "3", "--resume", "--set", "search.n_startup=5") == 2
    assert "search.n_startup=10" in capsys.readouterr().err
    assert search(tmp_path, "--n-trials", "1", "--resume") == 2
    assert "search.n_trials=2 and cannot resume with fewer, 1;" in capsys.readouterr().err
    more = ["--n-trials", "4", "--workers", "2", "--timeout", "600"]
    assert search(tmp_path, *more, "--resume") == 0

    assert json.loads(capsys.readouterr().out)["n_trials"] >= 4


def _write_images(path: Path, *, seed: int) -> None:
    rng = np.random.default_rng(seed)
    images, labels = rng.integers(0, 256, (500, 8, 8), dtype=np.uint8), np.arange(500) % 10
    np.savez(path, x_train=images, y_train=labels, x_test=images[:50], y_test=labels[:50])


def test_a_run_notices_that_an_image_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, moved = tmp_path / "images.npz", tmp_path / "moved.npz"
    _write_images(images, seed=0)
    _write_images(moved, seed=0)
    named = ["--set", "proxy.data.name=npz", "--set", f"proxy.data.path={images}"]
    folder = tmp_path / "run"
    assert search(folder, *named, "--n-trials", "1") == 0
    # Equal images elsewhere are the same; others in the same place are not.
    elsewhere = ["--set", f"proxy.data.path={moved}", "--n-trials", "2"]
    assert search(folder, *named, "--resume", *elsewhere) == 0
    _write_images(images, seed=1)

    assert search(folder, *named, "--resume", "--n-trials", "3") == 2
    assert "images.npz does not hold what it held when" in capsys.readouterr().err
    assert main(["confirm", "--out", str(folder), "--set", f"proxy.data.path={images}"]) == 2
    assert "images.npz does not hold what it held when" in capsys.readouterr().err


def test_a_run_goes_on_without_its_settings_being_said_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, "--n-trials", "1") == 0
    capsys.readouterr()

    resumed = ["search", "--out", str(tmp_path), "--resume", "--n-trials", "2", "--json", "-q"]
    assert main(resumed) == 0
    assert json.loads(capsys.readouterr().out)["n_trials"] >= 2


def test_wrong_images_leave_no_run_that_right_ones_would_have_to_go_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    wrong = ["--set", "proxy.data.name=image_folder", "--set", f"proxy.data.path={tmp_path}/none"]

    assert search(folder, "--n-trials", "1", *wrong) == 2
    assert "is not a folder" in capsys.readouterr().err
    assert search(folder, "--n-trials", "1") == 0


def test_a_search_in_which_everything_fails_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = ["--set", "proxy.training.epochs=1000"]
    fails = ["--trial-timeout", "0.001", "--set", "search.max_failures=2", *long]

    assert search(tmp_path, "--n-trials", "3", *fails) == 1
    shown = capsys.readouterr().err
    assert "ended early: 2 trials in a row failed" in shown
    assert "the last one says: hung: no result after 0.001 s" in shown


def test_a_folder_in_use_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock_folder(tmp_path):
        assert search(tmp_path) == 1

    assert "is in use by process" in capsys.readouterr().err
    assert not (tmp_path / "config.yaml").exists()


def test_a_trial_is_reproduced_and_a_changed_one_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, "--n-trials", "2") == 0
    capsys.readouterr()
    command = ["reproduce", str(tmp_path), "--trial", "1", "--json"]
    assert main(command) == 0
    accuracy = json.loads(capsys.readouterr().out)["compared"]["accuracy"][0]
    table = tmp_path / "trials.csv"
    table.write_text(table.read_text().replace(str(accuracy), "0.999"))

    assert main(command) == 1
    assert main(["reproduce", str(tmp_path), "--trial", "9"]) == 2
    assert "has no trial 9" in capsys.readouterr().err


def test_status_follows_a_run_in_another_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "run_search.py", "search", "--config", "configs/quick.yaml", *TINY]
    rest = ["--set", "proxy.training.epochs=20", "--n-trials", "4", "--out", str(tmp_path)]
    with subprocess.Popen([*command, *rest], stderr=subprocess.DEVNULL) as driver:
        while len(read_status(tmp_path, capsys)["running"]) == 0:
            assert driver.poll() is None
            time.sleep(0.2)
        during = read_status(tmp_path, capsys)
        assert main(["status", str(tmp_path), "--watch"]) == 0
        watched = capsys.readouterr().out
    after = read_status(tmp_path, capsys)

    assert during["driver"].endswith(f":{driver.pid}")
    assert during["n_running"] == 1
    assert "best_accuracy" in watched
    assert (after["driver"], after["n_running"], after["n_evaluated"]) == (None, 0, 4)
    assert after["seconds_left"] == 0


def read_status(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    if main(["status", str(folder), "--json"]):
        return {"running": []}
    return json.loads(capsys.readouterr().out)
