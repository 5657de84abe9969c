"""What holds for every operator of the table, alone and among others."""

import itertools
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.blocks import canonical_key
from mbscale.space.canonical_vectors import CanonicalVectors
from mbscale.space.cost import count_cost
from mbscale.space.cost_table import CostTable
from mbscale.space.encoding import decode, encode, sample_vector, space_choices
from mbscale.space.model import build_model
from mbscale.space.network import Network, Target
from mbscale.space.network_yaml import format_network, parse_network
from mbscale.space.operators import (
    OPERATORS,
    Operator,
    format_operator,
    parse_operator,
    sort_operators,
)
from mbscale.space.scaling import scale_architecture
from mbscale.space.search_space import SearchSpace
from mbscale.space.stage_space import StageSpace
from strategies import ALL_LABELS, SKIPS, labels

TARGET = Target(17, 3)
every_operator = pytest.mark.parametrize("operator", OPERATORS)


def make_space(operators: tuple[str, ...], *strides: int) -> SearchSpace:
    stages = tuple(
        StageSpace(
            stride=stride,
            operators=sort_operators(operators),
            kernel_sizes=(3, 5),
            se_ratios=(0, 0.25),
            skips=SKIPS,
            widths=(8, 16),
            depths=(1, 2, 3),
        )
        for stride in strides
    )
    return SearchSpace(name="made", stem=Stem(8), head_width=0, stages=stages)


def list_vectors(space: SearchSpace) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(len(one.options)) for one in space_choices(space))))


def check_vectors(space: SearchSpace, vectors: list[tuple[int, ...]]) -> None:
    """Every vector has a member, which has one canonical vector and the cost of the table."""
    members = [decode(space, vector) for vector in vectors]
    canonical = [encode(space, member) for member in members]
    costs = CostTable(space, TARGET).count(np.array(vectors))
    counted = [Network("member", member, TARGET).count_cost() for member in members]

    assert [decode(space, vector) for vector in canonical] == members
    assert CanonicalVectors(space).canonicalize(np.array(vectors)).tolist() == [
        list(vector) for vector in canonical
    ]
    keys = [canonical_key(member) for member in members]
    assert len(set(keys)) == len(set(zip(keys, canonical, strict=True)))
    assert costs.macs.tolist() == [cost.macs for cost in counted]
    assert costs.params.tolist() == [cost.params for cost in counted]
    assert costs.activations.tolist() == [cost.activations for cost in counted]


def test_the_table_holds_every_operator_in_order() -> None:
    assert tuple(OPERATORS) == get_args(Operator)


@every_operator
def test_labels_name_the_operator_and_come_back(operator: Operator) -> None:
    for label in labels(operator):
        assert parse_operator(label)[0] == operator
        assert format_operator(*parse_operator(label)) == label


@every_operator
@pytest.mark.parametrize("stride", [1, 2])
def test_every_vector_of_a_space_of_one_operator_is_a_member(
    operator: Operator, stride: int
) -> None:
    space = make_space(labels(operator), stride)

    check_vectors(space, list_vectors(space))


@every_operator
def test_every_vector_of_a_space_with_other_operators_is_a_member(operator: Operator) -> None:
    space = make_space(tuple({"ds", "conv", "mbconv4", *labels(operator)}), 1, 2, 1)
    rng = np.random.default_rng(0)

    check_vectors(space, [sample_vector(space, rng) for _ in range(200)])


@every_operator
def test_models_do_the_operations_that_are_counted(operator: Operator) -> None:
    space, rng = make_space(labels(operator), 1, 2), np.random.default_rng(1)
    members = [decode(space, sample_vector(space, rng)) for _ in range(8)]

    for member in members:
        model = build_model(member, num_classes=3).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.zeros(1, 3, 17, 17))
        assert counter.get_total_flops() / 2 == Network("", member, TARGET).count_cost().macs


@every_operator
def test_scaled_members_are_networks_that_can_be_written(operator: Operator) -> None:
    space = make_space(labels(operator), 1, 2)
    member = decode(space, [len(choice.options) - 1 for choice in space_choices(space)])

    for width in (0.3, 1.1, 1.9):
        scaled = Network("scaled", scale_architecture(member, depth=1.5, width=width), TARGET)
        assert parse_network(format_network(scaled), where="text") == scaled


def test_operators_of_equal_expansion_stand_cheapest_first() -> None:
    plain: list[Operator] = [operator for operator, spec in OPERATORS.items() if not spec.expands]
    expanding: list[Operator] = [operator for operator, spec in OPERATORS.items() if spec.expands]

    for operators, expand_ratio in ((plain, 1.0), (expanding, 4.0)):
        stages = [Stage(one, 256, 1, expand_ratio=expand_ratio, skip="none") for one in operators]
        members = [Architecture(Stem(256), (stage,), 0) for stage in stages]
        macs = [count_cost(one, resolution=8, num_classes=2).macs for one in members]
        assert macs == sorted(macs)


def test_operators_without_se_stand_next_to_those_with_it() -> None:
    space = make_space(("ds", "linear_conv"), 1)
    [stage] = space.stages

    made = stage.make_stage(("linear_conv", 3, 0.25, "identity", 8, 1))

    assert made == Stage("linear_conv", 8, 1)


def test_an_operator_without_skip_has_none_whatever_the_space_says() -> None:
    [stage] = make_space(("dsa",), 1).stages

    assert stage.make_stage(("dsa", 3, 0, "identity", 8, 2)) == Stage("dsa", 8, 2, skip="none")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"operators": ("ds", "bottleneck"), "widths": (8, 10)}, "bottleneck .* multiple of 4"),
        ({"operators": ("conv", "mbconv3"), "se_ratios": (0, 5)}, "se_ratio must be from 0 to 3"),
    ],
)
def test_a_space_with_a_member_that_cannot_be_made_is_refused(
    change: dict[str, object], says: str
) -> None:
    [stage] = make_space(("ds",), 1).stages

    with pytest.raises(ArchitectureError, match=says):
        replace(stage, **change)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("label", ["mbconv", "ds6", "conv1", "", "mbconv1e1", "xconv", "6"])
def test_unknown_labels_are_refused_with_those_that_exist(label: str) -> None:
    with pytest.raises(ArchitectureError, match=r"known are ds, .*, mbconvN.* and fused_mbconvN"):
        parse_operator(label)


def test_all_labels_ascend_by_expansion() -> None:
    expansions = [parse_operator(label)[1] for label in ALL_LABELS]

    assert expansions == sorted(expansions)
