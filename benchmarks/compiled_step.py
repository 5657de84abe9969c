"""What ``torch.compile`` brings to a training step: ``compiled_step.py NETWORK ...``.

Forward and backward of a batch as it is trained here, with and without; the two take turns,
in core-seconds. The first compiled step holds the compilation, by a C++ compiler that must
be there; it pays once the steps that follow have saved as much.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from stage_speed import find_network
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from mbscale.proxy.training.device import keep_freed_memory
from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.space.model import build_model

Run = Callable[[Tensor], Tensor]

_BATCH = 64


def _time_step(run: Run, model: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """Core-seconds of this process, and seconds: the compiler runs in others."""
    core, wall = time.process_time(), time.perf_counter()
    model.zero_grad()
    cross_entropy(run(images), labels).backward()
    return time.process_time() - core, time.perf_counter() - wall


def compare(name: str, *, resolution: int, n_repeats: int) -> None:
    """Print a row for one network."""
    model = build_model(find_network(name), num_classes=10, seed=0)
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # no overload for modules
    images = torch.randn(_BATCH, 3, resolution, resolution)
    images = images.to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (_BATCH,))
    compiled: Run = torch.compile(model)
    _time_step(model, model, images, labels)
    first = _time_step(compiled, model, images, labels)[1]
    _time_step(compiled, model, images, labels)
    pairs: list[tuple[float, float]] = []
    for _ in range(n_repeats):
        with fast_layers(model):
            plain = _time_step(model, model, images, labels)[0]
        pairs.append((plain, _time_step(compiled, model, images, labels)[0]))
    plain, fast = (1000 * np.median(part) for part in zip(*pairs, strict=True))
    ratios = [before / after for before, after in pairs]
    saved = (plain - fast) / 1000
    pays = f"{first / saved:,.0f}" if saved > 0 else "never"
    spread = f"{np.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    print(f"| {name} | {plain:.0f} | {fast:.0f} | {spread} | {first:.0f} | {pays} |", flush=True)


def main() -> None:
    """Print a row for each network."""
    parser = argparse.ArgumentParser(description="torch.compile against none.")
    parser.add_argument("networks", nargs="*", default=["macro-11111111", "macro-22222222"])
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    print(
        "| network | ms a step | compiled, ms | ratio | seconds to compile | steps until it pays |"
    )
    for name in given.networks:
        compare(name, resolution=given.resolution, n_repeats=given.repeats)


if __name__ == "__main__":
    main()
