"""Many evaluations on an executor, a few at a time."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import Protocol, TypeVar

from mbscale.proxy.evaluation import Evaluation


class Job(Protocol):
    """What is evaluated; the seed stands in the evaluation of a job that failed."""

    @property
    def seed(self) -> int:
        """The seed of the training."""
        ...


AnyJob = TypeVar("AnyJob", bound=Job)


def run_jobs(
    jobs: Sequence[AnyJob],
    submit: Callable[[AnyJob], Future[Evaluation]],
    *,
    n_workers: int,
    n_retries: int,
) -> Iterator[tuple[AnyJob, Evaluation]]:
    """Each job with its evaluation, as they finish.

    A job whose worker died is submitted again up to ``n_retries`` times, and then has
    failed. Any other exception of an evaluation is raised.
    """
    waiting = [(job, 0) for job in reversed(jobs)]
    running: dict[Future[Evaluation], tuple[AnyJob, int]] = {}
    while waiting or running:
        while waiting and len(running) < n_workers:
            job, n_failures = waiting.pop()
            running[submit(job)] = job, n_failures
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            job, n_failures = running.pop(future)
            try:
                evaluation = future.result()
            except BrokenExecutor as failure:
                if n_failures < n_retries:
                    waiting.append((job, n_failures + 1))
                    continue
                evaluation = describe_death(failure, n_times=n_failures + 1, seed=job.seed)
            yield job, evaluation


def describe_death(failure: BrokenExecutor, *, n_times: int, seed: int) -> Evaluation:
    """The evaluation of a job whose worker died every time."""
    reason = str(failure) if n_times == 1 else f"{failure}, {n_times} times"
    return Evaluation("failed", None, None, 0.0, 0, seed, 0, reason)
