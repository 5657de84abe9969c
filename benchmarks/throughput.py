"""How fast networks are trained and counted: ``python benchmarks/throughput.py --help``.

The plain loop is what a first version would be: the default memory layout, a DataLoader
that augments image by image, AdamW without fusing. Both loops see the same network, the
same images and the same batch size, in turns, so that a busy machine harms both.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from plain_loop import PlainImages, train_plainly
from proxy_signal import sample_networks
from torch import nn

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import MbscaleError
from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.proxy.images.augment import measure_normalization, to_device
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.images.labeled_images import Split, resize_images
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.training.device import choose_device
from mbscale.proxy.training.loop import TrainingImages, train_model
from mbscale.search.driver import run_search
from mbscale.search.execution.executors import InlineExecutor
from mbscale.search.study.journal import open_journal
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.cost import count_cost
from mbscale.space.cost_table import CostTable
from mbscale.space.encoding import sample_vector
from mbscale.space.model import build_model
from mbscale.space.nas_bench_macro import make_macro_architecture
from mbscale.space.network import Network
from mbscale.space.published import load_network
from mbscale.space.search_space import load_search_space

# Kernel 3 and expansion 3 in all eight blocks; half of them wide; kernel 5 and expansion 6.
MACRO = ((1,) * 8, (1, 2) * 4, (2,) * 8)


@dataclass(frozen=True, slots=True)
class Task:
    """What both loops train: one epoch of the split."""

    proxy: ProxySettings
    architecture: Architecture
    split: Split


def build(task: Task, device: torch.device) -> nn.Module:
    """The network with fresh weights."""
    proxy = task.proxy
    return build_model(
        task.architecture,
        num_classes=int(task.split.labels.max()) + 1,
        seed=0,
        stem_stride=proxy.stem_stride,
        stage_strides=proxy.stage_strides,
        zero_init_residual=proxy.training.zero_init_residual,
    ).to(device)


def load_images(task: Task, device: torch.device) -> TrainingImages:
    """The split as mbscale trains on it."""
    normalization = measure_normalization(task.split, device)
    split, data = to_device(task.split, device), task.proxy.data
    return TrainingImages(split, normalization, data.flip, data.crop_padding)


def train_ours(task: Task, images: TrainingImages, device: torch.device) -> None:
    """One epoch of mbscale."""
    model = build(task, device)
    train_model(model, images, task.proxy.training, seed=0, after_epoch=lambda _: True)


def run_ours(task: Task) -> float:
    """Images a second of one epoch."""
    device = choose_device(task.proxy.device)
    images = load_images(task, device)
    seconds = measure_seconds(lambda: train_ours(task, images, device), device)
    return len(images.split) / seconds


def run_plain(task: Task) -> float:
    """Images a second of one epoch of the plain loop."""
    proxy, device = task.proxy, choose_device(task.proxy.device)
    torch.set_num_threads(proxy.training.threads)
    images = PlainImages(
        task.split, measure_normalization(task.split, device), proxy.data.crop_padding
    )

    def run() -> None:
        train_plainly(
            build(task, device),
            images,
            batch_size=proxy.training.batch_size,
            rate=proxy.training.learning_rate,
            device=device,
        )

    return len(images) / measure_seconds(run, device)


def time_training(task: Task, *, n_repeats: int) -> tuple[list[float], list[float]]:
    """Images a second of one epoch, ours and plain, once for each repeat.

    The plain loop has a process of its own: the memory that ours keeps would help it.
    """
    speeds: tuple[list[float], list[float]] = ([], [])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as plain:
        for repeat in range(n_repeats + 1):
            found = (run_ours(task), plain.submit(run_plain, task).result())
            # The first round loads libraries and fills oneDNN's cache of kernels.
            if repeat:
                for speed, kept in zip(found, speeds, strict=True):
                    kept.append(speed)
    return speeds


def measure_seconds(run: Callable[[], object], device: torch.device) -> float:
    """CPU seconds of this process, so that others do not count; on a GPU, seconds passed."""
    is_cpu = device.type == "cpu"
    clock = time.process_time if is_cpu else time.perf_counter
    start = clock()
    run()
    if not is_cpu:
        torch.cuda.synchronize()
    return clock() - start


def describe(speeds: list[float]) -> str:
    """The median, and the range that the repeats span."""
    return f"{np.median(speeds):,.0f} ({min(speeds):,.0f} to {max(speeds):,.0f})"


def list_networks(config: RunConfig, *, is_macro: bool) -> list[Network]:
    """A small, a middling and a large member of the space, or three of NAS-Bench-Macro."""
    if is_macro:
        architectures = [make_macro_architecture(choices) for choices in MACRO]
        return [Network("", architecture, config.target) for architecture in architectures]
    members = sample_networks(load_search_space(config.space), 15, seed=0)
    networks = [Network("", architecture, config.target) for architecture in members]
    networks.sort(key=lambda network: network.count_cost().macs)
    return [networks[0], networks[7], networks[-1]]


def report_training(config: RunConfig, *, is_macro: bool, n_images: int, n_repeats: int) -> None:
    """Print the speeds of three networks."""
    networks = list_networks(config, is_macro=is_macro)
    data = load_dataset(config.proxy.data)
    images = resize_images(data.train.images, config.proxy.resolution or data.resolution)
    split = Split(images[:n_images], data.train.labels[:n_images])
    print(f"training images a second, {n_repeats} epochs of {len(split)} images at", end=" ")
    print(f"{split.resolution} pixels, batches of {config.proxy.training.batch_size}:", end=" ")
    print("median (lowest to highest)")
    for network in networks:
        task = Task(config.proxy, network.architecture, split)
        ours, plain = time_training(task, n_repeats=n_repeats)
        ratio = float(np.median(ours) / np.median(plain))
        macs = network.count_cost().macs / 1e6
        print(f"  {macs:6.2f} M MACs: {describe(ours)}, plain {describe(plain)}: {ratio:.2f}x")


def report_costs(config: RunConfig, *, n_repeats: int) -> None:
    """Print how many architectures are counted in a second, one by one and in a batch."""
    network = load_network("efficientnet-b0")
    again = [_rate(network.count_cost, 300) for _ in range(n_repeats)]
    members = sample_networks(load_search_space("efficientnet"), 300 * n_repeats, seed=0)
    fresh = [_rate_each(members[index::n_repeats]) for index in range(n_repeats)]
    space = load_search_space(config.space)
    table = CostTable(space, config.target)
    rng = np.random.default_rng(0)
    vectors = np.array([sample_vector(space, rng) for _ in range(2000)]).repeat(100, axis=0)
    batch = [len(vectors) * _rate(lambda: table.count(vectors), 1) for _ in range(n_repeats)]
    print(f"costs a second, {n_repeats} repeats: median (lowest to highest)")
    print(f"  count_cost of EfficientNet-B0, again and again: {describe(again)}")
    print(f"  count_cost of new members of the space efficientnet: {describe(fresh)}")
    print(f"  CostTable of {space.name}, {len(vectors):,} at once: {describe(batch)}")


class InstantEvaluator:
    """An accuracy that follows from the MACs, at once: what is left of a trial is overhead."""

    def __init__(self, config: RunConfig) -> None:
        self._target = config.target

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """A complete evaluation."""
        del split, resolution, on_epoch
        macs = Network("", architecture, self._target).count_cost().macs
        accuracy = 1 - 1 / float(np.log(macs))
        return Evaluation("complete", accuracy, 1 - accuracy, 0.0, 1, seed, 0)


def report_overhead(config: RunConfig, *, n_repeats: int) -> None:
    """Print the seconds of a trial that go to proposing, saving and drawing tables."""
    search = replace(config.search, n_workers=1, executor="inline")
    task = SearchTask(load_search_space(config.space), config.target, search, config.seed)
    seconds: list[float] = []
    for _ in range(n_repeats):
        with tempfile.TemporaryDirectory() as folder, open_journal(Path(folder)) as journal:
            start = time.perf_counter()
            outcome = run_search(
                task,
                InstantEvaluator(config),
                journal,
                executor=InlineExecutor(),
                on_record=lambda _record, _records: None,
            )
            seconds.append((time.perf_counter() - start) / outcome.n_evaluated)
    low, middle, high = (1000 * value for value in np.quantile(seconds, (0, 0.5, 1)))
    print(f"milliseconds of a trial outside training, {search.n_trials} trials of", end=" ")
    print(f"{search.sampler}, {n_repeats} repeats: {middle:.0f} ({low:.0f} to {high:.0f})")


def _rate_each(architectures: Sequence[Architecture]) -> float:
    """Networks a second, each counted once; equal stages were counted before in some."""
    start = time.process_time()
    for architecture in architectures:
        count_cost(architecture, resolution=224, num_classes=1000)
    return len(architectures) / (time.process_time() - start)


def _rate(run: Callable[[], object], n_runs: int) -> float:
    start = time.process_time()
    for _ in range(n_runs):
        run()
    return n_runs / (time.process_time() - start)


def main() -> int:
    """Print all figures."""
    parser = argparse.ArgumentParser(description="Training images and costs a second.")
    parser.add_argument("--config", type=Path, help="as for run_search.py")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--macro", action="store_true", help="three of NAS-Bench-Macro alone")
    parser.add_argument("--images", type=int, default=1280)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    try:
        config = load_run_config(options.config, options.set)
        torch.set_num_threads(config.proxy.training.threads)
        if not options.macro:
            report_costs(config, n_repeats=options.repeats)
            report_overhead(config, n_repeats=options.repeats)
        report_training(
            config, is_macro=options.macro, n_images=options.images, n_repeats=options.repeats
        )
    except MbscaleError as failure:
        print(failure, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
