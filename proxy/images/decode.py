"""Compressed images to square uint8 arrays, and the cache of what was decoded."""

import hashlib
import io
import logging
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mbscale.errors import DataError
from mbscale.proxy.images.labeled_images import LabeledImages, Split

_LOGGER = logging.getLogger(__name__)
# Part of every key: another way to decode must not find the old images.
_VERSION = 1


def decode_all(
    files: Sequence[bytes | Path], names: Sequence[str], *, size: int | None
) -> NDArray[np.uint8]:
    """The images (N, size, size, 3); ``names`` are for messages.

    With ``size`` None all images must be squares of one side.
    """
    first = _decode(files[0], names[0], size)
    images = np.empty((len(files), *first.shape), dtype=np.uint8)
    for index, (file, name) in enumerate(zip(files, names, strict=True)):
        image = _decode(file, name, size)
        if image.shape != first.shape:
            sides = f"{image.shape[1]}x{image.shape[0]} after {first.shape[1]}x{first.shape[0]}"
            msg = f"{name} is {sides} pixels: set proxy.data.image_size to cut all to one size"
            raise DataError(msg)
        images[index] = image
    return images


def _decode(file: bytes | Path, name: str, size: int | None) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
            if size is not None:
                upright = ImageOps.fit(upright, (size, size), Image.Resampling.BILINEAR)
            return np.asarray(upright)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as failure:
        known = "not an image" if isinstance(failure, UnidentifiedImageError) else str(failure)
        msg = f"{name} cannot be read: {known}"
        raise DataError(msg) from failure


def cache_key(*parts: object) -> str:
    """A name for what was decoded from these files with these settings."""
    return hashlib.sha256(repr((_VERSION, *parts)).encode()).hexdigest()[:16]


def load_cached(path: Path, read: Callable[[], LabeledImages]) -> LabeledImages:
    """What lies in the cache file, or what ``read`` gives, which is then kept there."""
    if path.exists():
        try:
            return _read_cache(path)
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as failure:
            _LOGGER.warning("%s is damaged (%s) and is written again", path, failure)
    data = read()
    _write_cache(path, data)
    _LOGGER.info("decoded images are kept in %s", path)
    return data


def _read_cache(path: Path) -> LabeledImages:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        train = Split(arrays["x_train"], arrays["y_train"])
        test = Split(arrays["x_test"], arrays["y_test"])
        return LabeledImages(train, test, tuple(arrays["classes"].tolist()))


def _write_cache(path: Path, data: LabeledImages) -> None:
    # Another process may write the same file now: each writes its own, the last stays.
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(
                file,
                x_train=data.train.images,
                y_train=data.train.labels,
                x_test=data.test.images,
                y_test=data.test.labels,
                classes=np.array(data.class_names),
            )
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
