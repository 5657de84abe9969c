"""The files that follow from the records: trials.csv, pareto.csv and baseline.yaml."""

import time
from collections.abc import Sequence
from dataclasses import replace

from mbscale.results.record import Record
from mbscale.results.run_folder import Provenance, RunFolder, write_baseline, write_chosen
from mbscale.results.tables import write_pareto, write_trials
from mbscale.search.study.trials import decode_record
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.network import Network

# Writing all rows again takes longer as they grow; at most this share of the time goes there.
_LARGEST_SHARE = 0.02


class RunFiles:
    """Writes them after a trial, unless that would slow the search down."""

    def __init__(self, folder: RunFolder, task: SearchTask) -> None:
        self._folder = folder
        self._task = task
        self._next = 0.0
        # A confirmed baseline stays until it is confirmed again.
        self._owns_baseline = not folder.confirmed.exists()

    def are_due(self) -> bool:
        """Whether the last writing was long enough ago for its length."""
        return time.monotonic() >= self._next

    def write(self, records: Sequence[Record], best: Record | None) -> None:
        """Replace all three; without a complete trial there is no baseline of the search."""
        started = time.monotonic()
        write_trials(self._folder.trials, records)
        write_pareto(self._folder.pareto, records)
        if best is not None and self._owns_baseline:
            write_found(self._folder, self._task, best, Provenance("search"))
        ended = time.monotonic()
        self._next = ended + (ended - started) / _LARGEST_SHARE


def write_found(
    folder: RunFolder, task: SearchTask, record: Record, provenance: Provenance
) -> None:
    """baseline.yaml from a record of the search; ``provenance`` says what else is known."""
    design = decode_record(task, record)
    found = replace(
        provenance,
        trial=record.number,
        space=task.space.name,
        seed=task.seed,
        reward=record.reward,
        selection_accuracy=record.accuracy,
        selection_score=record.score,
    )
    if isinstance(design, Architecture):
        write_baseline(folder, Network("baseline", design, task.target), found)
    else:
        write_chosen(folder, design, found)
