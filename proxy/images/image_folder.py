"""A folder of images: ``train/<class>/*.jpg`` and ``test/<class>/*.jpg``."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mbscale.errors import DataError
from mbscale.proxy.images.decode import cache_key, decode_all, load_cached
from mbscale.proxy.images.labeled_images import LabeledImages, Split, make_split
from mbscale.proxy.settings import DataSettings

SUFFIXES = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"))


@dataclass(frozen=True, slots=True)
class _Listing:
    paths: tuple[Path, ...]
    labels: tuple[int, ...]


def read_image_folder(root: Path, settings: DataSettings) -> LabeledImages:
    """The images of all class folders, cut to ``settings.image_size``, decoded once.

    The cache file's name depends on the size and on every file's name, size in bytes and
    time of change.
    """
    class_names = _list_classes(root)
    train, test = (_list_images(root / name, class_names) for name in ("train", "test"))
    files = [
        (str(path.relative_to(root)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in (*train.paths, *test.paths)
    ]
    key = cache_key("image_folder", str(root.resolve()), settings.image_size, files)

    def read() -> LabeledImages:
        return LabeledImages(
            _decode(train, root, settings.image_size),
            _decode(test, root, settings.image_size),
            class_names,
        )

    return load_cached(Path(settings.cache) / f"{root.name}-{key}.npz", read)


def _list_classes(root: Path) -> tuple[str, ...]:
    folder = root / "train"
    if not folder.is_dir():
        msg = f"{folder} is not a folder; train/<class>/ and test/<class>/ are expected there"
        raise DataError(msg)
    names = tuple(sorted(entry.name for entry in folder.iterdir() if _is_class(entry)))
    if len(names) < 2:
        msg = f"{folder} holds {len(names)} class folders; at least two are needed"
        raise DataError(msg)
    return names


def _is_class(entry: Path) -> bool:
    return entry.is_dir() and not entry.name.startswith(".")


def _list_images(folder: Path, class_names: tuple[str, ...]) -> _Listing:
    if not folder.is_dir():
        msg = f"{folder} is not a folder; each split needs one folder a class"
        raise DataError(msg)
    unknown = sorted(
        {entry.name for entry in folder.iterdir() if _is_class(entry)}.difference(class_names)
    )
    if unknown:
        msg = f"{folder / unknown[0]} is a class that has no folder in train"
        raise DataError(msg)
    found = [
        (path, label)
        for label, name in enumerate(class_names)
        for path in sorted((folder / name).glob("*"))
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]
    if not found:
        msg = f"{folder} holds no image; known endings are {', '.join(sorted(SUFFIXES))}"
        raise DataError(msg)
    paths, labels = zip(*found, strict=True)
    return _Listing(paths, labels)


def _decode(listing: _Listing, root: Path, image_size: int | None) -> Split:
    names = [str(path) for path in listing.paths]
    images = decode_all(listing.paths, names, size=image_size)
    return make_split(images, np.array(listing.labels), where=str(root))
