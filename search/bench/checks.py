"""What a bench cannot measure, found before it begins."""

from mbscale.errors import ConfigError
from mbscale.search.bench.comparison import BenchSettings, is_named, list_jobs, run_aim
from mbscale.search.bench.single_run import BenchProblem, check_pool

# Samplers import what they need, and look at past trials, from the second on.
_N_TRIED = 3


def check_bench(settings: BenchSettings, problem: BenchProblem) -> None:
    """Raise ConfigError where the table or a sampler cannot give what is asked for."""
    check_pool(problem, settings.n_trials)
    if "hypervolume" in settings.aims and not problem.best.area > 0:
        msg = (
            f"no network of {settings.table or problem.table.name} has both more accuracy than "
            "its worst and fewer MACs than its largest, so that there is no hypervolume to take "
            "a share of; give --aim regret, or a table with more networks"
        )
        raise ConfigError(msg)
    _try_samplers(settings, problem)


def list_left_out(settings: BenchSettings) -> tuple[str, ...]:
    """Samplers for one objective, where the hypervolume is the only aim."""
    has_run = {sampler for sampler, _, _ in list_jobs(settings)}
    return tuple(sampler for sampler in settings.samplers if sampler not in has_run)


def _try_samplers(settings: BenchSettings, problem: BenchProblem) -> None:
    """Run every sampler that is an import path for a moment: it may be any class."""
    n_trials = min(_N_TRIED, settings.n_trials)
    for sampler, aim, seed in list_jobs(settings):
        if is_named(sampler) or seed:
            continue
        try:
            run_aim(problem, sampler, aim, n_trials=n_trials, seed=seed)
        except (ImportError, TypeError, ValueError, RuntimeError) as failure:
            msg = (
                f"{sampler} cannot be run for the {aim}: {failure}; name one that is made "
                "with seed=N alone and needs nothing else installed"
            )
            raise ConfigError(msg) from failure
