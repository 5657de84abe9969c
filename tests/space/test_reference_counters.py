"""What other counters said of timm's and torchvision's networks, each to the unit.

They count the same network differently because they see or miss its modules. Every
difference is put together here from a model that is built and followed, and from thop
itself where thop was asked. docs/scaling.md says what each counter adds.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mbscale.space.cost import count_cost
from mbscale.space.counters import CounterAudit, audit_counters
from mbscale.space.layers import SqueezeExcite
from mbscale.space.model import build_model
from mbscale.space.published import load_network

TIMM = {
    **{f"efficientnet_b{number}": f"efficientnet-b{number}" for number in range(8)},
    "mobilenetv2_100": "mobilenet-v2",
    "mnasnet_100": "mnasnet-b1",
    "mnasnet_a1": "mnasnet-a1",
    "resnet50": "resnet-50",
    "resnet18": "resnet-18",
    "mobilenetv3_large_100": "mobilenet-v3-large",
    # The same network with TensorFlow's padding.
    "tf_efficientnet_b0": "efficientnet-b0",
}
TORCHVISION = {
    **{f"efficientnet_b{number}": f"efficientnet-b{number}" for number in range(8)},
    "mobilenet_v2": "mobilenet-v2",
    "mnasnet1_0": "mnasnet-b1",
    "resnet50": "resnet-50",
    "resnet18": "resnet-18",
    "mobilenet_v3_large": "mobilenet-v3-large",
}


_LARGE = {f"efficientnet_b{number}" for number in (4, 5, 6, 7)}


def _parametrize(names: Iterable[str]) -> pytest.MarkDecorator:
    slow = pytest.mark.slow
    marked = [pytest.param(name, marks=slow if name in _LARGE else ()) for name in names]
    return pytest.mark.parametrize("name", marked)


@dataclass
class Parts:
    """Of one image: MACs of some layers, weights of some layers, and elements that others count."""

    depthwise: int = 0
    squeeze: int = 0
    strided: int = 0
    strided_weights: int = 0
    norm_weights: int = 0
    normed: int = 0
    squeeze_pooled: int = 0
    squeeze_outputs: int = 0
    pooled: int = 0
    features: int = 0
    classifier: int = 0


def _count_convolution(parts: Parts, conv: nn.Conv2d, out: Tensor) -> None:
    weights, area = conv.weight.numel(), out.shape[2] * out.shape[3]
    parts.depthwise += weights * area * (conv.groups > 1)
    parts.squeeze += weights * area * (conv.bias is not None)
    parts.strided += weights * area * (conv.stride[0] > 1)
    parts.strided_weights += weights * (conv.stride[0] > 1)


def _count_norm(parts: Parts, norm: nn.BatchNorm2d, out: Tensor) -> None:
    parts.norm_weights += 2 * norm.num_features
    parts.normed += out.numel()


def _count_squeeze(parts: Parts, out: Tensor) -> None:
    parts.squeeze_pooled += out.numel()
    parts.squeeze_outputs += out.shape[1]


@lru_cache
def audit_network(name: str) -> CounterAudit:
    """Our counts and thop's, of a model of ours."""
    return audit_counters(load_network(name))


@lru_cache
def count_parts(name: str) -> Parts:
    """Follow one image through a model without numbers."""
    network, parts = load_network(name), Parts()
    with torch.device("meta"):
        model = build_model(network.architecture, num_classes=1000).eval()
        images = torch.empty(1, 3, *(network.target.resolution,) * 2)
    maps: list[Tensor] = []

    def count(module: nn.Module, _inputs: object, out: Tensor) -> None:
        if isinstance(module, nn.Conv2d):
            _count_convolution(parts, module, out)
        elif isinstance(module, nn.BatchNorm2d):
            _count_norm(parts, module, out)
        elif isinstance(module, SqueezeExcite):
            _count_squeeze(parts, out)
        elif module is model.head:
            maps[:] = [out]

    for module in model.modules():
        module.register_forward_hook(count)
    model(images)
    parts.pooled, parts.features = maps[0].numel(), maps[0].shape[1]
    parts.classifier = model.classifier.in_features * 1000
    return parts


@pytest.fixture
def timm(shared_file: Callable[[str], Path]) -> dict[str, Any]:
    return _read(shared_file, "measured_timm")


