"""Networks whose accuracy someone else has recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np

from mbscale.errors import ConfigError
from mbscale.proxy.recorded.rows import RecordedRow, choose_kind, read_rows
from mbscale.space.architecture import Architecture, Stage
from mbscale.space.nas_bench_macro import make_macro_architecture
from mbscale.space.search_space import SearchSpace, load_search_space

_ACCEL_CHOICES = tuple(
    f"block{block}_{what}" for block in range(7) for what in ("e", "k", "l", "se")
)
_MACRO_CHOICES = tuple(f"b{block}" for block in range(8))


@dataclass(frozen=True, slots=True)
class RecordedNetwork:
    """An architecture and its recorded accuracies, from 0 to 1, one a training."""

    architecture: Architecture
    accuracies: tuple[float, ...]

    @property
    def accuracy(self) -> float:
        """The mean."""
        return fmean(self.accuracies)


@dataclass(frozen=True, slots=True)
class _Format:
    """The columns of a kind of table, and what makes a network of them."""

    name: str
    choices: tuple[str, ...]
    accuracies: tuple[str, ...]
    make: Callable[[Sequence[int]], Architecture]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.choices, *self.accuracies)

    def read(self, row: RecordedRow) -> RecordedNetwork:
        values = [row.read_whole(name) for name in self.choices]
        accuracies = tuple(row.read_percent(name) / 100 for name in self.accuracies)
        try:
            return RecordedNetwork(self.make(values), accuracies)
        except (ValueError, TypeError) as failure:
            msg = f"{row.path} line {row.line}: {failure}"
            raise ConfigError(msg) from failure


def read_recorded(path: Path) -> tuple[RecordedNetwork, ...]:
    """Every row of a table of Accel-NASBench or NAS-Bench-Macro.

    The first has the columns ``block0_e`` to ``block6_se`` and ``val_top1``, the second
    ``b0`` to ``b7`` and ``acc0`` to ``acc2``; accuracies are in percent. Raises ConfigError
    where the file cannot be read, columns are missing or a row is wrong.
    """
    header, rows = read_rows(path)
    chosen = choose_kind(path, header, {one.name: one.columns for one in _FORMATS})
    [fitting] = [one for one in _FORMATS if one.name == chosen]
    return tuple(fitting.read(row) for row in rows)


@cache
def _load_accel_space() -> SearchSpace:
    return load_search_space("accel_nasbench")


def _make_accel_architecture(values: Sequence[int]) -> Architecture:
    space = _load_accel_space()
    blocks = np.array(values).reshape(7, 4).tolist()
    return space.make_architecture(
        tuple(
            Stage(
                "mbconv",
                stage.widths[0],
                depth,
                stride=stage.stride,
                kernel_size=kernel_size,
                expand_ratio=expand_ratio,
                se_ratio=0.25 if has_se else 0,
            )
            for stage, (expand_ratio, kernel_size, depth, has_se) in zip(
                space.stages, blocks, strict=True
            )
        )
    )


_FORMATS = (
    _Format("Accel-NASBench", _ACCEL_CHOICES, ("val_top1",), _make_accel_architecture),
    _Format("NAS-Bench-Macro", _MACRO_CHOICES, ("acc0", "acc1", "acc2"), make_macro_architecture),
)
