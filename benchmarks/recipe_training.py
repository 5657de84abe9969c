"""One short training, looked at after every epoch, with averaged weights beside it."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.training.device import choose_device, limit_threads
from mbscale.proxy.training.loop import Score, measure, train_model
from mbscale.proxy.training.resident_images import ResidentImages
from mbscale.space.architecture import Architecture, override_strides
from mbscale.space.cost import count_cost
from mbscale.space.model import build_model
from mbscale.space.scaling import scale_architecture

# A mean over about the last 50 steps.
_DECAY = 0.98


@dataclass(frozen=True, slots=True)
class Course:
    """Scores after each epoch, and those of the averaged weights after the last.

    A brief course has the last epoch's scores alone. ``image_macs`` are images shown times
    the MACs of the network as it was trained; ``core_seconds`` are of the training, without
    the scores.
    """

    scores: tuple[Score, ...]
    averaged: Score | None
    image_macs: int
    core_seconds: float


class Trainer:
    """Trains networks as ``settings`` say, on images that are read once."""

    def __init__(self, settings: ProxySettings, dataset: Dataset, *, is_brief: bool) -> None:
        self._settings = settings
        self._is_brief = is_brief
        self._num_classes = dataset.num_classes
        self._images = ResidentImages(settings, dataset, choose_device(settings.device)).at(None)

    def train(self, architecture: Architecture, *, seed: int) -> Course:
        """The course of one training."""
        settings = self._settings
        narrowed = scale_architecture(architecture, depth=1, width=settings.width_factor)
        model = build_model(
            narrowed,
            num_classes=self._num_classes,
            seed=seed,
            stem_stride=settings.stem_stride,
            stage_strides=settings.stage_strides,
            zero_init_residual=settings.training.zero_init_residual,
        )
        scores: list[Score] = []
        judging = 0.0

        def after_epoch(epoch: int) -> bool:
            nonlocal judging
            start = time.process_time()
            if epoch == settings.training.epochs or not self._is_brief:
                scores.append(self._measure(model))
            judging += time.process_time() - start
            return False

        images, recipe = self._images.training, settings.training
        start = time.process_time()
        with limit_threads(recipe.threads), averaging(model, is_on=not self._is_brief) as averaged:
            train_model(model, images, recipe, seed=seed, after_epoch=after_epoch)
            seconds = time.process_time() - start - judging
            mean = None if averaged is None else self._measure(averaged)
        return Course(tuple(scores), mean, self._count(narrowed), seconds)

    def _measure(self, model: nn.Module) -> Score:
        images = self._images
        return measure(model, images.judged["selection"], images.training.normalization)

    def _count(self, narrowed: Architecture) -> int:
        settings = self._settings
        strided = override_strides(
            narrowed, stem_stride=settings.stem_stride, stage_strides=settings.stage_strides
        )
        cost = count_cost(
            strided, resolution=self._images.resolution, num_classes=self._num_classes
        )
        return cost.macs * len(self._images.training.split) * settings.training.epochs


@contextmanager
def averaging(model: nn.Module, *, is_on: bool) -> Generator[AveragedModel | None]:
    """An exponential mean of weights and batch norm statistics over the steps inside."""
    if not is_on:
        yield None
        return
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(_DECAY), use_buffers=True)

    def update(optimizer: Optimizer, *_: object) -> None:
        del optimizer
        averaged.update_parameters(model)

    hook: Callable[[], None] = register_optimizer_step_post_hook(update).remove
    try:
        yield averaged
    finally:
        hook()
