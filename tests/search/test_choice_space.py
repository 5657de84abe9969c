from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mbscale.errors import ArchitectureError
from mbscale.search.choice_space import ChoiceSpace, IntArray, StageCosts, describe_space
from mbscale.space.encoding import Choice
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

TWO = (
    Choice("first depth", (1, 2, 3), stage=1, kind="depth"),
    Choice("second depth", (1, 2), stage=2, kind="depth"),
)


def count_depth(vectors: IntArray) -> StageCosts:
    total = 1 + vectors.sum(axis=1)
    return StageCosts(total, total, vectors)


def test_a_choice_says_its_stage_and_its_kind() -> None:
    space = ChoiceSpace((*TWO, Choice("rate", (0.1, 0.2))), count_depth, (0, 0, 0))

    assert space.stages == (1, 2, "rate")
    assert space.kinds == ("depth", "depth", "rate")


def test_the_choices_of_a_search_space_say_theirs() -> None:
    space = describe_space(load_search_space("small"), Target(28, 10))

    assert {*space.stages} == {1, 2, 3}
    assert space.kinds[:6] == ("operator", "kernel_size", "se_ratio", "skip", "width", "depth")


@pytest.mark.parametrize(
    ("choices", "words"),
    [((), "it has none"), ((TWO[0], TWO[0]), "two are named 'first depth'")],
)
def test_choices_without_names_of_their_own_are_refused(
    choices: tuple[Choice, ...], words: str
) -> None:
    with pytest.raises(ArchitectureError, match=words):
        ChoiceSpace(choices, count_depth, (0, 0))


@pytest.mark.parametrize(
    ("options", "words"), [((), "at least one option"), ((1, 1), "must differ")]
)
def test_a_choice_without_distinct_options_is_refused(options: tuple[int, ...], words: str) -> None:
    with pytest.raises(ArchitectureError, match=words):
        Choice("depth", options)


def give_number(vectors: IntArray) -> Any:
    return 3


def give_one(vectors: IntArray) -> StageCosts:
    one = np.ones(1, dtype=np.int64)
    return StageCosts(one, one, one[None])


def give_fractions(vectors: IntArray) -> StageCosts:
    half: Any = np.full(len(vectors), 0.5)
    return StageCosts(half, half, vectors)


def give_nothing(vectors: IntArray) -> StageCosts:
    return StageCosts(0 * vectors[:, 0], 1 + vectors[:, 0], vectors)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (give_number, "must return StageCosts, with arrays for many vectors; got 3"),
        (give_one, r"macs of two vectors as whole numbers of shape \(2,\)"),
        (give_fractions, "got float64"),
        (give_nothing, "macs of at least 1; got 0"),
    ],
)
def test_a_count_that_gives_no_costs_is_refused(
    count: Callable[[IntArray], StageCosts], words: str
) -> None:
    with pytest.raises(ArchitectureError, match=words):
        ChoiceSpace(TWO, count, (0, 0))


def test_levels_that_do_not_fit_the_count_are_refused() -> None:
    with pytest.raises(ArchitectureError, match="one column per level"):
        ChoiceSpace(TWO, count_depth, (0,))
