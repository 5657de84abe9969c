"""Evaluations of stage 2: each is on disk before it counts, and is never made twice."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from mbscale.errors import RunError
from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.search.execution.interrupts import Interrupts
from mbscale.search.execution.jobs import run_jobs
from mbscale.space.candidates import network_key
from mbscale.space.network import Network

Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class EvaluationJob:
    """One network to be trained once; ``resolution`` in pixels of the proxy."""

    network: Network
    resolution: int
    seed: int

    @property
    def key(self) -> Key:
        """What two equal jobs share."""
        return (network_key(self.network), self.resolution, self.seed)


OnEvaluation = Callable[[EvaluationJob, Evaluation], None]


def derive_training_seed(study_seed: int, network: Network, round_number: int) -> int:
    """A seed below 2**31 that no other network or round of the study has."""
    key = network_key(network)
    digits, resolution = key.rsplit("-", 1)
    entropy = [study_seed, round_number, int(digits, 16), int(resolution)]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0]) >> 1


class EvaluationLog:
    """Finished evaluations in a file of one JSON object a line, or in memory without one.

    Lines of another ``recipe`` (any text that stands for data and training) do not count.
    Raises RunError when the file holds something else.
    """

    def __init__(self, path: Path | None = None, *, recipe: str = "") -> None:
        self._path, self._recipe = path, recipe
        self._finished: dict[Key, Evaluation] = {}
        if path is not None and path.exists():
            _drop_torn_line(path)
            self._finished = dict(_read(path, recipe))

    def get(self, job: EvaluationJob) -> Evaluation | None:
        """The evaluation, if it was finished before."""
        return self._finished.get(job.key)

    def append(self, job: EvaluationJob, evaluation: Evaluation) -> None:
        """Keep an evaluation; it is on disk when this returns."""
        if self._path is not None:
            architecture, resolution, seed = job.key
            line = {
                "recipe": self._recipe,
                "network": architecture,
                "resolution": resolution,
                "seed": seed,
                "evaluation": asdict(evaluation),
            }
            _append_synced(self._path, json.dumps(line, allow_nan=False) + "\n")
        self._finished[job.key] = evaluation


def evaluate_jobs(
    jobs: Sequence[EvaluationJob],
    evaluator: Evaluator,
    log: EvaluationLog,
    *,
    executor: Executor | None = None,
    n_retries: int = 1,
    on_evaluation: OnEvaluation | None = None,
) -> tuple[Evaluation, ...]:
    """The evaluation of every job, in order; those in the log are not made again.

    Without an executor they are made one after the other, here. One whose worker died is
    made again up to ``n_retries`` times, and has then failed; so has one over a limit.
    Ctrl-C and SIGTERM raise KeyboardInterrupt with everything saved.
    """
    missing = list({job.key: job for job in jobs if log.get(job) is None}.values())
    interrupts = Interrupts()
    with interrupts.listen():
        for job, evaluation in _run(missing, evaluator, executor, n_retries):
            with interrupts.hold():
                log.append(job, evaluation)
                if on_evaluation is not None:
                    on_evaluation(job, evaluation)
    found = [log.get(job) for job in jobs]
    return tuple(evaluation for evaluation in found if evaluation is not None)


def _run(
    jobs: Sequence[EvaluationJob],
    evaluator: Evaluator,
    executor: Executor | None,
    n_retries: int,
) -> Iterator[tuple[EvaluationJob, Evaluation]]:
    if executor is None:
        for job in jobs:
            yield job, _evaluate(evaluator, job)
        return

    def submit(job: EvaluationJob) -> Future[Evaluation]:
        return executor.submit(_evaluate, evaluator, job)

    # The executor itself knows how many it runs at once.
    yield from run_jobs(jobs, submit, n_workers=max(1, len(jobs)), n_retries=n_retries)


def _evaluate(evaluator: Evaluator, job: EvaluationJob) -> Evaluation:
    return evaluator(job.network.architecture, seed=job.seed, resolution=job.resolution)


def _append_synced(path: Path, line: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as failure:
        msg = f"{path} cannot be written: {failure.strerror or failure}"
        raise RunError(msg) from failure


def _drop_torn_line(path: Path) -> None:
    # A process killed while it wrote leaves half a line, which the next one would join.
    try:
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            os.truncate(path, data.rfind(b"\n") + 1)
    except OSError as failure:
        msg = f"{path} cannot be read: {failure.strerror or failure}"
        raise RunError(msg) from failure


def _read(path: Path, recipe: str) -> Iterator[tuple[Key, Evaluation]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        where = f"{path}, line {number}"
        try:
            entry = cast("dict[str, Any]", json.loads(line))
            key = (str(entry["network"]), int(entry["resolution"]), int(entry["seed"]))
            evaluation = Evaluation(**entry["evaluation"])
            is_ours = entry["recipe"] == recipe
        except (ValueError, KeyError, TypeError) as failure:
            msg = f"{where} holds no evaluation; remove the file to evaluate everything again"
            raise RunError(msg) from failure
        if is_ours:
            yield key, evaluation
