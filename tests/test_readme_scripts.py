"""The Python scripts of the README, run as they are printed."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mbscale.results.tables import read_records

README = Path(__file__).resolve().parent.parent / "README.md"
SCRIPTS = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)
# Settings that end within seconds, under the name that the script reads.
QUICK = """
target: {resolution: 16, num_classes: 3}
proxy: {resolution: 16, data: {n_selection: 12, n_test: 12}, training: {epochs: 1, batch_size: 16}}
search: {n_trials: 2, n_startup: 1, objective: {kind: hard, target_macs: 3e6}}
confirm: {top_k: 2, n_seeds: 2}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run a script in, with photos of three classes."""
    rng = np.random.default_rng(0)
    for split, label, number in np.ndindex(2, 3, 12):
        folder = tmp_path / "photos" / ("train", "test")[split] / "abc"[label]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 80, (24, 24, 3)) + 80 * label
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "quick.yaml").write_text(QUICK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_script(number: int) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(SCRIPTS[number], names)
    return names


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_a_script_is_short(number: int) -> None:
    lines = [line for line in SCRIPTS[number].splitlines() if line.strip()]

    assert len(lines) <= 10


def test_photos_become_a_confirmed_baseline_as_a_torch_module(home: Path) -> None:
    model = run_script(0)["model"]

    assert sum(weights.numel() for weights in model.parameters()) > 0
    assert len((home / "runs/photos/confirm.csv").read_text().splitlines()) == 1 + 2


def test_the_sampler_searches_a_space_of_the_users_own() -> None:
    study = run_script(1)["study"]

    assert len(study.trials) == 30
    assert study.best_value > 0.9


def test_an_evaluator_of_the_users_own_is_logged_and_resumed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_script(2)
    first = capsys.readouterr().out
    journal = (home / "runs/own/study.journal").read_bytes()
    run_script(2)

    assert capsys.readouterr().out == first
    assert (home / "runs/own/study.journal").read_bytes() == journal
    assert len(read_records(home / "runs/own/trials.csv")) >= 6
