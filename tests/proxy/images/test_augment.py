"""Batches on tensors: shifted, mirrored, normalized."""

import numpy as np
import pytest
import torch

from mbscale.proxy.images.augment import Augmenter, measure_normalization
from mbscale.proxy.images.labeled_images import Split

CPU = torch.device("cpu")
IMAGES = torch.randint(1, 256, (40, 6, 6, 3), generator=torch.Generator().manual_seed(0)).to(
    torch.uint8
)
EVERY = torch.arange(len(IMAGES))


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def test_nothing_switched_on_shows_the_images_as_they_are() -> None:
    batch = Augmenter(IMAGES, flip=False, padding=0).batch(EVERY, _generator())

    assert torch.equal(batch, IMAGES)


def test_a_flip_mirrors_about_half_of_the_images_left_to_right() -> None:
    batch = Augmenter(IMAGES, flip=True, padding=0).batch(EVERY, _generator())
    is_kept = (batch == IMAGES).flatten(1).all(1)
    is_mirrored = (batch == IMAGES.flip(2)).flatten(1).all(1)

    assert (is_kept ^ is_mirrored).all()
    assert 10 < is_mirrored.sum() < 30


def test_a_shift_is_a_window_of_the_padded_image() -> None:
    batch = Augmenter(IMAGES, flip=False, padding=1).batch(EVERY, _generator())
    padded = np.pad(IMAGES.numpy(), np.array([(0, 0), (1, 1), (1, 1), (0, 0)]))
    offsets = []
    for shifted, full in zip(batch.numpy(), padded, strict=True):
        windows = [(r, c) for r in range(3) for c in range(3)]
        offsets += [(r, c) for r, c in windows if (full[r : r + 6, c : c + 6] == shifted).all()]

    assert len(offsets) == len(IMAGES)
    assert len(set(offsets)) == 9


@pytest.mark.parametrize("channels", [1, 3])
def test_normalized_images_have_mean_zero_deviation_one_and_three_channels(channels: int) -> None:
    images = IMAGES[..., :channels]
    split = Split(images.numpy(), np.zeros(len(images), dtype=np.int64))

    normalized = measure_normalization(split, CPU).apply(images)

    assert normalized.shape == (40, 3, 6, 6)
    assert normalized.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(normalized.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        normalized.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0
    )


def test_black_images_are_normalized_to_zero_and_not_to_nan() -> None:
    black = np.zeros((4, 6, 6, 1), dtype=np.uint8)
    split = Split(black, np.zeros(4, dtype=np.int64))

    assert (measure_normalization(split, CPU).apply(torch.from_numpy(black)) == 0).all()
