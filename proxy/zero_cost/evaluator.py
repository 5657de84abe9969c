"""The evaluator that scores networks without training them."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.proxy.images.augment import (
    ImageTensors,
    Normalization,
    measure_normalization,
    to_device,
)
from mbscale.proxy.images.dataset import Dataset, load_dataset
from mbscale.proxy.images.labeled_images import Split, resize_images
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.training.device import choose_device, is_out_of_memory, limit_threads
from mbscale.proxy.zero_cost.counts import score_macs, score_parameters, score_stages
from mbscale.proxy.zero_cost.gradient_scores import Batch, score_gradient_norm, score_zico
from mbscale.proxy.zero_cost.imagenet_records import score_imagenet
from mbscale.proxy.zero_cost.naswot import score_naswot
from mbscale.proxy.zero_cost.proxy_model import adapt_architecture
from mbscale.proxy.zero_cost.synflow import score_synflow
from mbscale.proxy.zero_cost.zen import score_zen
from mbscale.proxy.zero_cost_settings import ScoreName
from mbscale.space.architecture import Architecture
from mbscale.space.model import Model, build_model


@dataclass(frozen=True, slots=True)
class Subject:
    """What a score may look at: the network, and images of the training split."""

    architecture: Architecture
    num_classes: int
    resolution: int
    seed: int
    batch_size: int
    device: torch.device
    # The next ``batch_size`` images, normalized (B, 3, side, side), with their labels.
    draw: Callable[[], Batch]
    n_batches: int

    def build(self) -> Model:
        """The network with fresh weights, the same at every call."""
        model = build_model(self.architecture, num_classes=self.num_classes, seed=self.seed)
        return model.to(self.device)


def _score_parameters(subject: Subject) -> float:
    return score_parameters(subject.architecture, num_classes=subject.num_classes)


def _score_macs(subject: Subject) -> float:
    return score_macs(
        subject.architecture, resolution=subject.resolution, num_classes=subject.num_classes
    )


def _score_synflow(subject: Subject) -> float:
    return score_synflow(subject.build(), resolution=subject.resolution)


def _score_pair(subject: Subject) -> float:
    return _PARAMETERS_UNIT * _score_parameters(subject) + _SYNFLOW_UNIT * _score_synflow(subject)


def _score_zico(subject: Subject) -> float:
    return score_zico(subject.build(), [subject.draw() for _ in range(subject.n_batches)])


def _score_zen(subject: Subject) -> float:
    size = subject.batch_size
    return score_zen(
        subject.build(), resolution=subject.resolution, batch_size=size, seed=subject.seed
    )


# One over the standard deviation of the two over 122 networks of Accel-NASBench at 32 to 64
# pixels, so that both weigh the same there: the sum then has the tau of the sum of ranks.
_PARAMETERS_UNIT, _SYNFLOW_UNIT = 3.3, 0.09

SCORES: Mapping[ScoreName, Callable[[Subject], float]] = {
    "parameters": _score_parameters,
    "macs": _score_macs,
    "stages": lambda subject: score_stages(subject.architecture),
    "synflow": _score_synflow,
    "parameters_synflow": _score_pair,
    "gradient_norm": lambda subject: score_gradient_norm(subject.build(), subject.draw()),
    "zico": _score_zico,
    "naswot": lambda subject: score_naswot(subject.build(), subject.draw()[0]),
    "zen": _score_zen,
    "imagenet": lambda subject: score_imagenet(subject.architecture),
}


class ZeroCost:
    """Scores an untrained network by the formula that the settings name.

    The score is no accuracy: any number, higher is better, with no scale of its own. The
    splits do not matter to it; images are those of the training split.
    """

    def __init__(self, settings: ProxySettings, dataset: Dataset | None = None) -> None:
        self._settings = settings
        self._device = choose_device(settings.device)
        self._dataset = load_dataset(settings.data) if dataset is None else dataset

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """The score; failed when it is not finite or memory ends."""
        del split, on_epoch
        start = time.perf_counter()
        score, reason = None, ""
        try:
            with limit_threads(self._settings.training.threads):
                score = SCORES[self._settings.zero_cost.score](
                    self._make_subject(architecture, seed, resolution)
                )
        except (RuntimeError, MemoryError) as failure:
            if not is_out_of_memory(failure):
                raise
            reason = f"out of memory: {str(failure).partition(chr(10))[0]}"
        if score is not None and not math.isfinite(score):
            score, reason = None, f"the score {self._settings.zero_cost.score} is {score}"
        return Evaluation(
            status="complete" if score is not None else "failed",
            accuracy=None,
            log_loss=None,
            seconds=time.perf_counter() - start,
            epochs=0,
            seed=seed,
            n_images=0,
            reason=reason,
            score=score,
        )

    def _make_subject(
        self, architecture: Architecture, seed: int, resolution: int | None
    ) -> Subject:
        settings = self._settings
        wanted = resolution or settings.resolution or self._dataset.resolution
        batches = _Batches(self._dataset.train, wanted, self._device, seed=seed)
        return Subject(
            architecture=adapt_architecture(architecture, settings),
            num_classes=self._dataset.num_classes,
            resolution=wanted,
            seed=seed,
            batch_size=settings.zero_cost.batch_size,
            device=self._device,
            draw=lambda: batches.draw(settings.zero_cost.batch_size),
            n_batches=settings.zero_cost.n_batches,
        )


class _Batches:
    """Random images of a split, resized when they are drawn; none comes twice before all did."""

    def __init__(self, split: Split, resolution: int, device: torch.device, *, seed: int) -> None:
        self._split = split
        self._resolution = resolution
        self._device = device
        self._order = np.random.default_rng(seed).permutation(len(split))
        self._next = 0

    def draw(self, size: int) -> tuple[Tensor, Tensor]:
        chosen = np.take(self._order, range(self._next, self._next + size), mode="wrap")
        self._next += size
        part = self._split.take(chosen)
        resized = Split(resize_images(part.images, self._resolution), part.labels)
        tensors: ImageTensors = to_device(resized, self._device)
        normalization: Normalization = measure_normalization(resized, self._device)
        return normalization.apply(tensors.images), tensors.labels
