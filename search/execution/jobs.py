"""Many evaluations on an executor, a few at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.search.execution.call_limits import LimitError
from mbscale.space.architecture import Architecture


class Job(Protocol):
    """What is evaluated; the seed stands in the evaluation of a job that failed."""

    @property
    def seed(self) -> int:
        """The seed of the training."""
        ...


# The accuracies after epoch 1, 2, ...
Curve = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How a training went: the accuracy after each epoch, and what a pruner noted of it."""

    curve: Curve = ()
    notes: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Trained:
    """An evaluation and its course."""

    evaluation: Evaluation
    course: Course


def train_fully(evaluator: Evaluator, architecture: Architecture, *, seed: int) -> Trained:
    """Train a network to its end; nothing is measured before."""
    return Trained(evaluator(architecture, seed=seed), Course())


AnyJob = TypeVar("AnyJob", bound=Job)
Result = TypeVar("Result")


def run_jobs(
    jobs: Sequence[AnyJob],
    submit: Callable[[AnyJob], Future[Evaluation]],
    *,
    n_workers: int,
    n_retries: int,
) -> Iterator[tuple[AnyJob, Evaluation]]:
    """Each job with its evaluation, as they finish.

    A job whose worker died is submitted again up to ``n_retries`` times, and then has
    failed, as one that was ended at a limit has. Any other exception is raised.
    """
    waiting = [(job, 0) for job in reversed(jobs)]
    running: dict[Future[Evaluation], tuple[AnyJob, int]] = {}
    while waiting or running:
        while waiting and len(running) < n_workers:
            job, n_failures = waiting.pop()
            future = submit(job)
            running[future] = job, n_failures
            if future.done():
                # Of an inline executor: what it made must not wait for the rest.
                break
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            job, n_failures = running.pop(future)
            can_retry = n_failures < n_retries
            evaluation = read_end(
                future, n_times=n_failures + 1, seed=job.seed, can_retry=can_retry
            )
            if evaluation is None:
                waiting.append((job, n_failures + 1))
            else:
                yield job, evaluation


def read_end(
    future: Future[Result], *, n_times: int, seed: int, can_retry: bool
) -> Result | Evaluation | None:
    """What came out of the ``n_times``-th try; None when its worker died and it can be retried."""
    try:
        return future.result()
    except LimitError as failure:
        return _fail(str(failure), seed)
    except BrokenExecutor as failure:
        if can_retry:
            return None
        return _fail(str(failure) if n_times == 1 else f"{failure}, {n_times} times", seed)


def _fail(reason: str, seed: int) -> Evaluation:
    return Evaluation("failed", None, None, 0.0, 0, seed, 0, reason)
