"""Samplers against tables, many seeds, in parallel."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from optuna.samplers import BaseSampler

from mbscale.errors import ConfigError
from mbscale.search.bench.single_run import BenchProblem, Curve, run_sampler
from mbscale.search.samplers import SAMPLERS
from mbscale.search.settings import SINGLE_OBJECTIVE, ObjectiveSettings, PriorName, SearchSettings
from mbscale.search.surrogate.proposal import SurrogateOptions
from mbscale.search.surrogate.sampler import SurrogateSampler
from mbscale.search.tables.accel_nasbench import Truth
from mbscale.search.tables.known_best import find_known_best
from mbscale.search.tables.recorded_tables import RecordedTable, load_shipped_table, read_table

Mode = Literal["surrogate", "pool"]
Aim = Literal["regret", "hypervolume"]
SURROGATES: Mapping[str, PriorName] = {"surrogate": "none", "surrogate-imagenet": "imagenet"}
# Of what is installed with the package, and without a warning of Optuna's.
EXAMPLE_SAMPLER = "optuna.samplers.TPESampler"
AIMS: tuple[Aim, ...] = ("regret", "hypervolume")


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What is benched: samplers by name or import path, on one table.

    Without ``table`` it is the surrogate that is part of the package. In pool mode only
    recorded networks are proposed, and Accel-NASBench's looks are its records.
    """

    samplers: tuple[str, ...]
    n_trials: int = 100
    n_seeds: int = 20
    table: Path | None = None
    truth: Truth = "quadratic"
    mode: Mode = "surrogate"
    aims: tuple[Aim, ...] = AIMS
    n_workers: int = 1

    def __post_init__(self) -> None:
        for name in ("n_trials", "n_seeds", "n_workers"):
            if getattr(self, name) < 1:
                msg = f"{name} must be at least 1; got {getattr(self, name)}"
                raise ConfigError(msg)
        if self.mode == "pool" and self.table is None:
            msg = "pool mode proposes recorded networks, and the package has none: give --table"
            raise ConfigError(msg)
        for sampler in self.samplers:
            if not is_named(sampler):
                _find_class(sampler)


@dataclass(frozen=True, slots=True)
class BenchRun:
    """One sampler with one seed; ``values`` stand in ``Curve``."""

    sampler: str
    aim: Aim
    seed: int
    curve: Curve


def run_bench(settings: BenchSettings) -> Iterator[BenchRun]:
    """Every run, as they finish; a sampler for one objective has none for the hypervolume."""
    jobs = list_jobs(settings)
    if settings.n_workers == 1:
        for job in jobs:
            yield _run_job(settings, *job)
        return
    # One thread each: matrices are small, and processes use the cores already.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(settings.n_workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_run_job, settings, *job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def list_jobs(settings: BenchSettings) -> list[tuple[str, Aim, int]]:
    """Sampler, aim and seed of every run; a seed of all samplers stands together."""
    return [
        (sampler, aim, seed)
        for seed in range(settings.n_seeds)
        for sampler in settings.samplers
        for aim in settings.aims
        if not (aim == "hypervolume" and sampler in SINGLE_OBJECTIVE)
    ]


def _run_job(settings: BenchSettings, sampler: str, aim: Aim, seed: int) -> BenchRun:
    problem = make_problem(settings.table, settings.truth, settings.mode)
    curve = run_aim(problem, sampler, aim, n_trials=settings.n_trials, seed=seed)
    return BenchRun(sampler, aim, seed, curve)


def run_aim(problem: BenchProblem, sampler: str, aim: Aim, *, n_trials: int, seed: int) -> Curve:
    """One run of a sampler that is given by name or import path."""
    if aim == "hypervolume":
        problem = replace(problem, objective=replace(problem.objective, multi_objective=True))
    made = make_bench_sampler(sampler, problem, seed=seed)
    return run_sampler(problem, made, n_trials=n_trials, seed=seed)


@lru_cache(maxsize=4)
def make_problem(path: Path | None, truth: Truth, mode: Mode) -> BenchProblem:
    """The table with the best that it holds, and MnasNet's reward at its median MACs."""
    table = _load_table(path, truth, mode)
    objective = ObjectiveSettings(target_macs=table.target_macs)
    in_pool = mode == "pool"
    return BenchProblem(
        table, objective, find_known_best(table, objective, in_pool=in_pool), in_pool
    )


def _load_table(path: Path | None, truth: Truth, mode: Mode) -> RecordedTable:
    if path is None:
        return load_shipped_table(truth=truth)
    return read_table(path, truth="recorded" if mode == "pool" else truth)


def make_bench_sampler(name: str, problem: BenchProblem, *, seed: int) -> BaseSampler:
    """A sampler by the name it has in the settings, or by import path."""
    space, objective = problem.table.space, problem.objective
    if name in SURROGATES:
        # Unlike a search, a bench measures repeats again.
        pool = problem.table.recorded if problem.in_pool else None
        options = SurrogateOptions(pool=pool, prior=SURROGATES[name])
        return SurrogateSampler(space=space, seed=seed, objective=objective, options=options)
    for known, make in SAMPLERS.items():
        if name == known:
            return make(space, SearchSettings(objective=objective), seed)
    return _find_class(name)(seed=seed)


def is_named(sampler: str) -> bool:
    """Whether it has a name of its own, and is no import path."""
    return sampler in SAMPLERS or sampler in SURROGATES


def _find_class(path: str) -> Callable[..., BaseSampler]:
    module, _, name = path.rpartition(".")
    try:
        # A leading dot would ask for a module beside this one.
        found = getattr(import_module(module), name) if _is_import_path(path) else None
    except (ImportError, AttributeError):
        found = None
    if found is None:
        known = ", ".join(dict.fromkeys((*SAMPLERS, *SURROGATES)))
        msg = (
            f"no sampler {path!r}: it is one of {known}, or the import path of an Optuna sampler "
            f"such as {EXAMPLE_SAMPLER}"
        )
        raise ConfigError(msg)
    if not (isinstance(found, type) and issubclass(found, BaseSampler)):
        msg = f"{path} is no Optuna sampler: it must derive from optuna.samplers.BaseSampler"
        raise ConfigError(msg)
    return found


def _is_import_path(text: str) -> bool:
    parts = text.split(".")
    return len(parts) > 1 and all(part.isidentifier() for part in parts)
