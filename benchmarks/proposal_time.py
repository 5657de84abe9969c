"""What a proposal of the sampler surrogate costs: ``python benchmarks/proposal_time.py --help``.

Each proposal is an ask, all suggestions and a tell, in a study in memory that holds so many
trials already: random networks with a smooth accuracy. The first proposal, which reads all
trials, is printed apart. Seconds are those of the process, on one core.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence

# Before numpy is imported: the libraries below it read it then.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.trial import create_trial

from mbscale.search.choice_space import ChoiceSpace, IntArray, describe_space
from mbscale.search.objective import compute_reward
from mbscale.search.samplers import space_distributions
from mbscale.search.settings import ObjectiveSettings, PriorName
from mbscale.search.surrogate.proposal import SurrogateOptions
from mbscale.search.surrogate.sampler import SurrogateSampler
from mbscale.search.tables.accel_nasbench import IMAGENET
from mbscale.space.search_space import load_search_space

OBJECTIVE = ObjectiveSettings()
FloatArray = NDArray[np.float64]


def measure_rewards(space: ChoiceSpace, vectors: IntArray, rng: np.random.Generator) -> FloatArray:
    """Rewards of accuracies that grow with parameters, with a noise of 0.15 points."""
    costs = space.count(vectors)
    accuracy = 0.9 - 0.6 / np.log10(costs.params) ** 0.5 + 0.01 * np.sin(vectors).mean(axis=1)
    noisy = accuracy + rng.normal(0, 0.0015, len(vectors))
    return np.asarray(compute_reward(noisy, costs.macs.astype(np.float64), OBJECTIVE))


def fill_study(
    space: ChoiceSpace,
    distributions: dict[str, BaseDistribution],
    n_trials: int,
    sampler: SurrogateSampler,
) -> optuna.Study:
    """A study of random networks."""
    rng = np.random.default_rng(0)
    vectors = space.sample(rng, n_trials)
    rewards = measure_rewards(space, vectors, rng)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials(
        [
            create_trial(
                value=float(reward),
                params=dict(zip(distributions, vector.tolist(), strict=True)),
                distributions=distributions,
            )
            for vector, reward in zip(vectors, rewards, strict=True)
        ]
    )
    return study


def time_proposals(name: str, prior: PriorName, n_trials: int, n_proposals: int) -> FloatArray:
    """Milliseconds of every proposal, ``(1 + n_proposals,)``."""
    source = load_search_space(name)
    space, distributions = describe_space(source, IMAGENET), space_distributions(source)
    sampler = SurrogateSampler(
        space=space, seed=0, objective=OBJECTIVE, options=SurrogateOptions(prior=prior)
    )
    study = fill_study(space, distributions, n_trials, sampler)
    rng = np.random.default_rng(1)
    taken: list[float] = []
    for _ in range(1 + n_proposals):
        start = time.process_time()
        trial = study.ask()
        vector = [trial.suggest_int(c.name, 0, len(c.options) - 1) for c in space.choices]
        end = time.process_time()
        study.tell(trial, float(measure_rewards(space, np.array([vector]), rng)[0]))
        taken.append(1000 * (end - start + time.process_time() - end))
    return np.array(taken)


def main(arguments: Sequence[str]) -> int:
    """Print one line a number of observations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="mnasnet", metavar="NAME")
    parser.add_argument("--observations", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--proposals", type=int, default=100, metavar="N")
    parser.add_argument("--prior", choices=("none", "imagenet"), default="none")
    options = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    n_choices = len(describe_space(load_search_space(options.space), IMAGENET).choices)
    print(f"| observations | choices | first, ms | p50, ms | p99, ms |\n|{' ---: |' * 5}")
    for n_trials in options.observations:
        first, *rest = time_proposals(options.space, options.prior, n_trials, options.proposals)
        p50, p99 = np.percentile(rest, (50, 99))
        print(f"| {n_trials:,} | {n_choices} | {first:.0f} | {p50:.1f} | {p99:.1f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
