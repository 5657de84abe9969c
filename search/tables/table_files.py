"""CSV files of recorded networks as frames of numbers: every cell checked, or one sentence.

Of a network that is recorded more than once the first record counts.
"""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from mbscale.errors import DataError
from mbscale.proxy.recorded.rows import RecordedRow, choose_kind, read_rows
from mbscale.search.choice_space import IntArray
from mbscale.search.tables.accel_nasbench import list_accel_columns

MACRO_CHOICES = tuple(f"b{block}" for block in range(8))
MACRO_SEEDS = ("acc0", "acc1", "acc2")
_MACRO_COUNTS = ("flops", "params")
_ACCEL, _MACRO = "Accel-NASBench", "NAS-Bench-Macro"


def read_frame(path: Path) -> tuple[Literal["accel", "macro"], pd.DataFrame]:
    """The kind of table, and the columns that a bench needs, indexed by line.

    Of Accel-NASBench every record, of NAS-Bench-Macro one of every network; accuracies are
    in percent. Raises ConfigError or DataError with file, line and column.
    """
    header, rows = read_rows(path)
    accel = (*list_accel_columns(), "val_top1")
    macro = (*MACRO_CHOICES, *MACRO_SEEDS, *_MACRO_COUNTS)
    lines = [row.line for row in rows]
    if choose_kind(path, header, {_ACCEL: accel, _MACRO: macro}) == _ACCEL:
        return "accel", pd.DataFrame([_read_accel(row) for row in rows], index=lines)
    frame = pd.DataFrame([_read_macro(row) for row in rows], index=lines)
    frame = frame.drop_duplicates(list(MACRO_CHOICES), keep="first")
    _check_macro(path, frame)
    return "macro", frame


def _read_accel(row: RecordedRow) -> dict[str, float]:
    choices = {name: row.read_option(name, some) for name, some in list_accel_columns().items()}
    return {**choices, "val_top1": row.read_percent("val_top1")}


def _read_macro(row: RecordedRow) -> dict[str, float]:
    return {
        **{name: row.read_option(name, (0, 1, 2)) for name in MACRO_CHOICES},
        **{name: row.read_percent(name) for name in MACRO_SEEDS},
        **{name: row.read_count(name) for name in _MACRO_COUNTS},
    }


def _check_macro(path: Path, frame: pd.DataFrame) -> None:
    """Every network is there, and what it costs is the sum of what its blocks cost."""
    vectors = frame[list(MACRO_CHOICES)].to_numpy(dtype=np.int64)
    if len(vectors) != 3**8:
        msg = (
            f"{path} has {len(vectors)} distinct networks, and a table of {_MACRO} has all "
            f"{3**8}: {3**8 - len(vectors)} are missing"
        )
        raise DataError(msg)
    for column in _MACRO_COUNTS:
        _check_counts(path, frame, column, vectors)


def _check_counts(path: Path, frame: pd.DataFrame, column: str, vectors: IntArray) -> None:
    """No block takes anything away, and each adds the same wherever it stands."""
    counts = frame[column].to_numpy(dtype=np.int64)
    least, sums = _sum_blocks(vectors, counts)
    is_wrong = (counts < least) | (counts != sums)
    if is_wrong.any():
        first = int(is_wrong.argmax())
        wanted = f"{sums[first]}, what its blocks add up to in the other lines"
        if sums[first] < least:
            wanted = f"at least {least}, what the network without blocks has"
        line = frame.index[first]
        msg = f"{path} line {line}, column {column}: must be {wanted}; got {counts[first]}"
        raise DataError(msg)


def _sum_blocks(vectors: IntArray, counts: IntArray) -> tuple[int, IntArray]:
    """What a network without blocks has, and each network by what its blocks add ``(n,)``.

    Both are medians over all networks, so that a few wrong lines do not blame the others.
    """
    grid = np.empty((3,) * 8, dtype=np.int64)
    grid[tuple(vectors.T)] = counts
    added = np.array(
        [
            [np.median(grid.take(i, block) - grid.take(0, block)) for i in range(3)]
            for block in range(8)
        ]
    )
    sums = added[np.arange(8), vectors].sum(axis=1)
    least = np.median(counts - sums)
    return int(least), (least + sums).astype(np.int64)
