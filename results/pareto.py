"""Which trials no other trial beats."""

import numpy as np
from numpy.typing import NDArray


def pareto_mask(losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True for each row of ``losses`` (points, objectives; lower is better) that none dominates.

    Equal rows do not dominate each other. Raises ValueError on NaN.
    """
    if np.isnan(losses).any():
        msg = "a loss is NaN; leave failed trials out before comparing"
        raise ValueError(msg)
    no_worse = (losses[:, None, :] <= losses[None, :, :]).all(axis=2)
    better = (losses[:, None, :] < losses[None, :, :]).any(axis=2)
    return np.asarray(~(no_worse & better).any(axis=0))
