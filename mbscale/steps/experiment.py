"""EfficientNet's scaling experiments on any baseline and data set, as a CSV file and a figure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from mbscale.config import RunConfig
from mbscale.results.curve_plots import plot_curves
from mbscale.results.rows import write_rows
from mbscale.results.ways_plot import plot_ways
from mbscale.search.execution.executors import open_executor
from mbscale.search.scaling.experiments import CurveRow, count_trainings, run_experiment
from mbscale.search.scaling.find_constants import describe_limits
from mbscale.space.network import Network
from mbscale.space.scaling_curves import Experiment, ScaledNetwork
from mbscale.space.scaling_curves import make_experiment as make_points
from mbscale.steps.progress import report
from mbscale.steps.run import Run
from mbscale.steps.scale import make_scaling_task

EXPERIMENTS: tuple[Experiment, ...] = get_args(Experiment)
TITLES: dict[Experiment, str] = {
    "dimensions": "One dimension at a time",
    "widths": "Width at four settings of depth and resolution",
    "existing": "Existing networks, scaled four ways",
    "ways": "Four ways to spend about the same cost",
}


def plan_experiment(
    name: Experiment, baseline: Network, config: RunConfig
) -> tuple[ScaledNetwork, ...]:
    """The networks of an experiment, with the paper's own pixels unless a lattice is asked for."""
    grid = config.scale.candidates
    rules = replace(grid.rules(baseline), resolution_multiple=grid.resolution_multiple or 1)
    return make_points(name, baseline, rules)


def train_experiment(
    run: Run, name: Experiment, baselines: Sequence[Network]
) -> tuple[CurveRow, ...]:
    """One row per network; writes <name>.csv and <name>.png. What is known is not trained again."""
    rows = tuple(row for network in baselines for row in _train(run, network, name))
    path = run.folder.path
    write_rows(path / f"{name}.csv", rows, CurveRow)
    plot = plot_curves if name in ("dimensions", "widths") else plot_ways
    plot(path / f"{name}.png", rows, title=TITLES[name])
    run.progress.note(f"{path / name}.csv holds the networks, {name}.png the figure")
    return rows


def _train(run: Run, baseline: Network, name: Experiment) -> tuple[CurveRow, ...]:
    config, task = run.config, make_scaling_task(run, baseline)
    points = plan_experiment(name, baseline, config)
    proxy = config.proxy.as_training()
    for message in describe_limits(task, [point.network for point in points]):
        run.progress.note(message)
    with (
        report(run.progress, baseline.name, total=count_trainings(task, points)) as counter,
        open_executor(config.search) as executor,
    ):
        return run_experiment(
            task,
            points,
            run.make_evaluator(executor, proxy),
            run.open_evaluations(proxy),
            executor=executor,
            n_retries=config.search.max_retries,
            on_evaluation=counter.count,
        )
