"""Dense convolutions that are products on a CPU."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from mbscale.proxy.training.fast_layers import fast_layers


def _gradients(convolution: nn.Conv2d, images: Tensor, weights: Tensor) -> list[Tensor]:
    """The output, and the gradients of its sum with these weights."""
    images = images.clone().requires_grad_()
    out: Tensor = convolution(images)
    found = torch.autograd.grad((out * weights).sum(), (images, *convolution.parameters()))
    return [value.double() for value in (out.detach(), *found)]


@given(
    size=st.sampled_from([1, 3, 5]),
    stride=st.sampled_from([1, 2]),
    side=st.integers(1, 10),
    widths=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    has_bias=st.booleans(),
    is_half=st.booleans(),
    layout=st.sampled_from([torch.channels_last, torch.contiguous_format]),
)
def test_outputs_and_gradients_are_those_of_exact_convolutions(
    *,
    size: int,
    stride: int,
    side: int,
    widths: tuple[int, int],
    has_bias: bool,
    is_half: bool,
    layout: torch.memory_format,
) -> None:
    convolution = nn.Conv2d(*widths, size, stride, size // 2, bias=has_bias)
    images = torch.randn(3, widths[0], side, side).to(memory_format=layout)
    weights = torch.randn_like(convolution(images).detach())
    if is_half:
        # Rounded beforehand, only the results are rounded once more.
        convolution.bfloat16().float()
        images, weights = images.bfloat16().float(), weights.bfloat16()

    with fast_layers(convolution), torch.autocast("cpu", torch.bfloat16, enabled=is_half):
        found = _gradients(convolution, images, weights)

    expected = _gradients(convolution.double(), images.double(), weights.double())
    error = 2**-7 if is_half else 1e-4
    torch.testing.assert_close(found, expected, rtol=error, atol=error)


@pytest.mark.parametrize(
    ("side", "is_half", "n_convolutions"),
    [(1, False, 0), (2, False, 1), (8, False, 1), (1, True, 0), (8, True, 0), (9, True, 1)],
)
def test_small_maps_are_products(
    *, monkeypatch: pytest.MonkeyPatch, side: int, is_half: bool, n_convolutions: int
) -> None:
    convolution, calls = nn.Conv2d(4, 8, 1), []
    original = functional.conv2d

    def count(*given: object) -> Tensor:
        calls.append(given)
        return original(*given)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(functional, "conv2d", count)

    with fast_layers(convolution), torch.autocast("cpu", torch.bfloat16, enabled=is_half):
        convolution(torch.randn(2, 4, side, side))

    assert len(calls) == n_convolutions
