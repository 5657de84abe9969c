"""Every data set keeps one contract, and bad files end with one sentence."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from mbscale.errors import ConfigError, DataError
from mbscale.proxy.images.dataset import DATASETS, load_dataset
from mbscale.proxy.settings import DatasetName, DataSettings
from mbscale.strict_yaml import parse_strict

Arrays = dict[str, np.ndarray]


def _arrays(side: int = 8, *, channels: int = 3, n_classes: int = 3, each: int = 12) -> Arrays:
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(n_classes), each)
    shape = (len(labels), side, side, channels)
    return {
        "x_train": rng.integers(0, 256, shape, dtype=np.uint8),
        "y_train": labels,
        "x_test": rng.integers(0, 256, shape, dtype=np.uint8),
        "y_test": labels,
    }


def _jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


def _save_npz(folder: Path, arrays: Arrays) -> str:
    path = folder / "images.npz"
    np.savez(path, allow_pickle=True, **arrays)
    return str(path)


def _make_npz(folder: Path) -> DataSettings:
    return DataSettings(name="npz", path=_save_npz(folder, _arrays()))


def _make_jpeg_npz(folder: Path) -> DataSettings:
    arrays = _arrays()
    for split in ("train", "test"):
        files = [_jpeg(image) for image in arrays.pop(f"x_{split}")]
        arrays[f"jpeg_{split}"] = np.frombuffer(b"".join(files), dtype=np.uint8)
        arrays[f"off_{split}"] = np.cumsum([0, *map(len, files)])
    cache = str(folder / "cache")
    return DataSettings(name="npz", path=_save_npz(folder, arrays), cache=cache)


def _make_cifar10(folder: Path) -> DataSettings:
    arrays = _arrays(32, n_classes=10, each=4)
    return DataSettings(name="cifar10", path=_save_npz(folder, arrays))


def _make_folder(folder: Path) -> DataSettings:
    arrays = _arrays(12)
    for split in ("train", "test"):
        pairs = zip(arrays[f"x_{split}"], arrays[f"y_{split}"], strict=True)
        for index, (image, label) in enumerate(pairs):
            path = folder / "photos" / split / f"class{label}" / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            # Photos are of any size.
            Image.fromarray(image).resize((12 + index, 20)).save(path)
    path, cache = str(folder / "photos"), str(folder / "cache")
    return DataSettings(name="image_folder", path=path, image_size=8, cache=cache)


def _make_fashion_mnist(folder: Path) -> DataSettings:
    return DataSettings()


MAKERS = {
    "fashion_mnist": _make_fashion_mnist,
    "npz": _make_npz,
    "jpeg npz": _make_jpeg_npz,
    "cifar10": _make_cifar10,
    "image_folder": _make_folder,
}


def test_the_table_holds_every_name_that_settings_allow() -> None:
    assert set(DATASETS) == set(get_args(DatasetName))


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
class TestContract:
    def test_splits_are_square_uint8_images_with_labels(
        self, make: Callable[[Path], DataSettings], tmp_path: Path
    ) -> None:
        data = load_dataset(make(tmp_path))

        for split in (data.train, data.selection, data.test):
            assert split.images.dtype == np.uint8
            assert split.images.shape[:3] == (len(split), data.resolution, data.resolution)
            assert split.labels.dtype == np.int64
            assert set(split.labels) == set(range(data.num_classes))

    def test_no_training_image_is_selected_by(
        self, make: Callable[[Path], DataSettings], tmp_path: Path
    ) -> None:
        data = load_dataset(make(tmp_path))
        seen = {image.tobytes() for image in data.train.images}

        assert not seen & {image.tobytes() for image in data.selection.images}

    def test_the_same_settings_give_the_same_images(
        self, make: Callable[[Path], DataSettings], tmp_path: Path
    ) -> None:
        settings = make(tmp_path)

        once, again = load_dataset(settings), load_dataset(settings)

        assert np.array_equal(once.train.images, again.train.images)
        assert np.array_equal(once.selection.labels, again.selection.labels)


def test_the_embedded_images_are_those_that_were_published() -> None:
    data = load_dataset(DataSettings())

    assert (len(data.train), len(data.selection), len(data.test)) == (5000, 5000, 2000)
    assert data.class_names[0] == "T-shirt/top"
    assert np.bincount(data.selection.labels).tolist() == [500] * 10


def test_cifar10_is_read_from_its_jpegs(shared_file: Callable[[str], Path], tmp_path: Path) -> None:
    # A few files of the set, which is sorted by class: decoding all takes seconds.
    with np.load(shared_file("cifar10_full_jpeg.npz")) as full:
        arrays = {"classes": full["classes"]}
        for split in ("train", "test"):
            offsets, joined, labels = (full[f"{name}_{split}"] for name in ("off", "jpeg", "y"))
            chosen = np.linspace(0, len(labels) - 1, 300, dtype=int)
            files = [joined[offsets[index] : offsets[index + 1]] for index in chosen]
            arrays[f"jpeg_{split}"] = np.concatenate(files)
            arrays[f"off_{split}"] = np.cumsum([0, *map(len, files)])
            arrays[f"y_{split}"] = labels[chosen]
    path = _save_npz(tmp_path, arrays)

    data = load_dataset(DataSettings(name="cifar10", path=path, cache=str(tmp_path / "cache")))

    assert data.train.images.shape == (150, 32, 32, 3)
    assert data.class_names[:2] == ("airplane", "automobile")


def test_decoded_images_are_kept_and_found_again(tmp_path: Path) -> None:
    settings = _make_folder(tmp_path)
    first = load_dataset(settings)
    for file in (tmp_path / "photos").rglob("*.png"):
        stat = file.stat()
        file.write_bytes(b"x" * stat.st_size)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert np.array_equal(load_dataset(settings).train.images, first.train.images)


def test_another_size_is_decoded_anew(tmp_path: Path) -> None:
    settings = _make_folder(tmp_path)
    load_dataset(settings)

    assert load_dataset(replace(settings, image_size=10)).resolution == 10


def test_a_damaged_cache_is_written_again(tmp_path: Path) -> None:
    settings = _make_folder(tmp_path)
    first = load_dataset(settings)
    (cached,) = Path(settings.cache).iterdir()
    cached.write_bytes(cached.read_bytes()[:500])

    assert np.array_equal(load_dataset(settings).train.images, first.train.images)


def _with(name: str, value: np.ndarray) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, name: value}


def _without(name: str) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {key: value for key, value in arrays.items() if key != name}


_GOOD = _arrays()
BAD = {
    "one class": (_with("y_train", np.zeros(36, dtype=int)), "class"),
    "missing split": (_without("x_test"), "no array 'x_test'"),
    "missing labels": (_without("y_train"), "no array 'y_train'"),
    "NaN": (_with("x_train", np.full((36, 8, 8, 3), np.nan)), "NaN"),
    "floats": (_with("x_train", np.zeros((36, 8, 8, 3))), "must be uint8"),
    "not square": (_with("x_train", np.zeros((36, 8, 9, 3), np.uint8)), "must have the shape"),
    "four channels": (_with("x_train", np.zeros((36, 8, 8, 4), np.uint8)), "must have the shape"),
    "no images": (_with("x_train", np.zeros((0, 8, 8, 3), np.uint8)), "must have the shape"),
    "other test shape": (_with("x_test", np.zeros((36, 9, 9, 3), np.uint8)), "one shape"),
    "fewer labels": (_with("y_train", np.zeros(35, dtype=int)), "36 images have 35 labels"),
    "labels as texts": (_with("y_test", np.array(["a"] * 36)), "whole number"),
    "negative label": (_with("y_train", _GOOD["y_train"] - 1), "from 0 to"),
    "unknown test label": (_with("y_test", _GOOD["y_test"] + 1), "from 0 to 2"),
    "class without images": (_with("y_train", _GOOD["y_train"] * 2), "'1' has no training image"),
    "class named twice": (_with("classes", np.array(["a", "a", "b"])), "different names"),
    "objects": (_with("y_train", np.array([None] * 36)), "plain arrays"),
}


@pytest.mark.parametrize(("spoil", "message"), BAD.values(), ids=BAD)
def test_bad_arrays_end_with_a_sentence_that_names_the_file(
    spoil: Callable[[Arrays], Arrays], message: str, tmp_path: Path
) -> None:
    path = _save_npz(tmp_path, spoil(_GOOD))

    with pytest.raises(DataError, match=message) as caught:
        load_dataset(DataSettings(name="npz", path=path))

    assert path in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_an_unreadable_file_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "images.npz"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"images\.npz"):
        load_dataset(DataSettings(name="npz", path=str(path)))


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    path = Path(_save_npz(tmp_path, _GOOD))
    path.write_bytes(path.read_bytes()[:5000])

    with pytest.raises(DataError, match=r"images\.npz"):
        load_dataset(DataSettings(name="npz", path=str(path)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        load_dataset(DataSettings(name="npz", path=str(tmp_path / "nowhere.npz")))


def test_a_broken_photo_is_named(tmp_path: Path) -> None:
    settings = _make_folder(tmp_path)
    broken = tmp_path / "photos" / "train" / "class1" / "1.png"
    broken.write_bytes(broken.read_bytes()[:60])

    with pytest.raises(DataError, match=r"class1/1\.png cannot be read"):
        load_dataset(settings)


def test_photos_of_many_sizes_need_a_size(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="image_size"):
        load_dataset(replace(_make_folder(tmp_path), image_size=None))


@pytest.mark.parametrize(
    ("folder", "message"),
    [("empty", "not a folder"), ("photos/train", "not a folder")],
)
def test_a_folder_without_splits_is_named(folder: str, message: str, tmp_path: Path) -> None:
    _make_folder(tmp_path)

    with pytest.raises(DataError, match=message):
        load_dataset(DataSettings(name="image_folder", path=str(tmp_path / folder), image_size=8))


def test_a_class_that_only_the_test_split_has_is_named(tmp_path: Path) -> None:
    settings = _make_folder(tmp_path)
    (tmp_path / "photos" / "test" / "shoe").mkdir()

    with pytest.raises(DataError, match="shoe"):
        load_dataset(settings)


@pytest.mark.parametrize(
    ("name", "value"), [("n_train", 30), ("n_selection", 36), ("n_test", 37), ("n_selection", 2)]
)
def test_more_images_than_there_are_is_refused(name: str, value: int, tmp_path: Path) -> None:
    path = _save_npz(tmp_path, _GOOD)
    settings = parse_strict(
        DataSettings,
        {"name": "npz", "path": path, "n_selection": 10, name: value},
        where="the test",
        error=ConfigError,
    )

    with pytest.raises(DataError, match=r"images\.npz"):
        load_dataset(settings)


def test_only_cifar10_is_taken_for_cifar10(tmp_path: Path) -> None:
    path = _save_npz(tmp_path, _GOOD)

    with pytest.raises(DataError, match="is not CIFAR-10"):
        load_dataset(DataSettings(name="cifar10", path=path))


@pytest.mark.parametrize(("name", "path"), [("fashion_mnist", "a.npz"), ("npz", None)])
def test_a_path_stands_where_one_is_needed(name: DatasetName, path: str | None) -> None:
    with pytest.raises(ConfigError, match="path"):
        DataSettings(name=name, path=path)
