"""Is the baseline of a run better than chance? ``python benchmarks/random_members.py --help``.

Random members of the run's space that cost no less than its baseline are trained with the
run's recipe and seeds that no stage has used, and judged on the test split, as the
baseline is.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError, MbscaleError
from mbscale.proxy.evaluation import Evaluator
from mbscale.proxy.evaluators import make_evaluator
from mbscale.space.architecture import Architecture
from mbscale.space.block_strings import format_architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import decode, sample_vector
from mbscale.space.network import Network
from mbscale.space.published import load_network
from mbscale.space.search_space import load_search_space

# Seeds of a run are drawn from 32 bits; these are beyond them.
_FIRST_SEED = 2**33


def draw_members(config: RunConfig, baseline: Network, *, n_members: int) -> list[Network]:
    """Distinct members, each choice uniform, with at least the MACs of the baseline."""
    space, least = load_search_space(config.space), baseline.count_cost().macs
    rng = np.random.default_rng(config.seed)
    found: dict[str, Network] = {}
    for _ in range(1000 * n_members):
        member = Network("member", decode(space, sample_vector(space, rng)), config.target)
        if member.count_cost().macs >= least:
            found.setdefault(canonical_key(member.architecture), member)
        if len(found) == n_members:
            return list(found.values())
    msg = f"{len(found)} of {n_members} members with at least {least:,} MACs were found"
    raise ConfigError(msg)


def train(
    evaluate: Evaluator, architecture: Architecture, *, index: int, n_seeds: int
) -> list[float]:
    """Test accuracies of one network, one for each seed."""
    accuracies: list[float] = []
    for repeat in range(n_seeds):
        result = evaluate(architecture, seed=_FIRST_SEED + 1000 * index + repeat, split="test")
        if result.accuracy is None:
            msg = f"network {index} failed: {result.reason}"
            raise ConfigError(msg)
        accuracies.append(result.accuracy)
    return accuracies


def describe_mean(values: Sequence[float]) -> str:
    """The mean in percent with its 95 % interval (Student's t)."""
    sample = np.asarray(values)
    error = sample.std(ddof=1) / len(sample) ** 0.5
    reach = float(stats.t.ppf(0.975, len(sample) - 1)) * error
    return (
        f"{100 * sample.mean():.2f} % ({100 * (sample.mean() - reach):.2f} to "
        f"{100 * (sample.mean() + reach):.2f})"
    )


def report(baseline: list[float], members: list[list[float]]) -> str:
    """Both means, and their difference with the interval of Welch's test over networks."""
    means = [float(np.mean(member)) for member in members]
    test = stats.ttest_ind(baseline, means, equal_var=False)
    interval = test.confidence_interval(0.95)
    own = float(np.mean(baseline))
    return "\n".join(
        (
            f"baseline, {len(baseline)} seeds: {describe_mean(baseline)}",
            f"{len(members)} random members of no lower cost, {len(members[0])} seeds each: "
            f"{describe_mean(means)}",
            f"difference: {100 * (own - np.mean(means)):+.2f} points "
            f"(95 % {100 * interval.low:+.2f} to {100 * interval.high:+.2f})",
            f"the baseline is above {sum(own > mean for mean in means)} of {len(members)} of them",
        )
    )


def main() -> int:
    """Train, and print the comparison."""
    parser = argparse.ArgumentParser(description="The baseline of a run against random members.")
    parser.add_argument("folder", type=Path, help="a run folder with config.yaml, baseline.yaml")
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3, help="of each member")
    parser.add_argument("--baseline-seeds", type=int, default=10)
    options = parser.parse_args()
    try:
        config = load_run_config(options.folder / "config.yaml")
        baseline = load_network(str(options.folder / "baseline.yaml"))
        members = draw_members(config, baseline, n_members=options.members)
        evaluate = make_evaluator(config.proxy)
        results: list[list[float]] = []
        for index, network in enumerate([baseline, *members]):
            n_seeds = options.seeds if index else options.baseline_seeds
            results.append(train(evaluate, network.architecture, index=index, n_seeds=n_seeds))
            print(
                f"{network.name}: {network.count_cost().macs:,} MACs, "
                f"{describe_mean(results[-1])}, {format_architecture(network.architecture)}",
                flush=True,
            )
    except MbscaleError as failure:
        print(failure, file=sys.stderr)
        return 2
    print(report(results[0], results[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
