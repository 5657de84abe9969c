"""Trains networks by recipes and adds one row per evaluation to a CSV file.

Each training is evaluated on the selection split at some epochs, with its weights as they
are and with exponential means of weights and batch norm statistics.
"""

import argparse
import csv
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import cast

import torch
from networks import NETWORKS
from plan import PARTS, Run
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.optim.swa_utils import AveragedModel

from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.settings import DataSettings, ProxySettings
from mbscale.proxy.training.device import limit_threads
from mbscale.proxy.training.loop import measure, train_model
from mbscale.proxy.training.resident_images import ResidentImages, SplitsAt
from mbscale.space.model import build_model

DECAYS = (0.99, 0.998)
Average = Callable[[list[Tensor], list[Tensor], Tensor | int], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One evaluation; ``core_seconds`` is the training alone, without averages and scores."""

    recipe: str
    network: str
    seed: int
    epoch: int
    weights: str
    accuracy: float
    log_loss: float
    core_seconds: float


def average_by(decay: float) -> Average:
    """An exponential mean whose first steps weigh more, so that the start is forgotten."""

    @torch.no_grad()
    def average(means: list[Tensor], values: list[Tensor], n_averaged: Tensor | int) -> None:
        share = min(decay, (1 + int(n_averaged)) / (10 + int(n_averaged)))
        if means[0].is_floating_point():
            torch._foreach_lerp_(means, values, 1 - share)
        else:
            torch._foreach_copy_(means, values)

    return average


class Stopwatch:
    """CPU seconds of this process, without what happens in ``paused``."""

    def __init__(self) -> None:
        self._start = time.process_time()

    @property
    def seconds(self) -> float:
        """CPU seconds so far."""
        return time.process_time() - self._start

    @contextmanager
    def paused(self) -> Generator[None]:
        """Time spent inside does not count."""
        start = time.process_time()
        yield
        self._start += time.process_time() - start


def load_images(run: Run) -> SplitsAt:
    """The images of this run; the selection split is the same 2,000 in all runs."""
    padding = 2 if run.shifts else 0
    data = DataSettings(
        n_selection=2000, n_train=run.n_train, flip=run.shifts, crop_padding=padding
    )
    settings = ProxySettings(data=data, resolution=run.resolution, device="cpu")
    return ResidentImages(settings, load_dataset(data), torch.device("cpu")).at(None)


def train(run: Run, images: SplitsAt) -> list[Row]:
    """The evaluations of one training."""
    architecture = replace(NETWORKS[run.network], dropout=run.dropout)
    model = build_model(architecture, num_classes=10, seed=run.seed, zero_init_residual=True)
    means = {
        f"ema{decay}": AveragedModel(model, multi_avg_fn=average_by(decay), use_buffers=True)
        for decay in DECAYS
    }
    rows: list[Row] = []
    watch = Stopwatch()

    def after_step(*_: object) -> None:
        with watch.paused():
            for mean in means.values():
                mean.update_parameters(model)

    def after_epoch(epoch: int) -> bool:
        seconds = watch.seconds
        with watch.paused():
            if epoch in run.looks:
                for name, weights in {"last": model, **means}.items():
                    score = evaluate(weights, images)
                    key = (run.recipe, run.network, run.seed, epoch, name)
                    rows.append(Row(*key, *score, core_seconds=round(seconds, 2)))
        return epoch == run.stop

    hook = register_optimizer_step_post_hook(after_step)
    with limit_threads(1):
        train_model(model, images.training, run.training, seed=run.seed, after_epoch=after_epoch)
    hook.remove()
    return rows


def evaluate(model: nn.Module, images: SplitsAt) -> tuple[float, float]:
    """Accuracy and log loss on the selection split."""
    score = measure(model, images.judged["selection"], images.training.normalization)
    return score.accuracy, round(score.log_loss, 5)


def read_done(path: Path) -> set[tuple[str, str, str]]:
    """Recipe, network and seed of each training in the file."""
    if not path.exists():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["recipe"], row["network"], row["seed"]) for row in csv.DictReader(file)}


def append(path: Path, rows: list[Row]) -> None:
    """Add rows to the file; a new file gets its header first."""
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in fields(Row)])
        if is_new:
            writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def order_runs(parts: list[str], *, backward: bool) -> list[Run]:
    """The runs of these parts; two processes from both ends meet in the middle."""
    return [run for part in parts for run in (PARTS[part][::-1] if backward else PARTS[part])]


def main() -> None:
    """Train what the file does not hold yet, in the order of the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path, default=Path(__file__).with_name("trainings.csv"))
    parser.add_argument("--part", action="append", choices=PARTS, help="none: the whole plan")
    parser.add_argument("--backward", action="store_true", help="the last run of each part first")
    options = parser.parse_args()
    path = cast("Path", options.csv)
    for run in order_runs(options.part or list(PARTS), backward=options.backward):
        if (run.recipe, run.network, str(run.seed)) in read_done(path):
            continue
        rows = train(run, load_images(run))
        append(path, rows)
        print(rows[-3], flush=True)


if __name__ == "__main__":
    main()
