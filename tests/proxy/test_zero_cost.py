"""Scores of untrained networks against closed forms, slow versions and their papers' laws."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from mbscale.proxy.zero_cost.counts import score_macs, score_parameters, score_stages
from mbscale.proxy.zero_cost.gradient_scores import score_gradient_norm, score_zico
from mbscale.proxy.zero_cost.naswot import score_naswot
from mbscale.proxy.zero_cost.synflow import score_synflow
from mbscale.proxy.zero_cost.zen import score_zen
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.model import Model, build_model
from mbscale.space.published import load_network

CHAIN = Architecture(
    stem=Stem(4, kernel_size=1, stride=1),
    stages=(Stage("conv", 8, 1, kernel_size=1, skip="none"),),
    head_width=0,
)
MIXED = Architecture(
    stem=Stem(8),
    stages=(
        Stage("mbconv", 8, 2, expand_ratio=3, se_ratio=0.25),
        Stage("ds", 16, 2, stride=2),
    ),
    head_width=16,
    activation="relu",
)


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def _build(architecture: Architecture, seed: int = 0) -> Model:
    return build_model(architecture, num_classes=5, seed=seed)


def _batch(seed: int, n_images: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(n_images, 3, 16, 16, generator=generator)
    return images, torch.randint(5, (n_images,), generator=generator)


def _convolutions(model: nn.Module) -> list[torch.Tensor]:
    return [module.weight for module in model.modules() if isinstance(module, nn.Conv2d)]


def test_counts_are_those_of_the_published_network() -> None:
    network = load_network("efficientnet-b0").architecture

    assert score_parameters(network, num_classes=1000) == math.log(5_288_548)
    assert score_macs(network, resolution=224, num_classes=1000) == math.log(385_814_752)


def test_a_stage_adds_the_fourth_root_of_its_parameters() -> None:
    # 4 x 8 weights and 2 x 8 of batch norm, then twice 9 x 8 x 16 and so on.
    first, second = Stage("conv", 8, 1, kernel_size=1), Stage("conv", 16, 2)
    network = replace(CHAIN, stages=(first, second))
    params = (4 * 8 + 16, 9 * 8 * 16 + 32 + 9 * 16 * 16 + 32)

    assert score_stages(network) == pytest.approx(sum(count**0.25 for count in params))


def test_blocks_of_one_width_and_resolution_are_one_stage() -> None:
    one = replace(CHAIN, stages=(Stage("ds", 8, 3),))
    split = replace(CHAIN, stages=(Stage("ds", 8, 1), Stage("ds", 8, 2)))

    assert score_stages(split) == pytest.approx(score_stages(one))


def test_synflow_of_a_linear_chain_is_layers_times_the_product_of_its_weights() -> None:
    model = _build(CHAIN)
    stem, conv = (weight.detach().abs().flatten(1).double() for weight in _convolutions(model))
    output = (model.classifier.weight.detach().abs().double() @ conv @ stem).sum()

    # Each of the three layers holds the whole flow once; the mean over pixels is one pixel's.
    assert score_synflow(model, resolution=6) == pytest.approx(math.log(3 * float(output)))


def _slow_synflow(model: Model, resolution: int) -> float:
    """Without rescaling, by autograd on a network whose batch norms and activations do nothing."""
    for norm in [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]:
        norm.eps = 0.0
    model.double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.abs_()
    weights = [
        module.weight for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    output = model(torch.ones(1, 3, resolution, resolution, dtype=torch.float64)).sum()
    gradients = torch.autograd.grad(output, weights)
    return math.log(
        sum(float((w.detach() * g).sum()) for w, g in zip(weights, gradients, strict=True))
    )


@given(st.integers(0, 3), st.integers(1, 3), st.sampled_from([1, 2]))
def test_rescaling_changes_no_flow(seed: int, depth: int, stride: int) -> None:
    stages = (Stage("mbconv", 8, depth, expand_ratio=3), Stage("ds", 12, 2, stride=stride))
    # With ReLU, and batch norms of mean 0 and variance 1, the slow version is linear as well.
    network = replace(MIXED, stages=stages)

    fast = score_synflow(_build(network, seed), resolution=8)

    assert fast == pytest.approx(_slow_synflow(_build(network, seed), 8), abs=1e-9)


def test_synflow_stays_finite_in_a_network_of_a_thousand_blocks() -> None:
    deep = replace(MIXED, stages=(Stage("conv", 16, 1000, skip="none"),))

    # The flow itself is beyond 10 ** 308.
    assert 710 < score_synflow(_build(deep), resolution=4) < math.inf


def test_gradient_norm_is_the_sum_of_norms_that_backward_leaves() -> None:
    images, labels = _batch(0)
    model = _build(MIXED)
    torch.autograd.backward(functional.cross_entropy(model.train()(images), labels))
    weights = [
        module.weight for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    norms = [float(weight.grad.norm()) for weight in weights if weight.grad is not None]

    score = score_gradient_norm(_build(MIXED), (images, labels))

    assert len(norms) == len(weights)
    assert score == pytest.approx(math.log(sum(norms)))


def test_gradients_of_a_linear_classifier_are_those_of_softmax_regression() -> None:
    # Cross-entropy by hand: (softmax - one-hot) x^T / N.
    images, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 1])
    layer = nn.Linear(3, 5, bias=False)
    expected = (layer(images).softmax(1) - functional.one_hot(labels, 5)).T @ images / 4

    assert score_gradient_norm(layer, (images, labels)) == pytest.approx(
        math.log(float(expected.detach().norm())), abs=1e-6
    )


def test_zico_of_one_layer_is_mean_over_deviation_of_the_gradients() -> None:
    layer = nn.Linear(2, 3, bias=False)
    batches = [(torch.randn(4, 2), torch.tensor([0, 1, 2, 0])) for _ in range(3)]
    gradients = [
        ((layer(x).softmax(1) - functional.one_hot(y, 3)).T @ x / 4).detach().numpy()
        for x, y in batches
    ]
    sizes = np.abs(np.array(gradients, dtype=np.float64))
    expected = math.log((sizes.mean(axis=0) / sizes.std(axis=0)).sum())

    assert score_zico(layer, batches) == pytest.approx(expected, rel=1e-4)


def test_zico_of_equal_batches_says_nothing() -> None:
    layer, batch = nn.Linear(2, 3), (torch.randn(4, 2), torch.tensor([0, 1, 2, 0]))

    assert score_zico(layer, [batch, batch]) == -math.inf


def test_naswot_is_the_determinant_of_agreeing_units() -> None:
    images = torch.tensor([[1.0, -1.0, 2.0], [1.0, 1.0, 2.0], [-1.0, -1.0, 2.0]])
    # Codes 101, 111, 001: agreements in 3 units.
    kernel = np.array([[3, 2, 2], [2, 3, 1], [2, 1, 3]])

    score = score_naswot(nn.Sequential(nn.ReLU()), images)

    assert score == pytest.approx(math.log(np.linalg.det(kernel)))


def test_naswot_of_two_equal_images_is_minus_infinity() -> None:
    assert score_naswot(nn.Sequential(nn.SiLU()), torch.ones(2, 3)) == -math.inf


def _zen(architecture: Architecture, seed: int = 0) -> float:
    return score_zen(_build(architecture), resolution=8, batch_size=8, seed=seed)


def test_zen_does_not_see_squeeze_and_excite_nor_skips() -> None:
    first, second = MIXED.stages
    bare = replace(MIXED, stages=(replace(first, se_ratio=0, skip="none"), second))

    assert _zen(bare) == pytest.approx(_zen(MIXED), abs=1e-5)


def test_zen_of_one_layer_is_the_change_of_the_map_without_batch_norm() -> None:
    network = replace(CHAIN, stages=(Stage("conv", 4, 1, skip="none"),), activation="relu")
    model = _build(network)
    score = score_zen(model, resolution=8, batch_size=16, seed=3)
    weights = [weight.detach() for weight in _convolutions(model)]
    generator = torch.Generator().manual_seed(3)
    for weight in weights:
        nn.init.normal_(torch.empty_like(weight), 0.0, 1.0, generator)
    size = (16, 3, 8, 8)
    first, noise = (torch.randn(size, generator=generator) for _ in range(2))
    scales: list[float] = []

    def forward(x: torch.Tensor) -> torch.Tensor:
        for weight, padding in zip(weights, (0, 1), strict=True):
            x = functional.conv2d(x, weight, padding=padding)
            variance = x.var((0, 2, 3), correction=0, keepdim=True)
            scales.append(float(variance.mean().sqrt()))
            x = ((x - x.mean((0, 2, 3), keepdim=True)) / (variance + 1e-3).sqrt()).relu()
        return x

    change = (forward(first) - forward(first + 0.01 * noise)).flatten(1).norm(dim=1).mean()
    expected = math.log(float(change) * scales[0] * scales[1])

    assert score == pytest.approx(expected, abs=1e-4)


def test_zen_repeats_under_its_seed_alone() -> None:
    assert _zen(MIXED, 1) == _zen(MIXED, 1) != _zen(MIXED, 2)
