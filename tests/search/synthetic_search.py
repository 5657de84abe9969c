"""Searches without training: an evaluator whose numbers follow from network and seed.

Run as a script, ``synthetic_search.py FOLDER SAMPLER N_TRIALS KILL_AT N_WORKERS``, it
searches and ends its process with SIGKILL in the training number KILL_AT.
"""

import math
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.results.record import Record
from mbscale.search.driver import run_search
from mbscale.search.execution.executors import open_executor
from mbscale.search.outcome import SearchOutcome
from mbscale.search.settings import ObjectiveSettings, SamplerName, SearchSettings
from mbscale.search.study.journal import open_journal
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.cost import count_cost
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SPACE = load_search_space("small")
TARGET = Target(28, 10)
OBJECTIVE = ObjectiveSettings(target_macs=4e6)


@dataclass(frozen=True)
class SyntheticEvaluator:
    """Accuracy grows with the parameters, a little noise follows from the seed.

    Networks with more than ``fails_above`` parameters fail, those above ``kills_above``
    end the process, those above ``hangs_above`` never come back. Each call leaves a line
    in ``log``, which outlives the process.
    """

    log: Path | None = None
    fails_above: float = math.inf
    kills_above: float = math.inf
    hangs_above: float = math.inf
    kill_at: int | None = None
    kills_driver: bool = False
    interrupt_at: int | None = None
    seconds: float = 0.0
    halves_below: float = 0
    halves_thirds: bool = False
    epochs: int = 0

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        params = count_cost(architecture, resolution=28, num_classes=10).params
        n_calls = self._note(f"{architecture!r} {split} {seed}")
        if n_calls == self.kill_at or params > self.kills_above:
            os.kill(os.getppid() if self.kills_driver else os.getpid(), signal.SIGKILL)
        if n_calls == self.interrupt_at:
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(3600 if params > self.hangs_above else self.seconds)
        if params > self.fails_above:
            return Evaluation("failed", None, None, 0.0, 0, seed, 0, "out of memory")
        accuracy = 1 - 1 / math.log(params) + seed % 97 * 1e-4
        if params < self.halves_below or (self.halves_thirds and seed % 3 == 0):
            accuracy /= 2
        for epoch in range(1, self.epochs + 1):
            reached = accuracy * (1 - 0.5**epoch / 10) if epoch < self.epochs else accuracy
            if on_epoch is not None and on_epoch(epoch, reached):
                return Evaluation("pruned", reached, 1 - reached, 0.1, epoch, seed, 300)
        return Evaluation("complete", accuracy, 1 - accuracy, 0.5, 3, seed, 1000)

    def _note(self, line: str) -> int:
        if self.log is None:
            return 0
        with self.log.open("a") as file:
            file.write(line + "\n")
        return len(read_calls(self.log))


def read_calls(log: Path) -> list[str]:
    """One line a call."""
    return log.read_text().splitlines() if log.exists() else []


def make_task(
    sampler: SamplerName = "tpe",
    *,
    n_trials: int = 12,
    objective: ObjectiveSettings = OBJECTIVE,
    **settings: object,
) -> SearchTask:
    chosen = SearchSettings(
        n_trials=n_trials, sampler=sampler, n_startup=4, population_size=4, objective=objective
    )
    return SearchTask(SPACE, TARGET, replace(chosen, **settings), seed=3)


def search(
    task: SearchTask,
    folder: Path,
    evaluator: SyntheticEvaluator | None = None,
    on_record: Callable[[Record, Sequence[Record]], None] = lambda _record, _records: None,
) -> SearchOutcome:
    folder.mkdir(exist_ok=True)
    with open_journal(folder) as journal, open_executor(task.settings) as executor:
        return run_search(
            task,
            evaluator or SyntheticEvaluator(),
            journal,
            executor=executor,
            on_record=on_record,
        )


if __name__ == "__main__":
    _, folder, sampler, n_trials, kill_at, n_workers = sys.argv
    killer = SyntheticEvaluator(
        log=Path(folder, "calls"), kill_at=int(kill_at), kills_driver=int(n_workers) > 1
    )
    task = make_task(cast("SamplerName", sampler), n_trials=int(n_trials), n_workers=int(n_workers))
    search(task, Path(folder), killer)
