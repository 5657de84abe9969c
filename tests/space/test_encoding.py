"""Vectors and the architectures that they mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError
from mbscale.space.blocks import canonical_key
from mbscale.space.cost import count_cost
from mbscale.space.cost_table import CostTable
from mbscale.space.encoding import decode, encode, space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space, preset_names

SPACES = {name: load_search_space(name) for name in preset_names()}


def vectors(name: str) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(
        *[st.integers(0, len(choice.options) - 1) for choice in space_choices(SPACES[name])]
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SPACES)).flatmap(lambda n: st.tuples(st.just(n), vectors(n))))
def test_every_vector_decodes_and_comes_back_the_same_network(
    drawn: tuple[str, tuple[int, ...]],
) -> None:
    name, vector = drawn
    architecture = decode(SPACES[name], vector)

    again = decode(SPACES[name], encode(SPACES[name], architecture))

    assert again == architecture
    assert canonical_key(again) == canonical_key(architecture)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(SPACES)).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(vectors(n), min_size=1, max_size=5))
    ),
    st.sampled_from([28, 33, 224]),
)
def test_the_table_counts_what_the_closed_form_counts(
    drawn: tuple[str, list[tuple[int, ...]]], resolution: int
) -> None:
    name, rows = drawn
    target = Target(resolution, 10)
    expected = [
        count_cost(decode(SPACES[name], row), resolution=resolution, num_classes=10) for row in rows
    ]

    costs = CostTable(SPACES[name], target).count(np.array(rows))

    assert costs.macs.tolist() == [cost.macs for cost in expected]
    assert costs.params.tolist() == [cost.params for cost in expected]
    assert costs.activations.tolist() == [cost.activations for cost in expected]


@pytest.mark.parametrize("vector", [(), (9,) * 42, (-1,) * 42])
def test_a_vector_out_of_range_is_refused(vector: tuple[int, ...]) -> None:
    with pytest.raises(ArchitectureError):
        decode(SPACES["efficientnet"], vector)


def test_a_misspelt_space_names_those_that_exist() -> None:
    with pytest.raises(ArchitectureError, match="efficientnet"):
        load_search_space("eficientnet")
