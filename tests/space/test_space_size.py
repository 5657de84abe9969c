"""Sizes of spaces against listing every member."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings

from mbscale.space.architecture import Stem
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import decode, space_choices
from mbscale.space.search_space import SearchSpace, load_search_space
from mbscale.space.space_size import count_networks, count_vectors
from mbscale.space.stage_space import StageSpace
from strategies import small_spaces

ALIKE = StageSpace(
    stride=1,
    operators=("mbconv6",),
    kernel_sizes=(3,),
    se_ratios=(0.0,),
    skips=("identity",),
    widths=(16,),
    depths=(1, 2),
)


def make_space(*stages: StageSpace) -> SearchSpace:
    return SearchSpace(name="made", stem=Stem(16), head_width=0, stages=stages)


@settings(max_examples=50, deadline=None)
@given(small_spaces())
def test_networks_are_as_many_as_keys_of_all_vectors(space: SearchSpace) -> None:
    assume(count_vectors(space) <= 600)
    options = [range(len(choice.options)) for choice in space_choices(space)]
    vectors = list(itertools.product(*options))

    keys = {canonical_key(decode(space, vector)) for vector in vectors}

    assert count_vectors(space) == len(vectors)
    assert count_networks(space) == len(keys)


def test_accel_nasbench_has_no_two_vectors_of_one_network() -> None:
    """3 operators, 2 kernels, 2 SE, 3 depths; 4 depths in stage 6: about 1e11."""
    space = load_search_space("accel_nasbench")

    assert count_vectors(space) == count_networks(space) == 36**6 * 48


def test_the_mnasnet_space_has_the_choices_of_the_paper_but_the_pooling_skip() -> None:
    """MnasNet counts 432 a stage, three skips among them; equal options have merged."""
    sizes = [len(choice.options) for choice in space_choices(load_search_space("mnasnet"))]
    stages = [math.prod(sizes[i : i + 6]) for i in range(0, 42, 6)]

    assert stages == [128, 192, 288, 288, 288, 288, 192]


@pytest.mark.parametrize(("n_stages", "n_lengths"), [(1, 2), (2, 3), (3, 4), (30, 31)])
def test_alike_stages_are_told_apart_by_their_total_depth_alone(
    n_stages: int, n_lengths: int
) -> None:
    assert count_networks(make_space(*[ALIKE] * n_stages)) == n_lengths


def test_a_skip_matters_once_a_block_can_have_it() -> None:
    strided = replace(ALIKE, stride=2, skips=("none", "identity"))

    assert count_networks(make_space(replace(strided, depths=(1,)))) == 1
    assert count_networks(make_space(replace(strided, depths=(1, 2)))) == 3


def test_se_does_not_tell_plain_convolutions_apart() -> None:
    stage = replace(ALIKE, operators=("conv", "mbconv6"), se_ratios=(0.0, 0.25), depths=(1,))

    assert (count_vectors(make_space(stage)), count_networks(make_space(stage))) == (4, 3)


def test_a_stage_of_very_many_blocks_is_counted_too() -> None:
    assert count_networks(make_space(replace(ALIKE, depths=(1, 5000)), ALIKE)) == 4
