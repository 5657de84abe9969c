"""Means over the map whose gradient is used sooner on a CPU.

PyTorch's gradient of such a mean, in squeeze and excitation and before the classifier, is a
view that repeats one number a channel. What is computed with it takes several times as long
as with a full map, so here it is written out first. The numbers are the same, up to rounding.
"""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mbscale.space.layers import SqueezeExcite
from mbscale.space.model import Model


@contextmanager
def fast_squeeze(model: nn.Module) -> Generator[None]:
    """The model trains with this gradient inside, where it is on a CPU."""
    modules = [module for module in model.modules() if isinstance(module, SqueezeExcite | Model)]
    chosen = [module for module in modules if _is_on_cpu(module)]
    for module in chosen:
        # Beside the method of its class, so that the module stays what it is.
        vars(module)["squeeze"] = _Squeeze.apply
    try:
        yield
    finally:
        for module in chosen:
            del vars(module)["squeeze"]


def _is_on_cpu(module: nn.Module) -> bool:
    return all(weight.device.type == "cpu" for weight in module.parameters())


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
