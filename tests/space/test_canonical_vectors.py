"""Many canonical vectors at once, against those of the encoding."""

import numpy as np
import pytest

from mbscale.space.canonical_vectors import CanonicalVectors
from mbscale.space.encoding import decode, encode, sample_vector
from mbscale.space.search_space import load_search_space


@pytest.mark.parametrize("preset", ["small", "mnasnet", "efficientnet", "accel_nasbench"])
def test_vectors_are_those_that_the_encoding_makes_of_their_networks(preset: str) -> None:
    space, rng = load_search_space(preset), np.random.default_rng(0)
    vectors = np.array([sample_vector(space, rng) for _ in range(200)], dtype=np.int64)
    drawn = vectors.copy()

    canonical = CanonicalVectors(space).canonicalize(vectors)

    expected = [encode(space, decode(space, vector.tolist())) for vector in vectors]
    assert canonical.tolist() == [list(one) for one in expected]
    assert (vectors == drawn).all()


def test_some_vectors_of_the_space_small_are_not_canonical() -> None:
    space, rng = load_search_space("small"), np.random.default_rng(0)
    vectors = np.array([sample_vector(space, rng) for _ in range(200)], dtype=np.int64)

    canonical = CanonicalVectors(space).canonicalize(vectors)

    assert 0 < (canonical != vectors).any(axis=1).sum() < 200
