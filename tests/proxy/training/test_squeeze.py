"""The gradient of means over the map on a CPU."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.model import build_model


def _network(width: int, head_width: int) -> torch.nn.Module:
    stage = Stage("mbconv", width, 2, 2, kernel_size=3, expand_ratio=2, se_ratio=0.25)
    architecture = Architecture(Stem(width, stride=1), (stage,), head_width)
    return build_model(architecture, num_classes=3, seed=0).train()


def _gradients(model: torch.nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(model(images).square().sum(), list(model.parameters()))


@given(
    width=st.sampled_from([4, 8, 20]),
    head_width=st.sampled_from([0, 16]),
    side=st.integers(2, 9),
    n_images=st.integers(2, 4),
)
def test_the_gradients_are_those_of_pytorch(
    width: int, head_width: int, side: int, n_images: int
) -> None:
    images = torch.randn(n_images, 3, side, side).double().to(memory_format=torch.channels_last)
    model = _network(width, head_width).double()
    expected = _gradients(model, images)

    with fast_layers(model):
        found = _gradients(model, images)

    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-7)
