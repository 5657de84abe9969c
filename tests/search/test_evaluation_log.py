"""One log for all evaluations of a run: on disk before they count, and made once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from synthetic_search import SyntheticEvaluator, read_calls

from mbscale.errors import RunError
from mbscale.proxy.evaluation import Evaluation
from mbscale.search.evaluation_log import EvaluationJob, EvaluationLog, evaluate_jobs
from mbscale.space.published import load_network

B0, B1 = (load_network(f"efficientnet-b{i}").architecture for i in range(2))
JOB = EvaluationJob(B0, seed=3, step="confirm")
OTHERS = (
    replace(JOB, design=B1),
    replace(JOB, seed=4),
    replace(JOB, split="test"),
    replace(JOB, resolution=20),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evaluations.jsonl"


def _evaluate(path: Path, *jobs: EvaluationJob, fingerprint: str = "a") -> tuple[Evaluation, ...]:
    calls = SyntheticEvaluator(log=path.parent / "calls")
    return evaluate_jobs(jobs, calls, EvaluationLog(path, fingerprint=fingerprint))


def test_what_two_steps_ask_for_is_made_once(path: Path) -> None:
    first = _evaluate(path, JOB, JOB)
    again = _evaluate(path, replace(JOB, step="scale"))

    assert first == again * 2
    assert len(read_calls(path.parent / "calls")) == 1
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == ["confirm"]


@pytest.mark.parametrize("other", OTHERS, ids=("network", "seed", "split", "resolution"))
def test_another_job_is_another_evaluation(path: Path, other: EvaluationJob) -> None:
    _evaluate(path, JOB)
    _evaluate(path, other)

    assert len(read_calls(path.parent / "calls")) == 2


def test_another_fingerprint_is_another_evaluation_and_spoils_none(path: Path) -> None:
    for fingerprint in ("a", "b", "a", "b"):
        _evaluate(path, JOB, fingerprint=fingerprint)

    assert len(read_calls(path.parent / "calls")) == 2


def test_a_log_gives_back_what_it_was_given(path: Path) -> None:
    failed = Evaluation("failed", None, None, 1.5, 0, 3, 0, "out of memory")
    EvaluationLog(path).append(JOB, failed)

    assert EvaluationLog(path).get(JOB) == failed


@pytest.mark.parametrize("n_kept", [0, 1, 40, -1])
def test_a_torn_line_is_made_again(path: Path, n_kept: int) -> None:
    whole = _evaluate(path, JOB, *OTHERS)
    *lines, last = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines) + last[:n_kept])

    assert _evaluate(path, JOB, *OTHERS) == whole
    assert path.read_text() == "".join([*lines, last])
    assert len(read_calls(path.parent / "calls")) == len(whole) + 1


def test_the_test_split_is_known_to_be_used_with_any_fingerprint(path: Path) -> None:
    _evaluate(path, JOB, replace(JOB, split="test"))

    (tested,) = EvaluationLog(path, fingerprint="another").tested_networks()
    assert tested == JOB.key[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"network": 1}', "line 1 holds no evaluation; remove the file"),
        ("[]", "line 1 holds no evaluation"),
        ("not JSON", "line 1 holds no evaluation"),
        ('{"version": 1, "network": "a"}', "line 1 holds no evaluation"),
        ('{"version": 2}', "line 1 has version 2, and this mbscale reads 1"),
    ],
)
def test_what_is_no_log_of_this_version_is_one_sentence(path: Path, line: str, words: str) -> None:
    path.write_text(line + "\n")

    with pytest.raises(RunError, match=words) as caught:
        EvaluationLog(path)
    assert "\n" not in str(caught.value)


def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    failed = Evaluation("failed", None, None, 1.5, 0, 3, 0, "out of memory")

    with pytest.raises(RunError, match="cannot be written"):
        EvaluationLog(tmp_path / "missing" / "evaluations.jsonl").append(JOB, failed)
