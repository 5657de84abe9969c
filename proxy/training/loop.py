"""Short training: images in memory, small batches, no data loader."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from mbscale.proxy.images.augment import Augmenter, ImageTensors, Normalization
from mbscale.proxy.settings import TrainingSettings
from mbscale.proxy.training.device import autocast, keep_freed_memory, seeded
from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.proxy.training.optimizer import make_optimizer
from mbscale.proxy.training.schedule import rate_factors

# Asking a GPU for a number waits for it, so the loss is looked at now and then.
_STEPS_BETWEEN_CHECKS = 16
# Larger batches of small images fall out of the CPU's cache.
_EVALUATION_BATCH = 250


class DivergedError(ArithmeticError):
    """The loss is no longer a number."""


@dataclass(frozen=True, slots=True)
class TrainingImages:
    """What a network learns from; ``flip`` and ``padding`` (pixels) say how it is shown."""

    split: ImageTensors
    normalization: Normalization
    flip: bool
    padding: int


@dataclass(frozen=True, slots=True)
class Score:
    """Accuracy from 0 to 1 and mean natural log loss, lower is better."""

    accuracy: float
    log_loss: float


# Gets the epoch that has ended (1, 2, ...); True stops the training.
AfterEpoch = Callable[[int], bool]


def train_model(
    model: nn.Module,
    images: TrainingImages,
    settings: TrainingSettings,
    *,
    seed: int,
    after_epoch: AfterEpoch | None = None,
) -> int:
    """Train ``model`` in place and return the number of epochs done.

    The model is on the device of the images. The same seed gives the same weights on a
    CPU with one thread. Raises DivergedError when the loss is NaN or infinite.
    """
    device = images.split.labels.device
    if device.type == "cpu":
        keep_freed_memory()
    _prepare(model, settings)
    optimizer = make_optimizer(model, settings)
    n_steps = _count_steps(len(images.split), settings.batch_size)
    factors = rate_factors(settings.schedule, n_steps * settings.epochs, warmup=settings.warmup)
    batches = Batches(images, settings.batch_size, seed)
    with seeded(seed, device), fast_layers(model):
        for epoch in range(settings.epochs):
            rates = factors[epoch * n_steps : (epoch + 1) * n_steps]
            _train_epoch(model, optimizer, batches.epoch(), rates, settings)
            if after_epoch is not None and after_epoch(epoch + 1):
                return epoch + 1
    return settings.epochs


def measure(model: nn.Module, split: ImageTensors, normalization: Normalization) -> Score:
    """The score of the model as it is. Raises DivergedError when the log loss is not finite."""
    is_training = model.training
    model.eval()
    hits: list[Tensor] = []
    losses: list[Tensor] = []
    with torch.inference_mode(), fast_layers(model):
        for start in range(0, len(split), _EVALUATION_BATCH):
            labels = split.labels[start : start + _EVALUATION_BATCH]
            logits = model(normalization.apply(split.images[start : start + _EVALUATION_BATCH]))
            hits.append((logits.argmax(1) == labels).sum())
            losses.append(functional.cross_entropy(logits, labels, reduction="sum"))
    model.train(is_training)
    # Added up on the CPU: not every device has float64.
    log_loss = float(torch.stack(losses).cpu().double().sum()) / len(split)
    if not math.isfinite(log_loss):
        msg = f"the log loss on {len(split)} images is {log_loss}"
        raise DivergedError(msg)
    return Score(int(torch.stack(hits).sum()) / len(split), log_loss)


class Batches:
    """Epoch after epoch of shuffled, augmented batches; the order comes from the seed."""

    def __init__(self, images: TrainingImages, size: int, seed: int) -> None:
        self._images = images
        self._size = size
        self._generator = torch.Generator().manual_seed(seed)
        self._augmenter = Augmenter(images.split.images, flip=images.flip, padding=images.padding)

    def epoch(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Normalized images (B, 3, side, side) and labels (B,); the last few are left out."""
        n_images = len(self._images.split)
        labels = self._images.split.labels
        order = torch.randperm(n_images, generator=self._generator)
        # A last, smaller batch would have noisier statistics and the same weight.
        for start in range(0, max(n_images - self._size, 0) + 1, self._size):
            chosen = order[start : start + self._size]
            batch = self._augmenter.batch(chosen, self._generator)
            yield self._images.normalization.apply(batch), labels[chosen.to(labels.device)]


def _count_steps(n_images: int, batch_size: int) -> int:
    return max(n_images // batch_size, 1)


def _prepare(model: nn.Module, settings: TrainingSettings) -> None:
    model.train()
    # channels_last is over twice as fast as the default layout for these networks.
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and settings.bn_momentum is not None:
            module.momentum = settings.bn_momentum


def _train_epoch(
    model: nn.Module,
    optimizer: Optimizer,
    batches: Iterator[tuple[Tensor, Tensor]],
    factors: tuple[float, ...],
    settings: TrainingSettings,
) -> None:
    for step, (factor, (images, labels)) in enumerate(zip(factors, batches, strict=True)):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * factor
        with autocast(labels.device, amp=settings.amp):
            logits = model(images)
        loss = functional.cross_entropy(
            logits.float(), labels, label_smoothing=settings.label_smoothing
        )
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        is_last = step == len(factors) - 1
        if (is_last or step % _STEPS_BETWEEN_CHECKS == 0) and not torch.isfinite(loss):
            msg = f"the training loss became {float(loss.detach())}"
            raise DivergedError(msg)
