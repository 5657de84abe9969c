"""Resizing arrays to other proxy resolutions."""

import numpy as np
import pytest

from mbscale.proxy.images.labeled_images import resize_images


def test_the_own_size_changes_nothing() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 7, 7, 3), dtype=np.uint8)

    assert resize_images(images, 7) is images


@pytest.mark.parametrize("resolution", [5, 20])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_plain_color_stays_at_every_size(resolution: int, channels: int) -> None:
    images = np.full((2, 10, 10, channels), 77, dtype=np.uint8)

    resized = resize_images(images, resolution)

    assert resized.shape == (2, resolution, resolution, channels)
    assert resized.dtype == np.uint8
    assert (resized == 77).all()


def test_shrinking_does_not_skip_pixels() -> None:
    stripes = np.tile(np.array([0, 200], dtype=np.uint8), (1, 16, 8))[..., None]

    assert 80 < resize_images(stripes, 4)[0, 1:-1, 1:-1].mean() < 120
