"""What is known of a search so far."""

from collections.abc import Sequence

from mbscale.results.record import Record, find_best
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.study.trials import told_values


class Ledger:
    """The records, by number and by network, and how the last proposals went.

    To add a record takes the same time however many there are.
    """

    def __init__(self, objective: ObjectiveSettings) -> None:
        self._objective = objective
        self._ended: list[Record] = []
        self._by_number: dict[int, Record] = {}
        # Every network that was trained, with the record of its training.
        self.by_key: dict[str, Record] = {}
        # Proposals in a row that started no training.
        self.n_useless = 0
        # Trainings in a row that failed.
        self.n_failures = 0
        self.best: Record | None = None
        # Of what the sampler was told of complete trials, the lowest first value.
        self.worst_value: float | None = None

    def add(self, record: Record) -> None:
        """Take in the record of a trial that ended."""
        self._by_number[record.number] = record
        self._ended.append(record)
        if not record.is_evaluated:
            self.n_useless += 1
            return
        self.n_useless = 0
        self.n_failures = self.n_failures + 1 if record.state == "failed" else 0
        self.by_key[record.key] = record
        contenders = [one for one in (self.best, record) if one is not None]
        self.best = find_best(sorted(contenders, key=lambda one: one.number))
        if record.state == "complete":
            value = told_values(record, self._objective)[0]
            self.worst_value = value if self.worst_value is None else min(value, self.worst_value)

    def get(self, number: int) -> Record | None:
        """The record of a trial, once it ended."""
        return self._by_number.get(number)

    @property
    def ended(self) -> Sequence[Record]:
        """All records, in the order in which their trials ended."""
        return self._ended

    @property
    def records(self) -> tuple[Record, ...]:
        """All records, in the order of their numbers."""
        return tuple(record for _, record in sorted(self._by_number.items()))

    @property
    def complete(self) -> list[Record]:
        """The records of networks that were trained to the end."""
        return [record for record in self.by_key.values() if record.state == "complete"]
