"""Images that stay on the device, and batches of them, shifted and mirrored."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mbscale.proxy.images.labeled_images import Split


@dataclass(frozen=True, slots=True)
class ImageTensors:
    """A split on the device, uint8 (N, side, side, C), with labels (N,)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Normalization:
    """Mean and standard deviation of pixels from 0 to 255, one a channel."""

    mean: Tensor
    std: Tensor

    def apply(self, images: Tensor) -> Tensor:
        """Images (N, side, side, C) as float32 (N, 3, side, side), ``channels_last``.

        Grey images become three equal channels here, and not before, to keep memory.
        """
        # The last axis holds the channels, so the transposed view is channels_last already.
        scaled = ((images - self.mean) / self.std).permute(0, 3, 1, 2)
        if scaled.shape[1] == 3:
            return scaled
        return scaled.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


def to_device(split: Split, device: torch.device) -> ImageTensors:
    """The split as tensors on ``device``."""
    images, labels = torch.from_numpy(split.images), torch.from_numpy(split.labels)
    return ImageTensors(images.to(device), labels.to(device))


def measure_normalization(split: Split, device: torch.device) -> Normalization:
    """The statistics of these images; a channel that never changes gets deviation 1."""
    pixels = split.images.reshape(-1, split.images.shape[3])
    counts = [np.bincount(channel, minlength=256) for channel in pixels.T]
    values = np.arange(256.0)
    means = [float(np.average(values, weights=count)) for count in counts]
    variances = [
        float(np.average((values - mean) ** 2, weights=count))
        for mean, count in zip(means, counts, strict=True)
    ]
    stds = [variance**0.5 or 1.0 for variance in variances]
    return Normalization(torch.tensor(means, device=device), torch.tensor(stds, device=device))


class Augmenter:
    """Batches of training images, each shifted and mirrored by chance.

    Shift, mirror and choice of the images are one indexed read, so a batch costs the
    same whatever is switched on.
    """

    def __init__(self, images: Tensor, *, flip: bool, padding: int) -> None:
        self._side = images.shape[1]
        self._flip = flip
        self._padding = padding
        self._padded = functional.pad(images, (0, 0, padding, padding, padding, padding))

    def batch(self, chosen: Tensor, generator: torch.Generator) -> Tensor:
        """The images at indices ``chosen``, uint8 (B, side, side, C).

        ``chosen`` and ``generator`` are on the CPU, so every device sees the same draws.
        """
        device = self._padded.device
        rows, columns = self._offsets(len(chosen), generator)
        return self._padded[
            chosen.to(device)[:, None, None],
            rows.to(device)[:, :, None],
            columns.to(device)[:, None, :],
        ]

    def _offsets(self, n_images: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        positions = torch.arange(self._side)
        most = 2 * self._padding + 1
        shifts = torch.randint(most, (2, n_images, 1), generator=generator)
        rows, columns = shifts[0] + positions, shifts[1] + positions
        if self._flip:
            is_mirrored = torch.rand(n_images, 1, generator=generator) < 0.5
            columns = torch.where(is_mirrored, columns.flip(1), columns)
        return rows, columns
