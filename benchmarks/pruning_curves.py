"""Accuracies after each epoch of networks that were trained to their end, in a CSV file."""

import csv
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mbscale.config import RunConfig
from mbscale.proxy.evaluation import Evaluation, Evaluator, OnEpoch, SplitName
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.training.short_training import ShortTraining
from mbscale.search.proposals import Members, Proposal
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.search_space import load_search_space

# So many networks are trained again without measuring after each epoch, for what that takes.
N_PLAIN = 8
_COLUMNS = ("key", "vector", "seed", "accuracies", "seconds", "plain_seconds")


@dataclass(frozen=True, slots=True)
class RecordedCurve:
    """Accuracy, and CPU seconds since the start, after each epoch of one training.

    ``plain_seconds`` are those of a training that is measured at its end alone; None where
    that was not taken.
    """

    key: str
    vector: tuple[int, ...]
    seed: int
    accuracies: tuple[float, ...]
    seconds: tuple[float, ...]
    plain_seconds: float | None


@dataclass(frozen=True, slots=True)
class ReplayedTraining:
    """An evaluator that tells recorded accuracies epoch by epoch."""

    curves: Mapping[str, RecordedCurve]

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """The recorded training as far as it was not stopped; ``seed`` makes no difference."""
        del split, resolution
        curve = self.curves[canonical_key(architecture)]
        n_epochs, accuracy = len(curve.accuracies), curve.accuracies[-1]
        if on_epoch is not None:
            for epoch, reached in enumerate(curve.accuracies, start=1):
                if on_epoch(epoch, reached):
                    spent = curve.seconds[epoch - 1]
                    return Evaluation("pruned", reached, None, spent, epoch, seed, epoch)
        return Evaluation("complete", accuracy, None, curve.seconds[-1], n_epochs, seed, n_epochs)


def make_task(config: RunConfig) -> SearchTask:
    """The search of a configuration."""
    return SearchTask(load_search_space(config.space), config.target, config.search, config.seed)


def record_curves(path: Path, config: RunConfig, n_networks: int) -> Mapping[str, RecordedCurve]:
    """The curves of ``n_networks`` random networks within the limits; those in the file count."""
    known = dict(read_curves(path)) if path.exists() else {}
    train: Evaluator | None = None
    for number, proposal in enumerate(draw_networks(make_task(config), n_networks)):
        if proposal.key in known:
            continue
        train = train or ShortTraining(config.proxy, load_dataset(config.proxy.data))
        curve = train_once(train, proposal, number, takes_plain=number < N_PLAIN)
        known[curve.key] = curve
        append_curve(path, curve)
    return known


def draw_networks(task: SearchTask, n_networks: int) -> Iterator[Proposal]:
    """Distinct members by chance, always the same ones."""
    members, seen = Members(task), set[str]()
    for number in range(n_networks):
        proposal = members.draw(seen, seed=derive_seed(1000, Purpose.DRAW, number))
        assert proposal is not None
        seen.add(proposal.key)
        yield proposal


def train_once(
    train: Evaluator, proposal: Proposal, number: int, *, takes_plain: bool
) -> RecordedCurve:
    """Train a network, and take accuracy and time after each epoch."""
    seed, accuracies, seconds = derive_seed(1000, Purpose.TRIAL, number), [0.0], [0.0]

    def note(_epoch: int, accuracy: float) -> bool:
        accuracies.append(accuracy)
        seconds.append(time.process_time() - started)
        return False

    started = time.process_time()
    evaluation = train(proposal.architecture, seed=seed, on_epoch=note)
    assert evaluation.status == "complete", evaluation.reason
    plain: float | None = None
    if takes_plain:
        started = time.process_time()
        train(proposal.architecture, seed=seed)
        plain = time.process_time() - started
    return RecordedCurve(
        proposal.key, proposal.vector, seed, tuple(accuracies[1:]), tuple(seconds[1:]), plain
    )


def append_curve(path: Path, curve: RecordedCurve) -> None:
    """Add a row, on disk before the next training starts."""
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(_COLUMNS)
        lists = [" ".join(map(repr, one)) for one in (curve.vector, curve.accuracies)]
        seconds = " ".join(f"{one:.3f}" for one in curve.seconds)
        plain = "" if curve.plain_seconds is None else f"{curve.plain_seconds:.3f}"
        writer.writerow([curve.key, lists[0], curve.seed, lists[1], seconds, plain])


def read_curves(path: Path) -> Iterator[tuple[str, RecordedCurve]]:
    """Curves by the network's key."""
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield (
                row["key"],
                RecordedCurve(
                    key=row["key"],
                    vector=tuple(map(int, row["vector"].split())),
                    seed=int(row["seed"]),
                    accuracies=tuple(map(float, row["accuracies"].split())),
                    seconds=tuple(map(float, row["seconds"].split())),
                    plain_seconds=float(row["plain_seconds"]) if row["plain_seconds"] else None,
                ),
            )
