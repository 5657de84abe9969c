"""What a second worker brings, and what a search costs beside training: ``overhead.py --help``.

The same networks are searched by one worker process and by more, in turns. The sampler is
``random``, whose proposals do not depend on which training ends first. A search is timed as
a whole, from the start of its process to its end, and between its ends: from the first
results, two a worker, to the last start, when every worker is at work. The second ratio is
that of a search so long that its ends do not count.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import load_study

_SCRIPT = Path(__file__).parents[1] / "run_search.py"


@dataclass(frozen=True, slots=True)
class Timed:
    """Trainings an hour, and the shares of the workers' time in which they do not train."""

    per_hour: float
    per_hour_between: float
    outside: float
    outside_between: float


def search(config: Path, *, n_workers: int, n_trials: int, folder: Path) -> Timed:
    """Run ``search`` in a process of its own."""
    command = [sys.executable, str(_SCRIPT), "search", "--config", str(config), "--trust-proxy"]
    command += ["--set", "search.sampler=random", "--n-trials", str(n_trials), "--quiet"]
    command += ["--executor", "process", "--workers", str(n_workers), "--out", str(folder)]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - this script
    wall = time.perf_counter() - started
    trained = read_trainings(folder)
    seconds = float(trained["seconds"].sum())
    outside_between = measure_between(trained, n_workers)
    return Timed(
        3600 * len(trained) / wall,
        3600 * n_workers * (1 - outside_between) * len(trained) / seconds,
        1 - seconds / (n_workers * wall),
        outside_between,
    )


def read_trainings(folder: Path) -> pd.DataFrame:
    """One row a training: its seconds, and when the driver began it and had its result.

    The journal numbers trials in the order in which they end, ``trials.csv`` as they begin.
    """
    storage = JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    trials = load_study(study_name="search", storage=storage).trials
    times = pd.DataFrame(
        {
            "number": t.user_attrs["number"],
            "begun": _clock(t.datetime_start),
            "ended": _clock(t.datetime_complete),
        }
        for t in trials
    )
    records = pd.read_csv(folder / "trials.csv", usecols=["number", "state", "seconds"])
    return records[records["state"] == "complete"].merge(times, on="number")


def _clock(moment: datetime | None) -> float:
    return moment.timestamp() if moment else float("nan")


def measure_between(trained: pd.DataFrame, n_workers: int) -> float:
    """The share from two results a worker to the last start."""
    ended = trained["ended"].to_numpy()
    first, last = np.sort(ended)[2 * n_workers - 1], trained["begun"].max()
    within = np.minimum(ended, last) - np.maximum(ended - trained["seconds"].to_numpy(), first)
    return float(1 - np.maximum(within, 0).sum() / (n_workers * (last - first)))


def describe(values: list[float], digits: int) -> str:
    """Median (lowest to highest)."""
    middle, low, high = (
        f"{float(value):,.{digits}f}" for value in (np.median(values), min(values), max(values))
    )
    return f"{middle} ({low} to {high})"


def main() -> int:
    """Search, and print the table."""
    parser = argparse.ArgumentParser(description="One worker against more, on the same networks.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--n-trials", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    found: dict[int, list[Timed]] = {1: [], options.workers: []}
    for _ in range(options.repeats):
        for n_workers, timed in found.items():
            with tempfile.TemporaryDirectory() as name:
                n_trials: int = options.n_trials
                folder = Path(name) / "run"
                timed.append(
                    search(options.config, n_workers=n_workers, n_trials=n_trials, folder=folder)
                )
    print("| workers | trainings an hour | % outside training, whole | between its ends |")
    print("| ---: | --- | --- | --- |")
    for n_workers, timed in found.items():
        speed = describe([one.per_hour for one in timed], 0)
        outside = describe([100 * one.outside for one in timed], 1)
        between = describe([100 * one.outside_between for one in timed], 2)
        print(f"| {n_workers} | {speed} | {outside} | {between} |")
    pairs = list(zip(found[1], found[options.workers], strict=True))
    whole = [more.per_hour / one.per_hour for one, more in pairs]
    between = [more.per_hour_between / one.per_hour_between for one, more in pairs]
    print(f"ratio: {describe(whole, 2)}; between its ends: {describe(between, 2)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
