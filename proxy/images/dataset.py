"""Data sets by name, divided into train, selection and test."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mbscale.errors import DataError
from mbscale.proxy.images.decode import cache_key, load_cached
from mbscale.proxy.images.image_folder import read_image_folder
from mbscale.proxy.images.labeled_images import LabeledImages, Split, check_classes
from mbscale.proxy.images.npz_file import has_jpegs, read_npz
from mbscale.proxy.images.splits import stratified_split
from mbscale.proxy.settings import DatasetName, DataSettings

FASHION_MNIST = Path(__file__).parent / "data" / "fashion_mnist_10k_2k.npz"
# Beyond this, training images are worth more than a sharper comparison.
MOST_SELECTION_IMAGES = 5000


# Without slots, so that the hash of the images is computed once.
@dataclass(frozen=True)
class Dataset:
    """Three disjoint sets: to learn from, to select by, and to report once."""

    train: Split
    selection: Split
    test: Split
    class_names: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def resolution(self) -> int:
        """The side of an image in pixels."""
        return self.train.resolution

    @cached_property
    def content_hash(self) -> str:
        """The SHA-256 of images, labels and class names; equal wherever equal images lie."""
        digest = hashlib.sha256("\0".join(self.class_names).encode())
        for split in (self.train, self.selection, self.test):
            for array in (split.images, split.labels):
                digest.update(f"{array.dtype.str} {array.shape}\n".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def _read_fashion_mnist(settings: DataSettings) -> LabeledImages:
    return read_npz(FASHION_MNIST, image_size=settings.image_size)


def _read_npz(settings: DataSettings) -> LabeledImages:
    path = Path(settings.path or "")
    if not has_jpegs(path):
        return read_npz(path, image_size=settings.image_size)
    stat = path.stat()
    key = cache_key(str(path.resolve()), stat.st_size, stat.st_mtime_ns, settings.image_size)
    cached = Path(settings.cache) / f"{path.stem}-{key}.npz"
    return load_cached(cached, lambda: read_npz(path, image_size=settings.image_size))


def _read_cifar10(settings: DataSettings) -> LabeledImages:
    data = _read_npz(settings)
    shape = data.train.images.shape[1:]
    if shape != (32, 32, 3) or len(data.class_names) != 10:
        msg = (
            f"{settings.path} is not CIFAR-10, which has 10 classes of images (32, 32, 3); "
            f"it has {len(data.class_names)} of {shape}: the data set 'npz' takes any"
        )
        raise DataError(msg)
    return data


def _read_folder(settings: DataSettings) -> LabeledImages:
    return read_image_folder(Path(settings.path or ""), settings)


DATASETS: Mapping[DatasetName, Callable[[DataSettings], LabeledImages]] = {
    "fashion_mnist": _read_fashion_mnist,
    "npz": _read_npz,
    "cifar10": _read_cifar10,
    "image_folder": _read_folder,
}


def load_dataset(settings: DataSettings) -> Dataset:
    """The images that ``settings`` asks for; a DataError names the file that is wrong."""
    where = settings.path or FASHION_MNIST.name
    return divide_images(DATASETS[settings.name](settings), settings, where=where)


def divide_images(images: LabeledImages, settings: DataSettings, *, where: str) -> Dataset:
    """Images divided as ``settings`` say, whatever data set they name; ``where`` is for errors."""
    data = check_classes(images, where=where)
    train, selection = _hold_out(data.train, settings, where=where)
    test = _shorten_test(data.test, settings, where=where)
    return Dataset(train, selection, test, data.class_names)


def _hold_out(images: Split, settings: DataSettings, *, where: str) -> tuple[Split, Split]:
    available = len(images)
    n_selection = settings.n_selection or min(available // 2, MOST_SELECTION_IMAGES)
    n_train = settings.n_train or available - n_selection
    if n_train < 1 or n_train + n_selection > available:
        wanted = f"{settings.n_train or 'some'} to train and {n_selection} to select"
        msg = f"{where} holds {available} training images, too few for {wanted}"
        raise DataError(msg)
    try:
        sizes = (n_selection, n_train)
        selection, train = stratified_split(images.labels, sizes, seed=settings.split_seed)
    except ValueError as failure:
        msg = f"{where}: {failure}"
        raise DataError(msg) from failure
    return images.take(train), images.take(selection)


def _shorten_test(images: Split, settings: DataSettings, *, where: str) -> Split:
    wanted = settings.n_test
    if wanted is None or wanted == len(images):
        return images
    if wanted > len(images):
        msg = f"{where} holds {len(images)} test images, fewer than the {wanted} asked for"
        raise DataError(msg)
    try:
        (chosen,) = stratified_split(images.labels, (wanted,), seed=settings.split_seed)
    except ValueError as failure:
        msg = f"{where}: {failure}"
        raise DataError(msg) from failure
    return images.take(np.asarray(chosen))
