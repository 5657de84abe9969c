"""Optimizers by name."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer, RMSprop

from mbscale.proxy.settings import OptimizerName, TrainingSettings

Groups = list[dict[str, Any]]


def _make_adamw(groups: Groups, settings: TrainingSettings) -> Optimizer:
    return AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.99), eps=1e-8, fused=True)


def _make_sgd(groups: Groups, settings: TrainingSettings) -> Optimizer:
    rate, momentum = settings.learning_rate, settings.momentum
    return SGD(groups, lr=rate, momentum=momentum, nesterov=momentum > 0, fused=True)


def _make_rmsprop(groups: Groups, settings: TrainingSettings) -> Optimizer:
    # Decay and epsilon of the EfficientNet code, whose epsilon stands inside the root.
    rate, momentum = settings.learning_rate, settings.momentum
    return RMSprop(groups, lr=rate, alpha=0.9, eps=1e-3, momentum=momentum, foreach=True)


OPTIMIZERS: Mapping[OptimizerName, Callable[[Groups, TrainingSettings], Optimizer]] = {
    "adamw": _make_adamw,
    "sgd": _make_sgd,
    "rmsprop": _make_rmsprop,
}


def make_optimizer(model: nn.Module, settings: TrainingSettings) -> Optimizer:
    """An optimizer of all parameters; batch norm and biases do not decay."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups: Groups = [
        {
            "params": [parameter for parameter in trained if parameter.ndim > 1],
            "weight_decay": settings.weight_decay,
        },
        {
            "params": [parameter for parameter in trained if parameter.ndim <= 1],
            "weight_decay": 0.0,
        },
    ]
    groups = [group for group in groups if group["params"]]
    return OPTIMIZERS[settings.optimizer](groups, settings)
