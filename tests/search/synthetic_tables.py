"""Small tables in the columns of the published ones, with accuracies that follow a rule."""

import csv
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

ACCEL_CHOICES = [f"block{block}_{what}" for block in range(7) for what in ("e", "k", "l", "se")]
ACCEL_HEADER = [*ACCEL_CHOICES, "val_top1"]
MACRO_CHOICES = [f"b{block}" for block in range(8)]
MACRO_HEADER = [*MACRO_CHOICES, "params", "flops", "acc0", "acc1", "acc2"]
Line = list[str]


def list_accel_lines(n_networks: int) -> list[Line]:
    """Random networks, one a line."""
    rng = np.random.default_rng(0)
    options = ((1, 4, 6), (3, 5), (1, 2, 3), (0, 1)) * 7
    rows = [[int(rng.choice(some)) for some in options] for _ in range(n_networks)]
    return [[*map(str, row), f"{50 + sum(row) / 10:.2f}"] for row in rows]


def list_macro_lines() -> list[Line]:
    """All 6,561 networks; a block adds 10 parameters and 1,000 MACs, or twice as many."""
    return [
        [
            *map(str, row),
            str(100 + 10 * sum(row)),
            str(5000 + 1000 * sum(row)),
            *[str(50 + sum(row))] * 3,
        ]
        for row in product(range(3), repeat=8)
    ]


def write_csv(path: Path, header: Sequence[str], lines: Sequence[Line]) -> Path:
    """The path of what was written."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *lines])
    return path
