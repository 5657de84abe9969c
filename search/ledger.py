"""What is known of a search so far."""

from mbscale.results.record import Record
from mbscale.search.outcome import find_best
from mbscale.search.trials import is_evaluated


class Ledger:
    """The records, by number and by network, and how the last proposals went."""

    def __init__(self) -> None:
        self._by_number: dict[int, Record] = {}
        # Every network that was trained, with the record of its training.
        self.by_key: dict[str, Record] = {}
        # Proposals in a row that started no training.
        self.n_useless = 0
        # Trainings in a row that failed.
        self.n_failures = 0
        self.best: Record | None = None

    def add(self, record: Record) -> None:
        """Take in the record of a trial that ended."""
        self._by_number[record.number] = record
        if not is_evaluated(record):
            self.n_useless += 1
            return
        self.n_useless = 0
        self.n_failures = self.n_failures + 1 if record.state == "failed" else 0
        self.by_key[record.key] = record
        contenders = [one for one in (self.best, record) if one is not None]
        self.best = find_best(sorted(contenders, key=lambda one: one.number))

    def get(self, number: int) -> Record | None:
        """The record of a trial, once it ended."""
        return self._by_number.get(number)

    @property
    def records(self) -> tuple[Record, ...]:
        """All records, in the order of their numbers."""
        return tuple(record for _, record in sorted(self._by_number.items()))

    @property
    def complete(self) -> list[Record]:
        """The records of networks that were trained to the end."""
        return [record for record in self.by_key.values() if record.state == "complete"]
