"""Does the proxy tell networks apart, or only seeds? ``python benchmarks/proxy_signal.py --help``.

Random members of a search space are trained several times with nothing changed but the
seed. The file is not called signal.py, because Python's own module has that name.
"""

import argparse
import csv
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError, MbscaleError
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.images.dataset import load_dataset
from mbscale.space.architecture import Architecture
from mbscale.space.block_strings import format_architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import decode, sample_vector
from mbscale.space.network import Network
from mbscale.space.search_space import SearchSpace, load_search_space

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """One training: what goes into the CSV. ``core_seconds`` are CPU time, others left out."""

    network: int
    seed: int
    macs: int
    params: int
    accuracy: float
    log_loss: float
    seconds: float
    core_seconds: float
    architecture: str


def sample_networks(space: SearchSpace, n_networks: int, *, seed: int) -> list[Architecture]:
    """Distinct members, each choice uniform."""
    rng = np.random.default_rng(seed)
    found: dict[str, Architecture] = {}
    for _ in range(100 * n_networks):
        architecture = decode(space, sample_vector(space, rng))
        found.setdefault(canonical_key(architecture), architecture)
        if len(found) == n_networks:
            return list(found.values())
    msg = f"the space {space.name} gave only {len(found)} distinct networks"
    raise ConfigError(msg)


def train_all(config: RunConfig, networks: list[Architecture], *, n_seeds: int) -> Iterator[Row]:
    """One row for each network and seed, as soon as it is trained."""
    evaluate = make_evaluator(config.proxy)
    for index, architecture in enumerate(networks):
        cost = Network("", architecture, config.target).count_cost()
        for seed in range(n_seeds):
            start = time.process_time()
            # Seeds are not shared between networks, as in a search.
            result = evaluate(architecture, seed=1000 * seed + index)
            if result.accuracy is None or result.log_loss is None:
                msg = f"network {index} with seed {seed} failed: {result.reason}"
                raise ConfigError(msg)
            yield Row(
                network=index,
                seed=seed,
                macs=cost.macs,
                params=cost.params,
                accuracy=result.accuracy,
                log_loss=result.log_loss,
                seconds=result.seconds,
                core_seconds=time.process_time() - start,
                architecture=format_architecture(architecture),
            )


def to_table(rows: list[Row], value: Callable[[Row], float]) -> Floats:
    """The values as (networks, seeds)."""
    n_networks = max(row.network for row in rows) + 1
    n_seeds = max(row.seed for row in rows) + 1
    table = np.full((n_networks, n_seeds), np.nan)
    for row in rows:
        table[row.network, row.seed] = value(row)
    return table


def seed_tau(table: Floats) -> float:
    """Kendall's tau between two seeds, the mean over all pairs of seeds."""
    pairs = itertools.combinations(table.T, 2)
    return float(np.mean([kendalltau(first, second).statistic for first, second in pairs]))


def tau_interval(table: Floats, *, n_draws: int = 1000) -> tuple[float, float]:
    """The 95 % bootstrap interval of the tau over networks."""
    rng = np.random.default_rng(0)
    draws = [seed_tau(table[rng.integers(0, len(table), len(table))]) for _ in range(n_draws)]
    low, high = np.nanquantile(draws, (0.025, 0.975))
    return float(low), float(high)


def deviations(table: Floats) -> tuple[float, float]:
    """Standard deviations between networks (noise taken off) and between seeds."""
    noise = float(table.var(axis=1, ddof=1).mean())
    between = float(table.mean(axis=1).var(ddof=1)) - noise / table.shape[1]
    return max(between, 0.0) ** 0.5, noise**0.5


def better_half(table: Floats, *, is_loss: bool) -> Floats:
    """The half of the networks whose mean over seeds is better."""
    order = np.argsort(table.mean(axis=1) * (1 if is_loss else -1))
    return table[order[: len(table) // 2]]


def describe(name: str, table: Floats, rows: list[Row], *, is_loss: bool) -> list[str]:
    """What there is to say about one criterion."""
    between, noise = deviations(table)
    low, high = tau_interval(table)
    firsts = [row for row in rows if row.seed == 0]
    sign = -1 if is_loss else 1
    means = sign * table.mean(axis=1)
    macs, params = (
        kendalltau([getattr(row, cost) for row in firsts], means).statistic
        for cost in ("macs", "params")
    )
    half = better_half(table, is_loss=is_loss)
    half_between, half_noise = deviations(half)
    return [
        f"{name}: mean {table.mean():.4f}, from {table.min():.4f} to {table.max():.4f}",
        f"  between networks {between:.4f}, between seeds {noise:.4f}, ratio {between / noise:.2f}",
        f"  seed-to-seed tau {seed_tau(table):.2f} (95 % {low:.2f} to {high:.2f})",
        f"  better half: between {half_between:.4f}, seeds {half_noise:.4f}, "
        f"tau {seed_tau(half):.2f}",
        f"  tau of MACs {macs:.2f}, of parameters {params:.2f}",
    ]


def report(rows: list[Row], n_selection: int) -> str:
    """The findings, a few lines."""
    accuracy = to_table(rows, lambda row: row.accuracy)
    log_loss = to_table(rows, lambda row: row.log_loss)
    mean = float(accuracy.mean())
    seconds = np.array([row.core_seconds for row in rows])
    macs = np.array([row.macs for row in rows]) / 1e6
    lines = [
        f"{accuracy.shape[0]} networks x {accuracy.shape[1]} seeds, "
        f"{macs.min():.2f} to {macs.max():.2f} M MACs (median {np.median(macs):.2f})",
        *describe("accuracy", accuracy, rows, is_loss=False),
        *describe("log loss", log_loss, rows, is_loss=True),
        f"binomial error of {n_selection} selection images: "
        f"{(mean * (1 - mean) / n_selection) ** 0.5:.4f}",
        f"core-seconds a network: mean {seconds.mean():.2f}, "
        f"from {seconds.min():.2f} to {seconds.max():.2f}",
    ]
    return "\n".join(lines)


def write_rows(path: Path | None, rows: list[Row]) -> None:
    """All trainings as CSV, when there is a path."""
    if path is None:
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in fields(Row)])
        writer.writerows(astuple(row) for row in rows)


def main() -> int:
    """Train, print and, when asked, write the CSV."""
    parser = argparse.ArgumentParser(description="Spread between networks against noise of seeds.")
    parser.add_argument("--config", type=Path, help="YAML with space, target and proxy")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--networks", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--sample-seed", type=int, default=0, help="which networks are drawn")
    parser.add_argument("--csv", type=Path, help="every training is written here")
    options = parser.parse_args()
    try:
        config = load_run_config(options.config, options.set)
        space = load_search_space(config.space)
        networks = sample_networks(space, options.networks, seed=options.sample_seed)
        rows: list[Row] = []
        for row in train_all(config, networks, n_seeds=options.seeds):
            rows.append(row)
            # After every training, so that a measurement that is stopped was not in vain.
            write_rows(options.csv, rows)
            print(
                f"network {row.network} seed {row.seed}: {row.macs / 1e6:.2f} M MACs, "
                f"accuracy {row.accuracy:.4f}, log loss {row.log_loss:.4f}, "
                f"{row.core_seconds:.1f} core-seconds",
                file=sys.stderr,
                flush=True,
            )
    except MbscaleError as failure:
        print(failure, file=sys.stderr)
        return 2
    print(report(rows, len(load_dataset(config.proxy.data).selection)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
