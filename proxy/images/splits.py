"""Images that are held out: stratified by class, the same for the same seed."""

import numpy as np
from numpy.typing import NDArray


def share_out(total: int, available: NDArray[np.int64], *, keep: int = 0) -> NDArray[np.int64]:
    """How many of ``total`` each class gives, in proportion to what it has.

    Largest remainders, so each count is within one of the exact share, except that every
    class gives at least one and keeps at least ``keep``. Raises ValueError when
    that cannot be.

    >>> share_out(5, np.array([4, 4, 2])).tolist()
    [2, 2, 1]
    """
    most = available - keep
    if (most < 1).any() or not len(available) <= total <= most.sum():
        msg = (
            f"{total} images cannot be taken from {available.sum()} of {len(available)} classes, "
            f"the smallest of {available.min()}: each class gives one and keeps {keep}"
        )
        raise ValueError(msg)
    exact = total * available / available.sum()
    counts = np.clip(np.floor(exact).astype(np.int64), 1, most)
    while (missing := int(total - counts.sum())) != 0:
        step = 1 if missing > 0 else -1
        has_room = counts < most if missing > 0 else counts > 1
        order = np.argsort(step * (counts - exact), kind="stable")
        counts[order[has_room[order]][: abs(missing)]] += step
    return np.asarray(counts)


def stratified_split(
    labels: NDArray[np.int64], sizes: tuple[int, ...], *, seed: int
) -> tuple[NDArray[np.int64], ...]:
    """Disjoint sorted index sets of these sizes, each with every class in proportion.

    Classes are the different values in ``labels``. Raises ValueError when there are too
    few images.
    """
    classes, available = np.unique(labels, return_counts=True)
    rng = np.random.default_rng(seed)
    queues = [rng.permutation(np.flatnonzero(labels == value)) for value in classes]
    parts: list[NDArray[np.int64]] = []
    for size in sizes:
        counts = share_out(size, available, keep=len(sizes) - len(parts) - 1)
        taken = [queue[:count] for queue, count in zip(queues, counts, strict=True)]
        queues = [queue[count:] for queue, count in zip(queues, counts, strict=True)]
        available = available - counts
        parts.append(np.sort(np.concatenate(taken)))
    return tuple(parts)
