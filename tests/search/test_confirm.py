from dataclasses import replace
from pathlib import Path

import pytest
from synthetic_search import SyntheticEvaluator, make_task, read_calls, search

from mbscale.errors import RunError
from mbscale.results.run_folder import EVALUATIONS
from mbscale.search.confirm import Confirmation, confirm, pick_top, plan_jobs
from mbscale.search.evaluation_log import EvaluationJob, EvaluationLog
from mbscale.search.execution.executors import open_executor
from mbscale.search.settings import ConfirmSettings
from mbscale.search.task import SearchTask

SETTINGS = ConfirmSettings(top_k=4, n_seeds=3)
TASK = make_task(n_trials=8)


def confirm_in(
    folder: Path,
    evaluator: SyntheticEvaluator,
    settings: ConfirmSettings = SETTINGS,
    *,
    stop_after: int | None = None,
    task: SearchTask = TASK,
    fingerprint: str = "short",
) -> Confirmation:
    folder.mkdir(exist_ok=True)
    records = search(TASK, folder).records
    n_done = 0

    def count(_job: EvaluationJob, _evaluation: object) -> None:
        nonlocal n_done
        n_done += 1
        if n_done == stop_after:
            raise KeyboardInterrupt

    log = EvaluationLog(folder / EVALUATIONS, fingerprint=fingerprint)
    with open_executor(task.settings) as executor:
        return confirm(
            task,
            records,
            settings,
            evaluator,
            log,
            executor=executor,
            on_evaluation=count,
        )


def test_the_best_of_the_search_are_trained_with_seeds_of_their_own(tmp_path: Path) -> None:
    records = search(TASK, tmp_path).records
    jobs = [job for _, job in plan_jobs(TASK, records, SETTINGS)]
    top = sorted((record.reward or 0 for record in records), reverse=True)[:4]

    assert [record.reward for record in pick_top(records, SETTINGS)] == top
    assert len({job.seed for job in jobs}) == len(jobs) == 12
    assert not {job.seed for job in jobs} & {record.seed for record in records}


def test_the_confirmation_ranks_by_mean_reward_over_fresh_seeds(tmp_path: Path) -> None:
    confirmation = confirm_in(tmp_path, SyntheticEvaluator())
    rewards = [row.reward for row in confirmation.networks]

    assert rewards == sorted(rewards, reverse=True)
    assert confirmation.baseline.number == confirmation.networks[0].number
    assert {row.n_seeds for row in confirmation.networks} == {3}
    assert all(row.low <= row.accuracy <= row.high for row in confirmation.networks)


def test_the_test_split_is_looked_at_once_for_the_baseline(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls")
    first = confirm_in(tmp_path / "run", evaluator)
    again = confirm_in(tmp_path / "run", evaluator)
    tests = [line for line in read_calls(tmp_path / "calls") if " test " in line]

    assert len(tests) == 1
    assert again == first


@pytest.mark.parametrize("n_done", [1, 7, 13])
def test_a_stopped_confirmation_goes_on_and_trains_nothing_twice(
    tmp_path: Path, n_done: int
) -> None:
    whole = confirm_in(tmp_path / "whole", SyntheticEvaluator())
    evaluator = SyntheticEvaluator(log=tmp_path / "calls")
    with pytest.raises(KeyboardInterrupt):
        confirm_in(tmp_path / "stopped", evaluator, stop_after=n_done)

    resumed = confirm_in(tmp_path / "stopped", evaluator)

    assert resumed == whole
    assert len(read_calls(tmp_path / "calls")) == 12 + 1


def test_trainings_with_another_fingerprint_do_not_count(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls")
    confirm_in(tmp_path / "run", SyntheticEvaluator(halves_below=60_000))

    again = confirm_in(tmp_path / "run", evaluator, fingerprint="long")

    assert len(read_calls(tmp_path / "calls")) == 12 + 1
    assert again.networks == confirm_in(tmp_path / "other", SyntheticEvaluator()).networks


def test_another_baseline_is_told_that_the_test_split_was_used(tmp_path: Path) -> None:
    confirm_in(tmp_path, SyntheticEvaluator())
    other = SyntheticEvaluator(halves_below=60_000)

    confirmation = confirm_in(tmp_path, other, ConfirmSettings(top_k=8, n_seeds=12))

    assert "the test split was looked at before" in confirmation.messages[-1]


def test_a_confirmation_in_which_everything_fails_ends_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no network could be confirmed"):
        confirm_in(tmp_path, SyntheticEvaluator(fails_above=0))


def test_a_network_that_fails_is_left_out_and_told(tmp_path: Path) -> None:
    top = pick_top(search(TASK, tmp_path).records, SETTINGS)
    largest = max(record.params for record in top)
    confirmation = confirm_in(tmp_path, SyntheticEvaluator(fails_above=largest - 1))

    assert len(confirmation.networks) == 3
    assert "3 of 12 confirming trainings failed" in confirmation.messages[1]


@pytest.mark.slow
def test_a_confirmation_whose_worker_dies_equals_one_that_ran_through(tmp_path: Path) -> None:
    whole = confirm_in(tmp_path / "whole", SyntheticEvaluator())
    elsewhere = replace(TASK, settings=replace(TASK.settings, executor="process"))
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", kill_at=5)

    assert confirm_in(tmp_path / "killed", evaluator, task=elsewhere) == whole
    calls = read_calls(tmp_path / "calls")
    assert (len(calls), len(set(calls))) == (14, 13)
