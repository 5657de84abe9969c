"""How channel and block counts are rounded."""

import math
from typing import Literal

DepthRounding = Literal["ceil", "round"]


def round_channels(channels: float, *, divisor: int = 8) -> int:
    """Round to a multiple of ``divisor``, losing at most a tenth of ``channels``.

    The rule of the MobileNetV2 reference code (Sandler et al., 2018,
    arXiv:1801.04381), so that scaled networks match the published ones.

    >>> round_channels(32 * 1.1), round_channels(11)
    (32, 16)
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * channels else rounded + divisor


def round_depth(depth: float, *, rounding: DepthRounding = "ceil") -> int:
    """Round a scaled number of blocks; EfficientNet's code rounds up.

    A billionth is taken off first, so that ``3 * 1.1 / 1.1`` stays 3. At least 1.

    >>> round_depth(3 * 1.2), round_depth(3 * 1.1, rounding="round")
    (4, 3)
    """
    rounded = math.ceil(depth - 1e-9) if rounding == "ceil" else math.floor(depth + 0.5)
    return max(1, rounded)
