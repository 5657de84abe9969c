"""Batch norm statistics measured anew, because shared weights have none that fit all."""

import torch
from torch import nn

from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.proxy.training.loop import TrainingImages

_BATCH = 250


def recalibrate(model: nn.Module, images: TrainingImages, *, n_images: int, seed: int) -> int:
    """Set running mean and variance to the mean over batches; return the images shown.

    The batches are equally large, but for one image, and hold random training images as
    they are judged, without augmentation. As in Once-for-All and BigNAS.
    """
    split = images.split
    n_shown = min(n_images, len(split))
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(split), generator=generator)[:n_shown].to(split.labels.device)
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            # None: the plain mean over batches.
            module.momentum = None
            module.train()
    with torch.no_grad(), fast_layers(model):
        for part in chosen.tensor_split(-(-n_shown // _BATCH)):
            model(images.normalization.apply(split.images[part]))
    model.eval()
    return n_shown
