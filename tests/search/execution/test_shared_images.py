from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mbscale.proxy.images.dataset import Dataset, load_dataset
from mbscale.proxy.settings import DataSettings, ProxySettings, TrainingSettings
from mbscale.search.execution.executors import InlineExecutor, open_executor, share_images
from mbscale.search.execution.shared_images import store_images
from mbscale.search.settings import SearchSettings
from mbscale.space.encoding import decode, sample_vector
from mbscale.space.search_space import load_search_space

PROXY = ProxySettings(
    data=DataSettings(n_train=300, n_selection=100, n_test=100),
    resolution=14,
    training=TrainingSettings(epochs=1),
)
SPACE = load_search_space("small")
NETWORK = decode(SPACE, [0] * len(sample_vector(SPACE, np.random.default_rng(0))))


@pytest.fixture(scope="module")
def few() -> Dataset:
    """Fewer images than the settings name."""
    whole = load_dataset(PROXY.data)
    return replace(whole, train=whole.train.take(np.arange(50)))


def test_a_single_process_trains_on_the_images_it_was_given(few: Dataset) -> None:
    evaluate = share_images(InlineExecutor(), PROXY, few)

    assert evaluate(NETWORK, seed=0).n_images == 50


@pytest.mark.slow
def test_worker_processes_train_on_the_images_they_were_given(few: Dataset) -> None:
    with open_executor(SearchSettings(n_workers=2)) as executor:
        evaluate = share_images(executor, PROXY, few)
        ended = executor.submit(evaluate, NETWORK, seed=0).result()

    assert ended.n_images == 50
    assert ended.accuracy == share_images(InlineExecutor(), PROXY, few)(NETWORK, seed=0).accuracy


def test_stored_images_are_the_same_and_cannot_be_changed(few: Dataset, tmp_path: Path) -> None:
    stored = store_images(few, tmp_path)
    stored().train.images[0] = 7

    read = stored()

    for name in ("train", "selection", "test"):
        before, after = getattr(few, name), getattr(read, name)
        assert np.array_equal(before.images, after.images)
        assert np.array_equal(before.labels, after.labels)
    assert read.class_names == few.class_names
