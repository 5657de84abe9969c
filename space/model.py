"""An architecture as a torch module."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mbscale.space.architecture import Architecture, override_strides
from mbscale.space.block_layers import head_layer, stem_layer
from mbscale.space.blocks import realize_blocks
from mbscale.space.layers import ACTIVATIONS, BlockModule, make_convolution


class Model(nn.Module):
    """Stem, stages, head and classifier; parameters stand in the order of timm and torchvision."""

    def __init__(self, architecture: Architecture, *, num_classes: int) -> None:
        super().__init__()
        stem, head_width = architecture.stem, architecture.head_width
        self.stem = make_convolution(stem_layer(stem), architecture)
        self.pool = nn.MaxPool2d(3, 2, 1) if stem.pool == "max" else nn.Identity()
        self.stages = _make_stages(architecture)
        width = architecture.stages[-1].width
        self.head: nn.Module = nn.Identity()
        if head_width:
            self.head = make_convolution(head_layer(width, head_width), architecture)
        width = head_width or width
        self.hidden: nn.Module = nn.Identity()
        if architecture.classifier_width:
            activation = ACTIVATIONS[architecture.activation](inplace=True)
            self.hidden = nn.Sequential(nn.Linear(width, architecture.classifier_width), activation)
        self.dropout = nn.Dropout(architecture.dropout)
        self.classifier = nn.Linear(architecture.classifier_width or width, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, H, W)`` images to ``(N, num_classes)`` logits."""
        features: Tensor = self.head(self.stages(self.pool(self.stem(images))))
        squeezed = self.squeeze(features).flatten(1)
        logits: Tensor = self.classifier(self.dropout(self.hidden(squeezed)))
        return logits

    def squeeze(self, x: Tensor) -> Tensor:
        """The mean over the map, ``(N, C, 1, 1)``."""
        return x.mean((2, 3), keepdim=True)


def build_model(
    architecture: Architecture,
    *,
    num_classes: int,
    seed: int | None = None,
    stem_stride: int | None = None,
    stage_strides: Sequence[int] | None = None,
    zero_init_residual: bool = False,
) -> Model:
    """A model with fresh weights, the same for the same ``seed``; other seeds without one.

    Other strides are for a proxy with small images. ``zero_init_residual`` begins with
    residual branches that add nothing, so that deep networks learn as early as shallow ones.
    Torch's global random state is neither read nor changed.
    """
    strided = override_strides(architecture, stem_stride=stem_stride, stage_strides=stage_strides)
    generator = torch.Generator()
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed)
    # Torch draws weights of its own when it makes a layer; they are drawn again below.
    with torch.random.fork_rng(devices=[]):
        model = Model(strided, num_classes=num_classes)
    _initialize(model, generator)
    if zero_init_residual:
        _silence_residuals(model)
    return model


def _make_stages(architecture: Architecture) -> nn.Sequential:
    stages = realize_blocks(architecture)
    n_blocks = sum(len(blocks) for blocks in stages)
    # EfficientNet's code: block i of n drops its branch at i / n of the last rate.
    rates = iter(architecture.drop_path * index / n_blocks for index in range(n_blocks))
    return nn.Sequential(
        *(
            nn.Sequential(*(BlockModule(block, architecture, rate=next(rates)) for block in blocks))
            for blocks in stages
        )
    )


def _initialize(model: nn.Module, generator: torch.Generator) -> None:
    # As in EfficientNet's code: normal by fan-out, uniform classifier, zero biases.
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.out_channels * math.prod(module.kernel_size) // module.groups
            nn.init.normal_(module.weight, 0.0, math.sqrt(2.0 / fan_out), generator)
        elif isinstance(module, nn.Linear):
            bound = 1.0 / math.sqrt(module.out_features)
            nn.init.uniform_(module.weight, -bound, bound, generator)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


def _silence_residuals(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, BlockModule) and module.has_residual:
            norms = [
                layer for layer in module.branch.modules() if isinstance(layer, nn.BatchNorm2d)
            ]
            nn.init.zeros_(norms[-1].weight)
