"""Networks with recorded accuracies, one of each of equally large strata by accuracy."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mbscale.errors import ConfigError
from mbscale.proxy.recorded.networks import read_recorded
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.cost import count_cost
from mbscale.space.nas_bench_macro import make_macro_architecture
from mbscale.space.network import Target


@dataclass(frozen=True, slots=True)
class Recorded:
    """A network, its recorded accuracy from 0 to 1, and its cost where it was recorded."""

    key: str
    architecture: Architecture
    accuracy: float
    macs: int
    params: int


def read_table(path: Path, target: Target) -> list[Recorded]:
    """The distinct networks of NAS-Bench-Macro or Accel-NASBench; the columns say which."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and {"arch", "acc"} <= set(rows[0]):
        pairs = [
            (
                make_macro_architecture([int(digit) for digit in row["arch"]]),
                float(row["acc"]) / 100,
            )
            for row in rows
        ]
    else:
        pairs = [(one.architecture, one.accuracy) for one in read_recorded(path)]
    found: dict[str, Recorded] = {}
    for architecture, accuracy in pairs:
        key = canonical_key(architecture)
        cost = count_cost(
            architecture, resolution=target.resolution, num_classes=target.num_classes
        )
        found.setdefault(key, Recorded(key, architecture, accuracy, cost.macs, cost.params))
    return list(found.values())


def draw_strata(
    networks: list[Recorded], n_networks: int, *, low: float, high: float, seed: int
) -> list[Recorded]:
    """One of each stratum by accuracy, worst first, of those with MACs from ``low`` to ``high``.

    Strata hold equally many networks, so that the drawn ones are as close together as the
    table's are.
    """
    inside = [one for one in networks if low <= one.macs <= high]
    if len(inside) < n_networks:
        msg = f"{len(inside)} networks lie between {low:g} and {high:g} MACs, not {n_networks}"
        raise ConfigError(msg)
    rng = np.random.default_rng(seed)
    order = np.argsort([one.accuracy for one in inside], kind="stable")
    return [inside[int(rng.choice(part))] for part in np.array_split(order, n_networks)]
