"""The networks of NAS-Bench-Macro (Su et al., 2021, arXiv:2103.11922), for CIFAR-10."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture, Stage, Stem

RESOLUTION = 32
NUM_CLASSES = 10
# Each network learned from all 50,000 images in each of 50 epochs: the defaults of
# train/train.py in the benchmark's repository, xiusu/NAS-Bench-Macro (SGD with momentum,
# batches of 256, cosine from 0.1, weight decay 5e-4).
TRAINING_IMAGES = 50 * 50_000

# Blocks of each width; the first of each strides and doubles the width.
_DEPTHS = (2, 3, 3)
_STEM_WIDTH = 32
_HEAD_WIDTH = 1280


def make_macro_architecture(choices: Sequence[int]) -> Architecture:
    """The network of eight choices: 0 identity, 1 MBConv k3 e3, 2 MBConv k5 e6.

    An identity that strides is a 1x1 convolution with batch norm, any other is no block.
    """
    if len(choices) != sum(_DEPTHS) or not set(choices) <= {0, 1, 2}:
        msg = f"a network of NAS-Bench-Macro is eight numbers from 0 to 2; got {list(choices)}"
        raise ArchitectureError(msg)
    stages: list[Stage] = []
    remaining = iter(choices)
    for level, depth in enumerate(_DEPTHS, start=1):
        width = _STEM_WIDTH * 2**level
        strides = (2, *(1,) * (depth - 1))
        made = [_make_stage(next(remaining), width, stride) for stride in strides]
        stages += [stage for stage in made if stage is not None]
    # Batch norm as PyTorch makes it, which the benchmark leaves as it is.
    return Architecture(
        Stem(_STEM_WIDTH, stride=1),
        tuple(stages),
        head_width=_HEAD_WIDTH,
        activation="relu",
        bn_eps=1e-5,
        bn_momentum=0.1,
    )


def canonicalize_macro(vectors: NDArray[np.int64]) -> NDArray[np.int64]:
    """One vector for all of a network, of rows of eight choices ``(n, 8)``.

    An identity that does not stride is no block, so it may stand anywhere after the first
    block of its stage; here it stands last. 3,969 of the 6,561 vectors are left.
    """
    canonical, first = vectors.copy(), 0
    for depth in _DEPTHS:
        inner = canonical[:, first + 1 : first + depth]
        order = np.argsort(inner == 0, axis=1, kind="stable")
        inner[:] = np.take_along_axis(inner, order, axis=1)
        first += depth
    return canonical


def _make_stage(choice: int, width: int, stride: int) -> Stage | None:
    if choice == 0:
        is_absent = stride == 1
        return None if is_absent else Stage("linear_conv", width, 1, stride, kernel_size=1)
    kernel_size, expand_ratio = ((3, 3), (5, 6))[choice - 1]
    return Stage("mbconv", width, 1, stride, kernel_size=kernel_size, expand_ratio=expand_ratio)
