"""How the fourth roots of stages' parameters order recorded networks.

``python benchmarks/stage_score.py ../shared/data/accel_nasbench.csv``. Half of the networks,
by chance, is the one that choices were made on; the other half checks them.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mbscale.proxy.recorded.networks import RecordedNetwork, read_recorded
from mbscale.proxy.zero_cost.counts import score_stages
from mbscale.search.validation.agreement import compare, cut_bands, kendall, partial_tau
from mbscale.space.blocks import canonical_key
from mbscale.space.cost import count_cost

Floats = NDArray[np.float64]

EXPONENTS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Table:
    """Networks within the limits, in the order of the file."""

    networks: Sequence[RecordedNetwork]
    accuracy: Floats
    macs: Floats
    params: Floats


def read_table(path: Path, *, low: float, high: float, resolution: int, classes: int) -> Table:
    """The distinct networks of a file with MACs from ``low`` to ``high``."""
    distinct = {canonical_key(one.architecture): one for one in read_recorded(path)}
    costs = [
        (one, count_cost(one.architecture, resolution=resolution, num_classes=classes))
        for one in distinct.values()
    ]
    inside = [(one, cost) for one, cost in costs if low <= cost.macs <= high]
    return Table(
        [one for one, _ in inside],
        np.array([one.accuracy for one, _ in inside]),
        np.array([cost.macs for _, cost in inside], dtype=np.float64),
        np.array([cost.params for _, cost in inside], dtype=np.float64),
    )


def measure(table: Table, exponent: float) -> Floats:
    """The score of every network."""
    return np.array([score_stages(one.architecture, exponent=exponent) for one in table.networks])


def show_scores(table: Table, half: NDArray[np.bool_]) -> None:
    """Tau of each exponent, of the counts, and inside bands of 20 % in MACs."""
    named = {f"exponent {e:g}": measure(table, e) for e in EXPONENTS}
    named |= {"parameters": table.params, "macs": table.macs}
    bands = cut_bands(table.macs, ratio=1.2, least=30)
    edges = [f"{table.macs[b].min() / 1e6:.0f}-{table.macs[b].max() / 1e6:.0f} M" for b in bands]
    print(f"{len(table.networks)} networks; bands hold {', '.join(str(len(b)) for b in bands)}")
    print("score", "chosen on", "checked on", "from", "to", "beyond parameters", *edges, sep=" | ")
    for name, values in named.items():
        checked = compare(values[~half, None], table.accuracy[~half], seed=0)
        beyond = partial_tau(values, table.accuracy, table.params)
        parts = [kendall(values[band], table.accuracy[band]) for band in bands]
        taus = (kendall(values[half], table.accuracy[half]), checked.tau)
        shown = (*taus, checked.tau_low, checked.tau_high)
        words = [f"{one:.3f}" for one in shown] + ["" if beyond is None else f"{beyond:.3f}"]
        print(name, *words, *(f"{one:.2f}" for one in parts), sep=" | ")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--low", type=float, default=200e6)
    parser.add_argument("--high", type=float, default=500e6)
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--classes", type=int, default=1000)
    given = parser.parse_args()
    table = read_table(
        given.table,
        low=given.low,
        high=given.high,
        resolution=given.resolution,
        classes=given.classes,
    )
    half = np.random.default_rng(0).random(len(table.networks)) < 0.5
    show_scores(table, half)


if __name__ == "__main__":
    main()
