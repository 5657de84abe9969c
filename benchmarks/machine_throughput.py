"""How many images a second all cores train: ``python benchmarks/machine_throughput.py --help``.

A search trains one network on each core, with one thread. The plain loop trains one network
with a thread on each core, and reads its images itself or in a process on each core; the
ratio is to the faster of the two. Seconds are those that pass, so nothing else should run.
"""

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from plain_loop import PlainImages, train_plainly
from throughput import Task, build, describe, list_networks, load_images, train_ours

from mbscale.config import load_run_config
from mbscale.errors import MbscaleError
from mbscale.proxy.images.augment import measure_normalization
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.images.labeled_images import Split, resize_images
from mbscale.proxy.training.device import choose_device


@dataclass(frozen=True, slots=True)
class Way:
    """A way to keep all cores busy: so many trainings at once, of so many threads each."""

    name: str
    n_trainings: int
    run: Callable[[Task], None]


def train_by_one_thread(task: Task) -> None:
    """One epoch of mbscale."""
    torch.set_num_threads(1)
    device = choose_device(task.proxy.device)
    train_ours(task, load_images(task, device), device)


@dataclass(frozen=True, slots=True)
class TrainPlain:
    """One epoch of the plain loop by so many threads and reading processes."""

    n_threads: int
    n_loaders: int

    def __call__(self, task: Task) -> None:
        """Train."""
        torch.set_num_threads(self.n_threads)
        device = choose_device(task.proxy.device)
        normalization = measure_normalization(task.split, device)
        train_plainly(
            build(task, device),
            PlainImages(task.split, normalization, task.proxy.data.crop_padding),
            batch_size=task.proxy.training.batch_size,
            rate=task.proxy.training.learning_rate,
            device=device,
            n_loaders=self.n_loaders,
        )


def list_ways(n_cores: int) -> tuple[Way, Way, Way]:
    """Ours first."""
    return (
        Way("mbscale", n_cores, train_by_one_thread),
        Way("plain", 1, TrainPlain(n_cores, 0)),
        Way("plain, with loaders", 1, TrainPlain(n_cores, n_cores)),
    )


def measure_ways(ways: tuple[Way, ...], task: Task, *, n_repeats: int) -> list[list[float]]:
    """Images a second of each way, once for each repeat, in turns; each has its processes."""
    pools = [ProcessPoolExecutor(way.n_trainings, mp_context=get_context("spawn")) for way in ways]
    try:
        rounds = [
            [_measure(way, pool, task) for way, pool in zip(ways, pools, strict=True)]
            for _ in range(n_repeats + 1)
        ]
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)
    # The first round loads libraries and fills oneDNN's cache of kernels.
    return [list(speeds) for speeds in zip(*rounds[1:], strict=True)]


def _measure(way: Way, pool: ProcessPoolExecutor, task: Task) -> float:
    start = time.perf_counter()
    for training in [pool.submit(way.run, task) for _ in range(way.n_trainings)]:
        training.result()
    return way.n_trainings * len(task.split) / (time.perf_counter() - start)


def main() -> int:
    """Print a row for each of three networks."""
    parser = argparse.ArgumentParser(description="Images a second of the whole machine.")
    parser.add_argument("--config", type=Path, help="as for run_search.py")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--macro", action="store_true", help="three of NAS-Bench-Macro")
    parser.add_argument("--images", type=int, default=6400)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cores", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    try:
        config = load_run_config(options.config, options.set)
        data = load_dataset(config.proxy.data)
    except MbscaleError as failure:
        print(failure, file=sys.stderr)
        return 2
    images = resize_images(data.train.images, config.proxy.resolution or data.resolution)
    split = Split(images[: options.images], data.train.labels[: options.images])
    ways = list_ways(options.cores)
    print(f"images a second on {options.cores} cores, {options.repeats} epochs of", end=" ")
    print(f"{len(split)} images at {split.resolution} pixels, batches of", end=" ")
    print(f"{config.proxy.training.batch_size}: median (lowest to highest)")
    for network in list_networks(config, is_macro=options.macro):
        task = Task(config.proxy, network.architecture, split)
        speeds = measure_ways(ways, task, n_repeats=options.repeats)
        ours, *plain = (float(np.median(one)) for one in speeds)
        described = ", ".join(
            f"{way.name} {describe(one)}" for way, one in zip(ways, speeds, strict=True)
        )
        macs = network.count_cost().macs / 1e6
        print(f"  {macs:6.2f} M MACs: {described}: {ours / max(plain):.2f}x", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
