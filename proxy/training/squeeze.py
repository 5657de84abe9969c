"""Means over the map whose gradient is used sooner on a CPU.

PyTorch's gradient of such a mean, in squeeze and excitation and before the classifier, is a
view that repeats one number a channel. What is computed with it takes several times as long
as with a full map, so here it is written out first. The numbers are the same, up to rounding.
"""

import torch
from torch import Tensor


def squeeze(x: Tensor) -> Tensor:
    """The mean over the map of ``(N, C, H, W)``, ``(N, C, 1, 1)``."""
    out: Tensor = _Squeeze.apply(x)  # type: ignore[no-untyped-call]  # as PyTorch declares it
    return out


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
