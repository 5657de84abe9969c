"""Depthwise convolutions and their gradients on a CPU."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from mbscale.proxy.training.fast_layers import fast_layers


def _gradients(convolution: nn.Conv2d, images: Tensor) -> tuple[Tensor, ...]:
    images.requires_grad_()
    out: Tensor = convolution(images)
    # Odd weights, so that each place of the map counts differently.
    weights = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).reshape(out.shape)
    found = torch.autograd.grad((out * weights).sum(), (images, convolution.weight))
    return (out.detach(), *found)


@given(
    size=st.sampled_from([3, 5]),
    stride=st.sampled_from([1, 2]),
    side=st.integers(1, 13),
    n_images=st.integers(1, 3),
    width=st.sampled_from([1, 3, 16, 20]),
)
def test_gradients_are_those_of_pytorch(
    size: int, stride: int, side: int, n_images: int, width: int
) -> None:
    convolution = nn.Conv2d(width, width, size, stride, size // 2, groups=width, bias=False)
    images = torch.randn(n_images, width, side, side).to(memory_format=torch.channels_last)
    expected = _gradients(convolution, images.clone())

    with fast_layers(convolution):
        found = _gradients(convolution, images.clone())

    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@given(
    size=st.sampled_from([3, 5]),
    stride=st.sampled_from([1, 2]),
    side=st.integers(1, 13),
    width=st.sampled_from([1, 16, 20]),
)
def test_gradients_in_bfloat16_are_those_in_float32_rounded(
    size: int, stride: int, side: int, width: int
) -> None:
    convolution = nn.Conv2d(width, width, size, stride, size // 2, groups=width, bias=False)
    images = torch.randn(2, width, side, side).to(memory_format=torch.channels_last)
    expected = _gradients(convolution, images.clone())

    with fast_layers(convolution), torch.autocast("cpu", torch.bfloat16):
        found = _gradients(convolution, images.clone())

    for ours, theirs in zip(found, expected, strict=True):
        # 8 bits of each factor, of sums that may cancel.
        scale = float(theirs.abs().max()) + 1
        torch.testing.assert_close(ours.float(), theirs, rtol=0.02, atol=0.02 * scale)
