"""Every seed of a run follows from its one seed and from what it is for."""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a seed is for. Seeds of two purposes are never equal."""

    TRIAL = 0
    SAMPLER = 1
    DRAW = 2
    CONFIRM = 3
    TEST = 4
    STATISTICS = 5
    SCREEN = 6
    SCALE = 7


def derive_seed(seed: int, purpose: Purpose, *index: int) -> int:
    """A seed below 2**32 for the ``index``-th thing of this purpose.

    The last three bits hold the purpose, so that a network is never confirmed with the
    seed that it was chosen by.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(int(purpose), *index))
    word = int(sequence.generate_state(1, np.uint32)[0])
    return word & ~0b111 | int(purpose)
