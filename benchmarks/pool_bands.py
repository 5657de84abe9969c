"""Which recorded network of a MAC band a score would take, without training: ``pool_bands.py``.

Only recorded networks may be taken. A repeat has another random half of the band's
networks. Regret is in ImageNet points against the best of that half: of the network of
highest score, and of the best among the twenty highest, which a perfect training of twenty
would find. SynFlow is kept in a file, so that a stopped run goes on.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from stage_score import Table, measure, read_table

from mbscale.proxy.training.device import limit_threads
from mbscale.proxy.zero_cost.synflow import score_synflow
from mbscale.space.blocks import canonical_key
from mbscale.space.model import build_model

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

BANDS = ((200e6, 300e6), (300e6, 400e6), (400e6, 500e6))
GOAL = 0.5
_N_TRAINED = 20
_RESOLUTION = 32


def measure_synflow(table: Table, path: Path) -> Floats:
    """SynFlow of every network; what the file holds is not measured again."""
    known = read_scores(path)
    with path.open("a", encoding="utf-8", newline="") as file, limit_threads(1):
        writer = csv.writer(file)
        for one in table.networks:
            key = canonical_key(one.architecture)
            if key not in known:
                model = build_model(one.architecture, num_classes=10, seed=0)
                known[key] = score_synflow(model, resolution=_RESOLUTION)
                writer.writerow([key, known[key]])
    return np.array([known[canonical_key(one.architecture)] for one in table.networks])


def read_scores(path: Path) -> dict[str, float]:
    """Scores by network; none where there is no file."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {key: float(score) for key, score in csv.reader(file)}


def add_ranks(params: Floats, synflow: Floats) -> Floats:
    """The sum of both ranks."""
    return np.asarray(rankdata(params) + rankdata(synflow))


def measure_regret(accuracy: Floats, pool: Places, chosen: Places) -> float:
    """Points that the best of the chosen loses on the best of the pool."""
    return 100 * float(accuracy[pool].max() - accuracy[chosen].max())


def report_band(
    table: Table, synflow: Floats, band: tuple[float, float], *, n_repeats: int
) -> None:
    """Print a row for each way to choose."""
    low, high = band
    place = np.flatnonzero((low <= table.macs) & (table.macs < high))
    ways = ("stages", "parameters and SynFlow", "most parameters", "most MACs", "random")
    regrets: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    stages = measure(table, 0.25)
    for seed in range(n_repeats):
        rng = np.random.default_rng(seed)
        pool = rng.permutation(place)[: len(place) // 2]
        scores = {
            "stages": stages[pool],
            "parameters and SynFlow": add_ranks(table.params[pool], synflow[pool]),
            "most parameters": table.params[pool],
            "most MACs": table.macs[pool],
            "random": rng.random(len(pool)),
        }
        for way in ways:
            order = pool[np.argsort(-scores[way], kind="stable")]
            first, several = order[:1], order[:_N_TRAINED]
            regrets[way].append(
                (
                    measure_regret(table.accuracy, pool, first),
                    measure_regret(table.accuracy, pool, several),
                )
            )
    for way, found in regrets.items():
        cells = [describe(np.array(column)) for column in zip(*found, strict=True)]
        print(f"{low / 1e6:.0f}-{high / 1e6:.0f} M, {len(place)}", way, *cells, sep=" | ")


def describe(regrets: Floats) -> str:
    """Mean (lowest to highest), and whether the mean meets the goal."""
    words = f"{regrets.mean():.2f} ({regrets.min():.2f} to {regrets.max():.2f})"
    return f"{words}{' met' if regrets.mean() <= GOAL else ''}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--synflow", type=Path, default=Path("runs/synflow.csv"))
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    table = read_table(given.table, low=200e6, high=500e6, resolution=224, classes=1000)
    given.synflow.parent.mkdir(parents=True, exist_ok=True)
    synflow = measure_synflow(table, given.synflow)
    print("band, networks", "chosen by", "first", f"best of {_N_TRAINED}", sep=" | ")
    for band in BANDS:
        report_band(table, synflow, band, n_repeats=given.repeats)


if __name__ == "__main__":
    main()
