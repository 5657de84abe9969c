"""Depthwise convolutions and their gradients sooner on a CPU.

oneDNN (3.x, as in PyTorch 2.13) has a fast kernel for the weight gradient of a depthwise
convolution up to 3 columns wide on a map that holds the kernel. For others it fills up each
channel to a group of 16, which takes up to 100 times as long as the convolution itself.
Here 5 columns are two gradients of 3, and a small map is padded beforehand. In bfloat16 it
has no fast kernel for the image gradient of a strided one; that is computed in float32. On
maps of one or two pixels only the middle of a kernel meets the image: it is cropped to 1 or 3
columns, and one column scales each channel.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mbscale.proxy.training.device import computing_dtype

_FAST_WIDTH = 3


def is_depthwise(module: nn.Conv2d) -> bool:
    """Whether the convolution is of each channel by itself, as blocks have it."""
    return (
        module.bias is None
        and module.groups == module.in_channels == module.out_channels
        and module.kernel_size in ((3, 3), (5, 5))
        and module.stride in ((1, 1), (2, 2))
        and module.padding == (module.kernel_size[0] // 2,) * 2
        and module.dilation == (1, 1)
        and module.padding_mode == "zeros"
    )


def convolve_depthwise(module: nn.Conv2d, images: Tensor) -> Tensor:
    """The convolution of ``(N, C, H, W)``."""
    dtype = computing_dtype(images)
    images, weight = images.to(dtype), _crop(module.weight, images).to(dtype)
    size, stride = weight.shape[2], module.stride[0]
    if size == 1:
        return images * weight.transpose(0, 1)
    is_fast = _is_fast(images, size) and not (dtype == torch.bfloat16 and stride > 1)
    if is_fast or not torch.is_grad_enabled():
        return functional.conv2d(images, weight, None, stride, size // 2, groups=module.groups)
    out: Tensor = _Depthwise.apply(images, weight, stride)  # type: ignore[no-untyped-call]  # as PyTorch declares it
    return out


def _crop(weight: Tensor, images: Tensor) -> Tensor:
    """The middle of the kernel, which alone meets images no larger than its half."""
    middle = weight.shape[2] // 2
    half = min(middle, max(images.shape[2:]) - 1)
    kept = slice(middle - half, middle + half + 1)
    return weight[:, :, kept, kept]


class _Depthwise(torch.autograd.Function):
    """A depthwise convolution with half its kernel size as padding."""

    @staticmethod
    def forward(ctx: "_Context", images: Tensor, weight: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.stride = stride
        padding = weight.shape[2] // 2
        return functional.conv2d(images, weight, None, stride, padding, groups=weight.shape[0])

    @staticmethod
    def backward(ctx: "_Context", *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (gradient,) = gradients
        images, weight = ctx.saved_tensors
        needs_images, needs_weight, _ = ctx.needs_input_grad
        return (
            _image_gradient(gradient, images, weight, ctx.stride) if needs_images else None,
            _weight_gradient(gradient, images, weight, ctx.stride) if needs_weight else None,
            None,
        )


class _Context(torch.autograd.function.FunctionCtx):
    """What the backward pass needs of the forward pass; PyTorch makes it."""

    stride: int
    saved_tensors: tuple[Tensor, Tensor]
    needs_input_grad: tuple[bool, bool, bool]


def _image_gradient(gradient: Tensor, images: Tensor, weight: Tensor, stride: int) -> Tensor:
    half = weight.shape[2] // 2
    padding = half, half
    if gradient.dtype != torch.bfloat16 or stride == 1:
        return _backward(gradient, images, weight, stride, padding, wants=0)
    # oneDNN has a fast kernel of this in float32 alone; of the images it needs the shape.
    shape = torch.empty_like(images, dtype=torch.float32)
    found = _backward(gradient.float(), shape, weight.float(), stride, padding, wants=0)
    return found.to(gradient.dtype)


def _weight_gradient(gradient: Tensor, images: Tensor, weight: Tensor, stride: int) -> Tensor:
    size = weight.shape[2]
    if _is_fast(images, size):
        return _backward(gradient, images, weight, stride, (size // 2, size // 2), wants=1)
    return weight_gradient(gradient, images, size, stride)


def _is_fast(images: Tensor, size: int) -> bool:
    """Whether oneDNN's own weight gradient is."""
    return size == _FAST_WIDTH and min(images.shape[2:]) >= size


def weight_gradient(gradient: Tensor, images: Tensor, size: int, stride: int) -> Tensor:
    """The gradient (C, 1, size, size) from that of the output (N, C, h, w) and the input.

    Column j + shift of the kernel at column w of the output meets the same input as
    column j at w + shift / stride. So the output's gradient is moved, and not the input.
    """
    channels, rows, columns = images.shape[1:]
    padding = size // 2
    # The kernel must lie inside of the map, and oneDNN pads by whole strides only.
    is_padded = rows < size + 2 or (padding > 1 and padding % stride != 0)
    around = padding if is_padded else 0
    padded = functional.pad(images, (padding, padding, around, around))
    n_wide = (columns + 2 * padding - _FAST_WIDTH) // stride + 1
    narrow = images.new_empty(channels, 1, size, _FAST_WIDTH)
    found = images.new_empty(channels, 1, size, size)
    for first in range(0, size - _FAST_WIDTH + 1, 2):
        before = first // stride
        moved = functional.pad(gradient, (before, n_wide - gradient.shape[3] - before))
        part = _backward(moved, padded, narrow, stride, (padding - around, 0), wants=1)
        found[..., first : first + _FAST_WIDTH] = part
    return found


def _backward(
    gradient: Tensor,
    images: Tensor,
    weight: Tensor,
    stride: int,
    padding: tuple[int, int],
    *,
    wants: int,
) -> Tensor:
    mask = [index == wants for index in range(3)]
    found: tuple[Tensor, ...] = torch.ops.aten.convolution_backward(
        gradient,
        images,
        weight,
        None,
        [stride, stride],
        list(padding),
        [1, 1],
        False,  # noqa: FBT003 - the operator takes no keywords here
        [0, 0],
        images.shape[1],
        mask,
    )
    return found[wants]
