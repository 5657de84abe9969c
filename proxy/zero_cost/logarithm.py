"""Logarithms of scores that may be zero."""

import math


def natural_log(value: float) -> float:
    """The natural logarithm; minus infinity at 0, and NaN below and for NaN.

    >>> natural_log(1.0), natural_log(0.0)
    (0.0, -inf)
    """
    if value > 0:
        return math.log(value)
    return -math.inf if value == 0 else math.nan
