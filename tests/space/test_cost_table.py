"""Costs of many at once against costs of one, and against recorded networks."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture, Stage
from mbscale.space.blocks import Block, realize_blocks
from mbscale.space.cost import count_cost
from mbscale.space.cost_table import CostTable
from mbscale.space.encoding import decode, encode
from mbscale.space.network import Target
from mbscale.space.published import load_network
from mbscale.space.search_space import SearchSpace, load_search_space
from strategies import small_spaces, spaces_with_vectors

Drawn = tuple[SearchSpace, list[tuple[int, ...]]]
ACCEL_NASBENCH = load_search_space("accel_nasbench")


@settings(max_examples=50, deadline=None)
@given(
    spaces_with_vectors(most=5) | spaces_with_vectors(most=5, spaces=small_spaces()),
    st.sampled_from([1, 28, 33, 224]),
    st.sampled_from([2, 10, 1000]),
)
def test_the_table_counts_what_the_closed_form_counts(
    drawn: Drawn, resolution: int, num_classes: int
) -> None:
    space, rows = drawn
    costs = CostTable(space, Target(resolution, num_classes)).count(np.array(rows))
    expected = [
        count_cost(decode(space, row), resolution=resolution, num_classes=num_classes)
        for row in rows
    ]

    assert costs.macs.tolist() == [cost.macs for cost in expected]
    assert costs.params.tolist() == [cost.params for cost in expected]
    assert costs.activations.tolist() == [cost.activations for cost in expected]


def test_b0_in_a_batch_costs_what_is_published() -> None:
    space = load_search_space("efficientnet")
    vector = encode(space, load_network("efficientnet-b0").architecture)

    costs = CostTable(space, Target(224, 1000)).count(np.array([vector] * 20_000, dtype=np.int8))

    assert set(costs.macs.tolist()) == {385_814_752}
    assert set(costs.params.tolist()) == {5_288_548}


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_out_of_range_is_refused(index: int) -> None:
    vectors = np.zeros((1, 42), dtype=np.int64)
    vectors[0, 6] = index

    with pytest.raises(ValueError, match="invalid entry"):
        CostTable(load_search_space("efficientnet"), Target()).count(vectors)


def test_costs_beyond_64_bits_are_refused() -> None:
    space = load_search_space("accel_nasbench")
    wide = replace(space.stages[0], widths=(1_000_000,))

    with pytest.raises(ArchitectureError, match="a stage may cost at most"):
        CostTable(replace(space, stages=(wide, wide)), Target(10_000, 10))


def test_recorded_networks_have_the_recorded_cost(shared_file: Callable[[str], Path]) -> None:
    """Parameters as recorded; MACs as thop counts them, on all 2,569 rows."""
    with shared_file("accel_nasbench.csv").open() as file:
        rows = list(csv.DictReader(file))
    members = [_read_member(row) for row in rows]
    vectors = np.array([encode(ACCEL_NASBENCH, member) for member in members])
    uncounted = np.array([_count_uncounted(member) for member in members])

    costs = CostTable(ACCEL_NASBENCH, Target(224, 1000)).count(vectors)

    # Both are recorded in millions to nine significant digits or fewer.
    params = np.array([float(row["params_M"]) for row in rows]) * 1e6
    macs = np.array([float(row["macs_M"]) for row in rows]) * 1e6
    assert len(rows) == 2569
    assert np.abs(costs.params - params).max() < 0.5
    np.testing.assert_allclose(costs.macs + uncounted, macs, rtol=1e-8)


def _read_member(row: dict[str, str]) -> Architecture:
    skeleton = load_network("efficientnet-b0").architecture.stages
    stages = tuple(
        _read_stage(stage, *(int(row[f"block{i}_{name}"]) for name in ("e", "k", "l", "se")))
        for i, stage in enumerate(skeleton)
    )
    return ACCEL_NASBENCH.make_architecture(stages)


def _read_stage(stage: Stage, expansion: int, kernel_size: int, depth: int, has_se: int) -> Stage:
    return Stage(
        operator="ds" if expansion == 1 else "mbconv",
        width=stage.width,
        depth=depth,
        stride=stage.stride,
        kernel_size=kernel_size,
        expand_ratio=expansion,
        se_ratio=0.25 * has_se,
    )


def _count_uncounted(architecture: Architecture) -> int:
    """What thop adds: 4 an element of a batch norm, 1 an addition or division of a mean."""
    size = 112
    normed, pooled = 32 * size**2, 1280 * (7**2 + 1)
    for blocks in realize_blocks(architecture):
        for block in blocks:
            out_size = size // block.stride
            normed += _count_normed(block, size, out_size)
            pooled += block.expanded_width * (out_size**2 + 1) if block.squeeze_width else 0
            size = out_size
    return 4 * (normed + 1280 * size**2) + pooled


def _count_normed(block: Block, size: int, out_size: int) -> int:
    expanding = block.expanded_width * size**2 if block.kind == "mbconv" else 0
    return expanding + (block.expanded_width + block.out_width) * out_size**2
