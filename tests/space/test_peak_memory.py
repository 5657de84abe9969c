"""Peak memory against the liveness of every tensor of the built network."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.fx import Node, symbolic_trace
from torch.fx.passes.shape_prop import ShapeProp

from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.encoding import decode
from mbscale.space.model import build_model
from mbscale.space.network import Target
from mbscale.space.peak_memory import count_peak_memory, tabulate_peak_memory
from mbscale.space.published import load_network
from mbscale.space.search_space import SearchSpace
from strategies import architectures, small_spaces, spaces_with_vectors

# Modules with an output of their own; all others work in place.
PRODUCING = (nn.Conv2d, nn.Linear, nn.MaxPool2d)


def simulate_peak(architecture: Architecture, resolution: int) -> int:
    """The slow, obvious count: which tensors are still needed while each operation runs."""
    traced = symbolic_trace(build_model(architecture, num_classes=7).eval())
    ShapeProp(traced).propagate(torch.zeros(1, 3, resolution, resolution))
    nodes = [node for node in traced.graph.nodes if node.op != "output"]
    modules = dict(traced.named_modules())
    buffers: dict[Node, Node] = {}
    for node in nodes:
        is_new = (
            node.op == "placeholder"
            or (node.op == "call_module" and isinstance(modules[str(node.target)], PRODUCING))
            or (node.op == "call_method" and node.target == "mean")
        )
        # A sum or a gate writes into its first input.
        buffers[node] = node if is_new else buffers[node.all_input_nodes[0]]
    last_use = {buffers[node]: place for place, node in enumerate(nodes)}
    for place, node in enumerate(nodes):
        last_use |= {buffers[read]: place for read in node.all_input_nodes}
    first_use = {node: place for place, node in enumerate(nodes) if buffers[node] is node}
    return max(
        sum(
            node.meta["tensor_meta"].shape.numel()
            for node, first in first_use.items()
            if first <= place <= last_use[node]
        )
        for place in range(len(nodes))
    )


@settings(max_examples=60, deadline=None)
@given(architectures(), st.sampled_from([1, 5, 16, 31]))
def test_the_closed_form_is_the_most_that_any_operation_needs(
    architecture: Architecture, resolution: int
) -> None:
    peak = count_peak_memory(architecture, resolution=resolution, num_classes=7)

    assert peak == simulate_peak(architecture, resolution)


@settings(max_examples=50, deadline=None)
@given(
    spaces_with_vectors(most=5) | spaces_with_vectors(most=5, spaces=small_spaces()),
    st.sampled_from([1, 28, 33, 224]),
)
def test_the_table_counts_what_the_closed_form_counts(
    drawn: tuple[SearchSpace, list[tuple[int, ...]]], resolution: int
) -> None:
    space, rows = drawn
    peaks = tabulate_peak_memory(space, Target(resolution, 10)).count(np.array(rows))

    assert peaks.tolist() == [
        count_peak_memory(decode(space, row), resolution=resolution, num_classes=10) for row in rows
    ]


def test_a_block_by_hand() -> None:
    """8 x 8 x 8 in; 24 channels inside, 6 squeezed: the input waits while SE runs."""
    stage = Stage("mbconv", 8, 1, expand_ratio=3, se_ratio=0.75)
    peak = count_peak_memory(
        Architecture(Stem(8, stride=1), (stage,), 0), resolution=8, num_classes=2
    )

    # Input, expanded map, and the map of the depthwise convolution.
    assert peak == 64 * (8 + 24 + 24)


def test_efficientnet_b0_peaks_where_its_second_stage_strides() -> None:
    """112 x 112 x 16 expands to 96 channels, which the depthwise convolution strides."""
    network = load_network("efficientnet-b0")

    peak = count_peak_memory(network.architecture, resolution=224, num_classes=1000)

    assert peak == 96 * 112**2 + 96 * 56**2


@pytest.mark.parametrize("width", [8, 16])
def test_a_projected_skip_holds_its_input_until_the_end(width: int) -> None:
    architecture = Architecture(Stem(8, stride=1), (Stage("basic", width, 1, 2),), 0)

    peak = count_peak_memory(architecture, resolution=64, num_classes=2)

    assert peak == max(3 * 64**2 + 8 * 64**2, 8 * 64**2 + 2 * width * 32**2)
