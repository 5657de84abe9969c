"""Other counters beside ours."""

import sys

import pytest
import torch
from hypothesis import given, settings

from mbscale.space.architecture import Architecture
from mbscale.space.counters import audit_counters
from mbscale.space.network import Network, Target
from mbscale.space.published import load_network
from strategies import architectures


def test_efficientnet_b0_has_the_published_counts() -> None:
    audit = audit_counters(load_network("efficientnet-b0"))

    assert audit.flop_counter_macs == audit.cost.macs == 385_814_752
    # The 6,737,696 batch-norm outputs that were measured on timm's and torchvision's B0.
    assert audit.thop_macs == 385_814_752 + 4 * 6_737_696
    assert audit.thop_params == audit.cost.params == 5_288_548
    assert "6,737,696 outputs of batch norms" in audit.thop_reason


def test_resnet_50_has_thops_published_count_without_its_average_pooling() -> None:
    audit = audit_counters(load_network("resnet-50"))

    # 4,133,742,592 on torchvision's model, whose pooling is a module: 2048 x (7 x 7 + 1).
    assert audit.thop_macs == 4_133_742_592 - 2048 * 50
    assert audit.flop_counter_macs == 4_089_184_256


@settings(max_examples=8, deadline=None)
@given(architectures())
def test_every_difference_has_a_reason(architecture: Architecture) -> None:
    audit = audit_counters(Network("drawn", architecture, Target(32, 10)))

    assert audit.flop_counter_macs == audit.cost.macs
    assert audit.flop_counter_reason.startswith("counts the same")
    assert "batch norms" in audit.thop_reason


def test_without_thop_the_audit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "thop", None)

    audit = audit_counters(load_network("resnet-18"))

    assert (audit.thop_macs, audit.thop_params) == (None, None)
    assert audit.thop_reason.startswith("thop cannot be imported")


def test_the_global_random_state_stays() -> None:
    before = torch.random.get_rng_state()

    audit_counters(load_network("resnet-18"))

    assert torch.equal(before, torch.random.get_rng_state())
