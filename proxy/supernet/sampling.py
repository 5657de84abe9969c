"""Which networks share a step of the supernet's training."""

from collections.abc import Callable, Mapping

import numpy as np

from mbscale.proxy.supernet_settings import SamplingName, SupernetSettings
from mbscale.space.architecture import Architecture
from mbscale.space.encoding import decode, sample_vector, space_choices
from mbscale.space.search_space import SearchSpace

Networks = list[Architecture]


def _sandwich(space: SearchSpace, settings: SupernetSettings, rng: np.random.Generator) -> Networks:
    choices = space_choices(space)
    vectors = [
        tuple(len(choice.options) - 1 for choice in choices),
        (0,) * len(choices),
        *(sample_vector(space, rng) for _ in range(settings.n_random)),
    ]
    return [decode(space, vector) for vector in vectors]


def _fair(space: SearchSpace, _: SupernetSettings, rng: np.random.Generator) -> Networks:
    """As many networks as the longest list of options; the others are gone through again."""
    counts = [len(choice.options) for choice in space_choices(space)]
    longest = max(counts)
    orders = [
        np.concatenate([rng.permutation(count) for _ in range(-(-longest // count))])[:longest]
        for count in counts
    ]
    return [decode(space, [int(value) for value in column]) for column in zip(*orders, strict=True)]


SAMPLINGS: Mapping[
    SamplingName, Callable[[SearchSpace, SupernetSettings, np.random.Generator], Networks]
] = {"sandwich": _sandwich, "fair": _fair}


def sample_step(
    space: SearchSpace, settings: SupernetSettings, rng: np.random.Generator
) -> Networks:
    """The networks of one step, whose gradients are added up."""
    return SAMPLINGS[settings.sampling](space, settings, rng)
