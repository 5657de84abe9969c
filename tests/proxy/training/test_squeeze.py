"""The gradient of means over the map on a CPU."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mbscale.proxy.training.squeeze import fast_squeeze
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
    images = torch.randn(n_images, 3, side, side).to(memory_format=torch.channels_last)
    model = _network(width, head_width).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # no overload for modules
    expected = _gradients(model, images)

    with fast_squeeze(model):
        found = _gradients(model, images)

    # The layout of the map decides in which order it is added up.
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


def test_the_network_is_left_as_it_was() -> None:
    model = _network(8, 0)

    with fast_squeeze(model):
        # The network itself, and squeeze and excitation in both blocks.
        assert sum("squeeze" in vars(module) for module in model.modules()) == 3

    assert not any("squeeze" in vars(module) for module in model.modules())
