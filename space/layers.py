"""Torch modules of the blocks."""

from collections import OrderedDict
from dataclasses import replace

import torch
from torch import Tensor, nn

from mbscale.space.architecture import Activation, Architecture
from mbscale.space.block_layers import (
    Convolution,
    Layer,
    Squeeze,
    branch_layers,
    projection_layer,
)
from mbscale.space.blocks import Block

ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hard_swish": nn.Hardswish,
}


class SqueezeExcite(nn.Module):
    """Channel gates from a squeezed average (Hu et al., 2018, arXiv:1709.01507).

    The hard ones are those of MobileNetV3 (Howard et al., 2019, arXiv:1905.02244).
    """

    def __init__(self, layer: Squeeze, architecture: Architecture) -> None:
        super().__init__()
        is_hard = architecture.se_gate == "hard_sigmoid"
        self.reduce = nn.Conv2d(layer.width, layer.squeeze_width, 1)
        self.activation = ACTIVATIONS["relu" if is_hard else architecture.activation](inplace=True)
        self.expand = nn.Conv2d(layer.squeeze_width, layer.width, 1)
        self.gate = nn.Hardsigmoid() if is_hard else nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` in and out."""
        squeezed = self.activation(self.reduce(self.squeeze(x)))
        gates: Tensor = self.gate(self.expand(squeezed))
        return x * gates

    def squeeze(self, x: Tensor) -> Tensor:
        """The mean over the map, ``(N, C, 1, 1)``."""
        return x.mean((2, 3), keepdim=True)


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


class BlockModule(nn.Module):
    """One realised block, with its residual where it has one."""

    def __init__(self, block: Block, architecture: Architecture, *, rate: float) -> None:
        super().__init__()
        own = block.activation or architecture.activation
        architecture = replace(architecture, activation=own)
        layers = [(layer.name, _make_layer(layer, architecture)) for layer in branch_layers(block)]
        self.branch = nn.Sequential(OrderedDict(layers))
        self.drop_path = DropPath(rate)
        self.shortcut: nn.Module = nn.Identity()
        if block.has_projection:
            self.shortcut = make_convolution(projection_layer(block), architecture)
        self.activation: nn.Module = nn.Identity()
        if block.is_activated_after_sum:
            self.activation = ACTIVATIONS[architecture.activation](inplace=True)
        self.has_residual = block.has_residual

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` in, strided map out."""
        out: Tensor = self.branch(x)
        if self.has_residual:
            out = self.shortcut(x) + self.drop_path(out)
        activated: Tensor = self.activation(out)
        return activated


def _make_layer(layer: Layer, architecture: Architecture) -> nn.Module:
    if isinstance(layer, Squeeze):
        return SqueezeExcite(layer, architecture)
    return make_convolution(layer, architecture)


def make_convolution(layer: Convolution, architecture: Architecture) -> nn.Sequential:
    """Convolution without bias, batch norm, and the activation where the layer has one."""
    size = layer.kernel_size
    conv = nn.Conv2d(
        layer.in_width,
        layer.out_width,
        size,
        layer.stride,
        size // 2,
        groups=layer.groups,
        bias=False,
    )
    norm = nn.BatchNorm2d(layer.out_width, architecture.bn_eps, architecture.bn_momentum)
    if not layer.is_activated:
        return nn.Sequential(OrderedDict(conv=conv, norm=norm))
    activation = ACTIVATIONS[architecture.activation](inplace=True)
    return nn.Sequential(OrderedDict(conv=conv, norm=norm, activation=activation))
