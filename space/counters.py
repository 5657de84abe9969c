"""What other counters say about a network, and why; nothing is decided on their numbers."""

import copy
import importlib
import warnings
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mbscale.space.cost import Cost
from mbscale.space.model import build_model
from mbscale.space.network import Network

_AGREES = "counts the same: convolutions and linear layers, nothing else"


@dataclass(frozen=True, slots=True)
class CounterAudit:
    """Our cost beside FlopCounterMode / 2 and thop, with one sentence for each of them.

    thop's counts are None where it cannot be imported.
    """

    cost: Cost
    flop_counter_macs: int
    flop_counter_reason: str
    thop_macs: int | None
    thop_params: int | None
    thop_reason: str


def audit_counters(network: Network) -> CounterAudit:
    """All counts of a network at its target; nothing is computed, only shapes are followed."""
    cost, target = network.count_cost(), network.target
    with torch.device("meta"):
        model = build_model(network.architecture, num_classes=target.num_classes).eval()
        images = torch.empty(1, 3, target.resolution, target.resolution)
    flop_counter_macs, n_normed = _count_with_torch(model, images)
    is_same = flop_counter_macs == cost.macs
    thop_macs, thop_params, thop_reason = _ask_thop(model, images, cost, n_normed)
    return CounterAudit(
        cost=cost,
        flop_counter_macs=flop_counter_macs,
        flop_counter_reason=_AGREES if is_same else "differs; this is a bug in one of the two",
        thop_macs=thop_macs,
        thop_params=thop_params,
        thop_reason=thop_reason,
    )


def _count_with_torch(model: nn.Module, images: Tensor) -> tuple[int, int]:
    """MACs, and outputs of batch norms (elements)."""
    normed: list[int] = []
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, out: normed.append(out.numel()))
        for module in model.modules()
        if isinstance(module, nn.BatchNorm2d)
    ]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
    return counter.get_total_flops() // 2, sum(normed)


def _ask_thop(
    model: nn.Module, images: Tensor, cost: Cost, n_normed: int
) -> tuple[int | None, int | None, str]:
    try:
        macs, params = _count_with_thop(model, images)
    except ModuleNotFoundError as failure:
        # thop imports distutils, which Python 3.12 has only through setuptools.
        return None, None, f"thop cannot be imported: {failure}"
    return macs, params, _explain_thop(cost, macs, params, n_normed)


def _count_with_thop(model: nn.Module, images: Tensor) -> tuple[int, int]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(The )?distutils ", DeprecationWarning)
        thop = importlib.import_module("thop")
    # thop leaves buffers behind in every module that it has no rule for.
    macs, params = thop.profile(copy.deepcopy(model), (images,), verbose=False)
    return round(macs), round(params)


def _explain_thop(cost: Cost, macs: int, params: int, n_normed: int) -> str:
    if (macs, params) == (cost.macs, cost.params):
        return _AGREES
    if (macs, params) == (cost.macs + 4 * n_normed, cost.params):
        return (
            f"adds 4 operations for each of the {n_normed:,} outputs of batch norms, where it "
            "knows the class; papers count convolutions and linear layers"
        )
    return "differs for a reason that is not known"
