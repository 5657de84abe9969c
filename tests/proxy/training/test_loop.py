"""The training loop on small networks of any kind."""

import numpy as np
import pytest
import torch
from torch import nn

from mbscale.proxy.images.augment import measure_normalization, to_device
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.images.labeled_images import Split
from mbscale.proxy.settings import DataSettings, OptimizerName, TrainingSettings
from mbscale.proxy.training.device import limit_threads
from mbscale.proxy.training.loop import DivergedError, TrainingImages, measure, train_model

CPU = torch.device("cpu")


def _stripes(n_images: int, seed: int) -> Split:
    """Two classes, stripes along or across, under noise: learned in a few steps."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n_images)
    along = np.tile(np.array([60, 190], dtype=np.uint8), (8, 4))
    images = np.where(labels[:, None, None] == 1, along.T, along)
    noisy = images + rng.integers(-50, 50, images.shape)
    return Split(noisy.astype(np.uint8)[..., None], labels.astype(np.int64))


def _training_images(split: Split) -> TrainingImages:
    normalization = measure_normalization(split, CPU)
    return TrainingImages(to_device(split, CPU), normalization, flip=True, padding=1)


def _network() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 2),
        )


IMAGES = _training_images(_stripes(256, 0))
UNSEEN = to_device(_stripes(256, 1), CPU)


@pytest.mark.parametrize(("optimizer", "rate"), [("adamw", 0.03), ("sgd", 0.1), ("rmsprop", 0.003)])
def test_every_optimizer_learns(optimizer: OptimizerName, rate: float) -> None:
    settings = TrainingSettings(
        epochs=6, batch_size=16, optimizer=optimizer, learning_rate=rate, weight_decay=1e-4
    )
    model = _network()

    train_model(model, IMAGES, settings, seed=0)

    assert measure(model, UNSEEN, IMAGES.normalization).accuracy > 0.95


def test_the_same_seed_gives_the_same_weights_to_the_last_digit() -> None:
    first, second, other = _network(), _network(), _network()
    for model, seed in ((first, 5), (second, 5), (other, 6)):
        train_model(model, IMAGES, TrainingSettings(epochs=2), seed=seed)

    assert all(map(torch.equal, first.parameters(), second.parameters()))
    assert not all(map(torch.equal, first.parameters(), other.parameters()))


def test_mixed_precision_on_the_cpu_learns_and_is_asked_for() -> None:
    models = {amp: _network() for amp in (False, True, "everywhere")}
    for amp, model in models.items():
        train_model(
            model,
            IMAGES,
            TrainingSettings(epochs=6, batch_size=16, learning_rate=0.03, amp=amp),  # type: ignore[arg-type]  # a key of this dict
            seed=0,
        )

    weights = [list(model.parameters()) for model in models.values()]
    assert all(map(torch.equal, weights[0], weights[1]))
    assert not all(map(torch.equal, weights[0], weights[2]))
    assert {weight.dtype for weight in weights[2]} == {torch.float32}
    assert measure(models["everywhere"], UNSEEN, IMAGES.normalization).accuracy > 0.95


def test_the_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()

    train_model(_network(), IMAGES, TrainingSettings(epochs=1), seed=5)

    assert torch.equal(torch.get_rng_state(), before)


def test_an_absurd_rate_diverges_and_says_so() -> None:
    settings = TrainingSettings(optimizer="sgd", learning_rate=1e20)

    with pytest.raises(DivergedError, match="loss"):
        train_model(_network(), IMAGES, settings, seed=0)


def test_weight_decay_leaves_batch_norm_and_biases_alone() -> None:
    plain, decayed = _network(), _network()
    for model, decay in ((plain, 0.0), (decayed, 1e6)):
        # A rate so small that only an enormous decay can move anything.
        settings = TrainingSettings(epochs=1, learning_rate=1e-9, weight_decay=decay)
        train_model(model, IMAGES, settings, seed=0)
    moved = [
        not torch.allclose(before, after, rtol=1e-5, atol=1e-7)
        for before, after in zip(plain.parameters(), decayed.parameters(), strict=True)
    ]

    assert moved == [parameter.ndim > 1 for parameter in plain.parameters()]


def test_a_stop_ends_the_training_after_that_epoch() -> None:
    seen: list[int] = []

    def stop_at_two(epoch: int) -> bool:
        seen.append(epoch)
        return epoch == 2

    done = train_model(
        _network(), IMAGES, TrainingSettings(epochs=4), seed=0, after_epoch=stop_at_two
    )

    assert (done, seen) == (2, [1, 2])


def test_fewer_images_than_a_batch_are_one_step() -> None:
    few = _training_images(_stripes(10, 0))

    assert train_model(_network(), few, TrainingSettings(epochs=2), seed=0) == 2


def test_a_network_that_knows_nothing_has_the_log_loss_of_guessing() -> None:
    model = _network()
    for parameter in model[-1].parameters():
        nn.init.zeros_(parameter)

    score = measure(model, UNSEEN, IMAGES.normalization)

    assert score.log_loss == pytest.approx(np.log(2))
    assert score.accuracy == pytest.approx(float((UNSEEN.labels == 0).float().mean()))


def test_a_last_smaller_batch_weighs_by_its_images() -> None:
    model = _network()
    some = to_device(_stripes(300, 2), CPU)
    model.eval()
    with torch.inference_mode():
        logits = model(IMAGES.normalization.apply(some.images))

    score = measure(model, some, IMAGES.normalization)

    assert score.log_loss == pytest.approx(
        float(nn.functional.cross_entropy(logits, some.labels)), rel=1e-5
    )


def test_the_number_of_threads_is_given_back() -> None:
    before = torch.get_num_threads()

    with limit_threads(before + 1):
        inside = torch.get_num_threads()

    assert (inside, torch.get_num_threads()) == (before + 1, before)


def test_embedded_images_fit_the_loop() -> None:
    split = load_dataset(DataSettings(n_train=100, n_selection=100)).train

    assert len(_training_images(split).split) == 100


@pytest.mark.parametrize("is_training", [True, False])
def test_networks_are_trained_and_judged_by_the_fast_layers(*, is_training: bool) -> None:
    images, network = _training_images(_stripes(64, 0)), _network()
    found: list[bool] = []

    def look(module: nn.Module, _images: object) -> None:
        found.append("forward" in vars(module.get_submodule("0")))

    network.register_forward_pre_hook(look)

    if is_training:
        train_model(network, images, TrainingSettings(epochs=1), seed=0)
    else:
        measure(network, images.split, images.normalization)

    assert found
    assert all(found)
