from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, TensorDataset

from mbscale.errors import DataError
from mbscale.proxy.images.in_memory import make_images

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 255, (6, 8, 8, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


class Photos(Dataset[Any]):
    """Pairs of a PIL image and a label, as torchvision's data sets have them."""

    def __init__(self, sizes: list[int]) -> None:
        self._sizes = sizes

    def __len__(self) -> int:
        return len(self._sizes)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        size = self._sizes[index]
        return Image.fromarray(COLOR[index]).resize((size, size)), int(LABELS[index])


def test_arrays_stay_as_they_are() -> None:
    found = make_images((COLOR, LABELS), (COLOR, LABELS), ["a", "b", "c"])

    assert np.array_equal(found.train.images, COLOR)
    assert np.array_equal(found.test.labels, LABELS)
    assert found.class_names == ("a", "b", "c")


def test_torch_data_sets_give_the_same_images() -> None:
    tensors = TensorDataset(torch.from_numpy(COLOR).permute(0, 3, 1, 2), torch.from_numpy(LABELS))
    found = make_images(Photos([8] * 6), tensors)

    assert np.array_equal(found.train.images, COLOR)
    assert np.array_equal(found.test.images, COLOR)
    assert found.class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    ("train", "words"),
    [
        (Photos([8, 8, 8, 9, 8, 8]), "of one size; got 2 sizes"),
        (Photos([]), "the train images are none"),
        ((COLOR, LABELS[:3]), "6 images have 3 labels"),
        ((COLOR / 255.0, LABELS), "must be uint8"),
        ((COLOR, np.array([0, 1, 5, 0, 1, 2])), "must be from 0 to 2"),
    ],
)
def test_what_is_no_image_set_is_refused(train: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        make_images(train, (COLOR, LABELS), ["a", "b", "c"])
