"""Does a supernet order networks as trainings of their own do? ``supernet.py --help``.

The networks and their trainings are those of ``validate-proxy``: its ``scores.csv`` holds
the long trainings (``reference``) and the short ones (``configured``). The supernet is
trained on the same images, and judges the same networks.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError, MbscaleError
from mbscale.proxy.evaluators import make_evaluator
from mbscale.results.rows import read_rows
from mbscale.search.objective import is_within_limits, make_objective
from mbscale.search.validation.agreement import Floats, compare, seed_tau
from mbscale.search.validation.score_book import Score
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.costs import list_counters
from mbscale.space.search_space import load_search_space
from mbscale.space.stratified import sample_stratified


def draw_networks(config: RunConfig) -> tuple[Architecture, ...]:
    """The networks that ``validate-proxy`` draws with these settings."""
    settings, space = config.validate_proxy, load_search_space(config.space)
    objective = make_objective(config.search.objective)
    return sample_stratified(
        space,
        config.target,
        settings.n_networks,
        is_allowed=lambda vectors: is_within_limits(
            vectors, list_counters(space, config.target), objective
        ),
        seed=settings.sample_seed,
    )


def look_up(scores: Sequence[Score], keys: list[str], proxy: str) -> Floats:
    """Accuracies (networks, seeds) of one proxy."""
    known = {(one.key, one.seed): one.accuracy for one in scores if one.proxy == proxy}
    rows = [
        [value for (key, _), value in sorted(known.items()) if key == wanted] for wanted in keys
    ]
    if not all(rows) or len({len(row) for row in rows}) != 1:
        msg = f"the scores do not hold every network by {proxy!r}"
        raise ConfigError(msg)
    return np.array(rows, dtype=np.float64)


def judge(config: RunConfig, networks: Sequence[Architecture], *, n_seeds: int) -> Floats:
    """Negative log losses and accuracies (2, networks, seeds); prints the times, too."""
    evaluate = make_evaluator(config.proxy)
    start = time.process_time()
    evaluate(networks[0], seed=0)
    print(f"training and one evaluation: {time.process_time() - start:.1f} core-seconds")
    start = time.process_time()
    found = [[evaluate(network, seed=seed) for seed in range(n_seeds)] for network in networks]
    spent = (time.process_time() - start) / (len(networks) * n_seeds)
    print(f"an evaluation: {spent:.2f} core-seconds")
    losses = [[-(one.log_loss or 0.0) for one in row] for row in found]
    return np.array([losses, [[one.accuracy for one in row] for row in found]], dtype=np.float64)


def describe(values: Floats, reference: Floats) -> str:
    """Tau with its bootstrap interval."""
    found = compare(values, reference, seed=0)
    return f"{found.tau:.2f} ({found.tau_low:.2f} to {found.tau_high:.2f})"


def report(config: RunConfig, scores: Sequence[Score], *, n_seeds: int) -> None:
    """Print what the supernet and the short training reach."""
    networks = draw_networks(config)
    keys = [canonical_key(network) for network in networks]
    long = look_up(scores, keys, "reference").mean(axis=1)
    short = look_up(scores, keys, "configured")
    judged = judge(config, networks, n_seeds=n_seeds)
    print(f"{len(networks)} networks, tau (95 % bootstrap over networks)")
    print(f"  short training with long training: {describe(short, long)}")
    for name, values in zip(("log loss", "accuracy"), judged, strict=True):
        print(f"  supernet's {name} with long training: {describe(values, long)}")
        print(f"  supernet's {name} with short training: {describe(values, short.mean(axis=1))}")
        print(f"  supernet's {name}, seed with seed of recalibration: {seed_tau(values)}")
    print(f"  accuracies of the supernet: {judged[1].min():.3f} to {judged[1].max():.3f}")


def main() -> int:
    """Print the agreement for each way to train the supernet."""
    parser = argparse.ArgumentParser(description="Tau of a supernet with trainings.")
    parser.add_argument("--config", type=Path, default=Path("configs/quick.yaml"))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--scores", type=Path, default=Path("configs/certificates/quick_scores.csv")
    )
    parser.add_argument("--seeds", type=int, default=2, help="of the recalibration")
    parser.add_argument("--sampling", nargs="+", default=["sandwich", "fair"])
    options = parser.parse_args()
    try:
        settings = [*options.set, "proxy.evaluator=supernet"]
        config = load_run_config(options.config, settings)
        scores = read_rows(options.scores, Score)
        for sampling in options.sampling:
            supernet = replace(config.proxy.supernet, sampling=sampling)
            changed = replace(config, proxy=replace(config.proxy, supernet=supernet))
            print(f"{sampling}, {supernet.epochs} epochs")
            report(changed, scores, n_seeds=options.seeds)
    except MbscaleError as failure:
        print(failure, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
