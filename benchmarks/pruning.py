"""What pruners save, and what they lose: ``python benchmarks/pruning.py --help``.

    python benchmarks/pruning.py --config configs/quick.yaml --curves runs/pruning-quick.csv

Random networks of the configuration are trained to their end once, and their accuracy after
each epoch goes to a CSV file, where a second call finds it. Searches then run with the real
driver and pruners over these networks, their trainings looked up in the file.

*Saved* is the share of the CPU time of all trainings of a search that was not spent; *net*
also counts the time that measuring after each epoch takes, which a search without a pruner
saves. *Lost* are points that the front would have had if none of the networks tried had been
stopped, *area* what the front lost of its hypervolume (MACs up to ``max_macs``, accuracy from
chance up), and *searches* those that lost a point. *Against none* compares the hypervolume
with that of the search without a pruner, which may have tried other networks. Means over
seeds, with the worst seed in parentheses.

``--risks`` runs ``pareto`` once for each risk. Two rows are bounds, counted on the trainings of
the searches without a pruner: what would be saved by one that stops after the first epoch every
training that ends under an earlier one which costs no more (*own end known*), or every one that
is not on the final front (*front known*).
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

# Before numpy is imported: the libraries below it read it then.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from pruning_bounds import stop_beaten, stop_off_front
from pruning_curves import RecordedCurve, ReplayedTraining, make_task, record_curves

from mbscale.config import RunConfig, load_run_config
from mbscale.results.pareto import hypervolume, pareto_records
from mbscale.results.record import Record
from mbscale.search.driver import run_search
from mbscale.search.execution.executors import InlineExecutor
from mbscale.search.settings import PrunerName, SearchSettings
from mbscale.search.study.journal import open_journal
from mbscale.search.task import SearchTask

PRUNERS: tuple[PrunerName, ...] = ("pareto", "median", "successive_halving", "hyperband")
BOUNDS: Mapping[str, Callable[[Sequence[Record]], Sequence[Record]]] = {
    "own end known": stop_beaten,
    "front known": stop_off_front,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One search: shares saved, trainings stopped, points of the front and those lost, areas."""

    saved: float
    net: float
    n_stopped: int
    n_front: int
    n_lost: int
    area: float
    area_lost: float


def search(task: SearchTask, curves: Mapping[str, RecordedCurve]) -> Sequence[Record]:
    """The trainings of a search over the recorded networks."""
    with tempfile.TemporaryDirectory() as folder, open_journal(Path(folder)) as journal:
        outcome = run_search(
            task,
            ReplayedTraining(curves),
            journal,
            executor=InlineExecutor(),
            on_record=lambda _record, _records: None,
        )
    return [one for one in outcome.records if one.state in ("complete", "pruned")]


def judge(
    records: Sequence[Record],
    curves: Mapping[str, RecordedCurve],
    *,
    reference: tuple[float, float],
    plain_share: float,
) -> Outcome:
    """What a search saved and lost."""
    spent = sum(curves[one.key].seconds[(one.epochs or 0) - 1] for one in records)
    full = sum(curves[one.key].seconds[-1] for one in records)
    whole = [
        replace(one, state="complete", accuracy=curves[one.key].accuracies[-1]) for one in records
    ]
    found, possible = pareto_records(records), pareto_records(whole)
    kept = {one.key for one in records if one.state == "complete"}
    area, possible_area = measure_area(found, reference), measure_area(possible, reference)
    n_stopped = sum(one.state == "pruned" for one in records)
    return Outcome(
        saved=1 - spent / full,
        net=1 - spent / (full * plain_share) if n_stopped else 0.0,
        n_stopped=n_stopped,
        n_front=len(possible),
        n_lost=sum(one.key not in kept for one in possible),
        area=area,
        area_lost=1 - area / possible_area,
    )


def measure_area(front: Sequence[Record], reference: tuple[float, float]) -> float:
    """The hypervolume of accuracy and MACs."""
    losses = np.array([(-(one.accuracy or 0.0), one.macs) for one in front], dtype=float)
    return hypervolume(losses, reference)


