"""What public records of ImageNet say of a network, by a formula that was fitted to them.

Notation: ``c`` are the logarithms of MACs at 224 pixels and of parameters with 1,000
classes; ``s`` those of the parameters of seven stages; ``p`` by stage the logarithms of
depth, mean expansion and mean kernel, and the share of blocks with squeeze-and-excitation;
each less its mean over the records, and divided by its deviation. The expected accuracy is

    1 - exp(-(w0 + w1'c + w2'(c * c - 1) + w3's + w4'(s_i s_j) + w5'p))

with the weights that fit records of Accel-NASBench best (Bouzidi et al., 2024,
arXiv:2404.08005; ``python -m mbscale.search.bench.fit_imagenet_score``).
"""

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mbscale.errors import ConfigError
from mbscale.proxy.zero_cost.counts import number_stages
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import Block, realize_blocks
from mbscale.space.cost import count_blocks, count_cost
from mbscale.strict_yaml import load_yaml

N_STAGES = 7
RESOLUTION, NUM_CLASSES = 224, 1000
SHIPPED = "imagenet_records.yaml"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RecordWeights:
    """Mean and deviation of the descriptions ``(37,)`` of records; a weight a feature ``(68,)``."""

    mean: Floats
    deviation: Floats
    weights: Floats


def score_imagenet(architecture: Architecture) -> float:
    """The expected ImageNet accuracy after the training of the records, from 0 to 1.

    On records that the weights were not fitted to, it is off by 0.5 points. Of networks
    that are not like them (seven stages of MBConv blocks, 200 to 500 M MACs) it is a guess,
    and may be below 0: other stages count as those at the same relative depth.
    """
    known = load_weights()
    described = (describe_network(architecture) - known.mean) / known.deviation
    return -math.expm1(-float(make_features(described[None])[0] @ known.weights))


def describe_network(architecture: Architecture) -> Floats:
    """``c``, ``s`` and ``p`` of a network ``(37,)``, before they are standardized."""
    cost = count_cost(architecture, resolution=RESOLUTION, num_classes=NUM_CLASSES)
    found = _list_stages(architecture)
    stages = [found[place] for place in match_stages(len(found))]
    params = [count_blocks(stage, 1)[0].params for stage in stages]
    kinds = np.array([_describe_stage(stage) for stage in stages]).T
    return np.concatenate([np.log([cost.macs, cost.params, *params]), kinds.ravel()])


def make_features(described: Floats) -> Floats:
    """What the formula has weights of, ``(n, 68)``, from standardized descriptions ``(n, 37)``."""
    c, s, p = np.split(described, [2, 2 + N_STAGES], axis=1)
    i, j = np.triu_indices(N_STAGES)
    return np.concatenate([np.ones((len(c), 1)), c, c**2 - 1, s, s[:, i] * s[:, j], p], axis=1)


def match_stages(n_stages: int) -> NDArray[np.int64]:
    """For each of the seven stages of the records, the stage at the same relative depth.

    >>> match_stages(7).tolist(), match_stages(3).tolist()
    ([0, 1, 2, 3, 4, 5, 6], [0, 0, 1, 1, 1, 2, 2])
    """
    relative = np.arange(N_STAGES) / (N_STAGES - 1)
    return np.rint(relative * (n_stages - 1)).astype(np.int64)


@cache
def load_weights() -> RecordWeights:
    """The weights that are part of the package."""
    path = files("mbscale.proxy.zero_cost") / "data" / SHIPPED
    held = load_yaml(path.read_text(encoding="utf-8"), where=SHIPPED, error=ConfigError)
    return RecordWeights(*(np.array(held[name]) for name in ("mean", "deviation", "weights")))


def _list_stages(architecture: Architecture) -> list[tuple[Block, ...]]:
    blocks = [block for stage in realize_blocks(architecture) for block in stage]
    numbered = zip(number_stages(blocks), blocks, strict=True)
    parts = groupby(numbered, key=lambda pair: pair[0])
    return [tuple(block for _, block in part) for _, part in parts]


def _describe_stage(stage: tuple[Block, ...]) -> list[float]:
    return [
        math.log(len(stage)),
        math.log(np.mean([block.expanded_width / block.in_width for block in stage])),
        math.log(np.mean([block.kernel_size for block in stage])),
        float(np.mean([block.squeeze_width > 0 for block in stage])),
    ]
