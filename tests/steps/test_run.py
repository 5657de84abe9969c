"""A run while it is open."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError, RunError
from mbscale.results.run_folder import RunFolder
from mbscale.search.choice_space import ChoiceSpace
from mbscale.search.study.lock import lock_folder
from mbscale.space.encoding import Choice
from mbscale.space.published import load_network
from mbscale.steps.own_parts import OwnParts
from mbscale.steps.run import check_run_folder, open_run, reopen_run


def evaluate(values: Mapping[str, int]) -> float:
    return values["depth"] / 4


OWN = OwnParts(space=ChoiceSpace((Choice("depth", (1, 2)),)), evaluate=evaluate)
CONFIG = load_run_config(None, ["search.n_trials=2", "search.n_startup=1"])


def test_the_folder_is_held_from_opening_to_the_end(tmp_path: Path) -> None:
    with (
        open_run(tmp_path, CONFIG, parts=OWN),
        pytest.raises(RunError, match="process"),
        lock_folder(tmp_path),
    ):
        pass
    with (
        reopen_run(tmp_path, parts=OWN),
        pytest.raises(RunError, match="process"),
        lock_folder(tmp_path),
    ):
        pass
    with lock_folder(tmp_path) as message:
        assert message == ""


def test_a_folder_that_holds_a_run_is_not_opened_anew(tmp_path: Path) -> None:
    with open_run(tmp_path, CONFIG, parts=OWN):
        pass

    with (
        pytest.raises(ConfigError, match="already holds a run; add --resume"),
        open_run(tmp_path, CONFIG, parts=OWN),
    ):
        pass


def test_a_folder_without_a_run_is_not_reopened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no run"), reopen_run(tmp_path):
        pass


@pytest.mark.parametrize(
    "change",
    [
        *("proxy.data.cache=elsewhere", "proxy.device=cpu", "proxy.training.threads=2"),
        *("search.n_trials=9", "search.n_workers=2", "search.max_retries=3"),
        *("search.max_failures=4", "search.timeout_seconds=60", "search.trial_timeout_seconds=9"),
        *("search.max_memory_gib=2", "search.ray.address=auto", "proxy.table.path=moved.csv"),
    ],
)
def test_what_decides_no_result_may_change_on_resume(tmp_path: Path, change: str) -> None:
    with open_run(tmp_path, CONFIG, parts=OWN):
        pass

    check_run_folder(RunFolder(tmp_path), read_changed(tmp_path, change), is_resumed=True)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("proxy.training.epochs=9", "proxy.training.epochs=3 and cannot resume with 9"),
        ("search.n_trials=1", "search.n_trials=2 and cannot resume with fewer, 1"),
        ("search.objective.max_params=5", "search.objective.max_params=None and cannot"),
    ],
)
def test_what_decides_may_not(tmp_path: Path, change: str, named: str) -> None:
    with open_run(tmp_path, CONFIG, parts=OWN):
        pass

    with pytest.raises(ConfigError, match=named):
        check_run_folder(RunFolder(tmp_path), read_changed(tmp_path, change), is_resumed=True)


def read_changed(folder: Path, change: str) -> RunConfig:
    return load_run_config(folder / "config.yaml", [change])


def test_another_baseline_than_the_folder_holds_is_refused(tmp_path: Path) -> None:
    config = load_run_config(
        None, ["proxy.data.n_train=50", "proxy.data.n_selection=50", "proxy.data.n_test=50"]
    )
    with open_run(tmp_path, config, baseline=load_network("mobilenet-v2")) as run:
        assert run.folder.baseline.exists()

    with (
        pytest.raises(ConfigError, match="holds another network than mnasnet-a1"),
        open_run(tmp_path, config, resume=True, baseline=load_network("mnasnet-a1")),
    ):
        pass
