"""Image sets in one ``.npz`` file: arrays, or JPEG bytes with offsets."""

import itertools
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mbscale.errors import DataError
from mbscale.proxy.images.decode import decode_all
from mbscale.proxy.images.labeled_images import LabeledImages, Split, make_split

Arrays = dict[str, NDArray[Any]]


def read_npz(path: Path, *, image_size: int | None) -> LabeledImages:
    """The images of ``x_train, y_train, x_test, y_test[, classes]``.

    Instead of ``x_train`` there may be ``jpeg_train`` (the bytes of all files) and
    ``off_train`` (N + 1 offsets). ``image_size`` is the side that those are cut to.
    """
    arrays = _read_arrays(path)
    train, test = (_read_split(arrays, name, path, image_size) for name in ("train", "test"))
    return LabeledImages(train, test, _class_names(arrays, train, path))


def has_jpegs(path: Path) -> bool:
    """Whether the file holds JPEG bytes, which are worth keeping decoded."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "jpeg_train.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def _read_arrays(path: Path) -> Arrays:
    try:
        # numpy leaves a file open that it cannot read, so it is opened here.
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {}
            return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError as failure:
        msg = f"{path} does not exist"
        raise DataError(msg) from failure
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as failure:
        msg = f"{path} is not a readable .npz file of plain arrays: {failure}"
        raise DataError(msg) from failure
    except ValueError as failure:
        # numpy's words advise to trust the file.
        msg = f"{path} is not an .npz file of plain arrays"
        raise DataError(msg) from failure


def _read_split(arrays: Arrays, name: str, path: Path, image_size: int | None) -> Split:
    where = f"{path} ({name})"
    labels = _get(arrays, f"y_{name}", path)
    if f"x_{name}" in arrays or f"jpeg_{name}" not in arrays:
        return make_split(_get(arrays, f"x_{name}", path), labels, where=where)
    files = _cut(_get(arrays, f"jpeg_{name}", path), _get(arrays, f"off_{name}", path), where)
    names = [f"image {index} of {where}" for index in range(len(files))]
    return make_split(decode_all(files, names, size=image_size), labels, where=where)


def _get(arrays: Arrays, name: str, path: Path) -> NDArray[Any]:
    if name in arrays:
        return arrays[name]
    msg = f"{path} has no array {name!r}; it has {', '.join(sorted(arrays)) or 'no named arrays'}"
    raise DataError(msg)


def _cut(joined: NDArray[Any], offsets: NDArray[Any], where: str) -> list[bytes]:
    is_sound = (
        joined.dtype == np.uint8
        and joined.ndim == offsets.ndim == 1
        and offsets.dtype.kind in "iu"
        and len(offsets) > 1
        and offsets[0] == 0
        and offsets[-1] == len(joined)
        and bool((offsets[1:] > offsets[:-1]).all())
    )
    if not is_sound:
        msg = f"{where}: the offsets must rise from 0 to the {joined.size} bytes of the images"
        raise DataError(msg)
    data = joined.tobytes()
    return [data[start:stop] for start, stop in itertools.pairwise(offsets.tolist())]


def _class_names(arrays: Arrays, train: Split, path: Path) -> tuple[str, ...]:
    if "classes" not in arrays:
        return tuple(str(label) for label in range(int(train.labels.max()) + 1))
    classes = arrays["classes"]
    names = tuple(str(name) for name in classes.tolist()) if classes.ndim == 1 else ()
    if not names or len(set(names)) != len(names):
        msg = f"{path}: classes must be a list of different names; got shape {classes.shape}"
        raise DataError(msg)
    return names
