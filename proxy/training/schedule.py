"""The learning rate over the steps of a training, as a share of its peak."""

import math

from mbscale.proxy.settings import ScheduleName

# One cycle begins at this share of the peak (Smith and Topin, 2017, arXiv:1708.07120;
# the value is PyTorch's), cosine warms up from nothing.
_ONE_CYCLE_START = 1 / 25


def rate_factors(schedule: ScheduleName, n_steps: int, *, warmup: float) -> tuple[float, ...]:
    """One factor a step, above 0 and at most 1; ``warmup`` is the share of steps that rise.

    ``one_cycle`` rises and falls as half a cosine, ``cosine`` (Loshchilov and Hutter,
    2016, arXiv:1608.03983) rises in a straight line. Both end one step short of zero.
    """
    n_rising = min(round(warmup * n_steps), n_steps - 1)
    rise = _rise_cosine if schedule == "one_cycle" else _rise_linear
    rising = [rise((step + 1) / (n_rising + 1)) for step in range(n_rising)]
    n_falling = n_steps - n_rising
    falling = [_half_cosine(step / n_falling) for step in range(n_falling)]
    return (*rising, *falling)


def _half_cosine(share: float) -> float:
    return (1 + math.cos(math.pi * share)) / 2


def _rise_cosine(share: float) -> float:
    return _ONE_CYCLE_START + (1 - _ONE_CYCLE_START) * (1 - _half_cosine(share))


def _rise_linear(share: float) -> float:
    return share
