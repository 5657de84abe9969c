"""How long a hundred thousand scalings take: ``python benchmarks/scaling_grid.py``.

Each repetition is a new process, because counted blocks are kept. It takes a baseline from
its grid to the list of candidates: realized, counted, held to the multiple, freed of
repeats, with its controls. Imports are not timed.
"""

import argparse
import math
import multiprocessing
import statistics
import sys
import time
from dataclasses import dataclass

from mbscale.errors import MbscaleError
from mbscale.space.candidate_settings import CandidateSettings
from mbscale.space.candidates import find_candidates
from mbscale.space.published import load_network

# 101 x 32 x 32 = 103,424 points.
GRID = CandidateSettings(step=0.01, alpha_range=(1, 2), beta_range=(1, 1.31), gamma_range=(1, 1.31))


@dataclass(frozen=True, slots=True)
class Timing:
    """One repetition; ``core_seconds`` do not count what else runs on the machine."""

    n_within: int
    n_networks: int
    seconds: float
    core_seconds: float


def time_once(name: str) -> Timing:
    """The grid of a baseline, from nothing."""
    baseline = load_network(name)
    start, core_start = time.perf_counter(), time.process_time()
    found = find_candidates(baseline, GRID)
    return Timing(
        n_within=found.n_points,
        n_networks=found.n_networks,
        seconds=time.perf_counter() - start,
        core_seconds=time.process_time() - core_start,
    )


def describe(name: str, timings: list[Timing]) -> str:
    """One line for a baseline."""
    seconds = [timing.seconds for timing in timings]
    n_points = math.prod(len(axis) for axis in GRID.axes())
    return (
        f"{name}: {n_points:,} points, {timings[0].n_within:,} within {GRID.tolerance:.0%} of "
        f"{GRID.multiple:g}x the MACs, {timings[0].n_networks} networks; median "
        f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), "
        f"{statistics.median(timing.core_seconds for timing in timings):.2f} core-seconds, "
        f"{len(timings)} processes"
    )


def main() -> int:
    """Print one line for each network."""
    parser = argparse.ArgumentParser(description="Time the grid of stage 2.")
    names = ["efficientnet-b0", "mobilenet-v2", "resnet-50"]
    parser.add_argument("names", nargs="*", default=names, help="published networks or YAML files")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    try:
        for name in options.names:
            load_network(name)
            context = multiprocessing.get_context("spawn")
            with context.Pool(1, maxtasksperchild=1) as pool:
                timings = pool.map(time_once, [name] * max(1, options.repetitions), chunksize=1)
            print(describe(name, timings), flush=True)
    except MbscaleError as failure:
        print(failure, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
