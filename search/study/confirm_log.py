"""Evaluations beside the search, in its journal: each on disk before it counts, made once."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from optuna.trial import TrialState, create_trial

from mbscale.proxy.evaluation import Evaluation, SplitName
from mbscale.results.record import Record
from mbscale.search.samplers import space_distributions
from mbscale.search.study.journal import Journal
from mbscale.search.study.trials import record_vector
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.encoding import decode, space_choices

_KEPT = tuple(field.name for field in fields(Evaluation))


@dataclass(frozen=True, slots=True)
class ConfirmJob:
    """The network of a record, to be evaluated with a seed."""

    record: Record
    seed: int
    split: SplitName

    @property
    def key(self) -> tuple[str, int, str]:
        """What two equal jobs share."""
        return (self.record.key, self.seed, self.split)


class ConfirmLog:
    """A study of a journal: one trial an evaluation, with its accuracy or score as value.

    Evaluations of another ``recipe`` (any text that stands for data and training) do not
    count; those without one, of a journal from before there were recipes, do.
    """

    def __init__(
        self, journal: Journal, task: SearchTask, *, study: str = "confirm", recipe: str = ""
    ) -> None:
        self._task = task
        self._recipe = recipe
        self._distributions = space_distributions(task.space)
        self._study = journal.open_study(study, ["maximize"])
        self._finished: dict[tuple[str, int, str], Evaluation] = {}
        self._tested = set[str]()
        for trial in self._study.read_trials():
            kept: dict[str, Any] = trial.user_attrs
            if kept["split"] == "test":
                self._tested.add(kept["key"])
            if kept.get("recipe", recipe) == recipe:
                evaluation = Evaluation(**{name: kept[name] for name in _KEPT if name in kept})
                self._finished[kept["key"], evaluation.seed, kept["split"]] = evaluation

    def get(self, job: ConfirmJob) -> Evaluation | None:
        """The evaluation, if it was made before."""
        return self._finished.get(job.key)

    def tested_networks(self) -> set[str]:
        """Keys of the networks whose test accuracy was looked at before, with any recipe."""
        return self._tested

    def append(self, job: ConfirmJob, evaluation: Evaluation) -> None:
        """Keep an evaluation; it is on disk when this returns."""
        names = [choice.name for choice in space_choices(self._task.space)]
        vector = record_vector(self._task, job.record)
        is_complete = evaluation.status == "complete"
        key = {"key": job.record.key, "trial": job.record.number, "split": job.split}
        made_by = {"recipe": self._recipe}
        self._study.append(
            create_trial(
                state=TrialState.COMPLETE if is_complete else TrialState.FAIL,
                value=evaluation.merit if is_complete else None,
                params=dict(zip(names, vector, strict=True)),
                distributions=self._distributions,
                user_attrs=key | made_by | asdict(evaluation),
            )
        )
        self._finished[job.key] = evaluation


def decode_record(task: SearchTask, record: Record) -> Architecture:
    """The architecture of a record."""
    return decode(task.space, record_vector(task, record))
