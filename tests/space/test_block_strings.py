"""Architectures in timm's words."""

import pytest

from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.block_strings import format_architecture, format_stages
from mbscale.space.published import load_network

# The strings of timm's own definitions: models/efficientnet.py.
MNASNET_A1 = [
    "ds_r1_k3_s1_e1_c16_noskip",
    "ir_r2_k3_s2_e6_c24",
    "ir_r3_k5_s2_e3_c40_se0.25",
    "ir_r4_k3_s2_e6_c80",
    "ir_r2_k3_s1_e6_c112_se0.25",
    "ir_r3_k5_s2_e6_c160_se0.25",
    "ir_r1_k3_s1_e6_c320",
]
MOBILENET_V1 = [
    "dsa_r1_k3_s1_c64",
    "dsa_r2_k3_s2_c128",
    "dsa_r2_k3_s2_c256",
    "dsa_r6_k3_s2_c512",
    "dsa_r2_k3_s2_c1024",
]

# models/mobilenetv3.py has the 40 channels in one string, as its SE is of the expanded ones.
MOBILENET_V3 = [
    "ds_r1_k3_s1_e1_c16_nre",
    "ir_r1_k3_s2_e4_c24_nre",
    "ir_r1_k3_s1_e3_c24_nre",
    "ir_r1_k5_s2_e3_c40_se1_nre",
    "ir_r2_k5_s1_e3_c40_se0.8_nre",
    "ir_r1_k3_s2_e6_c80",
    "ir_r1_k3_s1_e2.5_c80",
    "ir_r2_k3_s1_e2.3_c80",
    "ir_r2_k3_s1_e6_c112_se1.5",
    "ir_r3_k5_s2_e6_c160_se1.5",
]


@pytest.mark.parametrize(
    ("name", "strings"),
    [
        ("mnasnet-a1", MNASNET_A1),
        ("mobilenet-v1", MOBILENET_V1),
        ("mobilenet-v3-large", MOBILENET_V3),
    ],
)
def test_published_networks_read_as_in_timm(name: str, strings: list[str]) -> None:
    architecture = load_network(name).architecture

    assert format_stages(architecture) == strings
    assert format_architecture(architecture) == "|".join(strings)


@pytest.mark.parametrize(
    ("stage", "string"),
    [
        # timm keeps the expanding convolution of an ir with e1.
        (Stage("mbconv", 16, 2), "ds_r2_k3_s1_e1_c16"),
        (Stage("mbconv", 16, 2, expand_ratio=4.5), "ir_r2_k3_s1_e4.5_c16"),
        (Stage("fused_mbconv", 16, 1, 2, 5, 4, skip="none"), "er_r1_k5_s2_e4_c16_noskip"),
        # timm gives plain convolutions no skip unless told so.
        (Stage("conv", 16, 1), "cn_r1_k3_s1_c16_skip"),
        (Stage("conv", 16, 1, skip="none"), "cn_r1_k3_s1_c16"),
        (Stage("basic", 64, 2), "basic_r2_k3_s1_c64"),
        (Stage("bottleneck", 256, 3, 2), "bottle_r3_k3_s2_c256"),
    ],
)
def test_a_stage_in_timms_words(stage: Stage, string: str) -> None:
    assert format_architecture(Architecture(Stem(8), (stage,), 0)) == string
