"""How well recipes order recorded networks: ``python benchmarks/recipe_report.py FILE.csv``.

The file is that of ``recipe.py``. Intervals are of 95 % by bootstrap over networks; a
difference to the first variant is drawn over the networks that both were trained on.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mbscale.search.validation.agreement import compare, kendall
from mbscale.space.nas_bench_macro import TRAINING_IMAGES

Floats = NDArray[np.float64]
Row = Mapping[str, str]
_DRAWS = 2000


def _last(row: Row, name: str) -> float:
    return float(row[name].split()[-1])


def _first(row: Row, name: str) -> float:
    return float(row[name].split()[0])


def _extrapolate(row: Row) -> float:
    """The log loss after as many epochs again, were it to fall as it did in the last."""
    losses = [float(word) for word in row["log_losses"].split()]
    return losses[-1] + (losses[-1] - losses[-2]) if len(losses) > 1 else losses[-1]


# Higher is better in all of them.
SCORES: Mapping[str, Callable[[Row], float]] = {
    "log loss": lambda row: -_last(row, "log_losses"),
    "accuracy": lambda row: _last(row, "accuracies"),
    "log loss, epoch 1": lambda row: -_first(row, "log_losses"),
    "log loss, extrapolated": lambda row: -_extrapolate(row),
    "log loss, mean weights": lambda row: -float(row["averaged_log_loss"]),
    "accuracy, mean weights": lambda row: float(row["averaged_accuracy"]),
}

# Scores of a training that was looked at once, at its end.
BRIEF = ("log loss", "accuracy")


def read_variants(path: Path) -> dict[str, dict[str, Row]]:
    """Rows by variant and network, in the order of the file."""
    variants: dict[str, dict[str, Row]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            variants.setdefault(row["variant"], {})[row["key"]] = row
    return variants


def describe_tau(values: Floats, recorded: Floats) -> str:
    """Tau with its interval."""
    found = compare(values[:, None], recorded, seed=0)
    return f"{found.tau:5.2f} ({found.tau_low:5.2f} to {found.tau_high:5.2f})"


def describe_difference(first: Floats, second: Floats, recorded: Floats) -> str:
    """How much more tau the second has, over draws of the same networks."""
    rng = np.random.default_rng(0)
    draws: list[float] = []
    for _ in range(_DRAWS):
        chosen = rng.integers(0, len(recorded), len(recorded))
        gained = kendall(second[chosen], recorded[chosen])
        draws.append(gained - kendall(first[chosen], recorded[chosen]))
    gained = kendall(second, recorded) - kendall(first, recorded)
    low, high = np.quantile(draws, (0.025, 0.975))
    return f"{gained:+.2f} ({low:+.2f} to {high:+.2f})"


def take(rows: Mapping[str, Row], keys: list[str], score: Callable[[Row], float]) -> Floats:
    """The scores of these networks."""
    return np.array([score(rows[key]) for key in keys])


def report_variant(name: str, rows: dict[str, Row], base: dict[str, Row]) -> None:
    """Print cost, then tau by every score and its difference to the base."""
    keys = list(rows)
    recorded = take(rows, keys, lambda row: float(row["recorded"]))
    spent = take(rows, keys, lambda row: float(row["image_macs"])).sum()
    full = take(rows, keys, lambda row: float(row["macs"])).sum() * TRAINING_IMAGES
    seconds = take(rows, keys, lambda row: float(row["core_seconds"])).mean()
    print(f"{name}: {len(keys)} networks, {spent / full:.2%} of the cost,", end=" ")
    print(f"{seconds:.1f} core-seconds")
    shared = [key for key in keys if key in base]
    truth = take(rows, shared, lambda row: float(row["recorded"]))
    for title, score in SCORES.items():
        if not all(row["averaged_log_loss"] for row in rows.values()) and title not in BRIEF:
            continue
        line = f"  {title:24} {describe_tau(take(rows, keys, score), recorded)}"
        if base is not rows and len(shared) > 3:
            pair = (take(base, shared, score), take(rows, shared, score))
            line += f"   over the base {describe_difference(*pair, truth)}"
        print(line)


def main() -> int:
    """Print every variant, and what counting reaches on the networks of the first."""
    parser = argparse.ArgumentParser(description="Tau of short trainings with recorded accuracy.")
    parser.add_argument("csv", type=Path)
    variants = read_variants(parser.parse_args().csv)
    base = next(iter(variants.values()))
    for name, rows in variants.items():
        report_variant(name, rows, base)
    widest = max(variants.values(), key=len)
    keys = list(widest)
    recorded = take(widest, keys, lambda row: float(row["recorded"]))
    for count in ("macs", "params"):
        values = take(widest, keys, lambda row, name=count: float(row[name]))
        print(f"{count} alone, {len(keys)} networks: {describe_tau(values, recorded)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
