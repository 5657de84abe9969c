"""Networks that the paper scales: arXiv:1905.11946, Tables 3 and 7, recomputed."""

from dataclasses import replace

import pytest

from mbscale.space.cost import count_cost
from mbscale.space.published import load_network
from mbscale.space.scaling import scale_architecture

# Name, depth, width, resolution, GMACs by the literal multipliers with EfficientNet's
# rounding. The compound coefficients are those that the paper prints for the first and
# the last network; it prints none for the others.
ROWS = [
    ("mobilenet-v1", 1, 1, 224, 0.57),
    ("mobilenet-v1", 1, 2, 224, 2.22),
    ("mobilenet-v1", 1, 1, 448, 2.27),
    ("mobilenet-v1", 1.4, 1.2, 291, 2.47),
    ("mobilenet-v2", 1, 1, 224, 0.30),
    ("mobilenet-v2", 4, 1, 224, 1.22),
    ("mobilenet-v2", 1, 2, 224, 1.14),
    ("mobilenet-v2", 1, 1, 448, 1.20),
    ("mobilenet-v2", 1.4, 1.2, 291, 1.44),
    ("efficientnet-b0", 4, 1, 224, 1.575),
    ("efficientnet-b0", 1, 2, 224, 1.450),
    ("efficientnet-b0", 1, 1, 448, 1.538),
    ("efficientnet-b0", 1.4, 1.2, 291, 1.800),
]
# Counted with the stem left at 64 channels, as ResNet's code has it.
RESNET_ROWS = [
    (1, 1, 224, 4.09),
    (4, 1, 224, 14.57),
    (1, 2, 224, 15.87),
    (1, 1, 448, 16.35),
    (1.4, 1.2, 291, 15.86),
]


@pytest.mark.parametrize(("name", "depth", "width", "resolution", "gmacs"), ROWS)
def test_scaled_mobile_networks_cost_what_was_recomputed(
    name: str, depth: float, width: float, resolution: int, gmacs: float
) -> None:
    scaled = scale_architecture(load_network(name).architecture, depth=depth, width=width)

    macs = count_cost(scaled, resolution=resolution, num_classes=1000).macs
    digits = 3 if name == "efficientnet-b0" else 2
    assert round(macs / 1e9, digits) == gmacs


@pytest.mark.parametrize(("depth", "width", "resolution", "gmacs"), RESNET_ROWS)
def test_scaled_resnet_50_costs_what_was_recomputed(
    depth: float, width: float, resolution: int, gmacs: float
) -> None:
    architecture = load_network("resnet-50").architecture
    scaled = scale_architecture(architecture, depth=depth, width=width)

    with_stem = replace(scaled, stem=architecture.stem)
    macs = count_cost(with_stem, resolution=resolution, num_classes=1000).macs
    assert round(macs / 1e9, 2) == gmacs
