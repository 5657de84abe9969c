"""Single layers as PyTorch has them and as they are trained here: ``layer_times.py --help``.

Forward and backward of one batch, both ways in turns, in float32 and in bfloat16.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mbscale.proxy.training.device import keep_freed_memory
from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.block_layers import Squeeze
from mbscale.space.layers import SqueezeExcite


@dataclass(frozen=True, slots=True)
class Case:
    """A layer, what it is called, and the channels and side of the map that it gets."""

    name: str
    layer: nn.Module
    width: int
    side: int


def list_cases() -> list[Case]:
    """Layers that differ, each at a size that networks here have."""
    depthwise = ((1280, 1, 5, 1), (1536, 2, 5, 1), (768, 4, 5, 1), (384, 8, 5, 1), (384, 8, 3, 2))
    cases = [_make_depthwise(*sizes) for sizes in (*depthwise, (192, 32, 5, 2))]
    dense = ((28, 672, 1), (320, 1280, 1), (1280, 320, 1), (672, 112, 2), (112, 672, 4))
    cases += [_make_dense(*sizes) for sizes in (*dense, (384, 128, 8), (128, 384, 8))]
    return cases + [_make_squeeze(*sizes) for sizes in ((32, 32), (240, 8), (672, 2))]


def _make_depthwise(width: int, side: int, size: int, stride: int) -> Case:
    layer = nn.Conv2d(width, width, size, stride, size // 2, groups=width, bias=False)
    return Case(f"depthwise {size}x{size}, stride {stride}, {width}", layer, width, side)


def _make_dense(width: int, out_width: int, side: int) -> Case:
    return Case(f"1x1, {width} to {out_width}", nn.Conv2d(width, out_width, 1), width, side)


def _make_squeeze(width: int, side: int) -> Case:
    stage = Stage("mbconv", width, 1, 1, kernel_size=3, expand_ratio=1)
    layer = SqueezeExcite(
        Squeeze("se", width, max(width // 24, 8)), Architecture(Stem(8), (stage,), 0)
    )
    return Case(f"squeeze and excitation, {width}", layer, width, side)


def time_case(
    case: Case, *, batch_size: int, is_half: bool, n_repeats: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of CPU time by PyTorch and by mbscale, once for each repeat."""
    layer = case.layer
    for weight in layer.parameters():
        # As the training loop does it, which leaves kernels of one pixel as they are.
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    dtype = torch.bfloat16 if is_half else torch.float32
    images = torch.randn(batch_size, case.width, case.side, case.side).to(dtype)
    images = images.contiguous(memory_format=torch.channels_last).requires_grad_()

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=is_half):
            out: Tensor = layer(images)
        torch.autograd.backward(out, torch.ones_like(out))

    theirs, ours = [], []
    for repeat in range(n_repeats + 1):
        their, our = _time(step), _time_inside(layer, step)
        # The first round fills oneDNN's cache of kernels.
        if repeat:
            theirs.append(their)
            ours.append(our)
    return theirs, ours


def _time_inside(layer: nn.Module, step: Callable[[], None]) -> float:
    with fast_layers(layer):
        return _time(step)


def _time(step: Callable[[], None], n_steps: int = 5) -> float:
    step()
    start = time.process_time()
    for _ in range(n_steps):
        step()
    return 1000 * (time.process_time() - start) / n_steps


def describe(values: list[float]) -> str:
    """The median, and the range that the repeats span."""
    return f"{np.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Print a row for each layer."""
    parser = argparse.ArgumentParser(description="Single layers, PyTorch's and mbscale's.")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    print(f"ms forward and backward, {given.batch} images, {given.repeats} repeats in turns:")
    print("| layer | pixels | PyTorch | here | PyTorch, bfloat16 | here, bfloat16 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for case in list_cases():
        cells = [
            describe(values)
            for is_half in (False, True)
            for values in time_case(
                case, batch_size=given.batch, is_half=is_half, n_repeats=given.repeats
            )
        ]
        print(f"| {case.name} | {case.side} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
