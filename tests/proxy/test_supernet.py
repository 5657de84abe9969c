"""The supernet: its slices, its batch norm, its training and its resumption."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from mbscale.errors import ArchitectureError, ConfigError, RunError
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.settings import DataSettings, ProxySettings, TrainingSettings
from mbscale.proxy.supernet.evaluator import Supernet, checkpoint_path
from mbscale.proxy.supernet.recalibration import recalibrate
from mbscale.proxy.supernet.sampling import sample_step
from mbscale.proxy.supernet.shared_weights import SharedWeights, list_largest
from mbscale.proxy.supernet.training import train_supernet
from mbscale.proxy.supernet_settings import SupernetSettings
from mbscale.proxy.training.loop import TrainingImages
from mbscale.proxy.training.resident_images import ResidentImages
from mbscale.space.architecture import Architecture
from mbscale.space.encoding import decode, encode, sample_vector, space_choices
from mbscale.space.operators import OPERATORS, Operator
from mbscale.space.search_space import SearchSpace, load_search_space
from strategies import labels, members, small_spaces

TINY = str(Path(__file__).parent / "tiny_space.yaml")
SETTINGS = ProxySettings(
    evaluator="supernet",
    data=DataSettings(n_train=200, n_selection=100, n_test=100),
    training=TrainingSettings(batch_size=64),
    resolution=12,
    supernet=SupernetSettings(space=TINY, epochs=2),
    device="cpu",
)


def _share(space: SearchSpace, proxy: ProxySettings = SETTINGS) -> SharedWeights:
    return SharedWeights(space, proxy, num_classes=10)


def _weights(shared: SharedWeights) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in shared.named_parameters()}


@pytest.fixture
def images() -> TrainingImages:
    dataset = load_dataset(SETTINGS.data)
    return ResidentImages(SETTINGS, dataset, torch.device("cpu")).at(None).training


def _draw(space: SearchSpace, seed: int) -> Architecture:
    return decode(space, sample_vector(space, np.random.default_rng(seed)))


@given(
    space=small_spaces() | st.sampled_from([TINY, "small"]).map(load_search_space), data=st.data()
)
@settings(max_examples=15)
def test_a_network_computes_what_a_model_of_its_own_does(
    space: SearchSpace, data: st.DataObject
) -> None:
    architecture = data.draw(members(space))
    shared = _share(space)
    batch = torch.randn(3, 3, 16, 16)

    torch.manual_seed(0)
    ours = shared.run(architecture, batch)
    torch.manual_seed(0)
    alone = shared.extract(architecture).train()(batch)

    torch.testing.assert_close(ours, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_has_shared_weights_for_every_width(operator: Operator) -> None:
    changes = {"operators": labels(operator), "stride": 1, "skips": ("none", "identity")}
    space = load_search_space(TINY)
    stages = tuple(replace(stage, **changes) for stage in space.stages)  # pyright: ignore[reportArgumentType]
    space = replace(space, stages=stages)
    shared, batch = _share(space), torch.randn(2, 3, 16, 16)

    for seed in range(20):
        assert shared.run(_draw(space, seed), batch).shape == (2, 10)


def test_a_network_trains_in_mixed_precision_where_the_settings_say_so() -> None:
    space = load_search_space(TINY)
    training = replace(SETTINGS.training, amp="everywhere")
    single, mixed = (
        _share(space, replace(SETTINGS, training=t)) for t in (SETTINGS.training, training)
    )
    batch, architecture = torch.randn(64, 3, 16, 16), list_largest(space)[-1]

    exact, rounded = (shared.run(architecture, batch) for shared in (single, mixed))

    assert exact.dtype == rounded.dtype == torch.float32
    assert not torch.equal(exact, rounded)
    # Eight bits of the numbers, layer after layer.
    torch.testing.assert_close(exact, rounded, rtol=0.1, atol=0.1)


def test_a_network_has_the_first_channels_and_the_middle_of_the_kernels() -> None:
    space = load_search_space(TINY)
    largest, shared = list_largest(space)[-1], _share(load_search_space(TINY))
    # mbconv3, kernel 3, SE, width 8, one block; then the same.
    small = decode(space, (*encode(space, largest)[:1], 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0))
    whole, part = (dict(shared.extract(one).named_parameters()) for one in (largest, small))

    # The first stage sees 8 channels in both; the second sees 16 and 8.
    name = "stages.0.0.branch.{}.weight"
    kernel = name.format("depthwise.conv")
    assert torch.equal(part[kernel], whole[kernel][:24, :, 1:4, 1:4])
    project = name.format("project.conv")
    assert torch.equal(part[project], whole[project][:8, :24])
    expand = "stages.1.0.branch.expand.conv.weight"
    assert torch.equal(part[expand], whole[expand][:24, :8])
    squeeze = "stages.1.0.branch.se.reduce.weight"
    assert torch.equal(part[squeeze], whole[squeeze][:2, :24])
    assert torch.equal(part["classifier.weight"], whole["classifier.weight"][:, :8])


def test_gradients_reach_the_slice_and_nothing_else() -> None:
    space = load_search_space(TINY)
    shared = _share(space)
    smallest = decode(space, (0,) * len(space_choices(space)))

    torch.autograd.backward(shared.run(smallest, torch.randn(4, 3, 16, 16)).square().sum())

    reached = {name: w.grad for name, w in shared.named_parameters() if w.grad is not None}
    assert not any("mbconv" in name for name in reached)
    classifier = next(grad for name, grad in reached.items() if name.endswith("classifier/weight"))
    assert (classifier[:, :8] != 0).any()
    assert (classifier[:, 8:] == 0).all()


def test_a_network_of_another_space_is_refused() -> None:
    other = load_search_space("small")

    with pytest.raises(ArchitectureError, match="tiny"):
        _share(load_search_space(TINY)).extract(_draw(other, 0))


def test_batch_norm_gets_the_statistics_of_the_images(images: TrainingImages) -> None:
    model = _share(load_search_space(TINY)).extract(_draw(load_search_space(TINY), 3))
    seen: list[Tensor] = []
    norm = model.stem[1]
    assert isinstance(norm, nn.BatchNorm2d)
    hook = norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].double()))

    n_shown = recalibrate(model, images, n_images=1000, seed=0)
    hook.remove()

    # All 200 training images fit in one batch: every channel over images and places.
    everything = torch.cat(seen).permute(1, 0, 2, 3).flatten(1)
    assert n_shown == 200
    assert norm.running_mean is not None
    assert norm.running_var is not None
    torch.testing.assert_close(norm.running_mean.double(), everything.mean(1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm.running_var.double(), everything.var(1), rtol=1e-4, atol=1e-5)


def test_recalibrated_batch_norm_judges_a_batch_as_training_sees_it(
    images: TrainingImages,
) -> None:
    space = load_search_space(TINY)
    model = _share(replace(space, drop_path=0.0)).extract(_draw(replace(space, drop_path=0.0), 5))
    recalibrate(model, images, n_images=200, seed=0)
    batch = images.normalization.apply(images.split.images)

    with torch.no_grad():
        judged, trained = model(batch), model.train()(batch)

    # Running variances are unbiased, those of a batch are not.
    torch.testing.assert_close(judged, trained, rtol=1e-2, atol=1e-2)


def test_a_stopped_training_goes_on_to_the_same_weights(
    images: TrainingImages, tmp_path: Path
) -> None:
    space = load_search_space(TINY)
    straight, stopped, resumed = (_share(space) for _ in range(3))
    train_supernet(straight, images, SETTINGS, checkpoint=tmp_path / "a.pt")
    begun = _weights(stopped)

    train_supernet(
        stopped, images, SETTINGS, checkpoint=tmp_path / "b.pt", after_epoch=lambda _: True
    )
    train_supernet(resumed, images, SETTINGS, checkpoint=tmp_path / "b.pt")

    assert any(not torch.equal(value, begun[name]) for name, value in _weights(stopped).items())
    assert any(
        not torch.equal(value, _weights(straight)[name])
        for name, value in _weights(stopped).items()
    )
    torch.testing.assert_close(_weights(resumed), _weights(straight), rtol=0, atol=0)


def test_a_file_that_is_no_checkpoint_is_named(images: TrainingImages, tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(b"not a checkpoint")

    with pytest.raises(RunError, match=r"a\.pt is not the checkpoint"):
        train_supernet(_share(load_search_space(TINY)), images, SETTINGS, checkpoint=path)


@given(space=small_spaces(), seed=st.integers(0, 99))
def test_fair_steps_use_every_option_equally_often(space: SearchSpace, seed: int) -> None:
    fair = SupernetSettings(sampling="fair")
    choices = space_choices(space)
    longest = max(len(choice.options) for choice in choices)

    networks = sample_step(space, fair, np.random.default_rng(seed))

    assert len(networks) == longest
    depths = [[one.stages[index].depth for one in networks] for index in range(len(space.stages))]
    for stage, found in zip(space.stages, depths, strict=True):
        counts = [found.count(depth) for depth in stage.depths]
        assert max(counts) - min(counts) <= 1


@given(space=small_spaces(), seed=st.integers(0, 99))
def test_a_sandwich_has_the_largest_and_the_smallest(space: SearchSpace, seed: int) -> None:
    sandwich = SupernetSettings(sampling="sandwich", n_random=3)

    networks = sample_step(space, sandwich, np.random.default_rng(seed))

    choices = space_choices(space)
    assert len(networks) == 5
    assert networks[0] == decode(space, [len(choice.options) - 1 for choice in choices])
    assert networks[1] == decode(space, [0] * len(choices))


def test_a_second_evaluator_finds_the_supernet_trained(tmp_path: Path) -> None:
    supernet = replace(SETTINGS.supernet, cache=str(tmp_path))
    proxy = replace(SETTINGS, supernet=supernet)
    architecture = _draw(load_search_space(TINY), 1)
    first = make_evaluator(proxy)(architecture, seed=0)
    path = checkpoint_path(proxy, load_search_space(TINY).name, load_dataset(proxy.data))
    written = path.stat().st_mtime_ns

    again = make_evaluator(proxy)(architecture, seed=0)

    assert again.accuracy == first.accuracy
    assert again.log_loss == first.log_loss
    assert path.stat().st_mtime_ns == written


def test_other_settings_have_another_file_and_the_cache_is_no_setting() -> None:
    images = load_dataset(SETTINGS.data)
    longer = replace(SETTINGS, supernet=replace(SETTINGS.supernet, epochs=3))
    calibrated = replace(SETTINGS, supernet=replace(SETTINGS.supernet, n_recalibration=9))

    path = checkpoint_path(SETTINGS, "tiny", images)

    assert checkpoint_path(longer, "tiny", images) != path
    assert checkpoint_path(calibrated, "tiny", images) == path


def test_a_supernet_without_a_space_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"supernet\.space"):
        Supernet(replace(SETTINGS, supernet=SupernetSettings()))


@pytest.mark.slow
def test_a_trained_supernet_tells_classes_apart(tmp_path: Path) -> None:
    proxy = replace(
        SETTINGS,
        data=DataSettings(n_train=2000, n_selection=1000),
        supernet=SupernetSettings(space=TINY, epochs=6, cache=str(tmp_path)),
    )
    evaluate = make_evaluator(proxy)
    found = [evaluate(_draw(load_search_space(TINY), seed), seed=0).accuracy for seed in range(3)]

    # Ten classes: three times chance.
    assert all(accuracy is not None and accuracy > 0.3 for accuracy in found)
