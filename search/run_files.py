"""The files that follow from the records: trials.csv, pareto.csv and baseline.yaml."""

import time
from collections.abc import Sequence
from pathlib import Path

from mbscale.results.files import replace_file
from mbscale.results.record import Record
from mbscale.results.tables import write_pareto, write_trials
from mbscale.search.study.trials import record_vector
from mbscale.search.task import SearchTask
from mbscale.space.encoding import decode
from mbscale.space.network import Network
from mbscale.space.network_yaml import format_network

# Writing all rows again takes longer as they grow; at most this share of the time goes there.
_LARGEST_SHARE = 0.02
CONFIRMED = "confirm.csv"


class RunFiles:
    """Writes them after a trial, unless that would slow the search down."""

    def __init__(self, folder: Path, task: SearchTask) -> None:
        self._folder = folder
        self._task = task
        self._next = 0.0
        # A confirmed baseline stays until it is confirmed again.
        self._owns_baseline = not (folder / CONFIRMED).exists()

    def are_due(self) -> bool:
        """Whether the last writing was long enough ago for its length."""
        return time.monotonic() >= self._next

    def write(self, records: Sequence[Record], best: Record | None) -> None:
        """Replace all three; without a complete trial there is no baseline of the search."""
        started = time.monotonic()
        write_trials(self._folder / "trials.csv", records)
        write_pareto(self._folder / "pareto.csv", records)
        if best is not None and self._owns_baseline:
            write_baseline(self._folder / "baseline.yaml", best, self._task)
        ended = time.monotonic()
        self._next = ended + (ended - started) / _LARGEST_SHARE


def write_baseline(path: Path, record: Record, task: SearchTask) -> None:
    """The network of a record as YAML, with where it comes from."""
    architecture = decode(task.space, record_vector(task, record))
    provenance: dict[str, str | int | float | bool | None] = {
        "source": "search",
        "trial": record.number,
        "accuracy": record.accuracy,
        "score": record.score,
        "reward": record.reward,
    }
    network = Network("baseline", architecture, task.target)
    replace_file(path, format_network(network, provenance))
