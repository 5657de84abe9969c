"""Vectors and the architectures that they mean."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Stem
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import decode, encode, sample_vector, space_choices
from mbscale.space.published import load_network
from mbscale.space.search_space import SearchSpace, load_search_space
from strategies import small_spaces, spaces_with_vectors

EFFICIENTNET = load_search_space("efficientnet")
B0 = load_network("efficientnet-b0").architecture
Drawn = tuple[SearchSpace, list[tuple[int, ...]]]


def any_vectors() -> st.SearchStrategy[Drawn]:
    return st.one_of(spaces_with_vectors(), spaces_with_vectors(spaces=small_spaces()))


@given(any_vectors())
def test_every_vector_decodes_and_members_come_back(drawn: Drawn) -> None:
    space, [vector] = drawn
    architecture = decode(space, vector)

    assert decode(space, encode(space, architecture)) == architecture


@given(any_vectors())
def test_encoding_keeps_what_can_matter(drawn: Drawn) -> None:
    space, [vector] = drawn
    canonical = encode(space, decode(space, vector))
    changed = {
        choice.name.split("_", maxsplit=1)[1]
        for choice, old, new in zip(space_choices(space), vector, canonical, strict=True)
        if old != new
    }

    assert changed <= {"skip", "se_ratio"}


@given(any_vectors())
def test_a_skip_that_no_block_has_does_not_tell_members_apart(drawn: Drawn) -> None:
    space, [vector] = drawn
    architecture = decode(space, vector)
    positions = [
        i
        for i, c in enumerate(space_choices(space))
        if c.name.endswith("skip") and len(c.options) > 1
    ]
    flipped = [decode(space, (*vector[:i], 1 - vector[i], *vector[i + 1 :])) for i in positions]

    assert all(
        other == architecture
        for other in flipped
        if canonical_key(other) == canonical_key(architecture)
    )


def test_the_key_of_b0_is_that_of_earlier_runs() -> None:
    assert canonical_key(B0) == "79932d9e161d799e"


def test_naming_the_architectures_own_activation_changes_no_network() -> None:
    first, *others = B0.stages
    same = replace(B0, stages=(replace(first, activation="silu"), *others))
    another = replace(B0, stages=(replace(first, activation="relu"), *others))

    assert canonical_key(same) == canonical_key(B0) != canonical_key(another)
    keys = {
        canonical_key(other)
        for other in (B0, replace(B0, se_gate="hard_sigmoid"), replace(B0, classifier_width=8))
    }
    assert len(keys) == 3
    with pytest.raises(ArchitectureError, match="stage 1 has an activation of its own"):
        encode(EFFICIENTNET, another)


def test_b0_is_a_member_of_the_efficientnet_space() -> None:
    assert decode(EFFICIENTNET, encode(EFFICIENTNET, B0)) == B0


def test_b0_is_told_by_its_choices() -> None:
    chosen = {
        choice.name: choice.options[index]
        for choice, index in zip(space_choices(EFFICIENTNET), encode(EFFICIENTNET, B0), strict=True)
    }

    assert chosen["stage1_operator"] == "ds"
    assert chosen["stage2_operator"] == "mbconv6"
    assert [chosen[f"stage{i}_width"] for i in range(1, 8)] == [16, 24, 40, 80, 112, 192, 320]
    assert [chosen[f"stage{i}_depth"] for i in range(1, 8)] == [1, 2, 2, 3, 3, 4, 1]


def test_a_skip_that_cannot_matter_is_found_under_the_other_spelling() -> None:
    first = replace(B0.stages[0], skip="none")
    spelled = replace(B0, stages=(first, *B0.stages[1:]))

    assert encode(EFFICIENTNET, spelled) == encode(EFFICIENTNET, B0)


def test_options_are_realized_ascending_and_distinct() -> None:
    choices = {choice.name: choice.options for choice in space_choices(EFFICIENTNET)}

    assert choices["stage1_width"] == (16, 24)
    assert choices["stage4_width"] == (64, 80, 104)
    assert choices["stage7_depth"] == (1, 2)
    assert choices["stage1_operator"] == ("ds", "mbconv3", "mbconv4", "mbconv6")
    assert choices["stage1_skip"] == ("none", "identity")


@pytest.mark.parametrize("vector", [(), (9,) * 42, (-1,) * 42])
def test_a_vector_out_of_range_is_refused(vector: tuple[int, ...]) -> None:
    with pytest.raises(ArchitectureError):
        decode(EFFICIENTNET, vector)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"stem": Stem(16)}, "stem"),
        ({"stages": B0.stages[1:]}, "7 stages; got 6"),
        ({"stages": (replace(B0.stages[0], stride=2), *B0.stages[1:])}, "stage 1 has stride 2"),
        ({"stages": (*B0.stages[:6], replace(B0.stages[6], width=328))}, "stage 7 has width 328"),
    ],
)
def test_what_is_no_member_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ArchitectureError, match=says):
        encode(EFFICIENTNET, replace(B0, **change))  # pyright: ignore[reportArgumentType]


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_a_seed_draws_the_same_vector(seed: int) -> None:
    first, second = (sample_vector(EFFICIENTNET, np.random.default_rng(seed)) for _ in range(2))

    assert first == second
    decode(EFFICIENTNET, first)
