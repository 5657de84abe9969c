"""What a search loses when its parts die: a table of faults, trials lost, paid twice, wrong.

    python benchmarks/faults.py --kills 100 --worker-kills 50 --bytes 10000

Nothing is trained: accuracy follows from network and seed, and each call leaves a line in a
file. *Lost* are networks of an uninterrupted run that are missing, *paid twice* are calls
beyond one a network and one a trial that ran when something was killed, *wrong* are rows
that differ from those of the uninterrupted run (one worker), networks trained under a seed
that is not the trial's (several workers), or trials that failed and should not have, or the
reverse. A cut journal has trials paid again by nature: "-"; it is
*wrong* as well where other bytes than the torn line are gone. A folder is made read-only by
mounting it so, which asks for the rights of root; without them, and without Ray, a row is left
out, and said so.
"""

import argparse
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fault_search import LoggedEvaluator, is_unlucky, read_calls, search, start, wait_for_calls

from mbscale.results.record import Record
from mbscale.results.run_folder import JOURNAL_NAME
from mbscale.results.tables import read_records
from mbscale.search.study.journal import open_journal

Row = tuple[str, int, int, int | str, int]


def main() -> None:
    """Make each fault, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--worker-kills", type=int, default=5)
    parser.add_argument("--bytes", type=int, default=300, help="journal cut at each of its last")
    parser.add_argument("--without-ray", action="store_true", help="leave out the cluster")
    options = parser.parse_args()
    print(f"{'fault':<44}{'times':>7}{'lost':>6}{'twice':>7}{'wrong':>7}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        faults: list[Callable[[], Row]] = [
            partial(kill_drivers, root / "drivers", n_kills=options.kills),
            partial(kill_workers, root / "workers", n_kills=options.worker_kills),
            partial(cut_journal, root / "cut", n_bytes=options.bytes),
            partial(fill_disk, root / "full"),
            partial(forbid_writing, root / "readonly"),
            *(partial(fail_trials, root / fault, fault) for fault in ("memory", "nan", "hang")),
            partial(start_two, root / "two"),
        ]
        if not options.without_ray:
            faults.append(partial(lose_nodes, root / "ray"))
        for make_fault in faults:
            what, *figures = make_fault()
            cells = f"{figures[0]:>7}{figures[1]:>6}{figures[2]:>7}{figures[3]:>7}"
            print(f"{what:<44}{cells}", flush=True)


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
    """The journal cut at each of its last bytes and opened; resumed once for each line cut."""
    whole = folder.with_name("uncut")
    search(whole, n_trials=30)
    journal = (whole / JOURNAL_NAME).read_bytes()
    n_bytes, n_lost, n_wrong = min(n_bytes, len(journal)), 0, 0
    resumed: set[bytes] = set()
    for n_cut in range(1, n_bytes + 1):
        torn = folder.with_name(f"cut{n_cut}")
        torn.mkdir()
        left = journal[:-n_cut]
        (torn / JOURNAL_NAME).write_bytes(left)
        with open_journal(torn):
            mended = (torn / JOURNAL_NAME).read_bytes()
        n_wrong += mended != left[: left.rfind(b"\n") + 1]
        # What follows depends on the mended file alone.
        if mended not in resumed:
            resumed.add(mended)
            search(torn, n_trials=30)
            _, _, lost, _, wrong = compare("", 1, torn, whole)
            n_lost, n_wrong = n_lost + lost, n_wrong + wrong
        shutil.rmtree(torn)
    return "journal cut at each of its last bytes", n_bytes, n_lost, "-", n_wrong


def fill_disk(folder: Path) -> Row:
    """No file may grow beyond a limit that rises a little after each end."""
    n_ended = 0
    for file_size in range(4_000, 64_000, 12_000):
        with start(folder, 30, 1, str(file_size)) as driver:
            pass
        n_ended += driver.returncode == 1
    return resume_and_compare("disk full (file-size limit)", n_ended, folder, 30)


def forbid_writing(folder: Path) -> Row:
    """The folder's file system is made read-only, and writable again."""
    folder.mkdir()
    if not mount("-t", "tmpfs", "tmpfs", str(folder)):
        return "folder read-only: mounting is not permitted", 0, 0, "-", 0
    try:
        search(folder, n_trials=10)
        mount("-o", "remount,ro", str(folder))
        with start(folder, 20, 1) as driver:
            pass
        mount("-o", "remount,rw", str(folder))
        return resume_and_compare("folder read-only", int(driver.returncode == 1), folder, 20)
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607


