"""Squeeze and excitation whose gradient comes sooner on a CPU.

PyTorch's gradient of a mean over the map is a view that repeats one number a channel. Adding
it to the gradient of the gated map takes several times as long as adding a full map, so here
it is written out first. The numbers are the same.
"""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mbscale.space.layers import SqueezeExcite


@contextmanager
def fast_squeeze(model: nn.Module) -> Generator[None]:
    """The model trains with this gradient inside, where it is on a CPU."""
    chosen = [module for module in model.modules() if _is_slow(module)]
    for module in chosen:
        # Beside the method of its class, so that the module stays what it is.
        vars(module)["squeeze"] = _Squeeze.apply
    try:
        yield
    finally:
        for module in chosen:
            del vars(module)["squeeze"]


def _is_slow(module: nn.Module) -> bool:
    return isinstance(module, SqueezeExcite) and module.reduce.weight.device.type == "cpu"


class _Squeeze(torch.autograd.Function):
    """The mean over the map, ``(N, C, 1, 1)``."""

    @staticmethod
    def forward(ctx: "_Context", x: Tensor) -> Tensor:
        ctx.shape = x.shape
        return x.mean((2, 3), keepdim=True)

    @staticmethod
    def backward(ctx: "_Context", *gradients: Tensor) -> Tensor:
        (gradient,) = gradients
        rows, columns = ctx.shape[2:]
        repeated = (gradient / (rows * columns)).expand(ctx.shape)
        return repeated.contiguous(memory_format=torch.channels_last)


class _Context(torch.autograd.function.FunctionCtx):
    """What the backward pass needs of the forward pass; PyTorch makes it."""

    shape: torch.Size
