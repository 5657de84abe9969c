"""Zen-score: how much an untrained network's output moves with its input, without images."""

import math

import torch
from torch import Tensor, nn

from mbscale.proxy.zero_cost.logarithm import natural_log
from mbscale.space.layers import BlockModule, SqueezeExcite
from mbscale.space.model import Model

# Of the paper: how far the input moves.
_STEP = 0.01


def score_zen(model: Model, *, resolution: int, batch_size: int, seed: int) -> float:
    """The logarithm of the change of the last feature map, batch norm's scale put back.

    Lin et al., 2021, arXiv:2102.01063, algorithm 1: weights and inputs are normal,
    residuals and squeeze and excite are left out, and what each batch norm divides by is
    added again as the logarithm of its root mean square over channels. One draw of
    ``batch_size`` images. The model is changed: it is of no other use after.
    """
    generator = torch.Generator().manual_seed(seed)
    _make_vanilla(model, generator)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    scales: list[float] = []
    for norm in norms:
        norm.register_forward_pre_hook(lambda _module, inputs: _note_scale(inputs[0], scales))
    size = (batch_size, 3, resolution, resolution)
    first, noise = (torch.randn(size, generator=generator) for _ in range(2))
    model.train()
    with torch.no_grad():
        before = _find_map(model, first)
        n_norms = len(scales)
        after = _find_map(model, first + _STEP * noise)
    change = float((before - after).pow(2).sum((1, 2, 3)).sqrt().mean())
    return natural_log(change) + sum(map(natural_log, scales[:n_norms]))


def _make_vanilla(model: nn.Module, generator: torch.Generator) -> None:
    for module in list(model.modules()):
        if isinstance(module, BlockModule):
            module.has_residual = False
        for name, child in module.named_children():
            if isinstance(child, SqueezeExcite):
                setattr(module, name, nn.Identity())
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0.0, 1.0, generator)


def _note_scale(x: Tensor, scales: list[float]) -> None:
    variances = x.var((0, 2, 3), correction=0)
    scales.append(math.sqrt(float(variances.mean())))


def _find_map(model: Model, images: Tensor) -> Tensor:
    for part in (model.stem, model.pool, model.stages, model.head):
        images = part(images)
    return images
