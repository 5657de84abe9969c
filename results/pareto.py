"""Which trials no other trial beats, and how much a front is worth."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mbscale.results.record import Record

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Comparisons held at once for three objectives and more: at most 4 MB.
_CHUNK_ELEMENTS = 4_000_000
_CHUNK_ROWS = 512


def pareto_mask(losses: FloatArray) -> Mask:
    """True for each row of ``losses`` (points, objectives; lower is better) that none dominates.

    Equal rows do not dominate each other. Raises ValueError on NaN. Time grows as n log n
    for one or two objectives, and as n times the size of the front for more.
    """
    _check(losses)
    order = np.lexsort(losses.T[::-1])
    ordered = losses[order]
    is_new = np.ones(len(ordered), dtype=np.bool_)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    find_front = _front_of_two if losses.shape[1] <= 2 else _front_of_many
    mask = np.empty(len(losses), dtype=np.bool_)
    mask[order] = find_front(ordered[is_new])[np.cumsum(is_new) - 1]
    return mask


def pareto_records(records: Sequence[Record]) -> tuple[Record, ...]:
    """The complete records that no other beats on accuracy (or score) and MACs, best first."""
    measured = [record for record in records if record.state == "complete"]
    losses = np.array([_losses(record) for record in measured], dtype=float).reshape(-1, 2)
    front = [
        record for record, is_front in zip(measured, pareto_mask(losses), strict=True) if is_front
    ]
    return tuple(sorted(front, key=lambda record: (*_losses(record), record.number)))


def hypervolume(losses: FloatArray, reference: tuple[float, float]) -> float:
    """The area between the rows of ``losses`` (points, 2; lower is better) and ``reference``.

    Points that are not below the reference in both objectives add nothing.
    Raises ValueError on NaN and where there are not two objectives.
    """
    _check(losses)
    _check(np.array([reference]))
    if losses.shape[1] != 2:
        msg = f"the hypervolume is for two objectives; got {losses.shape[1]}"
        raise ValueError(msg)
    inside = losses[(losses < reference).all(axis=1)]
    front = np.unique(inside[pareto_mask(inside)], axis=0)
    # Along a sorted front the first objective grows and the second falls: one slab a point.
    ceilings = np.concatenate([[reference[1]], front[:-1, 1]])
    return float(((reference[0] - front[:, 0]) * (ceilings - front[:, 1])).sum())


def _losses(record: Record) -> tuple[float, int]:
    if record.merit is None:
        msg = f"trial {record.number} is complete and has no accuracy and no score"
        raise ValueError(msg)
    return -record.merit, record.macs


def _check(losses: FloatArray) -> None:
    if losses.ndim != 2 or not losses.shape[1]:
        msg = f"losses must have the shape (points, objectives); got {losses.shape}"
        raise ValueError(msg)
    if np.isnan(losses).any():
        msg = "a loss is NaN; leave failed trials out before comparing"
        raise ValueError(msg)


def _front_of_two(rows: FloatArray) -> Mask:
    """The front of distinct rows in ascending order: each must beat the best before it."""
    last = rows[:, -1]
    is_front = np.ones(len(rows), dtype=np.bool_)
    is_front[1:] = last[1:] < np.minimum.accumulate(last)[:-1]
    return is_front


def _front_of_many(rows: FloatArray) -> Mask:
    """The front of distinct rows in ascending order: only an earlier row can dominate."""
    is_front = np.zeros(len(rows), dtype=np.bool_)
    start = 0
    while start < len(rows):
        front = rows[is_front]
        step = max(1, min(_CHUNK_ROWS, _CHUNK_ELEMENTS // (rows.shape[1] * max(1, len(front)))))
        chunk = rows[start : start + step]
        beaten = _no_worse(front, chunk).any(axis=0)
        beaten |= np.triu(_no_worse(chunk, chunk), k=1).any(axis=0)
        is_front[start : start + step] = ~beaten
        start += step
    return is_front


def _no_worse(left: FloatArray, right: FloatArray) -> Mask:
    """Whether row i of ``left`` is nowhere above row j of ``right``: shape (i, j)."""
    return np.asarray((left[:, None, :] <= right[None, :, :]).all(axis=2))