def describe(sampler: str, pruner: str, rows: Sequence[Outcome], plain: Sequence[Outcome]) -> str:
    """One line of the table."""
    saved, net, lost = (
        np.array([getattr(one, name) for one in rows]) for name in ("saved", "net", "area_lost")
    )
    against = np.array([1 - one.area / other.area for one, other in zip(rows, plain, strict=True)])
    n_lost, n_front = sum(one.n_lost for one in rows), sum(one.n_front for one in rows)
    n_searches = sum(one.n_lost > 0 for one in rows)
    return (
        f"| {sampler} | {pruner} | {format_worst(saved, saved.min())} "
        f"| {format_worst(net, net.min())} | {sum(one.n_stopped for one in rows)} "
        f"| {n_lost} of {n_front} "
        f"| {n_searches} of {len(rows)} | {format_worst(lost, lost.max())} "
        f"| {format_worst(against, against.max())} |"
    )


def format_worst(shares: np.ndarray, worst: float) -> str:
    """The mean and the worst, in percent."""
    return f"{100 * shares.mean():.1f} ({100 * worst:.1f})"


def list_variants(
    settings: SearchSettings, pruners: Sequence[PrunerName], risks: Sequence[float]
) -> list[tuple[str, SearchSettings]]:
    """The settings of each row, by its name: ``none`` first, ``pareto`` once for each risk."""
    variants = [("none", replace(settings, pruner="none"))]
    for pruner in pruners:
        if pruner == "pareto":
            chosen = [replace(settings, pruner=pruner, pruner_risk=risk) for risk in risks]
            variants += [(f"pareto {one.pruner_risk:g}", one) for one in chosen]
        elif not settings.objective.multi_objective:
            variants.append((pruner, replace(settings, pruner=pruner)))
    return variants


def measure_plain_share(curves: Mapping[str, RecordedCurve]) -> float:
    """Time of trainings that are measured at their end, over that with each epoch measured."""
    timed = [one for one in curves.values() if one.plain_seconds is not None]
    return sum(one.plain_seconds or 0 for one in timed) / sum(one.seconds[-1] for one in timed)


def run(
    config: RunConfig,
    curves: Mapping[str, RecordedCurve],
    variants: Sequence[tuple[str, SearchSettings]],
    *,
    seeds: Sequence[int],
) -> None:
    """The rows of a sampler; the first variant has no pruner."""
    objective = config.search.objective
    assess = partial(
        judge,
        curves=curves,
        reference=(-1 / config.target.num_classes, objective.max_macs or float("inf")),
        plain_share=measure_plain_share(curves),
    )
    pool = {one.key: one.vector for one in curves.values()}
    task = replace(make_task(config), pool=pool)
    plain: list[Outcome] = []
    for name, settings in variants:
        searches = [search(replace(task, settings=settings, seed=seed), curves) for seed in seeds]
        rows = [assess(records) for records in searches]
        print(describe(settings.sampler, name, rows, plain or rows), flush=True)
        if not plain:
            plain = rows
            for bound, stop in BOUNDS.items():
                bounded = [assess(stop(records)) for records in searches]
                print(describe(settings.sampler, bound, bounded, plain), flush=True)


def main() -> None:
    """Record what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--curves", type=Path, required=True, help="CSV file, made or gone on with")
    parser.add_argument("--networks", type=int, default=120)
    parser.add_argument("--samplers", nargs="+", default=["random", "surrogate"])
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 5), metavar=("FIRST", "END"))
    parser.add_argument("--pruners", nargs="+", choices=PRUNERS, default=PRUNERS)
    parser.add_argument("--risks", type=float, nargs="+", help="of pareto, for each one row")
    options = parser.parse_args()
    config = load_run_config(options.config, options.set)
    curves = record_curves(options.curves, config, options.networks)
    print(
        "| sampler | pruner | saved, % | net, % | stopped | points lost | searches | area lost, % "
        f"| against none, % |\n|{' --- |' * 2}{' ---: |' * 7}"
    )
    for sampler in options.samplers:
        settings = replace(config.search, sampler=sampler, n_workers=1, max_useless=1)
        variants = list_variants(settings, options.pruners, options.risks or [settings.pruner_risk])
        run(config, curves, variants, seeds=range(*options.seeds))


if __name__ == "__main__":
    main()