@pytest.fixture
def torchvision(shared_file: Callable[[str], Path]) -> dict[str, Any]:
    return _read(shared_file, "measured_torchvision")


def _read(shared_file: Callable[[str], Path], table: str) -> dict[str, Any]:
    rows: dict[str, Any] = json.loads(shared_file("../reference/efficientnet.json").read_text())
    found: dict[str, Any] = rows[table]["rows"]
    return found


def test_every_measured_network_is_one_of_ours(
    timm: dict[str, Any], torchvision: dict[str, Any]
) -> None:
    assert set(TIMM) == set(timm)
    assert set(TORCHVISION) == set(torchvision)


@_parametrize(TIMM)
def test_parts_of_timms_networks(name: str, timm: dict[str, Any]) -> None:
    row, network = timm[name], load_network(TIMM[name])
    cost, parts = network.count_cost(), count_parts(TIMM[name])

    assert (row["params"], row["macs_conv_linear"]) == (cost.params, cost.macs)
    assert row["flopcounter_flops"] == 2 * row["flopcounter_macs"] == 2 * cost.macs
    assert (row["macs_depthwise_part"], row["macs_se_part"]) == (parts.depthwise, parts.squeeze)
    assert (row["bn_elements"], row["res"]) == (parts.normed, network.target.resolution)


@_parametrize(TIMM)
def test_other_counters_of_timms_networks(name: str, timm: dict[str, Any]) -> None:
    row, audit, parts = (
        timm[name],
        audit_network(TIMM[name]),
        count_parts(TIMM[name]),
    )
    macs, params = audit.cost.macs, audit.cost.params
    assert audit.thop_macs is not None
    pooling = parts.pooled + parts.features

    assert row["ultralytics_thop_macs"] == audit.thop_macs + pooling
    assert row["ultralytics_thop_params"] == audit.thop_params
    assert row["fvcore_flops"] == macs + 2 * parts.normed + parts.pooled
    # thop knows a module by its exact class, and only ResNet's are PyTorch's own in timm.
    if name.startswith("resnet"):
        assert (row["thop_macs"], row["thop_params"]) == (audit.thop_macs + pooling, params)
        return
    missed_macs, missed_params = {
        "tf_efficientnet_b0": (parts.strided, parts.strided_weights),
        "mobilenetv3_large_100": (parts.classifier, parts.classifier + 1000),
    }.get(name, (0, 0))
    assert row["thop_macs"] == audit.thop_macs - 4 * parts.normed + pooling - missed_macs
    assert row["thop_params"] == params - parts.norm_weights - missed_params


@_parametrize(TORCHVISION)
def test_other_counters_of_torchvisions_networks(name: str, torchvision: dict[str, Any]) -> None:
    row, network = torchvision[name], load_network(TORCHVISION[name])
    audit, parts = audit_network(TORCHVISION[name]), count_parts(TORCHVISION[name])
    assert audit.thop_macs is not None

    assert (row["params"], row["flopcounter_macs"]) == (audit.cost.params, audit.cost.macs)
    assert row["res"] == network.target.resolution
    # Pooling is a module in some, a function that fvcore alone sees, or a mean.
    is_module = name not in ("mobilenet_v2", "mnasnet1_0")
    squeezed = parts.squeeze_pooled + parts.squeeze_outputs
    pooling = (parts.pooled + parts.features) * is_module + squeezed
    assert row["thop_macs"] == row["ultralytics_thop_macs"] == audit.thop_macs + pooling
    assert row["thop_params"] == audit.thop_params
    pooled = parts.pooled * (name != "mnasnet1_0") + parts.squeeze_pooled
    assert row["fvcore_flops"] == audit.cost.macs + 2 * parts.normed + pooled


@pytest.mark.parametrize("name", TORCHVISION)
def test_gmacs_that_torchvision_prints(name: str, torchvision: dict[str, Any]) -> None:
    network = load_network(TORCHVISION[name])
    # Its weights of B2 are for images of 288 pixels.
    pixels = 288 if name == "efficientnet_b2" else network.target.resolution
    cost = count_cost(network.architecture, resolution=pixels, num_classes=1000)

    assert round(cost.macs / 1e9, 3) == torchvision[name]["tv_weights_meta_GMACs"]
