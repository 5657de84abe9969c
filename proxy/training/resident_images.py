"""The splits of a data set on the device, at the resolution that is asked for."""

from dataclasses import dataclass

import torch

from mbscale.proxy.evaluation import SplitName
from mbscale.proxy.images.augment import ImageTensors, measure_normalization, to_device
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.images.labeled_images import Split, resize_images
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.training.loop import TrainingImages


@dataclass(frozen=True, slots=True)
class SplitsAt:
    """What is learned from and what is judged by, at one resolution."""

    resolution: int
    training: TrainingImages
    judged: dict[SplitName, ImageTensors]


class ResidentImages:
    """Images that stay in memory; those of the resolution last asked for are kept."""

    def __init__(self, settings: ProxySettings, dataset: Dataset, device: torch.device) -> None:
        self._settings = settings
        self._dataset = dataset
        self._device = device
        self._kept = self._load(settings.resolution or dataset.resolution)

    def at(self, resolution: int | None) -> SplitsAt:
        """The splits at ``resolution`` pixels; None: the setting, or the images' own."""
        wanted = resolution or self._settings.resolution or self._dataset.resolution
        if wanted != self._kept.resolution:
            self._kept = self._load(wanted)
        return self._kept

    def _load(self, resolution: int) -> SplitsAt:
        data, device = self._dataset, self._device
        train, selection, test = (
            Split(resize_images(split.images, resolution), split.labels)
            for split in (data.train, data.selection, data.test)
        )
        training = TrainingImages(
            split=to_device(train, device),
            normalization=measure_normalization(train, device),
            flip=self._settings.data.flip,
            padding=self._settings.data.crop_padding,
        )
        judged: dict[SplitName, ImageTensors] = {
            "selection": to_device(selection, device),
            "test": to_device(test, device),
        }
        return SplitsAt(resolution, training, judged)
