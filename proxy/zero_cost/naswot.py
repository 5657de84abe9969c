"""NASWOT: how differently an untrained network sees the images of a batch."""

import torch
from torch import Tensor, nn

from mbscale.space.layers import ACTIVATIONS

_ACTIVATIONS = tuple(ACTIVATIONS.values())


def score_naswot(model: nn.Module, images: Tensor) -> float:
    """The logarithm of the determinant of the kernel of activation patterns.

    Mellor et al., 2021, arXiv:2006.04647, section 3: entry ``(i, j)`` counts the units
    that are both above zero, or both not, for images ``i`` and ``j``. A unit is an input of
    an activation. ``-inf`` where two images look the same.
    """
    n_images = len(images)
    kernel = torch.zeros(n_images, n_images, dtype=torch.float64)

    def count(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        patterns = (inputs[0].detach().reshape(n_images, -1) > 0).float()
        agreement = patterns @ patterns.T + (1 - patterns) @ (1 - patterns).T
        kernel.add_(agreement.cpu().double())

    handles = [
        module.register_forward_pre_hook(count)
        for module in model.modules()
        if isinstance(module, _ACTIVATIONS)
    ]
    model.train()
    with torch.no_grad():
        model(images)
    for handle in handles:
        handle.remove()
    return float(torch.linalg.slogdet(kernel).logabsdet)
