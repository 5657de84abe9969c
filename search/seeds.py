"""Seeds that follow from the study's seed, so that a resumed run repeats none."""

from typing import Literal

import numpy as np

Purpose = Literal["sampler", "training", "confirm", "test", "fallback"]
_PURPOSES: tuple[Purpose, ...] = ("sampler", "training", "confirm", "test", "fallback")


def derive_seed(study_seed: int, purpose: Purpose, *numbers: int) -> int:
    """A seed below 2**31 for one purpose, such as the training of trial ``number``."""
    entropy = [study_seed, _PURPOSES.index(purpose), *numbers]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0]) >> 1
