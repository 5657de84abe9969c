import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mbscale.errors import ConfigError, RunError
from mbscale.results.manifest import describe_run, write_manifest
from mbscale.results.record import Record, find_best
from mbscale.results.status import summarize_run
from mbscale.results.tables import write_trials

START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = Record(
    number=0, state="complete", key="a", architecture="ds", choices=(), macs=100, params=1,
    activations=1, accuracy=0.5, log_loss=1.0, reward=0.5, seconds=10.0, epochs=3, seed=0,
    reason="",
)  # fmt: skip
RECORDS = (
    FIRST,
    replace(FIRST, number=1, accuracy=0.8, reward=0.7, macs=300, seconds=20.0),
    replace(FIRST, number=2, accuracy=0.6, reward=0.4, macs=400, seconds=30.0),
    replace(FIRST, number=3, state="failed", accuracy=None, reward=None, seconds=20.0),
    replace(FIRST, number=4, state="duplicate", accuracy=0.8, reward=0.9, seconds=None),
    replace(FIRST, number=5, state="infeasible", accuracy=None, reward=None, seconds=None),
)


def make_run(folder: Path, *, minutes: float, n_trials: object = 10) -> Path:
    """A run that was started and wrote its trials so many minutes later."""
    (folder / "config.yaml").write_text(f"search:\n  n_trials: {n_trials}\n")
    manifest = describe_run(command=[], seed=0, device="cpu", hashes=("", ""), started=START)
    write_manifest(folder / "manifest.json", manifest)
    write_trials(folder / "trials.csv", RECORDS)
    for path in folder.iterdir():
        touch(path, START)
    touch(folder / "trials.csv", START + timedelta(minutes=minutes))
    return folder


def touch(path: Path, when: datetime) -> None:
    os.utime(path, (when.timestamp(), when.timestamp()))


def test_states_are_counted_and_the_best_is_named(tmp_path: Path) -> None:
    status = summarize_run(make_run(tmp_path, minutes=2))

    assert status.stage == "search"
    assert status.counts == {
        "complete": 3, "failed": 1, "infeasible": 1, "duplicate": 1, "pruned": 0,
    }  # fmt: skip
    assert status.n_evaluated == 4
    assert status.best == RECORDS[1]
    assert status.front_size == 2
    assert status.started == START
    assert status.updated == START + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("minutes", "seconds_per_trial"),
    [(2, 20), (60, 20), (1, 15), (0, 20), (-5, 20)],
    ids=["one worker", "a pause", "two workers", "a coarse clock", "a clock set back"],
)
def test_the_time_left_follows_the_pace(
    tmp_path: Path, minutes: float, seconds_per_trial: float
) -> None:
    status = summarize_run(make_run(tmp_path, minutes=minutes))

    assert status.seconds_per_trial == seconds_per_trial
    assert status.seconds_left == 6 * seconds_per_trial


def test_nothing_is_left_of_a_search_that_is_done(tmp_path: Path) -> None:
    assert summarize_run(make_run(tmp_path, minutes=2, n_trials=3)).seconds_left == 0


def test_an_empty_folder_is_a_run_that_has_not_begun(tmp_path: Path) -> None:
    status = summarize_run(tmp_path)

    assert (status.stage, status.n_evaluated, status.best) == ("empty", 0, None)
    assert (status.n_trials, status.seconds_left, status.updated) == (None, None, None)


@pytest.mark.parametrize("name", ["config.yaml", "manifest.json", "trials.csv"])
def test_a_half_made_folder_has_a_status(tmp_path: Path, name: str) -> None:
    (make_run(tmp_path, minutes=2) / name).unlink()

    assert summarize_run(tmp_path).stage in ("search", "empty")


def test_settings_without_a_number_of_trials_give_no_time_left(tmp_path: Path) -> None:
    assert summarize_run(make_run(tmp_path, minutes=2, n_trials="many")).seconds_left is None


@pytest.mark.parametrize(
    ("name", "stage"),
    [("confirm.csv", "confirm"), ("scaling.csv", "scale"), ("family/family.csv", "family")],
)
def test_the_latest_file_names_the_stage(tmp_path: Path, name: str, stage: str) -> None:
    make_run(tmp_path, minutes=2)
    (tmp_path / "family").mkdir()
    (tmp_path / name).touch()

    assert summarize_run(tmp_path).stage == stage


def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    make_run(tmp_path, minutes=2)
    (tmp_path / ".trials.csv.12-ab.tmp").write_text("half")

    assert summarize_run(tmp_path).updated == START + timedelta(minutes=2)


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere is not a run folder"):
        summarize_run(tmp_path / "nowhere")


def test_a_complete_trial_without_a_result_is_one_sentence(tmp_path: Path) -> None:
    write_trials(tmp_path / "trials.csv", [replace(FIRST, accuracy=None)])

    with pytest.raises(RunError, match="trial 0 is complete and has no accuracy and no score"):
        summarize_run(tmp_path)


def test_of_equal_rewards_the_earliest_is_best() -> None:
    assert find_best([replace(FIRST, number=2), FIRST]) == FIRST
