"""What cheap scores are worth to a search: ``python benchmarks/cheap_scores.py``.

The surrogate searches the two truths of Accel-NASBench that are part of the package: as it
is, with real scores of untrained networks (search.screen), and with scores that mislead.
Regret is 100 times the reward that is missed; the lower, the better.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import optuna
from scipy.stats import kendalltau

from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.zero_cost_settings import ScoreName
from mbscale.search.bench.comparison import make_problem
from mbscale.search.bench.single_run import BenchProblem, run_sampler
from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.cheap_scores import CheapScores
from mbscale.search.surrogate.proposal import SurrogateOptions
from mbscale.search.surrogate.sampler import SurrogateSampler
from mbscale.search.tables.accel_nasbench import Truth
from mbscale.space.encoding import decode
from mbscale.space.search_space import load_search_space

TRUTHS: tuple[Truth, ...] = ("quadratic", "trees")
MEASURED: tuple[ScoreName, ...] = ("synflow", "gradient_norm")
BUDGETS = (20, 50, 100)


def measure_scores(name: ScoreName, vectors: IntArray, *, resolution: int) -> FloatArray:
    """A score of each network on Fashion-MNIST."""
    space, proxy = load_search_space("accel_nasbench"), ProxySettings(resolution=resolution)
    settings = replace(proxy, evaluator="zero_cost", zero_cost=replace(proxy.zero_cost, score=name))
    evaluate = make_evaluator(settings)
    merits = [evaluate(decode(space, vector), seed=0).merit for vector in vectors.tolist()]
    return np.array([np.nan if merit is None else merit for merit in merits])


def invent_scores(truth: FloatArray, macs: FloatArray) -> dict[str, FloatArray]:
    """Scores that know nothing, or the opposite."""
    rng = np.random.default_rng(0)
    return {
        "noise": rng.normal(size=len(truth)),
        "small is good": -macs,
        "the truth, reversed": -truth,
    }


def list_regrets(
    problem: BenchProblem, cheap: tuple[CheapScores, ...], *, n_seeds: int
) -> FloatArray:
    """Regrets ``(seeds, budgets)``."""

    def run(seed: int) -> FloatArray:
        options = SurrogateOptions(cheap_scores=cheap)
        sampler = SurrogateSampler(
            space=problem.table.space, seed=seed, objective=problem.objective, options=options
        )
        curve = run_sampler(problem, sampler, n_trials=max(BUDGETS), seed=seed)
        return curve.values[[budget - 1 for budget in BUDGETS]]

    return np.stack([run(seed) for seed in range(n_seeds)])


def describe(name: str, tau: float | None, regrets: FloatArray) -> str:
    """A row of the table."""
    errors = regrets.std(axis=0, ddof=1) / len(regrets) ** 0.5
    pairs = zip(regrets.mean(axis=0), errors, strict=True)
    cells = [f"{mean:.2f} ± {error:.2f}" for mean, error in pairs]
    return f"| {name} | {'' if tau is None else f'{tau:.2f}'} | {' | '.join(cells)} |"


def main() -> None:
    """Print one table a truth."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--n-networks", type=int, default=100, help="networks that are scored")
    parser.add_argument("--n-seeds", type=int, default=20)
    parser.add_argument("--resolution", type=int, default=64, help="pixels of the scores")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = make_problem(None, "quadratic", "surrogate").table.space
    vectors = space.sample(np.random.default_rng(7), options.n_networks)
    started = time.process_time()
    measured = {
        name: measure_scores(name, vectors, resolution=options.resolution) for name in MEASURED
    }
    seconds = (time.process_time() - started) / options.n_networks / len(MEASURED)
    print(f"{options.n_networks} networks, {seconds:.2f} core-seconds a score\n")
    for truth in TRUTHS:
        problem = make_problem(None, truth, "surrogate")
        accuracy = problem.table.true_accuracy(vectors)
        scores = measured | invent_scores(accuracy, space.count(vectors).macs.astype(np.float64))
        budgets = " | ".join(f"regret at {budget}" for budget in BUDGETS)
        print(f"Truth: {truth}, {options.n_seeds} seeds\n\n| cheap score | tau | {budgets} |")
        print("| --- | --- | " + " | ".join("---" for _ in BUDGETS) + " |")
        print(describe("none", None, list_regrets(problem, (), n_seeds=options.n_seeds)))
        for name, values in scores.items():
            known = np.isfinite(values)
            cheap = CheapScores(name, vectors[known], values[known])
            tau = float(kendalltau(values[known], accuracy[known])[0])
            row = list_regrets(problem, (cheap,), n_seeds=options.n_seeds)
            print(describe(name, tau, row), flush=True)
        print()


if __name__ == "__main__":
    main()
