"""An architecture as a torch module."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import realize_blocks
from mbscale.space.layers import MbBlock, make_conv


class Model(nn.Module):
    """Stem, stages, head and classifier; parameters stand in the order of timm and torchvision."""

    def __init__(
        self,
        architecture: Architecture,
        *,
        num_classes: int,
        stem_stride: int,
        stage_strides: Sequence[int],
    ) -> None:
        super().__init__()
        stem = architecture.stem
        self.stem = make_conv(architecture, 3, stem.width, stem.kernel_size, stem_stride)
        self.stages = _make_stages(architecture, stage_strides)
        last = architecture.stages[-1].width
        head = architecture.head_width
        self.head = make_conv(architecture, last, head, 1, 1) if head else nn.Identity()
        self.dropout = nn.Dropout(architecture.dropout)
        self.classifier = nn.Linear(head or last, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, H, W)`` images to ``(N, num_classes)`` logits."""
        features: Tensor = self.head(self.stages(self.stem(images)))
        logits: Tensor = self.classifier(self.dropout(features.mean((2, 3))))
        return logits


def build_model(
    architecture: Architecture,
    *,
    num_classes: int,
    seed: int | None = None,
    stem_stride: int | None = None,
    stage_strides: Sequence[int] | None = None,
    zero_init_residual: bool = False,
) -> Model:
    """A model with fresh weights, the same for the same ``seed``.

    Other strides are for a proxy with small images. ``zero_init_residual`` begins with
    residual branches that add nothing, so that deep networks learn as early as shallow ones.
    """
    strides = [stage.stride for stage in architecture.stages]
    if stage_strides is not None:
        if len(stage_strides) != len(strides):
            msg = (
                f"stage_strides needs one stride for each of the {len(strides)} stages; "
                f"got {list(stage_strides)}"
            )
            raise ArchitectureError(msg)
        strides = list(stage_strides)
    with torch.random.fork_rng(devices=[]):
        if seed is not None:
            torch.manual_seed(seed)
        model = Model(
            architecture,
            num_classes=num_classes,
            stem_stride=architecture.stem.stride if stem_stride is None else stem_stride,
            stage_strides=strides,
        )
        initialize(model, zero_init_residual=zero_init_residual)
    return model


def _make_stages(architecture: Architecture, strides: Sequence[int]) -> nn.Sequential:
    stages = realize_blocks(architecture)
    n_blocks = sum(len(stage) for stage in stages)
    index = 0
    modules: list[nn.Module] = []
    for blocks, stride in zip(stages, strides, strict=True):
        built: list[nn.Module] = []
        for position, block in enumerate(blocks):
            rate = architecture.drop_path * index / n_blocks
            built.append(
                MbBlock(block, architecture, stride=stride if position == 0 else 1, rate=rate)
            )
            index += 1
        modules.append(nn.Sequential(*built))
    return nn.Sequential(*modules)


def initialize(model: nn.Module, *, zero_init_residual: bool) -> None:
    """Weights as in EfficientNet's code: normal by fan-out, uniform classifier, zero biases."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.out_channels * math.prod(module.kernel_size) // module.groups
            nn.init.normal_(module.weight, 0.0, math.sqrt(2.0 / fan_out))
        elif isinstance(module, nn.Linear):
            bound = 1.0 / math.sqrt(module.out_features)
            nn.init.uniform_(module.weight, -bound, bound)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
        if zero_init_residual and isinstance(module, MbBlock) and module.has_residual:
            norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
            nn.init.zeros_(norms[-1].weight)
