"""Evaluations on an executor, each in the journal before it counts."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.search.execution.interrupts import Interrupts
from mbscale.search.execution.jobs import run_jobs
from mbscale.search.study.confirm_log import ConfirmJob, ConfirmLog, decode_record
from mbscale.search.task import SearchTask

OnEvaluation = Callable[[ConfirmJob, Evaluation], None]


@dataclass(frozen=True, slots=True)
class LoggedStage:
    """What a stage of evaluations needs."""

    task: SearchTask
    evaluator: Evaluator
    log: ConfirmLog
    executor: Executor
    on_evaluation: OnEvaluation | None

    def evaluate(self, jobs: Sequence[ConfirmJob]) -> list[tuple[ConfirmJob, Evaluation]]:
        """Every job with its evaluation; those in the log are not made again."""
        settings = self.task.settings
        missing = [job for job in jobs if self.log.get(job) is None]
        interrupts = Interrupts()
        with interrupts.listen():
            for job, evaluation in run_jobs(
                missing, self._submit, n_workers=settings.n_workers, n_retries=settings.max_retries
            ):
                with interrupts.hold():
                    self.log.append(job, evaluation)
                    if self.on_evaluation is not None:
                        self.on_evaluation(job, evaluation)
        found = [(job, self.log.get(job)) for job in jobs]
        return [(job, evaluation) for job, evaluation in found if evaluation is not None]

    def _submit(self, job: ConfirmJob) -> Future[Evaluation]:
        architecture = decode_record(self.task, job.record)
        return self.executor.submit(self.evaluator, architecture, seed=job.seed, split=job.split)
