"""Ranges of costs over whole spaces against listing every member."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mbscale.space.costs import COSTS
from mbscale.space.encoding import space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace, load_search_space
from mbscale.space.space_size import count_vectors
from strategies import small_spaces

every_cost = pytest.mark.parametrize("name", COSTS)


@every_cost
@settings(max_examples=20, deadline=None)
@given(small_spaces(), st.sampled_from([5, 28]))
def test_the_range_is_that_of_all_members(name: str, space: SearchSpace, resolution: int) -> None:
    assume(count_vectors(space) <= 1000)
    vectors = list(itertools.product(*(range(len(one.options)) for one in space_choices(space))))
    table = COSTS[name].tabulate(space, Target(resolution, 10))
    counts = table.count(np.array(vectors))

    assert table.find_range() == (counts.min(), counts.max())
    for is_largest, expected in ((False, counts.min()), (True, counts.max())):
        assert table.count(table.find_extreme(is_largest=is_largest)[None]) == [expected]


@every_cost
@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_out_of_range_is_refused(name: str, index: int) -> None:
    space = load_search_space("efficientnet")
    vectors = np.zeros((1, 42), dtype=np.int64)
    vectors[0, 38] = index

    with pytest.raises(ValueError, match="invalid entry"):
        COSTS[name].tabulate(space, Target(32, 10)).count(vectors)
