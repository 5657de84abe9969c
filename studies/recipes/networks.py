"""The networks of this study, about 1.8 to 2.5 M MACs at 28 pixels."""

import re
from dataclasses import replace

from mbscale.space.architecture import Activation, Architecture, Operator, Skip, Stage, Stem

_OPERATORS: dict[str, Operator] = {
    "cn": "conv",
    "ds": "ds",
    "ir": "mbconv",
    "er": "fused_mbconv",
    "basic": "basic",
}
_ACTIVATIONS: dict[str, Activation] = {"silu": "silu", "relu": "relu", "hswish": "hard_swish"}

_PART = re.compile(r"([a-z]+)([0-9.]+)")

# Stem width, stem stride, activation and head width, then one block string per stage.
_TEXTS = {
    "plain-vgg6": "16 1 relu 0 | cn_r1_k3_s2_c16 cn_r2_k3_s2_c32 cn_r2_k3_s2_c64",
    "basic-resnet8": "15 2 relu 0 | basic_r1_k3_s1_c15 basic_r1_k3_s2_c30 basic_r1_k3_s2_c60",
    "se-evolved": (
        "12 2 silu 100 | ir_r1_k3_s1_e6_c16_se0.25 ir_r1_k5_s2_e6_c24_se0.25 "
        "ir_r2_k5_s2_e6_c52_se0.25_noskip"
    ),
    "fused-a": "12 2 silu 96 | er_r1_k3_s1_e3_c12 er_r1_k3_s2_e3_c32 er_r1_k3_s2_e3_c64",
    "ds-short": "21 2 silu 0 | ds_r2_k3_s1_c42 ds_r3_k3_s2_c84 ds_r2_k3_s2_c168",
    "ir-mbv2-short": "12 2 relu 0 | ir_r1_k3_s1_e6_c18 ir_r2_k3_s2_e6_c24 ir_r2_k3_s2_e6_c48",
    "mbv3-small": (
        "8 2 hswish 208 | ds_r1_k3_s1_c8_se0.5_nrelu ir_r1_k3_s1_e4.5_c8_nrelu "
        "ir_r1_k3_s1_e3.66667_c8_nrelu ir_r1_k5_s2_e4_c16_se1 ir_r2_k5_s1_e6_c16_se1.5 "
        "ir_r1_k5_s1_e3_c16_se0.75 ir_r1_k5_s1_e3_c16_se0.75 ir_r1_k5_s2_e6_c36_se1.5 "
        "ir_r2_k5_s1_e6_c36_se1.5"
    ),
    "plain-5x5": "16 2 relu 0 | cn_r1_k5_s2_c32 ds_r1_k5_s1_c32_se0.25 cn_r1_k5_s2_c128",
    "plain-3conv": "33 2 relu 0 | cn_r1_k3_s2_c66 cn_r1_k3_s2_c132",
    "plain-s1-5x5": "16 1 relu 0 | cn_r1_k3_s2_c16_skip cn_r1_k5_s2_c32_skip cn_r1_k5_s2_c64_skip",
    "plain-deep": "12 2 silu 0 | cn_r3_k3_s1_c12_skip cn_r3_k3_s2_c32_skip cn_r2_k3_s2_c48_skip",
    "basic-s1": "8 1 relu 0 | basic_r1_k3_s2_c16 basic_r1_k3_s2_c32 basic_r1_k3_s2_c64",
    "basic-2stage": "12 2 silu 96 | basic_r2_k3_s2_c28 basic_r1_k3_s2_c72",
    "fused-se": (
        "12 2 silu 96 | er_r1_k3_s1_e3_c12 er_r1_k3_s2_e3_c24_se0.25 ir_r2_k5_s2_e6_c40_se0.25"
    ),
    "se-e3-s1": (
        "8 1 silu 96 | ir_r1_k3_s2_e3_c12_se0.25 ir_r2_k5_s2_e3_c32_se0.25 "
        "ir_r3_k5_s2_e3_c64_se0.25"
    ),
    "ir-e3": "12 2 silu 128 | ir_r1_k3_s1_e3_c16 ir_r3_k5_s2_e3_c32 ir_r2_k3_s2_e3_c64",
    "ds-s1-se": (
        "16 1 silu 96 | ds_r1_k3_s2_c32_se0.25 ds_r2_k5_s2_c72_se0.25 ds_r3_k5_s2_c144_se0.25"
    ),
    "ir-4stage": (
        "10 2 silu 96 | ir_r1_k3_s1_e3_c12 ir_r2_k3_s2_e6_c20 ir_r1_k5_s1_e6_c28 ir_r2_k5_s2_e6_c40"
    ),
}


def parse_network(text: str) -> Architecture:
    """The architecture of one text above."""
    front, _, back = text.partition("|")
    width, stride, activation, head = front.split()
    return Architecture(
        stem=Stem(int(width), stride=int(stride)),
        stages=tuple(map(_parse_stage, back.split())),
        head_width=int(head),
        activation=_ACTIVATIONS[activation],
    )


def _parse_stage(text: str) -> Stage:
    code, *parts = text.split("_")
    given = dict(match.groups() for part in parts if (match := _PART.fullmatch(part)))
    skip: Skip = (
        "none" if "noskip" in parts or (code == "cn" and "skip" not in parts) else "identity"
    )
    return Stage(
        operator=_OPERATORS[code],
        width=int(given["c"]),
        depth=int(given["r"]),
        stride=int(given["s"]),
        kernel_size=int(given["k"]),
        expand_ratio=float(given.get("e", 1)),
        se_ratio=float(given.get("se", 0)),
        skip=skip,
        activation=_ACTIVATIONS["relu"] if "nrelu" in parts else None,
    )


NETWORKS = {name: parse_network(text) for name, text in _TEXTS.items()}
NETWORKS["mbv3-small"] = replace(
    NETWORKS["mbv3-small"], se_gate="hard_sigmoid", classifier_width=368
)
