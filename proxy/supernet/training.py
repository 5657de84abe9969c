"""Training of the supernet, one epoch after the other, each saved."""

import logging
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torch.optim import Optimizer

from mbscale.errors import RunError
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.supernet.sampling import sample_step
from mbscale.proxy.supernet.shared_weights import SharedWeights
from mbscale.proxy.training.device import keep_freed_memory, seeded
from mbscale.proxy.training.loop import AfterEpoch, Batches, TrainingImages
from mbscale.proxy.training.optimizer import make_optimizer
from mbscale.proxy.training.schedule import rate_factors

_LOGGER = logging.getLogger(__name__)


def train_supernet(
    shared: SharedWeights,
    images: TrainingImages,
    settings: ProxySettings,
    *,
    checkpoint: Path,
    after_epoch: AfterEpoch | None = None,
) -> None:
    """Train from where ``checkpoint`` stands, or load it where it is finished.

    What an epoch draws depends on its number alone, so a training that was stopped
    between two epochs gives the weights of one that was not.
    """
    recipe, epochs = settings.training, settings.supernet.epochs
    if images.split.labels.device.type == "cpu":
        keep_freed_memory()
    optimizer = make_optimizer(shared, recipe)
    n_steps = max(len(images.split) // recipe.batch_size, 1)
    factors = rate_factors(recipe.schedule, n_steps * epochs, warmup=recipe.warmup)
    for epoch in range(_restore(shared, optimizer, checkpoint), epochs):
        rates = [recipe.learning_rate * factor for factor in factors[epoch * n_steps :][:n_steps]]
        _train_epoch(shared, images, settings, optimizer, epoch=epoch, rates=rates)
        _save(shared, optimizer, checkpoint, epoch + 1)
        _LOGGER.info("epoch %d of %d of the supernet is in %s", epoch + 1, epochs, checkpoint)
        if after_epoch is not None and after_epoch(epoch + 1):
            return


def _train_epoch(
    shared: SharedWeights,
    images: TrainingImages,
    settings: ProxySettings,
    optimizer: Optimizer,
    *,
    epoch: int,
    rates: list[float],
) -> None:
    supernet, recipe = settings.supernet, settings.training
    rng = np.random.default_rng((supernet.seed, epoch))
    seed = int(rng.integers(2**31))
    batches = Batches(images, recipe.batch_size, seed).epoch()
    with seeded(seed, images.split.labels.device):
        for rate, (batch, labels) in zip(rates, batches, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad(set_to_none=True)
            networks = sample_step(shared.space, supernet, rng)
            total = 0.0
            for architecture in networks:
                logits = shared.run(architecture, batch)
                loss = functional.cross_entropy(
                    logits, labels, label_smoothing=recipe.label_smoothing
                )
                torch.autograd.backward(loss / len(networks))
                total += float(loss.detach())
            if not np.isfinite(total):
                msg = (
                    f"the training loss of the supernet became {total} in epoch {epoch + 1}; "
                    "lower proxy.training.learning_rate"
                )
                raise RunError(msg)
            optimizer.step()


def _save(shared: SharedWeights, optimizer: Optimizer, path: Path, epochs: int) -> None:
    state = {"epochs": epochs, "weights": shared.state_dict(), "optimizer": optimizer.state_dict()}
    # Replaced whole, so that a training that is killed while it writes has the last one.
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            torch.save(state, file)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _restore(shared: SharedWeights, optimizer: Optimizer, path: Path) -> int:
    """Epochs that are done; 0 where there is no file."""
    if not path.exists():
        return 0
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        shared.load_state_dict(state["weights"])
        optimizer.load_state_dict(state["optimizer"])
        return int(state["epochs"])
    except (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        RuntimeError,
        pickle.UnpicklingError,
    ) as failure:
        msg = f"{path} is not the checkpoint of this supernet ({failure}); delete it to train anew"
        raise RunError(msg) from failure
