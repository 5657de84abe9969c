"""The evaluator that trains each network briefly."""

import time
from dataclasses import dataclass

from torch import nn

from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName, Status
from mbscale.proxy.images.dataset import Dataset, load_dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.training.device import choose_device, is_out_of_memory, limit_threads
from mbscale.proxy.training.loop import DivergedError, Score, measure, train_model
from mbscale.proxy.training.resident_images import ResidentImages, SplitsAt
from mbscale.space.architecture import Architecture
from mbscale.space.model import build_model
from mbscale.space.scaling import scale_architecture


@dataclass(slots=True)
class _Course:
    """How far a training came."""

    epochs: int = 0
    score: Score | None = None
    is_stopped: bool = False
    reason: str = ""

    @property
    def status(self) -> Status:
        if self.reason or self.score is None:
            return "failed"
        return "pruned" if self.is_stopped else "complete"


class ShortTraining:
    """Trains an architecture from fresh weights and measures it.

    The images are read once and stay in memory. Those of another resolution are resized
    when it is asked for, and the last one asked for is kept.
    """

    def __init__(self, settings: ProxySettings, dataset: Dataset | None = None) -> None:
        self._settings = settings
        self._device = choose_device(settings.device)
        self._dataset = load_dataset(settings.data) if dataset is None else dataset
        self._resident = ResidentImages(settings, self._dataset, self._device)

    @property
    def dataset(self) -> Dataset:
        """The images at their own size."""
        return self._dataset

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """Accuracy and log loss on ``split``; failed when the training diverges or memory ends."""
        start = time.perf_counter()
        course = _Course()
        try:
            with limit_threads(self._settings.training.threads):
                images = self._resident.at(resolution)
                model = self._build(architecture, seed)
                self._run(model, images, split, seed=seed, course=course, on_epoch=on_epoch)
        except DivergedError as failure:
            course.reason = f"diverged: {failure}"
        except (RuntimeError, MemoryError) as failure:
            if not is_out_of_memory(failure):
                raise
            course.reason = f"out of memory: {str(failure).partition(chr(10))[0]}"
        return self._report(course, seed=seed, seconds=time.perf_counter() - start)

    def _report(self, course: _Course, *, seed: int, seconds: float) -> Evaluation:
        score = None if course.status == "failed" else course.score
        return Evaluation(
            status=course.status,
            accuracy=score.accuracy if score else None,
            log_loss=score.log_loss if score else None,
            seconds=seconds,
            epochs=course.epochs,
            seed=seed,
            n_images=course.epochs * len(self._dataset.train),
            reason=course.reason,
        )

    def _run(
        self,
        model: nn.Module,
        images: SplitsAt,
        split: SplitName,
        *,
        seed: int,
        course: _Course,
        on_epoch: OnEpoch | None,
    ) -> None:
        judged, normalization = images.judged[split], images.training.normalization

        def after_epoch(epoch: int) -> bool:
            course.epochs = epoch
            if on_epoch is not None:
                course.score = measure(model, judged, normalization)
                course.is_stopped = on_epoch(epoch, course.score.accuracy)
            return course.is_stopped

        settings = self._settings.training
        train_model(model, images.training, settings, seed=seed, after_epoch=after_epoch)
        if on_epoch is None:
            course.score = measure(model, judged, normalization)

    def _build(self, architecture: Architecture, seed: int) -> nn.Module:
        settings = self._settings
        narrowed = scale_architecture(architecture, depth=1, width=settings.width_factor)
        return build_model(
            narrowed,
            num_classes=self._dataset.num_classes,
            seed=seed,
            stem_stride=settings.stem_stride,
            stage_strides=settings.stage_strides,
            zero_init_residual=settings.training.zero_init_residual,
        ).to(self._device)
