"""Which methods a network computes by on a CPU, and that it gets its own back."""

import pytest
import torch
from torch import Tensor, nn

from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.model import build_model


def _network() -> nn.Module:
    stage = Stage("mbconv", 8, 2, 2, kernel_size=3, expand_ratio=2, se_ratio=0.25)
    return build_model(Architecture(Stem(8, stride=1), (stage,), 16), num_classes=3, seed=0)


def _names(model: nn.Module) -> list[str]:
    return [
        f"{path} {name}"
        for path, module in model.named_modules()
        for name in ("forward", "squeeze")
        if name in vars(module)
    ]


def test_every_convolution_and_every_mean_is_computed_so() -> None:
    model = _network()
    n_convolutions = sum(isinstance(module, nn.Conv2d) for module in model.modules())

    with fast_layers(model):
        names = _names(model)

    assert sum(name.endswith("forward") for name in names) == n_convolutions
    # The network itself, and squeeze and excitation in both blocks.
    assert sum(name.endswith("squeeze") for name in names) == 3


def test_the_network_is_left_as_it_was_also_by_a_failure() -> None:
    model = _network()
    before = {name: value.clone() for name, value in model.eval().state_dict().items()}

    with pytest.raises(RuntimeError, match="channels"), fast_layers(model):
        model(torch.randn(1, 4, 8, 8))

    assert not _names(model)
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)


def test_measuring_inside_a_training_keeps_its_layers() -> None:
    model = _network()

    with fast_layers(model):
        names = _names(model)
        with fast_layers(model):
            pass

        assert _names(model) == names


def test_a_method_of_the_module_itself_comes_back() -> None:
    convolution = nn.Conv2d(4, 4, 1)
    own = convolution.forward
    vars(convolution)["forward"] = own

    with fast_layers(convolution):
        assert vars(convolution)["forward"] is not own

    assert vars(convolution)["forward"] is own


class _Doubled(nn.Conv2d):
    """A convolution with a way of its own."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as the base class has it
        """Twice the convolution."""
        return 2 * super().forward(input)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False, padding_mode="circular"),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(4, 4, 3, padding="same"),
        nn.Conv2d(4, 4, 4, padding=2),
        nn.Conv2d(4, 4, 3, padding=1, groups=2),
        nn.Conv2d(4, 8, 3, padding=1, groups=4, bias=False),
        nn.Conv2d(4, 8, 1, device="meta"),
        _Doubled(4, 4, 1),
    ],
)
def test_other_convolutions_are_left_alone(layer: nn.Conv2d) -> None:
    with fast_layers(layer):
        assert "forward" not in vars(layer)
