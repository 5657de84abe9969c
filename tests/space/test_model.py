"""The built network is the one that was counted."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture, Stage, Stem, override_strides
from mbscale.space.cost import Cost, count_cost
from mbscale.space.model import build_model
from mbscale.space.published import load_network
from strategies import architectures, members, presets

TINY = Architecture(Stem(8), (Stage("mbconv", 8, 3, expand_ratio=3, se_ratio=0.25),), 16)


def count_model(model: nn.Module, resolution: int) -> Cost:
    """The slow, obvious count: every weight, and every output of every convolution."""
    outputs: list[int] = []
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda _m, _i, out: outputs.append(out.numel()))
    # Not on the meta device: its Python shapes take longer than these small convolutions.
    images = torch.zeros(1, 3, resolution, resolution)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(images)
    params = sum(weight.numel() for weight in model.parameters())
    return Cost(counter.get_total_flops() // 2, params, sum(outputs))


@settings(max_examples=25, deadline=None)
@given(architectures(), st.sampled_from([31, 32, 48]))
def test_cost_equals_the_built_model(architecture: Architecture, resolution: int) -> None:
    model = build_model(architecture, num_classes=7)

    cost = count_cost(architecture, resolution=resolution, num_classes=7)
    assert cost == count_model(model, resolution)


@settings(max_examples=15, deadline=None)
@given(presets().flatmap(members))
def test_cost_equals_the_built_member_of_any_preset(architecture: Architecture) -> None:
    model = build_model(architecture, num_classes=10)

    assert count_cost(architecture, resolution=32, num_classes=10) == count_model(model, 32)


@settings(max_examples=12, deadline=None)
@given(architectures(), st.sampled_from([1, 2]), st.data())
def test_other_strides_build_what_the_other_strides_cost(
    architecture: Architecture, stem_stride: int, data: st.DataObject
) -> None:
    strides = data.draw(st.tuples(*[st.sampled_from([1, 2]) for _ in architecture.stages]))
    model = build_model(architecture, num_classes=3, stem_stride=stem_stride, stage_strides=strides)

    strided = override_strides(architecture, stem_stride=stem_stride, stage_strides=strides)
    assert count_cost(strided, resolution=32, num_classes=3) == count_model(model, 32)


@pytest.mark.parametrize("strides", [(1,), (1, 1, 3)])
def test_strides_that_do_not_fit_are_refused(strides: tuple[int, ...]) -> None:
    architecture = Architecture(Stem(8), (Stage("ds", 8, 1),) * 3, 0)

    with pytest.raises(ArchitectureError, match=r"one stride for each|must be 1 or 2"):
        build_model(architecture, num_classes=3, stage_strides=strides)


def test_a_seed_gives_the_same_weights_and_leaves_the_global_state_alone() -> None:
    before = torch.random.get_rng_state()

    first = build_model(TINY, num_classes=3, seed=5).state_dict()
    second = build_model(TINY, num_classes=3, seed=5).state_dict()
    other = build_model(TINY, num_classes=3).state_dict()

    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["stem.conv.weight"], other["stem.conv.weight"])
    assert torch.equal(before, torch.random.get_rng_state())


def test_weights_begin_as_in_efficientnets_code() -> None:
    architecture = Architecture(Stem(64), (Stage("mbconv", 64, 1, 2, 5, 6, 0.25),), 512)
    model = build_model(architecture, num_classes=400, seed=1)

    # Output channels x kernel area / groups: 2 / 25 for the depthwise one.
    stds = {
        "stages.0.0.branch.expand.conv.weight": (2 / 384) ** 0.5,
        "stages.0.0.branch.depthwise.conv.weight": (2 / 25) ** 0.5,
        "stages.0.0.branch.project.conv.weight": (2 / 64) ** 0.5,
        "head.conv.weight": (2 / 512) ** 0.5,
        "classifier.weight": (1 / 3) ** 0.5 / 20,
    }
    weights = model.state_dict()
    assert {name: weights[name].std().item() for name in stds} == pytest.approx(stds, rel=0.03)
    assert weights["classifier.weight"].abs().max() <= 1 / 20
    biases = [value for name, value in weights.items() if name.endswith("bias")]
    assert all(not bias.any() for bias in biases)


@pytest.mark.parametrize("stage", [TINY.stages[0], Stage("basic", 8, 3), Stage("bottleneck", 8, 3)])
def test_zero_initialized_branches_add_nothing(stage: Stage) -> None:
    architecture = Architecture(Stem(8), (stage,), 0, activation="relu")
    model = build_model(architecture, num_classes=3, seed=0, zero_init_residual=True).eval()
    # ResNet's activation comes after the sum and keeps what is positive.
    x = torch.rand(2, 8, 6, 6)

    assert torch.equal(model.stages(x), x)


def test_only_the_last_norm_of_a_residual_branch_is_silenced() -> None:
    weights = build_model(TINY, num_classes=3, zero_init_residual=True).state_dict()

    silent = [name for name in weights if name.endswith("norm.weight") and not weights[name].any()]
    assert silent == [f"stages.0.{number}.branch.project.norm.weight" for number in range(3)]


def test_a_projected_skip_is_not_silenced() -> None:
    architecture = Architecture(Stem(8), (Stage("basic", 16, 1, 2),), 0, activation="relu")
    model = build_model(architecture, num_classes=3, seed=0, zero_init_residual=True)

    assert model.stages(torch.rand(2, 8, 6, 6)).abs().sum() > 0


def test_parameters_of_a_block_stand_in_timms_order() -> None:
    names = [name for name, _ in build_model(TINY, num_classes=3).stages.named_parameters()]

    # conv_pw, bn1, conv_dw, bn2, se.conv_reduce, se.conv_expand, conv_pwl, bn3.
    assert [name.removeprefix("0.0.branch.") for name in names[:13]] == [
        *("expand.conv.weight", "expand.norm.weight", "expand.norm.bias"),
        *("depthwise.conv.weight", "depthwise.norm.weight", "depthwise.norm.bias"),
        *("se.reduce.weight", "se.reduce.bias", "se.expand.weight", "se.expand.bias"),
        *("project.conv.weight", "project.norm.weight", "project.norm.bias"),
    ]


def test_drop_path_grows_with_the_block_and_keeps_the_mean() -> None:
    architecture = Architecture(Stem(8), (Stage("mbconv", 8, 4, expand_ratio=3),), 0, drop_path=0.4)
    model = build_model(architecture, num_classes=3, seed=0)

    rates = [module.rate for module in model.modules() if hasattr(module, "rate")]
    assert rates == pytest.approx([0, 0.1, 0.2, 0.3])
    last = model.get_submodule("stages.0.3.drop_path")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        kept = last(torch.ones(10_000, 1, 1, 1))
    assert kept.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert kept.mean().item() == pytest.approx(1, abs=0.02)
    assert torch.equal(last.eval()(kept), kept)


@settings(max_examples=10, deadline=None)
@given(architectures())
def test_channels_last_changes_nothing(architecture: Architecture) -> None:
    model = build_model(architecture, num_classes=3, seed=0).eval()
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    expected = model(images)

    for weight in model.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    logits = model(images.contiguous(memory_format=torch.channels_last))

    torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-4)


def test_mobilenet_v3_is_activated_where_the_paper_says() -> None:
    architecture = load_network("mobilenet-v3-large").architecture
    model = build_model(architecture, num_classes=10)

    # arXiv:1905.02244, Table 1: RE in the blocks up to 40 channels, HS after and in the stem;
    # section 5.3: hard sigmoid gates.
    kinds = [
        {type(module) for module in stage.modules() if isinstance(module, nn.ReLU | nn.Hardswish)}
        for stage in (model.stem, *model.stages, model.head, model.hidden)
    ]
    assert kinds[:6] == [{nn.Hardswish}, *[{nn.ReLU}] * 5]
    assert kinds[6:] == [
        *[{nn.Hardswish}] * 3,
        *[{nn.Hardswish, nn.ReLU}] * 2,
        *[{nn.Hardswish}] * 2,
    ]
    gates = [module for module in model.modules() if isinstance(module, nn.Hardsigmoid)]
    assert len(gates) == 8
    assert model.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


def test_bottlenecks_stride_in_their_3x3() -> None:
    architecture = Architecture(Stem(8), (Stage("bottleneck", 32, 1, 2),), 0)
    model = build_model(architecture, num_classes=3)

    convs = [module for module in model.stages.modules() if isinstance(module, nn.Conv2d)]
    assert [(conv.kernel_size[0], conv.stride[0], conv.out_channels) for conv in convs] == [
        *((1, 1, 8), (3, 2, 8), (1, 1, 32), (1, 2, 32)),
    ]
