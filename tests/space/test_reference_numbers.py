"""Every number that was computed before the code, from the file that holds them.

What was measured with other counters is in test_reference_counters.py.
"""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mbscale.space.architecture import Architecture
from mbscale.space.block_strings import format_stages
from mbscale.space.candidates import CONTROLS
from mbscale.space.cost import count_cost
from mbscale.space.published import EFFICIENTNET_COEFFICIENTS, load_network
from mbscale.space.scaling import (
    PAPER_CONSTANTS,
    PAPER_RULES,
    CompoundConstants,
    ScalingRules,
    cumulative_strides,
    scale_architecture,
    scale_network,
)
from mbscale.space.scaling_curves import scale_by_factors
from mbscale.space.search_space import load_search_space

B0 = load_network("efficientnet-b0")
NEAREST = ScalingRules(depth_rounding="round")


@pytest.fixture
def reference(shared_file: Callable[[str], Path]) -> dict[str, Any]:
    path = shared_file("../reference/efficientnet.json")
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


def _tensorflow_strings(name: str) -> list[str]:
    """The strings of the authors' code, which name the input's channels too."""
    architecture, found = load_network(name).architecture, []
    in_width = architecture.stem.width
    for stage in architecture.stages:
        squeeze = f"_se{stage.se_ratio:g}" if stage.se_ratio else ""
        found.append(
            f"r{stage.depth}_k{stage.kernel_size}_s{stage.stride}{stage.stride}"
            f"_e{stage.expand_ratio:g}_i{in_width}_o{stage.width}{squeeze}"
            + ("_noskip" if stage.skip == "none" else "")
        )
        in_width = stage.width
    return found


def test_blocks_are_those_of_the_authors_code(reference: dict[str, Any]) -> None:
    b0 = reference["efficientnet_b0_table1"]["tf_block_strings"]
    models = reference["mnasnet_models"]

    assert _tensorflow_strings("efficientnet-b0") == b0
    for name in ("mnasnet-a1", "mnasnet-b1"):
        assert _tensorflow_strings(name) == models[name]["blocks"]
    cost = load_network("mnasnet-a1").count_cost()
    printed = models["mnasnet-a1"]
    assert round(cost.params / 1e6, 1) == printed["params_M"]
    assert round(cost.macs / 1e6) == printed["madds_M"]


def test_mnasnets_space_has_the_widths_that_were_computed(reference: dict[str, Any]) -> None:
    strict = reference["mnasnet_search_space"]["b0_reachable_from_strict_space"]
    widths = [list(stage.widths) for stage in load_search_space("mnasnet").stages]

    assert widths == strict["allowed_channels_rounded_to_8"]


def _widths(architecture: Architecture) -> list[int]:
    stages = [stage.width for stage in architecture.stages]
    return [architecture.stem.width, *stages, architecture.head_width]


def _depths(architecture: Architecture) -> list[int]:
    return [stage.depth for stage in architecture.stages]


