"""Scores from the gradients of an untrained network on labelled images."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from mbscale.proxy.zero_cost.logarithm import natural_log

Batch = tuple[Tensor, Tensor]


def score_gradient_norm(model: nn.Module, batch: Batch) -> float:
    """The natural logarithm of the sum over layers of the norm of their weights' gradient.

    Abdelfattah et al., 2021, arXiv:2101.08134. Layers are convolutions and the classifier;
    the loss is the mean cross-entropy of the batch.
    """
    norms = [float(gradient.norm()) for gradient in find_gradients(model, batch)]
    return natural_log(sum(norms))


def score_zico(model: nn.Module, batches: Sequence[Batch]) -> float:
    """ZiCo: large gradients that agree between batches.

    Li et al., 2023, arXiv:2301.11300, equation 14: the sum over layers of the logarithm
    of the sum over their weights of mean over deviation of the gradient's absolute value.
    Weights whose gradient is the same in all batches say nothing and are left out.
    """
    seen = [[one.abs().double() for one in find_gradients(model, batch)] for batch in batches]
    total = 0.0
    for layer in zip(*seen, strict=True):
        stacked = torch.stack(layer)
        mean, deviation = stacked.mean(0), stacked.std(0, correction=0)
        is_used = deviation > 0
        total += natural_log(float((mean[is_used] / deviation[is_used]).sum()))
    return total


def find_gradients(model: nn.Module, batch: Batch) -> list[Tensor]:
    """The gradient of every convolution's and linear layer's weight, first layer first."""
    images, labels = batch
    weights = [
        module.weight
        for module in model.modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.requires_grad
    ]
    model.train()
    loss = functional.cross_entropy(model(images), labels)
    return list(torch.autograd.grad(loss, weights))
