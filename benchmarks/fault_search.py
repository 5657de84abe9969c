"""The searches of ``faults.py``: nothing is trained, and each call leaves a line in a file.

As a script, ``fault_search.py FOLDER N_TRIALS N_WORKERS [FILE_SIZE]``, it searches in a
process of its own, in which no file may grow beyond so many bytes.
"""

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mbscale.errors import MbscaleError
from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.search.driver import OnRecord, run_search
from mbscale.search.execution.executors import open_executor
from mbscale.search.settings import ObjectiveSettings, RaySettings, SearchSettings
from mbscale.search.study.journal import open_journal
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.cost import count_cost
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space


@dataclass(frozen=True)
class LoggedEvaluator:
    """Accuracy from parameters and seed; one line a call with its process and seed."""

    log: Path
    seconds: float = 0.0
    # What one network in eight does: hang, hold memory, or lose its loss to NaN.
    fault: str = ""

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """An accuracy, after a pause."""
        del split, resolution, on_epoch
        with self.log.open("a") as file:
            file.write(f"{os.getpid()} {seed}\n")
        if self.fault and is_unlucky(seed):
            return self.fail(seed)
        time.sleep(self.seconds)
        params = count_cost(architecture, resolution=28, num_classes=10).params
        accuracy = 1 - 1 / len(str(params)) + seed % 97 * 1e-4
        return Evaluation("complete", accuracy, 1 - accuracy, 0.5, 3, seed, 1000)

    def fail(self, seed: int) -> Evaluation:
        """Until a limit ends it, or at once."""
        if self.fault == "memory":
            held = b"x" * 2**30
            time.sleep(3600 + len(held))
        if self.fault == "hang":
            time.sleep(3600)
        return Evaluation("failed", None, None, 0.0, 0, seed, 0, "the loss is NaN")


def is_unlucky(seed: int) -> bool:
    """One seed in eight; the last three bits hold its purpose."""
    return seed // 8 % 8 == 0


def search(
    folder: Path,
    *,
    n_trials: int,
    n_workers: int = 1,
    evaluator: LoggedEvaluator | None = None,
    address: str = "",
    on_record: OnRecord = lambda _record, _records: None,
) -> None:
    """Search in a folder, or go on there."""
    folder.mkdir(exist_ok=True)
    evaluator = evaluator or LoggedEvaluator(folder / "calls")
    settings = SearchSettings(
        # Long enough for a worker to start on a busy machine.
        trial_timeout_seconds=30.0 if evaluator.fault == "hang" else None,
        max_memory_gib=1.0 if evaluator.fault == "memory" else None,
        executor="ray" if address else "auto",
        ray=RaySettings(address or None),
        n_trials=n_trials,
        n_workers=n_workers,
        sampler="nsga2",
        max_retries=100,
        objective=ObjectiveSettings(target_macs=4e6),
    )
    task = SearchTask(load_search_space("small"), Target(28, 10), settings, seed=3)
    with open_journal(folder) as journal, open_executor(settings) as executor:
        run_search(task, evaluator, journal, executor=executor, on_record=on_record)


def drive(folder: Path, n_trials: int, n_workers: int, file_size: int | None) -> None:
    """A search that ends with one sentence where it cannot write."""
    if file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    try:
        search(
            folder,
            n_trials=n_trials,
            n_workers=n_workers,
            evaluator=LoggedEvaluator(folder / "calls", seconds=0.02),
        )
    except MbscaleError as failure:
        sys.exit(str(failure))


def start(folder: Path, n_trials: int, n_workers: int, *more: str) -> subprocess.Popen[bytes]:
    """A driver in another process."""
    folder.mkdir(exist_ok=True)
    words = [__file__, folder, n_trials, n_workers, *more]
    return subprocess.Popen(  # noqa: S603 - this file
        [sys.executable, *map(str, words)], stderr=subprocess.DEVNULL
    )


def wait_for_calls(folder: Path, n_calls: int, driver: subprocess.Popen[bytes]) -> None:
    """Until so many trainings were begun, or the driver has ended."""
    while len(read_calls(folder)) < n_calls and driver.poll() is None:
        time.sleep(0.002)


def read_calls(folder: Path) -> list[str]:
    """One line a call."""
    log = folder / "calls"
    return log.read_text().splitlines() if log.exists() else []


if __name__ == "__main__":
    _, where, trials, workers, *sizes = sys.argv
    drive(Path(where), int(trials), int(workers), int(sizes[0]) if sizes else None)