def mount(*words: str) -> bool:
    """Whether it was permitted."""
    done = subprocess.run(["mount", *words], capture_output=True, check=False)  # noqa: S603, S607
    return done.returncode == 0


def fail_trials(folder: Path, fault: str) -> Row:
    """One training in eight does not come to its end; it is recorded, and not tried again."""
    n_trials = 24
    evaluator = LoggedEvaluator(folder / "calls", fault=fault)
    search(folder, n_trials=n_trials, n_workers=2, evaluator=evaluator)
    trained = [one for one in read_records(folder / "trials.csv") if one.state != "duplicate"]
    failed = [one for one in trained if one.state == "failed"]
    n_wrong = sum((one.state == "failed") != is_unlucky(one.seed) for one in trained)
    n_twice = len(read_calls(folder)) - len(trained)
    names = {"memory": "trial out of memory", "nan": "loss is NaN", "hang": "trial hangs"}
    return names[fault], len(failed), n_trials - len(trained), n_twice, n_wrong


def start_two(folder: Path) -> Row:
    """A second driver on the same folder is refused."""
    statuses: list[int] = []

    def start_second(_record: Record, records: Sequence[Record]) -> None:
        if len(records) == 5:
            with start(folder, 20, 1) as second:
                pass
            statuses.append(second.returncode)

    search(folder, n_trials=20, on_record=start_second)
    return resume_and_compare("two drivers at once", statuses.count(1), folder, 20)


def lose_nodes(folder: Path) -> Row:
    """A Ray cluster of three nodes of this machine loses one, and then the next."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    node = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    cluster_utils: Any = importlib.import_module("ray.cluster_utils")
    cluster = cluster_utils.Cluster(
        initialize_head=True, head_node_args=node | {"include_dashboard": False}
    )
    nodes = [cluster.add_node(**node) for _ in range(2)]

    def lose(_record: Record, records: Sequence[Record]) -> None:
        if len(records) in (4, 12):
            cluster.remove_node(nodes.pop(), allow_graceful=False)

    try:
        search(
            folder,
            n_trials=24,
            n_workers=3,
            evaluator=LoggedEvaluator(folder / "calls", seconds=0.5),
            address=cluster.address,
            on_record=lose,
        )
    finally:
        cluster.shutdown()
    trained = [one for one in read_records(folder / "trials.csv") if one.state != "duplicate"]
    seeds = {int(line.split()[1]) for line in read_calls(folder)}
    n_complete = sum(one.state == "complete" for one in trained)
    n_twice = max(0, len(read_calls(folder)) - len(trained) - 2)
    n_wrong = len({one.seed for one in trained} ^ seeds)
    return "nodes of a Ray cluster lost, one by one", 2, 24 - n_complete, n_twice, n_wrong


def resume_and_compare(what: str, n_faults: int, folder: Path, n_trials: int) -> Row:
    """The row of a search that goes on without a fault."""
    search(folder, n_trials=n_trials)
    whole = folder.with_name(f"{folder.name}-whole")
    search(whole, n_trials=n_trials)
    return compare(what, n_faults, folder, whole)


def compare(what: str, n_killed: int, folder: Path, whole: Path) -> Row:
    """Rows that are missing, calls beyond those that a kill explains, rows that differ."""
    found, expected = (read_records(one / "trials.csv") for one in (folder, whole))
    keys = {record.key for record in found}
    n_lost = sum(record.key not in keys for record in expected)
    n_wrong = sum(one != other for one, other in zip(found, expected, strict=False))
    n_trained = sum(record.state == "complete" for record in found)
    n_twice = max(0, len(read_calls(folder)) - n_trained - n_killed)
    return what, n_killed, n_lost, n_twice, n_wrong


def kill(pid: int) -> bool:
    """Whether there was such a process to end."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
