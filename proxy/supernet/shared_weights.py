"""The weights that all networks of a search space share.

A network takes the first channels of each weight, and the middle of each kernel, as in
Once-for-All (Cai et al., 2019, arXiv:1908.09791) without its kernel transformations, and
in BigNAS (Yu et al., 2020, arXiv:2003.11142). Blocks of one operator share their weights
over expansions; ``ds``, whose depthwise convolution sees the input itself, does not share
with ``mbconv``.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.training.device import autocast
from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.space.architecture import Architecture, Stage, override_strides
from mbscale.space.encoding import encode
from mbscale.space.model import Model, build_model
from mbscale.space.operators import OPERATORS
from mbscale.space.scaling import scale_architecture
from mbscale.space.search_space import SearchSpace
from mbscale.space.stage_space import StageSpace


class SharedWeights(nn.Module):
    """One weight for each layer and operator, large enough for every network of the space."""

    def __init__(self, space: SearchSpace, settings: ProxySettings, *, num_classes: int) -> None:
        super().__init__()
        self.space = space
        self._settings = settings
        self._num_classes = num_classes
        self._shared = nn.ParameterDict()
        for architecture in list_largest(space):
            model = self._build(architecture, stage_strides=self._stride_projections(architecture))
            for name, weight in model.named_parameters():
                key = _key(name, architecture)
                if key not in self._shared or weight.numel() > self._shared[key].numel():
                    self._shared[key] = nn.Parameter(weight.detach().clone())

    def build(self, architecture: Architecture) -> Model:
        """A model of the architecture as the proxy sees it, with fresh weights."""
        return self._build(architecture, stage_strides=self._settings.stage_strides)

    def _build(self, architecture: Architecture, *, stage_strides: Sequence[int] | None) -> Model:
        settings = self._settings
        return build_model(
            scale_architecture(architecture, depth=1, width=settings.width_factor),
            num_classes=self._num_classes,
            seed=settings.supernet.seed,
            stem_stride=settings.stem_stride,
            stage_strides=stage_strides,
            zero_init_residual=settings.training.zero_init_residual,
        ).to(self._device)

    def _stride_projections(self, architecture: Architecture) -> list[int]:
        """Strides with which every skip that ever projects does so.

        The widest network of a stage that does not stride may need no projection, and a
        narrower one does. No weight's size depends on the stride.
        """
        strided = override_strides(architecture, stage_strides=self._settings.stage_strides)
        return [
            2 if OPERATORS[stage.operator].projects_skip else stage.stride
            for stage in strided.stages
        ]

    @property
    def _device(self) -> torch.device:
        return next((weight.device for weight in self.parameters()), torch.device("cpu"))

    def slices(self, architecture: Architecture, model: Model) -> dict[str, Tensor]:
        """The architecture's part of the weights, by the names in its model.

        Raises ArchitectureError for a network that the space does not hold.
        """
        encode(self.space, architecture)
        return {
            name: _cut(self._shared[_key(name, architecture)], weight.shape)
            for name, weight in model.named_parameters()
        }

    def run(self, architecture: Architecture, images: Tensor) -> Tensor:
        """Logits of the architecture in training; gradients reach the shared weights."""
        model = self.build(architecture).train()
        weights = self.slices(architecture, model)
        with fast_layers(model), autocast(self._device, amp=self._settings.training.amp):
            logits: Tensor = functional_call(model, weights, (images,))
        return logits.float()

    def extract(self, architecture: Architecture) -> Model:
        """A model of its own with copies of the weights; batch norm has no statistics yet."""
        model = self.build(architecture)
        with torch.no_grad():
            slices = self.slices(architecture, model)
            for name, weight in model.named_parameters():
                weight.copy_(slices[name])
        return model


def list_largest(space: SearchSpace) -> list[Architecture]:
    """Members with the last option everywhere, and each operator of each stage in one."""
    n_operators = max(len(stage.operators) for stage in space.stages)
    return [
        space.make_architecture(tuple(_largest(stage, index) for stage in space.stages))
        for index in range(n_operators)
    ]


def _largest(stage: StageSpace, index: int) -> Stage:
    operators = stage.operators
    values = [options[-1] for options in stage.options()]
    return stage.make_stage((operators[min(index, len(operators) - 1)], *values[1:]))


def _key(name: str, architecture: Architecture) -> str:
    # ParameterDict takes no dots.
    place = name.replace(".", "/")
    if not name.startswith("stages."):
        return place
    stage = architecture.stages[int(name.split(".")[1])]
    return f"{stage.operator}:{place}"


def _cut(shared: Tensor, shape: torch.Size) -> Tensor:
    """The first channels of the first two axes, the middle of the others."""
    for axis, (whole, size) in enumerate(zip(shared.shape, shape, strict=True)):
        start = 0 if axis < 2 else (whole - size) // 2
        shared = shared.narrow(axis, start, size)
    return shared