def test_stages_of_b0_cost_what_was_measured(reference: dict[str, Any]) -> None:
    # The classifier stands directly behind the last stage here, and is taken off again.
    counts = [
        count_cost(
            replace(B0.architecture, stages=B0.architecture.stages[:number], head_width=0),
            resolution=224,
            num_classes=1000,
        ).macs
        - B0.architecture.stages[number - 1].width * 1000
        for number in range(1, 8)
    ]

    measured = [row["macs_at_224"] for row in reference["efficientnet_b0_table1"]["stages"]]
    assert counts == [sum(measured[: number + 1]) for number in range(1, 8)]
    assert sum(measured) == B0.count_cost().macs
    sizes = [112, *(224 // stride for stride in cumulative_strides(B0.architecture))]
    rows = reference["efficientnet_b0_table1"]["stages"][1:8]
    assert sizes[:-1] == [row["in_res_actual"] for row in rows]
    strings = [row[0] for row in reference["efficientnet_b0_table1"]["timm_arch_def"]]
    assert format_stages(B0.architecture) == strings


def test_b0_to_b7_are_what_was_computed(reference: dict[str, Any]) -> None:
    rows = reference["efficientnet_b0_b7"]["rows"]
    assert len(rows) == 8
    for number, row in enumerate(rows.values()):
        network = load_network(f"efficientnet-b{number}")
        cost = network.count_cost()
        assert (cost.params, cost.macs) == (row["params"], row["macs"])
        assert _widths(network.architecture) == row["channels"]
        assert _depths(network.architecture) == row["layers"]
        assert sum(_depths(network.architecture)) == row["num_blocks"]
        assert network.architecture.dropout == row["code_dropout"]
        assert network.target.resolution == row["code_res"]
        ratio = cost.macs / B0.count_cost().macs
        assert ratio == pytest.approx(row["macs_ratio_to_B0"], abs=0.001)


def test_the_published_coefficients_are_the_powers_that_were_computed(
    reference: dict[str, Any],
) -> None:
    constants = {"width": 1.1, "depth": 1.2, "res": 1.15}
    for name, row in reference["efficientnet_b0_b7"]["rows"].items():
        width, depth, pixels, _ = EFFICIENTNET_COEFFICIENTS[f"efficientnet-{name.lower()}"]
        factors = {"width": width, "depth": depth, "res": pixels / 224}
        for dimension, factor in factors.items():
            phi = math.log(factor, constants[dimension])
            assert phi == pytest.approx(row[f"phi_from_{dimension}"], abs=0.0051)


def test_powers_of_the_papers_constants_are_what_was_computed(reference: dict[str, Any]) -> None:
    rows = reference["pure_phi_series"]["rows"]
    assert len(rows) >= 12
    for phi, row in rows.items():
        up = scale_network(B0, PAPER_CONSTANTS, phi=float(phi))
        nearest = scale_network(B0, PAPER_CONSTANTS, phi=float(phi), rules=NEAREST)
        cost = up.count_cost()
        assert (up.target.resolution, cost.macs, cost.params) == (
            *(row["res"], row["macs"], row["params"]),
        )
        assert sum(_depths(up.architecture)) == row["blocks"]
        assert nearest.count_cost().macs == row["macs_round_depth"]
        assert sum(_depths(nearest.architecture)) == row["blocks_round"]
        assert cost.macs / B0.count_cost().macs == pytest.approx(row["ratio"])
        assert PAPER_CONSTANTS.nominal_multiple ** float(phi) == pytest.approx(row["theory"])
        factors = [constant ** float(phi) for constant in (1.2, 1.1, 1.15)]
        assert [round(factor, 4) for factor in factors] == [row["d"], row["w"], row["r"]]
        assert row["two_phi"] == pytest.approx(2 ** float(phi))


def test_the_papers_constants_are_those_that_were_written_down(reference: dict[str, Any]) -> None:
    row = reference["grid_search_paper"]
    names = ("alpha_depth", "beta_width", "gamma_resolution")

    assert CompoundConstants(*(row[name] for name in names)) == PAPER_CONSTANTS
    assert PAPER_CONSTANTS.nominal_multiple == pytest.approx(row["value_at_optimum"])


def _count_way(name: str, scale: str) -> int:
    kind = scale.split("=", maxsplit=1)[0].split(maxsplit=1)[0]
    depth, width, resolution = {
        "baseline": (1, 1, 1), "B0": (1, 1, 1), "d": (4, 1, 1), "w": (1, 2, 1), "r": (1, 1, 2),
        "compound": (1.4, 1.2, 1.3),
    }[kind]  # fmt: skip
    network = load_network(name)
    scaled = scale_architecture(network.architecture, depth=depth, width=width)
    if name == "resnet-50":
        # Counted with the stem left at 64 channels.
        scaled = replace(scaled, stem=network.architecture.stem)
    pixels = {1: 224, 1.3: 291, 2: 448}[resolution]
    return count_cost(scaled, resolution=pixels, num_classes=1000).macs


def test_tables_3_and_7_cost_what_was_recomputed(reference: dict[str, Any]) -> None:
    names = {"MobileNetV1": "mobilenet-v1", "MobileNetV2": "mobilenet-v2", "ResNet-50": "resnet-50"}
    table_3 = reference["table3_scaling_existing"]["rows"]
    table_7 = reference["table7_b0_scaling"]["rows"]
    assert (len(table_3), len(table_7)) == (14, 5)
    for row in table_3:
        macs = _count_way(names[row["model"]], row["scale"])
        assert round(macs / 1e9, 2) == row["recomputed_GMACs"]
    for row in table_7:
        macs = _count_way("efficientnet-b0", row["scale"])
        assert round(macs / 1e9, 3) == row["recomputed_GMACs"]


def test_figures_3_and_4_cost_what_was_computed(reference: dict[str, Any]) -> None:
    columns = {"depth": 0, "width": 1, "resolution": 2}
    for line, column in columns.items():
        for factor, gmacs in reference["fig3_points"][line].items():
            depth, width, resolution = (
                float(factor) if index == column else 1.0 for index in range(3)
            )
            point = scale_by_factors(B0, (depth, width, resolution), PAPER_RULES, line=line)
            assert round(point.macs / 1e9, 2) == gmacs
    for name, gmacs in reference["fig4_baselines"].items():
        if name.startswith("d"):
            pixels = 299 if "1.3" in name else 224
            factors = (float(name[1:4]), 1.0, pixels / 224)
            point = scale_by_factors(B0, factors, PAPER_RULES, line=name)
            assert (point.network.target.resolution, round(point.macs / 1e9, 3)) == (pixels, gmacs)


def test_other_rules_divide_twice_the_cost_as_computed(reference: dict[str, Any]) -> None:
    rules = reference["scaling_rules_other_papers"]
    for control, name in (("dWr", "fast_compound_dWr"), ("uniform", "uniform_dwr")):
        factors = [2**share for share in CONTROLS[control]]
        assert factors == pytest.approx(rules[name]["example_s2"], abs=0.002)
    depth, width, resolution = CONTROLS["paper"]
    shares = rules["efficientnet_as_shares"]
    assert [depth, 2 * width, 2 * resolution] == pytest.approx(list(shares.values()), abs=0.001)
