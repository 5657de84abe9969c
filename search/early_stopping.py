"""Which call trains a trial, given how earlier trials went after each epoch."""

from collections.abc import Callable
from functools import partial

from mbscale.results.record import Record
from mbscale.search.execution.jobs import Course, Curve, Trained, train_fully
from mbscale.search.ledger import Ledger
from mbscale.search.pruning.optuna_pruning import PastTrial, train_pruned
from mbscale.search.pruning.pareto_pruning import find_floors, train_above
from mbscale.search.task import SearchTask


class EarlyStopping:
    """The trainings so far by the trial's number, as the pruner of the settings needs them."""

    def __init__(self, task: SearchTask) -> None:
        self._settings = task.settings
        self._objective = task.followed
        self._courses: dict[int, Course] = {}

    def add(self, number: int, course: Course) -> None:
        """Take in a training that ended."""
        self._courses[number] = course

    def find(self, number: int) -> Course:
        """The course of a trial's training; an empty one where there was none."""
        return self._courses.get(number, Course())

    def choose_call(self, number: int, macs: int, ledger: Ledger) -> Callable[..., Trained]:
        """What trains trial ``number`` when called with evaluator, architecture and seed."""
        settings = self._settings
        if settings.pruner == "none":
            return train_fully
        if settings.pruner == "pareto":
            complete = self._list_complete(ledger)
            objective = None if settings.objective.multi_objective else self._objective
            floors = find_floors(macs, complete, objective, risk=settings.pruner_risk)
            return partial(train_above, floors=floors)
        return partial(
            train_pruned,
            pruner=settings.pruner,
            past=[self._describe(ledger.get(earlier)) for earlier in range(number)],
            find_reward=partial(self._objective.reward, macs=float(macs)),
        )

    def _list_complete(self, ledger: Ledger) -> list[tuple[Record, Curve]]:
        complete = sorted(ledger.complete, key=lambda record: record.number)
        return [(record, self.find(record.number).curve) for record in complete]

    def _describe(self, record: Record | None) -> PastTrial:
        if record is None:
            return PastTrial("unknown")
        course = self.find(record.number)
        macs = float(record.macs)
        rewards = [self._objective.reward(accuracy, macs) for accuracy in course.curve]
        return PastTrial(record.state, tuple(rewards), course.notes)
