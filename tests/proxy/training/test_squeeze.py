"""The gradient of squeeze and excitation on a CPU."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mbscale.proxy.training.squeeze import fast_squeeze
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.model import build_model


def _network(width: int) -> torch.nn.Module:
    stage = Stage("mbconv", width, 2, 2, kernel_size=3, expand_ratio=2, se_ratio=0.25)
    architecture = Architecture(Stem(width, stride=1), (stage,), head_width=0)
    return build_model(architecture, num_classes=3, seed=0).train()


def _gradients(model: torch.nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(model(images).square().sum(), list(model.parameters()))


@given(width=st.sampled_from([4, 8, 20]), side=st.integers(1, 9), n_images=st.integers(2, 4))
def test_the_gradients_are_those_of_pytorch_to_the_last_digit(
    width: int, side: int, n_images: int
) -> None:
    images = torch.randn(n_images, 3, side, side).to(memory_format=torch.channels_last)
    model = _network(width)
    expected = _gradients(model, images)

    with fast_squeeze(model):
        found = _gradients(model, images)

    assert all(map(torch.equal, found, expected))


def test_the_network_is_left_as_it_was() -> None:
    model = _network(8)

    with fast_squeeze(model):
        assert any("squeeze" in vars(module) for module in model.modules())

    assert not any("squeeze" in vars(module) for module in model.modules())
