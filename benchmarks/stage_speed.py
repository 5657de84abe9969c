"""Which share of the machine's peak each stage reaches: ``stage_speed.py --help``.

The peak is that of a product of two large float32 matrices, measured in the same process.
Each part of a network runs forward and backward alone, as it is trained here and in the
default memory layout; three times the MACs of its convolutions are counted as its work.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mbscale.config import load_run_config
from mbscale.errors import MbscaleError
from mbscale.proxy.training.device import keep_freed_memory
from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.space.architecture import Architecture, override_strides
from mbscale.space.blocks import realize_blocks
from mbscale.space.cost import count_blocks, count_head, count_stem
from mbscale.space.model import Model, build_model
from mbscale.space.nas_bench_macro import make_macro_architecture
from mbscale.space.published import load_network

# Name, MACs of one image, and seconds of a step of one batch.
Part = tuple[str, int, float]


def measure_peak(n_repeats: int) -> float:
    """FLOP a core-second of a matrix product, the best of the repeats.

    PyTorch's product and its 1x1 convolution are two libraries, either of which may be slow
    on a CPU.
    """
    size = 1024
    left, right = torch.randn(size, size), torch.randn(size, size)
    maps = left.view(64, 4, 4, size).permute(0, 3, 1, 2)
    kernels = right.t().reshape(size, size, 1, 1)
    ways = (lambda: left @ right, lambda: torch.nn.functional.conv2d(maps, kernels))
    return 2 * size**3 / min(second for way in ways for second in _times(way, n_repeats))


def list_parts(
    model: Model, architecture: Architecture, resolution: int, num_classes: int
) -> Iterator[tuple[str, nn.Module, int]]:
    """Name, module and MACs for one image of stem, stages and head."""
    cost, size = count_stem(architecture.stem, resolution)
    yield "stem", model.stem, cost.macs
    pairs = zip(model.stages, realize_blocks(architecture), strict=True)
    for number, (stage, blocks) in enumerate(pairs, start=1):
        cost, size = count_blocks(blocks, size)
        yield f"stage {number}", stage, cost.macs
    cost = count_head(
        architecture.stages[-1].width, architecture.head_width, size, num_classes=num_classes
    )
    tail = nn.Sequential(model.head, nn.AdaptiveAvgPool2d(1), nn.Flatten(), model.classifier)
    yield "head", tail, cost.macs


def time_parts(
    architecture: Architecture, *, resolution: int, batch_size: int, n_repeats: int, is_ours: bool
) -> Iterator[Part]:
    """Each part, forward and backward."""
    model = build_model(architecture, num_classes=10, seed=0)
    layout = torch.channels_last if is_ours else torch.contiguous_format
    model.to(memory_format=layout)  # type: ignore[call-overload]  # PyTorch names no layout
    values = torch.randn(batch_size, 3, resolution, resolution).contiguous(memory_format=layout)
    if is_ours:
        keep_freed_memory()
    with fast_layers(model) if is_ours else nullcontext():
        for name, part, macs in list_parts(model, architecture, resolution, 10):
            given = values.detach().requires_grad_(name != "stem")
            out: Tensor = part(given)
            gradient = torch.ones_like(out)
            times = _times(_make_step(part, given, gradient), n_repeats)
            yield name, macs, float(np.median(times))
            values = out


def _make_step(part: nn.Module, given: Tensor, gradient: Tensor) -> Callable[[], object]:
    return lambda: torch.autograd.backward(part(given), gradient)


def _times(run: Callable[[], object], n_repeats: int) -> list[float]:
    run()
    found: list[float] = []
    for _ in range(n_repeats):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return found


def report(name: str, plain: list[Part], ours: list[Part], *, batch_size: int, peak: float) -> None:
    """Print a line for each part, and one for all."""
    print(f"{name}, peak {peak / 1e9:.0f} GFLOP/s")
    print("| part | MACs | ms a step | of the peak | default layout, ms | ratio |")
    pairs = zip([*ours, _add_up(ours)], [*plain, _add_up(plain)], strict=True)
    for (part, macs, seconds), (_, _, other) in pairs:
        share = 6 * macs * batch_size / seconds / peak
        print(
            f"| {part} | {macs / 1e6:.2f} M | {1000 * seconds:.1f} | {share:.0%} "
            f"| {1000 * other:.1f} | {other / seconds:.2f} |"
        )


def _add_up(parts: list[Part]) -> Part:
    return "all", sum(part[1] for part in parts), sum(part[2] for part in parts)


def find_network(name: str) -> Architecture:
    """``macro-`` and eight digits, or a published network with a stem that does not stride."""
    digits = name.removeprefix("macro-")
    if digits.isdigit():
        return make_macro_architecture([int(digit) for digit in digits])
    return override_strides(load_network(name).architecture, stem_stride=1)


def main() -> int:
    """Print a table for each network."""
    parser = argparse.ArgumentParser(description="Share of the peak that each stage reaches.")
    parser.add_argument("--config", type=Path, help="as for run_search.py")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--network", nargs="+", default=["macro-11111111", "macro-22222222", "efficientnet-b0"]
    )
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    try:
        config = load_run_config(options.config, options.set)
        torch.set_num_threads(config.proxy.training.threads)
        size = config.proxy.training.batch_size
        peak = measure_peak(options.repeats)
        print(f"{options.resolution} pixels, batches of {size}")
        # What ours sets stays set in the process, so the other layout comes first.
        plain, ours = (
            [
                list(
                    time_parts(
                        find_network(name),
                        resolution=options.resolution,
                        batch_size=size,
                        n_repeats=options.repeats,
                        is_ours=is_ours,
                    )
                )
                for name in options.network
            ]
            for is_ours in (False, True)
        )
        for name, before, after in zip(options.network, plain, ours, strict=True):
            report(name, before, after, batch_size=size, peak=peak)
    except MbscaleError as failure:
        print(failure, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
