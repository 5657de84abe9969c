"""The evaluator that judges networks by the weights they share."""

import fcntl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from mbscale.errors import ConfigError
from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.proxy.fingerprint import fingerprint_supernet
from mbscale.proxy.images.dataset import Dataset, load_dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.supernet.recalibration import recalibrate
from mbscale.proxy.supernet.shared_weights import SharedWeights
from mbscale.proxy.supernet.training import train_supernet
from mbscale.proxy.training.device import choose_device, limit_threads
from mbscale.proxy.training.loop import measure
from mbscale.proxy.training.resident_images import ResidentImages
from mbscale.space.architecture import Architecture
from mbscale.space.search_space import load_search_space


class Supernet:
    """Trains one network for the whole space at the first evaluation, or finds it trained.

    An evaluation copies the architecture's part of the weights, measures its batch norm
    anew, and judges it. ``seed`` decides which images batch norm sees. The seconds of the
    training are nobody's: they are not part of the first evaluation.
    """

    def __init__(self, settings: ProxySettings, dataset: Dataset | None = None) -> None:
        if settings.supernet.space is None:
            msg = "the evaluator 'supernet' needs supernet.space, a preset or a file"
            raise ConfigError(msg)
        self._settings = settings
        self._space = load_search_space(settings.supernet.space)
        self._device = choose_device(settings.device)
        self._dataset = load_dataset(settings.data) if dataset is None else dataset
        self._images = ResidentImages(settings, self._dataset, self._device)
        self._trained: SharedWeights | None = None

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """Accuracy and log loss on ``split``; ArchitectureError for a network of another space."""
        with limit_threads(self._settings.training.threads):
            shared = self._train()
            start = time.perf_counter()
            images = self._images.at(resolution)
            model = shared.extract(architecture)
            n_images = self._settings.supernet.n_recalibration
            n_shown = recalibrate(model, images.training, n_images=n_images, seed=seed)
            score = measure(model, images.judged[split], images.training.normalization)
        is_stopped = on_epoch is not None and on_epoch(1, score.accuracy)
        return Evaluation(
            status="pruned" if is_stopped else "complete",
            accuracy=score.accuracy,
            log_loss=score.log_loss,
            seconds=time.perf_counter() - start,
            epochs=1,
            seed=seed,
            n_images=n_shown,
        )

    def _train(self) -> SharedWeights:
        """The trained weights; another process that wants them meanwhile waits for them."""
        if self._trained is None:
            num_classes = self._dataset.num_classes
            shared = SharedWeights(self._space, self._settings, num_classes=num_classes)
            shared = shared.to(self._device)
            path = checkpoint_path(self._settings, self._space.name, self._dataset)
            with _alone(path.with_suffix(".lock")):
                images = self._images.at(None).training
                train_supernet(shared, images, self._settings, checkpoint=path)
            self._trained = shared
        return self._trained


def checkpoint_path(settings: ProxySettings, name: str, dataset: Dataset) -> Path:
    """The file of the supernet with these settings and images; ``name`` is that of its space."""
    mark = fingerprint_supernet(settings, dataset)
    return Path(settings.supernet.cache) / f"{name}-{mark}.pt"


@contextmanager
def _alone(path: Path) -> Generator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
