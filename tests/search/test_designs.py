import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.search.choice_space import ChoiceSpace, IntArray
from mbscale.search.designs import (
    count_design,
    describe_space_settings,
    find_key,
    format_design,
    list_choices,
    realize,
    require_search_space,
    to_choice_space,
)
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import Choice, decode, space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SMALL, TARGET = load_search_space("small"), Target(28, 10)


def ignore_width_of_one_block(vectors: IntArray) -> IntArray:
    """The width does not matter at depth 1."""
    canonical = vectors.copy()
    canonical[vectors[:, 0] == 0, 1] = 0
    return canonical


OWN = ChoiceSpace(
    (Choice("depth", (1, 2)), Choice("width", (16, 24, 32))),
    canonicalize=ignore_width_of_one_block,
    name="own",
)
vectors = st.tuples(*(st.integers(0, len(one.options) - 1) for one in space_choices(SMALL)))


def test_vectors_that_mean_one_member_have_one_design_and_key() -> None:
    designs = [realize(OWN, (0, width)) for width in range(3)]

    assert all(design == {"depth": 1, "width": 16} for design in designs)
    assert {find_key(design) for design in designs} == {"depth=1 width=16"}


def test_other_members_have_other_keys() -> None:
    keys = {find_key(realize(OWN, (depth, width))) for depth in range(2) for width in range(3)}

    assert len(keys) == 1 + 3


@given(vectors)
def test_a_member_of_a_search_space_is_its_architecture(vector: tuple[int, ...]) -> None:
    design = realize(SMALL, vector)

    assert design == decode(SMALL, vector)
    assert find_key(design) == canonical_key(decode(SMALL, vector))


@given(vectors)
def test_costs_of_a_search_space_equal_those_that_its_sampler_sees(vector: tuple[int, ...]) -> None:
    counted = to_choice_space(SMALL, TARGET).count(np.array([vector]))
    costs = count_design(SMALL, TARGET, vector)

    assert (costs["macs"], costs["params"]) == (counted.macs[0], counted.params[0])


def test_costs_that_an_own_space_does_not_count_are_zero() -> None:
    assert count_design(OWN, TARGET, (1, 2)) == {
        "macs": 1, "params": 1, "activations": 0, "peak_memory": 0,
    }  # fmt: skip


@pytest.mark.parametrize("vector", [(0,), (0, 0, 0), (0, 3), (-1, 0)])
def test_a_vector_that_means_nothing_is_refused(vector: tuple[int, ...]) -> None:
    with pytest.raises(ArchitectureError, match=r"own takes 2 integers below \[2, 3\]; got"):
        realize(OWN, vector)


def test_what_tells_spaces_apart_is_plain_data() -> None:
    described = describe_space_settings(OWN)

    assert described["name"] == "own"
    assert [choice["options"] for choice in described["choices"]] == [(1, 2), (16, 24, 32)]
    assert describe_space_settings(SMALL)["name"] == "small"


def test_an_own_space_is_no_search_space() -> None:
    assert require_search_space(SMALL) is SMALL
    assert list_choices(OWN) == OWN.choices
    assert to_choice_space(OWN, TARGET) is OWN
    assert format_design({"depth": 1}) == "depth=1"
    with pytest.raises(ConfigError, match="needs a SearchSpace"):
        require_search_space(OWN)
