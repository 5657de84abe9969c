"""Stage 2 when workers die or hang, or it is told to end."""

from pathlib import Path

import pytest
from synthetic_search import SyntheticEvaluator, read_calls

from mbscale.search.evaluation_log import EvaluationJob, EvaluationLog, evaluate_jobs
from mbscale.search.execution.call_limits import CallLimits
from mbscale.search.execution.worker_processes import ProcessExecutor
from mbscale.space.published import load_network

pytestmark = pytest.mark.slow

# With ten classes 4.0, 6.5 and 7.7 million parameters.
JOBS = [
    EvaluationJob(load_network(f"efficientnet-b{i}").architecture, 10 + i, "scale", resolution=20)
    for i in range(3)
]


def test_a_worker_that_dies_is_tried_again_and_costs_its_own_training_only(
    tmp_path: Path,
) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", kills_above=7e6)
    log = EvaluationLog(tmp_path / "log.jsonl")
    with ProcessExecutor(2) as executor:
        found = evaluate_jobs(JOBS, evaluator, log, executor=executor, n_retries=2)

    assert [one.status for one in found] == ["complete", "complete", "failed"]
    assert found[2].reason == "the worker process died with signal 9, 3 times"
    assert len(read_calls(tmp_path / "calls")) == 5
    again = EvaluationLog(tmp_path / "log.jsonl")
    assert [again.get(job) for job in JOBS] == list(found)


def test_a_training_over_its_time_is_ended_and_has_failed(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", hangs_above=7e6)
    with ProcessExecutor(2, CallLimits(15.0, None)) as executor:
        found = evaluate_jobs(JOBS, evaluator, EvaluationLog(), executor=executor)

    assert [one.status for one in found] == ["complete", "complete", "failed"]
    assert found[2].reason == "hung: no result after 15 s"
    assert len(read_calls(tmp_path / "calls")) == 3


def test_sigterm_ends_the_stage_with_everything_saved(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", interrupt_at=3)
    with pytest.raises(KeyboardInterrupt):
        evaluate_jobs(JOBS, evaluator, EvaluationLog(tmp_path / "log.jsonl"))

    kept = EvaluationLog(tmp_path / "log.jsonl")
    assert [kept.get(job) is not None for job in JOBS] == [True, True, False]
