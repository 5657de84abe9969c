"""Torch modules of the blocks."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from mbscale.space.architecture import Activation, Architecture
from mbscale.space.blocks import Block

ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
}


class SqueezeExcite(nn.Module):
    """Channel gates from a squeezed average (Hu et al., 2018, arXiv:1709.01507)."""

    def __init__(self, width: int, squeeze_width: int, activation: Activation) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(width, squeeze_width, 1)
        self.activation = ACTIVATIONS[activation](inplace=True)
        self.expand = nn.Conv2d(squeeze_width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` in and out."""
        squeezed = self.activation(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.expand(squeezed))


class DropPath(nn.Module):
    """Drops a residual branch for single images (Huang et al., 2016, arXiv:1603.09382)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` in and out; kept branches are scaled up by the share kept."""
        if not self.training or self.rate == 0:
            return x
        kept = 1 - self.rate
        mask = torch.rand(x.shape[0], 1, 1, 1, device=x.device, dtype=x.dtype) < kept
        return x * mask / kept


class MbBlock(nn.Module):
    """One realised block, with its residual where it has one."""

    def __init__(
        self, block: Block, architecture: Architecture, *, stride: int, rate: float
    ) -> None:
        super().__init__()
        self.branch = nn.Sequential(_make_branch(block, architecture, stride))
        self.drop_path = DropPath(rate)
        self.has_residual = block.has_residual

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` in, strided map out."""
        out: Tensor = self.branch(x)
        return x + self.drop_path(out) if self.has_residual else out


def _make_branch(
    block: Block, architecture: Architecture, stride: int
) -> OrderedDict[str, nn.Module]:
    size, expanded, activation = block.kernel_size, block.expanded_width, architecture.activation
    layers: list[tuple[str, nn.Module]] = []
    if block.kind == "conv":
        layers.append(
            ("conv", make_conv(architecture, block.in_width, block.out_width, size, stride))
        )
        return OrderedDict(layers)
    if block.kind == "mbconv":
        layers.append(("expand", make_conv(architecture, block.in_width, expanded, 1, 1)))
    if block.kind == "fused_mbconv":
        layers.append(("expand", make_conv(architecture, block.in_width, expanded, size, stride)))
    else:
        depthwise = make_conv(architecture, expanded, expanded, size, stride, groups=expanded)
        layers.append(("depthwise", depthwise))
    if block.squeeze_width:
        layers.append(("se", SqueezeExcite(expanded, block.squeeze_width, activation)))
    project = make_conv(architecture, expanded, block.out_width, 1, 1, is_activated=False)
    return OrderedDict([*layers, ("project", project)])


def make_conv(  # noqa: PLR0913 - the shape of a convolution
    architecture: Architecture,
    in_width: int,
    out_width: int,
    kernel_size: int,
    stride: int,
    *,
    groups: int = 1,
    is_activated: bool = True,
) -> nn.Sequential:
    """Convolution without bias, batch norm, and the activation unless told otherwise."""
    conv = nn.Conv2d(
        in_width, out_width, kernel_size, stride, kernel_size // 2, groups=groups, bias=False
    )
    norm = nn.BatchNorm2d(out_width, architecture.bn_eps, architecture.bn_momentum)
    if not is_activated:
        return nn.Sequential(OrderedDict(conv=conv, norm=norm))
    activation = ACTIVATIONS[architecture.activation](inplace=True)
    return nn.Sequential(OrderedDict(conv=conv, norm=norm, activation=activation))
