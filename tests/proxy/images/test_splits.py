"""The laws of held-out images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.proxy.images.splits import share_out, stratified_split

labels = st.lists(st.integers(0, 4), min_size=20, max_size=120).filter(
    lambda values: min(values.count(value) for value in set(values)) >= 2
)


@st.composite
def divisions(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, int]]:
    values = np.array(draw(labels))
    n_classes = len(np.unique(values))
    first = draw(st.integers(n_classes, len(values) - n_classes))
    return values, (first, draw(st.integers(n_classes, len(values) - first)))


@given(divisions(), st.integers(0, 5))
def test_the_parts_are_disjoint_and_of_the_size_asked_for(
    division: tuple[np.ndarray, tuple[int, int]], seed: int
) -> None:
    values, sizes = division

    first, second = stratified_split(values, sizes, seed=seed)

    assert (len(first), len(second)) == sizes
    assert len(np.union1d(first, second)) == sum(sizes)


@given(divisions(), st.integers(0, 5))
def test_every_class_stands_in_every_part(
    division: tuple[np.ndarray, tuple[int, int]], seed: int
) -> None:
    values, sizes = division

    parts = stratified_split(values, sizes, seed=seed)

    assert all(set(values[part]) == set(values) for part in parts)


@given(st.lists(st.integers(10, 60), min_size=2, max_size=8), st.floats(0.2, 0.8))
def test_classes_give_their_share_to_within_one_image(sizes: list[int], share: float) -> None:
    available = np.array(sizes)
    total = round(share * available.sum())

    counts = share_out(total, available)

    assert counts.sum() == total
    assert (np.abs(counts - total * available / available.sum()) < 1).all()


@given(divisions(), st.integers(0, 5))
def test_the_seed_decides(division: tuple[np.ndarray, tuple[int, int]], seed: int) -> None:
    values, sizes = division

    once, again = (stratified_split(values, sizes, seed=seed) for _ in range(2))

    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))


def test_another_seed_holds_out_other_images() -> None:
    values = np.repeat(np.arange(10), 50)

    first, second = (stratified_split(values, (100,), seed=seed)[0] for seed in (0, 1))

    assert not np.array_equal(first, second)


def test_fewer_training_images_are_some_of_the_more() -> None:
    values = np.repeat(np.arange(10), 50)

    few = stratified_split(values, (100, 50), seed=3)[1]
    many = stratified_split(values, (100, 200), seed=3)[1]

    assert set(few) < set(many)


@pytest.mark.parametrize(("total", "keep"), [(1, 0), (21, 0), (19, 1), (10, 10)])
def test_what_the_classes_do_not_have_is_refused(total: int, keep: int) -> None:
    with pytest.raises(ValueError, match="cannot be taken"):
        share_out(total, np.array([10, 10]), keep=keep)
