"""Scaled networks against EfficientNet's published ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.cost import count_cost
from mbscale.space.published import load_network
from mbscale.space.scaling import (
    PAPER_CONSTANTS,
    CompoundConstants,
    ScalingRules,
    scale_architecture,
    scale_network,
    total_stride,
)

NETWORK = load_network("efficientnet-b0")
B0 = NETWORK.architecture

# Coefficients of tensorflow/tpu models/official/efficientnet at 7dc921f; parameters and
# MACs as timm and torchvision build and FlopCounterMode / 2 counts them.
PUBLISHED = [
    (1.0, 1.1, 240, 7_794_184, 686_802_832),
    (1.1, 1.2, 260, 9_109_994, 993_561_872),
    (1.2, 1.4, 300, 12_233_232, 1_827_141_392),
    (1.4, 1.8, 380, 19_341_616, 4_393_771_024),
    (1.6, 2.2, 456, 30_389_784, 10_266_384_752),
    (1.8, 2.6, 528, 43_040_704, 19_067_593_536),
    (2.0, 3.1, 600, 66_347_960, 37_745_884_192),
]

# phi, resolution, MACs with ceil depth, parameters with ceil depth, MACs with round depth.
PURE_PHI = [
    (0, 224, 385_814_752, 5_288_548, 385_814_752),
    (0.5, 240, 731_404_000, 8_441_486, 491_200_112),
    (1, 258, 992_629_472, 9_109_994, 790_989_984),
    (1.5, 276, 1_366_191_696, 11_005_182, 1_165_817_328),
    (2, 296, 1_810_522_464, 12_255_408, 1_484_343_696),
    (2.5, 318, 2_332_257_912, 14_337_078, 2_113_895_928),
    (3, 341, 3_250_916_456, 16_350_296, 2_851_266_008),
    (3.5, 365, 4_178_726_792, 19_330_016, 4_178_726_792),
    (4, 392, 6_319_727_088, 25_916_448, 5_101_876_176),
    (5, 451, 11_374_487_904, 33_726_740, 10_083_042_000),
    (6, 518, 20_094_026_560, 45_464_648, 20_094_026_560),
    (7, 596, 39_663_901_696, 68_741_810, 37_859_791_984),
]


@pytest.mark.parametrize(("width", "depth", "resolution", "params", "macs"), PUBLISHED)
def test_the_published_coefficients_give_b1_to_b7(
    width: float, depth: float, resolution: int, params: int, macs: int
) -> None:
    scaled = scale_architecture(B0, depth=depth, width=width)

    cost = count_cost(scaled, resolution=resolution, num_classes=1000)
    assert (cost.params, cost.macs) == (params, macs)


@pytest.mark.parametrize(("phi", "resolution", "macs", "params", "macs_round"), PURE_PHI)
def test_pure_powers_of_the_papers_constants_cost_what_was_computed(
    phi: float, resolution: int, macs: int, params: int, macs_round: int
) -> None:
    ceil = scale_network(NETWORK, PAPER_CONSTANTS, phi=phi)
    nearest = scale_network(
        NETWORK, PAPER_CONSTANTS, phi=phi, rules=ScalingRules(depth_rounding="round")
    )

    cost = ceil.count_cost()
    assert (ceil.target.resolution, cost.macs, cost.params) == (resolution, macs, params)
    assert nearest.count_cost().macs == macs_round


def test_the_papers_constants_nominally_cost_a_little_under_twice() -> None:
    assert PAPER_CONSTANTS.nominal_multiple == pytest.approx(1.92027)


@given(
    widths=st.lists(st.integers(1, 400), min_size=1, max_size=4),
    depths=st.lists(st.integers(1, 9), min_size=4, max_size=4),
    head_width=st.integers(0, 2000),
)
def test_a_factor_of_one_changes_nothing(
    widths: list[int], depths: list[int], head_width: int
) -> None:
    stages = tuple(
        Stage(operator="ds", width=width, depth=depth)
        for width, depth in zip(widths, depths, strict=False)
    )
    architecture = Architecture(stem=Stem(7), stages=stages, head_width=head_width)

    assert scale_architecture(architecture, depth=1, width=1) == architecture


@given(
    depth=st.floats(1, 4),
    width=st.floats(1, 4),
    more=st.floats(1, 2),
)
def test_more_depth_or_width_never_costs_less(depth: float, width: float, more: float) -> None:
    small = scale_architecture(B0, depth=depth, width=width)
    deeper = scale_architecture(B0, depth=depth * more, width=width)
    wider = scale_architecture(B0, depth=depth, width=width * more)

    macs = count_cost(small, resolution=64, num_classes=10).macs
    assert count_cost(deeper, resolution=64, num_classes=10).macs >= macs
    assert count_cost(wider, resolution=64, num_classes=10).macs >= macs


def test_resolutions_fall_on_the_multiple() -> None:
    scaled = scale_network(NETWORK, PAPER_CONSTANTS, phi=1, rules=ScalingRules(32))

    assert scaled.target.resolution == 256


def test_b0_halves_its_map_five_times() -> None:
    assert total_stride(B0) == 32


@pytest.mark.parametrize("constants", [(0.9, 1, 1), (1, float("nan"), 1), (1, 1, 1e9)])
def test_constants_outside_their_range_are_refused(
    constants: tuple[float, float, float],
) -> None:
    with pytest.raises(ArchitectureError, match="must be from 1 to 100; got"):
        CompoundConstants(*constants)


@pytest.mark.parametrize("phi", [1e6, -1e6, float("nan")])
def test_a_phi_beyond_all_networks_is_refused(phi: float) -> None:
    with pytest.raises(ArchitectureError, match="can be scaled by"):
        scale_network(NETWORK, PAPER_CONSTANTS, phi=phi)
