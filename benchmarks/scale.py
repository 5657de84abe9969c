"""What a driver can feed: turnaround, time to resume, memory and journal by number of trials.

    python benchmarks/scale.py --trials 1000 10000 100000 --workers 1000 --sampler surrogate

Nothing is trained. A journal of so many finished random trials is written as the driver
writes it; a search goes on from there with so many workers, all of them busy. Each time one
of their trials ends, it is told and saved, and the next is asked for, saved and submitted:
that is one turnaround. CPU ms and s are those of the driver's process: to open the journal,
to submit the first trial after that, and for a turnaround. Wall ms hold what the disk and
other processes of the machine took.
"""

import argparse
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.results.record import Record
from mbscale.results.run_folder import JOURNAL_NAME
from mbscale.search.designs import list_choices, require_search_space
from mbscale.search.driver import run_search
from mbscale.search.execution.executors import InlineExecutor
from mbscale.search.proposals import Proposal, make_proposal
from mbscale.search.settings import ObjectiveSettings, SamplerName, SearchSettings
from mbscale.search.study.journal import open_journal
from mbscale.search.study.trials import add_evaluation, make_record, record_attributes
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.cost import count_cost
from mbscale.space.encoding import sample_vector
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

P = ParamSpec("P")
T = TypeVar("T")


class EnoughError(Exception):
    """Ends a search that was measured."""


def evaluate(
    architecture: Architecture,
    *,
    seed: int,
    split: SplitName = "selection",
    resolution: int | None = None,
    on_epoch: OnEpoch | None = None,
) -> Evaluation:
    """An accuracy from parameters and seed."""
    del split, resolution, on_epoch
    params = count_cost(architecture, resolution=28, num_classes=10).params
    accuracy = 1 - 1 / len(str(params)) + seed % 97 * 1e-4
    return Evaluation("complete", accuracy, 1 - accuracy, 0.5, 3, seed, 1000)


class BusyExecutor(Executor):
    """Holds ``n_workers`` calls; ends a random one when the last is there, and takes the time."""

    def __init__(self, n_workers: int, n_turns: int) -> None:
        self._n_workers, self._n_turns = n_workers, n_turns
        self._waiting: list[Callable[[], None]] = []
        self._rng = random.Random(0)  # noqa: S311 - an order, no secret
        self._ended: tuple[float, float] | None = None
        self.first_submit: float | None = None
        self.cpu_ms: list[float] = []
        self.wall_ms: list[float] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future that is done when its turn comes."""
        now = time.process_time(), time.perf_counter()
        self.first_submit = self.first_submit or now[0]
        if self._ended is not None:
            self.cpu_ms.append(1e3 * (now[0] - self._ended[0]))
            self.wall_ms.append(1e3 * (now[1] - self._ended[1]))
        if len(self.cpu_ms) >= self._n_turns:
            raise EnoughError
        future: Future[T] = Future()
        self._waiting.append(lambda: future.set_result(fn(*args, **kwargs)))
        if len(self._waiting) == self._n_workers:
            self._waiting.pop(self._rng.randrange(self._n_workers))()
            self._ended = time.process_time(), time.perf_counter()
        return future


def make_task(n_trials: int, n_workers: int, sampler: SamplerName, space: str) -> SearchTask:
    """A search without a goal of its own."""
    settings = SearchSettings(
        n_trials=n_trials,
        n_workers=n_workers,
        sampler=sampler,
        executor="process" if n_workers > 1 else "inline",
        objective=ObjectiveSettings(target_macs=4e6 if space == "small" else 400e6),
    )
    return SearchTask(load_search_space(space), Target(28, 10), settings, seed=3)


def write_journal(folder: Path, task: SearchTask, n_trials: int) -> None:
    """A search of one trial by the driver, and lines like its own for the others."""
    one = make_task(1, 1, task.settings.sampler, task.space.name)
    with open_journal(folder) as journal:
        run_search(one, evaluate, journal, executor=InlineExecutor(), on_record=_ignore)
    path = folder / JOURNAL_NAME
    lines = path.read_bytes().splitlines()
    template = next(one for one in map(json.loads, lines) if one["op_code"] == 4)
    seen = {template["user_attrs"]["key"]}
    with path.open("a") as file:
        for number, proposal in enumerate(draw_new(task, seen, n_trials - 1), start=1):
            file.write(json.dumps(fill(template, task, proposal, number)) + "\n")


def draw_new(task: SearchTask, seen: set[str], n_networks: int) -> Iterator[Proposal]:
    """Distinct networks by chance."""
    rng, last = np.random.default_rng(0), len(seen) + n_networks
    while len(seen) < last:
        proposal = make_proposal(task, sample_vector(require_search_space(task.space), rng))
        if proposal.key not in seen:
            seen.add(proposal.key)
            yield proposal


def fill(
    template: dict[str, Any], task: SearchTask, proposal: Proposal, number: int
) -> dict[str, Any]:
    """The line of another trial."""
    blank = make_record(task, proposal, number=number, state="complete", reason="")
    evaluation = evaluate(proposal.architecture, seed=blank.seed)
    record = add_evaluation(blank, evaluation, task)
    names = [choice.name for choice in list_choices(task.space)]
    params = dict(zip(names, proposal.vector, strict=True))
    return template | {
        "params": params,
        "user_attrs": record_attributes(record),
        "value": record.reward,
    }


def _ignore(record: Record, records: Sequence[Record]) -> None:
    del record, records


def measure(
    n_trials: int, *, n_workers: int, n_turns: int, sampler: SamplerName, space: str
) -> str:
    """One row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task = make_task(n_trials + n_workers + n_turns + 1, n_workers, sampler, space)
        write_journal(folder, task, n_trials)
        n_bytes = (folder / JOURNAL_NAME).stat().st_size
        executor, opened = BusyExecutor(n_workers, n_turns), 0.0
        started = time.process_time()
        try:
            with open_journal(folder) as journal:
                opened = time.process_time() - started
                run_search(task, evaluate, journal, executor=executor, on_record=_ignore)
        except EnoughError:
            pass
        resumed = (executor.first_submit or 0.0) - started
    cpu, wall = (np.percentile(one, (50, 99)) for one in (executor.cpu_ms, executor.wall_ms))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return (
        f"{n_trials:>8,} {cpu[0]:8.1f} {cpu[1]:8.1f} {wall[0]:8.1f} {wall[1]:8.1f} "
        f"{opened:8.1f} {resumed:8.1f} {peak:8.2f} {n_bytes / 2**20:8.1f}"
    )


def main() -> None:
    """A row for each number of trials."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[1_000])
    parser.add_argument("--workers", type=int, default=1_000)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--sampler", default="surrogate")
    parser.add_argument("--space", default="small")
    options = parser.parse_args()
    print("  trials  cpu p50  cpu p99 wall p50 wall p99   open s resume s peak GiB journal MiB")
    measure_row = partial(
        measure,
        n_workers=options.workers,
        n_turns=options.turns,
        sampler=cast("SamplerName", options.sampler),
        space=options.space,
    )
    # What a row leaves in memory makes the next one slower, so each has a process of its own.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for row in pool.map(measure_row, options.trials):
            print(row, flush=True)


if __name__ == "__main__":
    main()
