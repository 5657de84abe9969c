"""Labelled images as plain arrays, and what must hold of them."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from mbscale.errors import DataError


@dataclass(frozen=True, slots=True)
class Split:
    """Square uint8 images (N, side, side, C) with C 1 or 3, and int64 labels (N,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def resolution(self) -> int:
        """The side of an image in pixels."""
        return int(self.images.shape[1])

    def take(self, chosen: NDArray[np.int64]) -> "Split":
        """The images at these indices."""
        return Split(self.images[chosen], self.labels[chosen])


@dataclass(frozen=True, slots=True)
class LabeledImages:
    """A data set as its makers divided it."""

    train: Split
    test: Split
    class_names: tuple[str, ...]


def make_split(images: NDArray[np.generic], labels: NDArray[np.generic], *, where: str) -> Split:
    """A checked split; ``where`` names the file. A last axis of one is added to grey images."""
    check_images(images, where=where)
    pixels = images.astype(np.uint8, copy=False)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        given = f"{labels.dtype} of shape {labels.shape}"
        msg = f"{where}: labels must be one whole number an image; got {given}"
        raise DataError(msg)
    if len(labels) != len(images):
        msg = f"{where}: {len(images)} images have {len(labels)} labels"
        raise DataError(msg)
    return Split(pixels if pixels.ndim == 4 else pixels[..., None], labels.astype(np.int64))


def check_images(images: NDArray[np.generic], *, where: str) -> None:
    """Raise a DataError unless these are square uint8 images, grey or of three channels."""
    if images.dtype.kind == "f" and np.isnan(images.astype(np.float64)).any():
        msg = f"{where}: the images hold NaN; they must be uint8"
        raise DataError(msg)
    if images.dtype != np.uint8:
        msg = f"{where}: the images must be uint8, from 0 to 255; got {images.dtype}"
        raise DataError(msg)
    has_channels = images.ndim == 3 or (images.ndim == 4 and images.shape[3] in (1, 3))
    if not has_channels or images.shape[1] != images.shape[2] or images.size == 0:
        allowed = "(N, side, side), (N, side, side, 1) or (N, side, side, 3)"
        msg = f"{where}: the images must have the shape {allowed}; got {images.shape}"
        raise DataError(msg)


def check_classes(data: LabeledImages, *, where: str) -> LabeledImages:
    """The same data; a DataError unless train and test hold classes that make sense."""
    n_classes = len(data.class_names)
    for name, split in (("training", data.train), ("test", data.test)):
        low, high = int(split.labels.min()), int(split.labels.max())
        if low < 0 or high >= n_classes:
            msg = (
                f"{where}: {name} labels must be from 0 to {n_classes - 1} "
                f"for {n_classes} classes; they go from {low} to {high}"
            )
            raise DataError(msg)
    counts = np.bincount(data.train.labels, minlength=n_classes)
    if n_classes < 2:
        msg = f"{where}: there is one class; two are needed to tell apart"
        raise DataError(msg)
    if not counts.all():
        missing = data.class_names[int(np.flatnonzero(counts == 0)[0])]
        msg = f"{where}: the class {missing!r} has no training image"
        raise DataError(msg)
    if data.train.images.shape[1:] != data.test.images.shape[1:]:
        shapes = f"{data.train.images.shape[1:]} and {data.test.images.shape[1:]}"
        msg = f"{where}: training and test images must have one shape; got {shapes}"
        raise DataError(msg)
    return data


def resize_images(images: NDArray[np.uint8], resolution: int) -> NDArray[np.uint8]:
    """The images (N, side, side, C) at ``resolution`` pixels, bilinear and antialiased."""
    if images.shape[1] == resolution:
        return images
    planes = torch.from_numpy(images).permute(0, 3, 1, 2)
    size = [resolution, resolution]
    resized = functional.interpolate(planes, size=size, mode="bilinear", antialias=True)
    return resized.permute(0, 2, 3, 1).contiguous().numpy()
