"""Which call trains a trial, given how earlier trials went after each epoch."""

from collections.abc import Callable
from functools import partial

from mbscale.results.record import Record
from mbscale.search.execution.jobs import Course, Curve, Trained, train_fully
from mbscale.search.ledger import Ledger
from mbscale.search.objective import compute_reward
from mbscale.search.pruning.optuna_pruning import PastTrial, train_pruned
from mbscale.search.pruning.pareto_pruning import find_floors, train_above
from mbscale.search.settings import PrunerName, SearchSettings


class EarlyStopping:
    """The trainings so far by the trial's number, as the pruner of the settings needs them."""

    def __init__(self, settings: SearchSettings) -> None:
        self._pruner: PrunerName = settings.pruner
        self._risk = settings.pruner_risk
        self._objective = settings.objective
        self._courses: dict[int, Course] = {}

    def add(self, number: int, course: Course) -> None:
        """Take in a training that ended."""
        self._courses[number] = course

    def find(self, number: int) -> Course:
        """The course of a trial's training; an empty one where there was none."""
        return self._courses.get(number, Course())

    def choose_call(self, number: int, macs: int, ledger: Ledger) -> Callable[..., Trained]:
        """What trains trial ``number`` when called with evaluator, architecture and seed."""
        if self._pruner == "none":
            return train_fully
        if self._pruner == "pareto":
            complete = self._list_complete(ledger)
            floors = find_floors(macs, complete, self._objective, risk=self._risk)
            return partial(train_above, floors=floors)
        return partial(
            train_pruned,
            pruner=self._pruner,
            past=[self._describe(ledger.get(earlier)) for earlier in range(number)],
            find_reward=partial(compute_reward, macs=macs, settings=self._objective),
        )

    def _list_complete(self, ledger: Ledger) -> list[tuple[Record, Curve]]:
        complete = sorted(ledger.complete, key=lambda record: record.number)
        return [(record, self.find(record.number).curve) for record in complete]

    def _describe(self, record: Record | None) -> PastTrial:
        if record is None:
            return PastTrial("unknown")
        course = self.find(record.number)
        rewards = [compute_reward(one, record.macs, self._objective) for one in course.curve]
        return PastTrial(record.state, tuple(rewards), course.notes)
