"""An evaluator that travels to other processes, and how its images get there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mbscale.proxy.evaluation import Evaluation, Evaluator, OnEpoch, SplitName
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.images.labeled_images import Split
from mbscale.proxy.settings import ProxySettings
from mbscale.space.architecture import Architecture

_SPLITS = ("train", "selection", "test")


@dataclass(frozen=True, slots=True)
class SharedEvaluator:
    """Travels as its settings and a way to its images; each process loads them once.

    ``load_images`` can be pickled and hashed; None loads the images that the settings name.
    """

    settings: ProxySettings
    load_images: Callable[[], Dataset] | None = None

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """What the evaluator named in the settings returns."""
        evaluate = _load_evaluator(self.settings, self.load_images)
        return evaluate(
            architecture, seed=seed, split=split, resolution=resolution, on_epoch=on_epoch
        )


@lru_cache(maxsize=1)
def _load_evaluator(
    settings: ProxySettings, load_images: Callable[[], Dataset] | None
) -> Evaluator:
    return make_evaluator(settings, None if load_images is None else load_images())


@dataclass(frozen=True, slots=True)
class StoredImages:
    """A data set in a folder of this machine; its processes share the memory of the arrays."""

    folder: Path
    class_names: tuple[str, ...]

    def __call__(self) -> Dataset:
        """The data set; nobody's changes reach the files."""
        train, selection, test = (self._load(split) for split in _SPLITS)
        return Dataset(train, selection, test, self.class_names)

    def _load(self, split: str) -> Split:
        # Copies on write: read-only arrays make torch warn.
        images, labels = (np.load(self.folder / f"{split}-{part}.npy", "c") for part in ("x", "y"))
        return Split(images, labels)


def store_images(dataset: Dataset, folder: Path) -> StoredImages:
    """Write a data set to a folder that stays until all processes have ended."""
    for split, part in zip(_SPLITS, (dataset.train, dataset.selection, dataset.test), strict=True):
        np.save(folder / f"{split}-x.npy", part.images)
        np.save(folder / f"{split}-y.npy", part.labels)
    return StoredImages(folder, dataset.class_names)
