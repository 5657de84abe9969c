"""Networks whose accuracy someone else has recorded: the rows of Accel-NASBench."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mbscale.errors import ConfigError
from mbscale.results.rows import read_table
from mbscale.space.architecture import Architecture, Stage
from mbscale.space.search_space import load_search_space

_COLUMNS = tuple(f"block{block}_{what}" for block in range(7) for what in ("e", "k", "l", "se"))


@dataclass(frozen=True, slots=True)
class RecordedNetwork:
    """An architecture and its recorded accuracy, from 0 to 1."""

    architecture: Architecture
    accuracy: float


def read_recorded(path: Path) -> tuple[RecordedNetwork, ...]:
    """Every row of a table with the columns ``block0_e`` to ``block6_se`` and ``val_top1``.

    Raises ConfigError where columns are missing or a row cannot be read, RunError where
    the file cannot be.
    """
    header, lines = read_table(path)
    missing = [name for name in (*_COLUMNS, "val_top1") if name not in header]
    if missing:
        msg = f"{path} must have the block columns of Accel-NASBench; {missing[0]} is missing"
        raise ConfigError(msg)
    found: list[RecordedNetwork] = []
    for line, cells in lines:
        row = dict(zip(header, cells, strict=True))
        try:
            architecture = _make_architecture([int(row[name]) for name in _COLUMNS])
            found.append(RecordedNetwork(architecture, _read_percent(row["val_top1"])))
        except ValueError as failure:
            msg = f"{path} line {line}: {failure}"
            raise ConfigError(msg) from failure
    return tuple(found)


def _read_percent(text: str) -> float:
    percent = float(text)
    if not 0 <= percent <= 100:
        msg = f"val_top1 must be from 0 to 100 percent; got {text}"
        raise ConfigError(msg)
    return percent / 100


def _make_architecture(values: list[int]) -> Architecture:
    space = load_search_space("accel_nasbench")
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
