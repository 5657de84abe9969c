"""The built network is the one that was counted."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from mbscale.space.architecture import Architecture, Operator, Stage, Stem
from mbscale.space.cost import count_cost
from mbscale.space.model import build_model


@st.composite
def draw_stage(draw: st.DrawFn) -> Stage:
    operator: Operator = draw(st.sampled_from(["conv", "ds", "mbconv", "fused_mbconv"]))
    is_expanded = operator in ("mbconv", "fused_mbconv")
    return Stage(
        operator=operator,
        width=draw(st.sampled_from([8, 12, 24])),
        depth=draw(st.integers(1, 3)),
        stride=draw(st.sampled_from([1, 2])),
        kernel_size=draw(st.sampled_from([3, 5, 7])),
        expand_ratio=draw(st.sampled_from([2, 3, 4.5, 6])) if is_expanded else 1,
        se_ratio=0 if operator == "conv" else draw(st.sampled_from([0, 0.25])),
        skip=draw(st.sampled_from(["identity", "none"])),
    )


architectures = st.builds(
    Architecture,
    stem=st.builds(Stem, width=st.sampled_from([8, 16]), stride=st.sampled_from([1, 2])),
    stages=st.lists(draw_stage(), min_size=1, max_size=3).map(tuple),
    head_width=st.sampled_from([0, 32]),
    activation=st.sampled_from(["silu", "relu", "relu6"]),
    drop_path=st.sampled_from([0.0, 0.2]),
)


@settings(max_examples=25, deadline=None)
@given(architectures, st.sampled_from([31, 32, 48]))
def test_cost_equals_the_built_model(architecture: Architecture, resolution: int) -> None:
    with torch.device("meta"):
        model = build_model(architecture, num_classes=7).eval()
        images = torch.empty(1, 3, resolution, resolution)
    outputs: list[int] = []
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda _m, _i, out: outputs.append(out.numel()))

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(images)
    cost = count_cost(architecture, resolution=resolution, num_classes=7)

    assert cost.params == sum(weight.numel() for weight in model.parameters())
    assert cost.macs * 2 == counter.get_total_flops()
    assert cost.activations == sum(outputs)


def test_a_seed_gives_the_same_weights_and_leaves_the_global_state_alone() -> None:
    architecture = Architecture(Stem(8), (Stage("mbconv", 16, 2, expand_ratio=3),), 32)
    before = torch.random.get_rng_state()

    first = build_model(architecture, num_classes=3, seed=5).state_dict()
    second = build_model(architecture, num_classes=3, seed=5).state_dict()

    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(before, torch.random.get_rng_state())


def test_zero_initialized_branches_add_nothing() -> None:
    architecture = Architecture(Stem(8), (Stage("mbconv", 8, 3, expand_ratio=3),), 0)
    model = build_model(architecture, num_classes=3, seed=0, zero_init_residual=True).eval()
    x = torch.randn(2, 8, 6, 6)

    assert torch.equal(model.stages(x), x)
