"""Labeled images that a program already holds: arrays, or a torch data set."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mbscale.errors import DataError
from mbscale.proxy.images.labeled_images import LabeledImages, Split, check_classes, make_split

# Images (N, side, side[, C]) as uint8 with labels (N,), or any sequence of pairs.
Source = Any


def make_images(train: Source, test: Source, classes: Sequence[str] | None = None) -> LabeledImages:
    """Images to search on, from two splits.

    A split is a pair of arrays: uint8 images ``(N, side, side)`` or ``(N, side, side, C)`` with
    C 1 or 3, and whole-number labels ``(N,)`` from 0. Or it is a torch ``Dataset`` whose items
    are pairs of an image (PIL or uint8, all of one size) and a label. ``classes`` are the names
    in the order of the labels; None: their numbers. Raises DataError.

    >>> images = np.zeros((4, 8, 8), dtype=np.uint8)
    >>> make_images((images, np.array([0, 1, 0, 1])), (images, np.array([1, 0, 1, 0]))).class_names
    ('0', '1')
    """
    splits = [_read_split(source, name) for source, name in ((train, "train"), (test, "test"))]
    n_classes = 1 + max(int(split.labels.max()) for split in splits)
    names = tuple(map(str, range(n_classes))) if classes is None else tuple(classes)
    return check_classes(LabeledImages(splits[0], splits[1], names), where="the given images")


def _read_split(source: Source, name: str) -> Split:
    where = f"the {name} images"
    is_pair = isinstance(source, tuple | list) and len(cast("Sequence[Any]", source)) == 2
    images, labels = source if is_pair else _collect(source, where)
    return make_split(np.asarray(images), np.asarray(labels), where=where)


def _collect(source: Any, where: str) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The pairs of a data set as two arrays."""
    items = [source[index] for index in range(len(source))]
    if not items:
        msg = f"{where} are none"
        raise DataError(msg)
    images = [_to_array(image) for image, _ in items]
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        msg = (
            f"{where} must be of one size; got {len(shapes)} sizes such as "
            f"{' and '.join(map(str, sorted(shapes)[:2]))}: resize them in the data set's transform"
        )
        raise DataError(msg)
    return np.stack(images), np.array([int(label) for _, label in items], dtype=np.int64)


def _to_array(image: Any) -> NDArray[Any]:
    array: NDArray[Any] = np.asarray(image)
    # torch puts channels first: (C, side, side).
    is_tensor = type(image).__module__.partition(".")[0] == "torch"
    return np.moveaxis(array, 0, -1) if is_tensor and array.ndim == 3 else array
