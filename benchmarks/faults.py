"""What a search loses when its parts die: a table of faults, trials lost, paid twice, wrong.

    python benchmarks/faults.py --kills 100 --worker-kills 50 --bytes 10000

Nothing is trained: accuracy follows from network and seed, and each call leaves a line in a
file. *Lost* are networks of an uninterrupted run that are missing, *paid twice* are calls
beyond one a network and one a trial that ran when something was killed, *wrong* are rows
that differ from those of the uninterrupted run (one worker), or networks trained under a
seed that is not the trial's (several workers). A cut journal has trials paid again by nature: "-".
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.results.record import Record
from mbscale.results.tables import read_records
from mbscale.search.driver import run_search
from mbscale.search.executors import open_executor
from mbscale.search.journal import JOURNAL_NAME, open_journal
from mbscale.search.settings import ObjectiveSettings, SearchSettings
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.cost import count_cost
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

Row = tuple[str, int, int, int | str, int]


@dataclass(frozen=True)
class LoggedEvaluator:
    """Accuracy from parameters and seed; one line a call with its process and seed."""

    log: Path
    seconds: float

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
        time.sleep(self.seconds)
        params = count_cost(architecture, resolution=28, num_classes=10).params
        accuracy = 1 - 1 / len(str(params)) + seed % 97 * 1e-4
        return Evaluation("complete", accuracy, 1 - accuracy, 0.5, 3, seed, 1000)


def search(folder: Path, *, n_trials: int, n_workers: int = 1, seconds: float = 0.0) -> None:
    """Search in a folder, or go on there."""
    folder.mkdir(exist_ok=True)
    settings = SearchSettings(
        n_trials=n_trials,
        n_workers=n_workers,
        sampler="nsga2",
        max_retries=100,
        objective=ObjectiveSettings(target_macs=4e6),
    )
    task = SearchTask(load_search_space("small"), Target(28, 10), settings, seed=3)
    evaluator = LoggedEvaluator(folder / "calls", seconds)
    with open_journal(folder) as journal, open_executor(settings) as executor:
        run_search(task, evaluator, journal, executor=executor, on_record=_ignore)


def _ignore(record: Record, records: Sequence[Record]) -> None:
    del record, records


def main() -> None:
    """Make each fault, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--worker-kills", type=int, default=5)
    parser.add_argument("--bytes", type=int, default=300, help="journal cut at each of its last")
    parser.add_argument("--drive", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drive:
        folder, n_trials, n_workers = options.drive
        search(Path(folder), n_trials=int(n_trials), n_workers=int(n_workers), seconds=0.02)
        return
    print(f"{'fault':<44}{'times':>7}{'lost':>6}{'twice':>7}{'wrong':>7}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for row in (
            kill_drivers(root / "drivers", n_kills=options.kills),
            kill_workers(root / "workers", n_kills=options.worker_kills),
            cut_journal(root / "cut", n_bytes=options.bytes),
        ):
            what, *figures = row
            print(f"{what:<44}{figures[0]:>7}{figures[1]:>6}{figures[2]:>7}{figures[3]:>7}")


def kill_drivers(folder: Path, *, n_kills: int) -> Row:
    """SIGKILL for the driver at random moments, resumed each time."""
    n_trials, rng = max(40, 10 * n_kills), random.Random(0)  # noqa: S311 - moments, no secrets
    n_killed = 0
    for _ in range(n_kills):
        with start(folder, n_trials, 1) as driver:
            wait_for_calls(folder, 1 + len(read_calls(folder)), driver)
            time.sleep(rng.uniform(0, 0.3))
            driver.kill()
        n_killed += driver.returncode == -signal.SIGKILL
    search(folder, n_trials=n_trials)
    whole = folder.with_name("whole")
    search(whole, n_trials=n_trials)
    return compare("driver killed, one worker", n_killed, folder, whole)


def kill_workers(folder: Path, *, n_kills: int) -> Row:
    """SIGKILL for a worker that trains; the driver goes on."""
    n_trials, rng = max(40, 10 * n_kills), random.Random(1)  # noqa: S311
    n_killed = 0
    with start(folder, n_trials, 2) as driver:
        while n_killed < n_kills and driver.poll() is None:
            wait_for_calls(folder, 1 + len(read_calls(folder)), driver)
            time.sleep(rng.uniform(0, 0.02))
            n_killed += kill(int(read_calls(folder)[-1].split()[0]))
    records = read_records(folder / "trials.csv")
    trained = [record for record in records if record.state in ("complete", "failed")]
    calls = [int(line.split()[1]) for line in read_calls(folder)]
    wrong = {record.seed for record in trained} ^ set(calls)
    n_lost = n_trials - sum(record.state == "complete" for record in trained)
    n_twice = max(0, len(calls) - len(trained) - n_killed)
    return "worker killed, two workers", n_killed, n_lost, n_twice, len(wrong)


def cut_journal(folder: Path, *, n_bytes: int) -> Row:
    """The journal cut at each of its last bytes, then resumed."""
    whole = folder.with_name("uncut")
    search(whole, n_trials=30)
    journal = (whole / JOURNAL_NAME).read_bytes()
    n_lost = n_wrong = 0
    for n_cut in range(1, min(n_bytes, len(journal)) + 1):
        torn = folder.with_name(f"cut{n_cut}")
        torn.mkdir()
        (torn / JOURNAL_NAME).write_bytes(journal[:-n_cut])
        search(torn, n_trials=30)
        _, _, lost, _, wrong = compare("", 1, torn, whole)
        n_lost, n_wrong = n_lost + lost, n_wrong + wrong
    return "journal cut at each of its last bytes", n_bytes, n_lost, "-", n_wrong


def compare(what: str, n_killed: int, folder: Path, whole: Path) -> Row:
    """Rows that are missing, calls beyond those that a kill explains, rows that differ."""
    found, expected = (read_records(one / "trials.csv") for one in (folder, whole))
    keys = {record.key for record in found}
    n_lost = sum(record.key not in keys for record in expected)
    n_wrong = sum(one != other for one, other in zip(found, expected, strict=False))
    n_trained = sum(record.state == "complete" for record in found)
    n_twice = max(0, len(read_calls(folder)) - n_trained - n_killed)
    return what, n_killed, n_lost, n_twice, n_wrong


def start(folder: Path, n_trials: int, n_workers: int) -> subprocess.Popen[bytes]:
    """A driver in another process."""
    folder.mkdir(exist_ok=True)
    words = [__file__, "--drive", folder, n_trials, n_workers]
    return subprocess.Popen([sys.executable, *map(str, words)])  # noqa: S603 - this file


def wait_for_calls(folder: Path, n_calls: int, driver: subprocess.Popen[bytes]) -> None:
    """Until so many trainings were begun, or the driver has ended."""
    while len(read_calls(folder)) < n_calls and driver.poll() is None:
        time.sleep(0.002)


def read_calls(folder: Path) -> list[str]:
    """One line a call."""
    log = folder / "calls"
    return log.read_text().splitlines() if log.exists() else []


def kill(pid: int) -> bool:
    """Whether there was such a process to end."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
