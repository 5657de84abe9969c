"""What each part of the sampler surrogate brings: ``python benchmarks/sampler_parts.py --help``.

Every variant leaves one part out and searches with the same seeds; the table has the mean
regret and its standard error at 20, 50 and 100 trials, as ``mbscale bench`` measures it.
"""

import argparse
import os
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

# Before numpy is imported: the libraries below it read it then.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import optuna

from mbscale.search.bench.comparison import make_problem
from mbscale.search.bench.single_run import run_sampler
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.surrogate import goals, proposal
from mbscale.search.surrogate.accuracy_features import GROUPS, FeatureMap, make_features
from mbscale.search.surrogate.proposal import SurrogateOptions
from mbscale.search.surrogate.sampler import SurrogateSampler
from mbscale.search.tables.accel_nasbench import Truth
from mbscale.search.tables.imagenet_prior import PriorWeights

BUDGETS = (20, 50, 100)


@dataclass(frozen=True, slots=True)
class Variant:
    """The groups of features that are left out, and constants of modules that are changed."""

    without: tuple[str, ...] = ()
    constants: tuple[tuple[object, str, float], ...] = ()
    may_repeat: bool = True


_COSTS = ("cost", "cost2", "stage", "stage2", "level", "root", "root_kind")
VARIANTS = {
    "surrogate": Variant(),
    "without the columns of r": Variant(without=("root", "root_kind")),
    "without all features of cost and stages": Variant(without=_COSTS),
    "without products and curves": Variant(without=("cost2", "stage2", "curve", "pair")),
    "without climbs from random networks": Variant(constants=((proposal, "_N_EXPLORED", 0),)),
    "such climbs from the start": Variant(constants=((proposal, "_N_LITTLE", 0),)),
    "without climbs by the worth": Variant(
        constants=((proposal, "_N_EXPLORED", 0), (proposal, "_N_CLIMBED_AGAIN", 0))
    ),
    "without repeats": Variant(may_repeat=False),
    "deviation as it is, not doubled": Variant(constants=((goals, "CAUTION", 1.0),)),
}


class FewerFeatures:
    """Features of which some groups are 0, so that the model makes nothing of them."""

    def __init__(self, base: FeatureMap, without: tuple[str, ...]) -> None:
        self._base = base
        self.groups = base.groups
        self.largest_macs = base.largest_macs
        left_out = [GROUPS.index(group) for group in without]
        self._is_kept = ~np.isin(base.groups, left_out)

    def compute(self, vectors: IntArray) -> FloatArray:
        """Features ``(n, features)``; the first is 1."""
        return self._base.compute(vectors) * self._is_kept


@contextmanager
def changed(variant: Variant) -> Generator[None]:
    """The sampler as the variant says, inside."""

    def make(space: ChoiceSpace, prior: PriorWeights | None = None) -> FewerFeatures:
        return FewerFeatures(make_features(space, prior), variant.without)

    with ExitStack() as stack:
        stack.enter_context(patch.object(proposal, "make_features", make))
        for owner, name, value in variant.constants:
            stack.enter_context(patch.object(owner, name, value))
        yield


def search(table: Path | None, truth: Truth, name: str, seed: int) -> FloatArray:
    """Regrets of one search at the budgets."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    problem = make_problem(table, truth, "surrogate")
    variant = VARIANTS[name]
    with changed(variant):
        sampler = SurrogateSampler(
            space=problem.table.space,
            seed=seed,
            objective=problem.objective,
            options=SurrogateOptions(may_repeat=variant.may_repeat),
        )
        curve = run_sampler(problem, sampler, n_trials=max(BUDGETS), seed=seed)
    return curve.values[np.array(BUDGETS) - 1]


def main() -> None:
    """Print a row a variant."""
    parser = argparse.ArgumentParser(description="Leave out parts of the sampler surrogate.")
    parser.add_argument("--table", type=Path, help="as of mbscale bench")
    parser.add_argument("--truth", choices=["quadratic", "trees"], default="quadratic")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print("| variant | " + " | ".join(f"at {budget}" for budget in BUDGETS) + " |")
    print("| --- |" + " --- |" * len(BUDGETS))
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        for name in VARIANTS:
            run: Callable[[int], FloatArray] = partial(search, options.table, options.truth, name)
            found = np.stack(list(pool.map(run, seeds)))
            error = found.std(axis=0, ddof=1) / len(found) ** 0.5
            cells = [f"{m:.2f} ± {e:.2f}" for m, e in zip(found.mean(axis=0), error, strict=True)]
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
