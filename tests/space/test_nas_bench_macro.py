"""The networks of NAS-Bench-Macro, to the unit."""

import csv
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from mbscale.errors import ArchitectureError
from mbscale.space.block_strings import format_architecture
from mbscale.space.cost import count_cost
from mbscale.space.model import build_model
from mbscale.space.nas_bench_macro import (
    NUM_CLASSES,
    RESOLUTION,
    canonicalize_macro,
    make_macro_architecture,
)

# Parameters and FLOPs as recorded.
RECORDED = {
    "00000000": (387_882, 7_713_280),
    "00000001": (791_594, 14_115_328),
    "20000000": (409_834, 17_854_976),
}


@pytest.mark.parametrize("code", sorted(RECORDED))
def test_networks_cost_what_the_benchmark_records(code: str) -> None:
    architecture = make_macro_architecture([int(digit) for digit in code])
    cost = count_cost(architecture, resolution=RESOLUTION, num_classes=NUM_CLASSES)

    assert (cost.params, cost.macs) == RECORDED[code]


def test_all_networks_cost_what_the_benchmark_records(
    shared_file: Callable[[str], Path],
) -> None:
    with shared_file("nas_bench_macro.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    costs = [
        count_cost(
            make_macro_architecture([int(digit) for digit in row["arch"]]),
            resolution=RESOLUTION,
            num_classes=NUM_CLASSES,
        )
        for row in rows
    ]

    assert len(rows) == 3**8
    assert [cost.macs for cost in costs] == [int(row["flops"]) for row in rows]
    assert [cost.params for cost in costs] == [int(row["params"]) for row in rows]


def test_the_blocks_are_those_of_the_paper() -> None:
    assert format_architecture(make_macro_architecture([0, 1, 2, 0, 0, 1, 0, 2])) == (
        "linear_r1_k1_s2_c64|ir_r1_k3_s1_e3_c64|ir_r1_k5_s2_e6_c128|"
        "ir_r1_k3_s2_e3_c256|ir_r1_k5_s1_e6_c256"
    )


def test_identities_alone_are_linear_between_stem_and_head() -> None:
    model = build_model(make_macro_architecture([0] * 8), num_classes=10, seed=0).eval()
    maps = torch.randn(2, 32, 8, 8)

    with torch.inference_mode():
        doubled, single = model.stages(2 * maps), model.stages(maps)

    # Fresh batch norm in evaluation divides by a constant and shifts by nothing.
    torch.testing.assert_close(doubled, 2 * single)


@pytest.mark.parametrize("choices", [[1] * 7, [0, 1, 2, 3, 0, 0, 0, 0]])
def test_what_is_not_in_the_benchmark_is_refused(choices: list[int]) -> None:
    with pytest.raises(ArchitectureError, match="eight numbers from 0 to 2"):
        make_macro_architecture(choices)


def test_one_vector_is_left_of_each_distinct_network() -> None:
    vectors = np.array(list(itertools.product(range(3), repeat=8)))
    canonical = canonicalize_macro(vectors)

    assert len(np.unique(canonical, axis=0)) == 3969
    assert (canonicalize_macro(canonical) == canonical).all()
    one = np.array([[0, 1, 0, 0, 2, 0, 0, 1]])
    assert canonicalize_macro(one).tolist() == [[0, 1, 0, 2, 0, 0, 1, 0]]
    assert all(
        make_macro_architecture(one) == make_macro_architecture(other)
        for one, other in zip(vectors[::7].tolist(), canonical[::7].tolist(), strict=True)
    )
