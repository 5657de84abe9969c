"""Published networks, to the unit."""

from pathlib import Path

import pytest

from mbscale.errors import ArchitectureError
from mbscale.space.block_strings import format_stages
from mbscale.space.encoding import decode, encode
from mbscale.space.network_yaml import format_network, parse_network
from mbscale.space.published import PUBLISHED, load_network
from mbscale.space.search_space import load_search_space

# Parameters and MACs of timm 1.0.31 and torchvision 0.28, FlopCounterMode / 2.
COUNTS = {
    "efficientnet-b0": (5_288_548, 385_814_752),
    "efficientnet-b1": (7_794_184, 686_802_832),
    "efficientnet-b2": (9_109_994, 993_561_872),
    "efficientnet-b3": (12_233_232, 1_827_141_392),
    "efficientnet-b4": (19_341_616, 4_393_771_024),
    "efficientnet-b5": (30_389_784, 10_266_384_752),
    "efficientnet-b6": (43_040_704, 19_067_593_536),
    "efficientnet-b7": (66_347_960, 37_745_884_192),
    # The 569 M MACs and 4.2 M parameters of arXiv:1704.04861, Table 8.
    "mobilenet-v1": (4_231_976, 568_740_352),
    "mobilenet-v2": (3_504_872, 300_774_272),
    "mobilenet-v3-large": (5_483_032, 216_589_760),
    "mnasnet-a1": (3_887_038, 311_579_072),
    "mnasnet-b1": (4_383_312, 314_415_872),
    "resnet-18": (11_689_512, 1_814_073_344),
    "resnet-50": (25_557_032, 4_089_184_256),
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_networks_cost_what_others_count(name: str) -> None:
    cost = load_network(name).count_cost()

    assert (cost.params, cost.macs) == COUNTS[name]


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_network_survives_its_yaml(name: str) -> None:
    network = load_network(name)

    assert parse_network(format_network(network, {"seed": 3}), where="text") == network


def test_b0_is_a_member_of_the_efficientnet_space() -> None:
    space = load_search_space("efficientnet")
    b0 = load_network("efficientnet-b0").architecture

    assert decode(space, encode(space, b0)) == b0


def test_b0_is_not_in_mnasnets_space_as_printed() -> None:
    with pytest.raises(ArchitectureError):
        encode(load_search_space("mnasnet"), load_network("efficientnet-b0").architecture)


def test_b0_in_timms_block_strings() -> None:
    assert format_stages(load_network("efficientnet-b0").architecture) == [
        "ds_r1_k3_s1_e1_c16_se0.25",
        "ir_r2_k3_s2_e6_c24_se0.25",
        "ir_r2_k5_s2_e6_c40_se0.25",
        "ir_r3_k3_s2_e6_c80_se0.25",
        "ir_r3_k5_s1_e6_c112_se0.25",
        "ir_r4_k5_s2_e6_c192_se0.25",
        "ir_r1_k3_s1_e6_c320_se0.25",
    ]


def test_a_misspelt_key_names_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    text = format_network(load_network("efficientnet-b0"))
    path.write_text(text.replace("se_ratio", "se_ration"))

    with pytest.raises(ArchitectureError, match="did you mean 'se_ratio'"):
        load_network(str(path))


def test_counts_that_do_not_match_the_stages_are_refused() -> None:
    text = format_network(load_network("efficientnet-b0")).replace("5288548", "5288549")

    with pytest.raises(ArchitectureError, match="params is 5288549, but the stages count 5288548"):
        parse_network(text, where="text")


def test_a_misspelt_name_names_the_nearest() -> None:
    with pytest.raises(ArchitectureError, match="did you mean efficientnet-b3"):
        load_network("eficientnet-b3")


@pytest.mark.parametrize("name", ["", ".", "x" * 5000, "\0", "a/b", "?"])
def test_what_is_neither_a_name_nor_a_file_is_refused(name: str) -> None:
    with pytest.raises(ArchitectureError, match="neither a file nor a published name"):
        load_network(name)


def test_a_missing_yaml_file_is_named() -> None:
    with pytest.raises(ArchitectureError, match=r"nowhere/b0\.yaml cannot be read: No such file"):
        load_network("nowhere/b0.yaml")
