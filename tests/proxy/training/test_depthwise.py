"""Depthwise convolutions and their gradients on a CPU."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

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


@pytest.mark.parametrize(("side", "sizes"), [(1, []), (2, [3]), (3, [5])])
def test_kernels_are_cropped_to_what_small_maps_meet(
    monkeypatch: pytest.MonkeyPatch, side: int, sizes: list[int]
) -> None:
    convolution, found = nn.Conv2d(4, 4, 5, 1, 2, groups=4, bias=False), []
    original = functional.conv2d

    def note(images: Tensor, weight: Tensor, *given: Any, **named: Any) -> Tensor:
        found.append(weight.shape[2])
        return original(images, weight, *given, **named)

    monkeypatch.setattr(functional, "conv2d", note)

    with torch.inference_mode(), fast_layers(convolution):
        convolution(torch.randn(2, 4, side, side))

    assert found == sizes


def test_double_precision_stays_under_autocast() -> None:
    convolution = nn.Conv2d(4, 4, 5, 1, 2, groups=4, bias=False).double()

    with fast_layers(convolution), torch.autocast("cpu", torch.bfloat16):
        assert convolution(torch.randn(2, 4, 3, 3).double()).dtype == torch.float64
