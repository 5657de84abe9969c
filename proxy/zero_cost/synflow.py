"""SynFlow: how much signal flows through the weights, without images.

Tanaka et al., 2020, arXiv:2006.05467, equation 2; summed over all weights to score a
network by Abdelfattah et al., 2021, arXiv:2101.08134.
"""

import torch
from torch import Tensor, nn

from mbscale.proxy.zero_cost.logarithm import natural_log
from mbscale.space.layers import ACTIVATIONS, BlockModule
from mbscale.space.model import Model

_REMOVED: tuple[type[nn.Module], ...] = (nn.BatchNorm2d, *ACTIVATIONS.values())


def score_synflow(model: Model, *, resolution: int) -> float:
    """The natural logarithm of the sum of ``weight * d(output)/d(weight)``.

    The weights are absolute values, the image is all ones, batch norm is left out and
    activations are linear (all signals are positive); gates of squeeze and excite stay.
    The model is changed: it is of no other use after. In float64, and divided by its mean
    after every block, the signal stays finite in any depth: the network is homogeneous,
    so the sum is that of the scaled signal times all divisors.
    """
    _linearize(model.double().eval())
    divisors: list[float] = []

    def rescale(_module: nn.Module, _inputs: tuple[Tensor, ...], out: Tensor) -> Tensor:
        divisors.append(float(out.detach().mean()))
        return out / divisors[-1]

    for module in _list_steps(model):
        module.register_forward_hook(rescale)
    image = torch.ones(1, 3, resolution, resolution, dtype=torch.float64)
    torch.autograd.backward(model(image).sum())
    flows = [
        float((parameter.detach() * parameter.grad).sum())
        for parameter in model.parameters()
        if parameter.grad is not None
    ]
    return natural_log(sum(flows)) + sum(map(natural_log, divisors))


def _list_steps(model: Model) -> list[nn.Module]:
    blocks = [module for module in model.modules() if isinstance(module, BlockModule)]
    return [model.stem, *blocks, model.head]


def _linearize(model: nn.Module) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.abs_()
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, _REMOVED):
                setattr(module, name, nn.Identity())
