"""Evaluations next to the search: each is on disk before it counts, and is never made twice.

Confirming, scaling and screening share the file of a run: an evaluation that two of them ask
for is made once.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from mbscale.errors import RunError
from mbscale.proxy.evaluation import Evaluation, Evaluator, SplitName
from mbscale.search.designs import Design, find_key
from mbscale.search.execution.interrupts import Interrupts
from mbscale.search.execution.jobs import run_jobs

_VERSION = 1

Key = tuple[str, int | None, str, int]


@dataclass(frozen=True, slots=True)
class EvaluationJob:
    """One network to be evaluated once.

    ``resolution`` is in pixels of the proxy, None for its own. ``step`` says which step of a
    run asked for it, and is not part of ``key``.
    """

    design: Design
    seed: int
    step: str
    split: SplitName = "selection"
    resolution: int | None = None

    @property
    def key(self) -> Key:
        """What two equal jobs share."""
        return (find_key(self.design), self.resolution, self.split, self.seed)


OnEvaluation = Callable[[EvaluationJob, Evaluation], None]


class EvaluationLog:
    """Finished evaluations in a file of one JSON object per line, or in memory without one.

    Evaluations with another ``fingerprint`` do not count. Raises RunError when the file holds
    something else.
    """

    def __init__(self, path: Path | None = None, *, fingerprint: str = "") -> None:
        self._path, self._fingerprint = path, fingerprint
        self._finished: dict[Key, Evaluation] = {}
        self._tested = set[str]()
        if path is not None and path.exists():
            _drop_torn_line(path)
            for made_by, key, evaluation in _read(path):
                if key[2] == "test":
                    self._tested.add(key[0])
                if made_by == fingerprint:
                    self._finished[key] = evaluation

    def get(self, job: EvaluationJob) -> Evaluation | None:
        """The evaluation, if it was finished before."""
        return self._finished.get(job.key)

    def tested_networks(self) -> set[str]:
        """Canonical keys of the networks that were tested before, with any fingerprint."""
        return self._tested

    def append(self, job: EvaluationJob, evaluation: Evaluation) -> None:
        """Keep an evaluation; it is on disk when this returns."""
        if self._path is not None:
            network, resolution, split, seed = job.key
            line = {
                "version": _VERSION,
                "step": job.step,
                "fingerprint": self._fingerprint,
                "network": network,
                "resolution": resolution,
                "split": split,
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
            yield job, evaluator(cast("Any", job.design), **_arguments(job))
        return

    def submit(job: EvaluationJob) -> Future[Evaluation]:
        return executor.submit(evaluator, cast("Any", job.design), **_arguments(job))

    # The executor itself knows how many it runs at once.
    yield from run_jobs(jobs, submit, n_workers=max(1, len(jobs)), n_retries=n_retries)


def _arguments(job: EvaluationJob) -> dict[str, Any]:
    return {"seed": job.seed, "split": job.split, "resolution": job.resolution}


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


def _read(path: Path) -> Iterator[tuple[str, Key, Evaluation]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        where = f"{path}, line {number}"
        try:
            entry = cast("dict[str, Any]", json.loads(line))
            version = entry["version"]
            if version == _VERSION:
                yield _parse(entry)
        except (ValueError, KeyError, TypeError) as failure:
            msg = f"{where} holds no evaluation; remove the file to evaluate everything again"
            raise RunError(msg) from failure
        if version != _VERSION:
            msg = (
                f"{where} has version {version!r}, and this mbscale reads {_VERSION}; resume with "
                "the mbscale that wrote it, or remove the file to evaluate everything again"
            )
            raise RunError(msg)


def _parse(entry: dict[str, Any]) -> tuple[str, Key, Evaluation]:
    resolution = entry["resolution"]
    key = (
        str(entry["network"]),
        None if resolution is None else int(resolution),
        str(entry["split"]),
        int(entry["seed"]),
    )
    return str(entry["fingerprint"]), key, Evaluation(**entry["evaluation"])
