"""EfficientNet's scaling experiments on any baseline and data set, as a CSV file and a figure."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import get_args

from mbscale.cli.baseline_folder import open_with_baseline, peek
from mbscale.cli.console import print_json, print_note, print_table
from mbscale.cli.progress import StageProgress
from mbscale.cli.run_verbs import read_config, reopen
from mbscale.cli.scale_stages import open_evaluations
from mbscale.cli.stages import Run
from mbscale.config import RunConfig
from mbscale.results.curve_plots import plot_curves
from mbscale.results.rows import write_rows
from mbscale.results.ways_plot import plot_ways
from mbscale.search.execution.executors import open_executor, share_images
from mbscale.search.scaling.experiments import (
    CurveRow,
    count_trainings,
    describe_experiment,
    run_experiment,
)
from mbscale.search.scaling.find_constants import describe_limits
from mbscale.search.scaling.rounds import ScalingTask
from mbscale.search.study.lock import lock_folder
from mbscale.space.cost import format_count
from mbscale.space.network import Network
from mbscale.space.published import load_network
from mbscale.space.scaling_curves import EXISTING, Experiment, ScaledNetwork, make_experiment

EXPERIMENTS: tuple[Experiment, ...] = get_args(Experiment)
_TITLES: dict[Experiment, str] = {
    "dimensions": "One dimension at a time",
    "widths": "Width at four settings of depth and resolution",
    "existing": "Existing networks, scaled four ways",
    "ways": "Four ways to spend about the same cost",
}


def experiment_stage(options: argparse.Namespace) -> int:
    """Train and draw the experiment that ``--experiment`` names, or list it with ``--dry-run``."""
    name: Experiment = options.experiment
    if options.dry_run:
        config, baselines = _peek(options)
        chosen = [point for network in baselines for point in _make(name, network, config)]
        return _show(name, describe_experiment(chosen), options)
    run, baselines = _open(options)
    rows = [row for network in baselines for row in _train(run, network, name)]
    path = run.folder.path
    write_rows(path / f"{name}.csv", rows, CurveRow)
    plot = plot_curves if name in ("dimensions", "widths") else plot_ways
    plot(path / f"{name}.png", rows, title=_TITLES[name])
    print_note(f"{path / name}.csv holds the networks, {name}.png the figure")
    return _show(name, rows, options)


def _peek(options: argparse.Namespace) -> tuple[RunConfig, list[Network]]:
    if _is_table_3(options):
        return read_config(options), [load_network(name) for name in EXISTING]
    config, baseline = peek(options)
    return config, [baseline]


def _open(options: argparse.Namespace) -> tuple[Run, list[Network]]:
    if _is_table_3(options):
        return open_with_baseline(options, None), [load_network(name) for name in EXISTING]
    if options.architecture is None:
        run = reopen(options)
        return run, [load_network(str(run.folder.baseline))]
    baseline = load_network(options.architecture)
    return open_with_baseline(options, baseline), [baseline]


def _is_table_3(options: argparse.Namespace) -> bool:
    return options.experiment == "existing" and options.architecture is None


def _make(name: Experiment, baseline: Network, config: RunConfig) -> tuple[ScaledNetwork, ...]:
    grid = config.scale.candidates
    # The paper's own pixels, unless a lattice is asked for.
    multiple = grid.resolution_multiple or 1
    rules = replace(grid.rules(baseline), resolution_multiple=multiple)
    return make_experiment(name, baseline, rules)


def _train(run: Run, baseline: Network, name: Experiment) -> tuple[CurveRow, ...]:
    config = run.config
    task = ScalingTask(
        baseline=baseline,
        settings=config.scale,
        proxy_resolution=run.proxy_resolution,
        epochs=config.proxy.training.epochs,
        seed=config.seed,
        source_resolution=run.dataset.resolution,
    )
    points = _make(name, baseline, config)
    for message in describe_limits(task, [point.network for point in points]):
        print_note(message)
    total = count_trainings(task, points)
    with (
        # Two processes would write their evaluations into each other's lines.
        lock_folder(run.folder.path),
        StageProgress(baseline.name, total=total, is_quiet=run.is_quiet) as progress,
        open_executor(config.search) as executor,
    ):
        return run_experiment(
            task,
            points,
            share_images(executor, config.proxy.as_training(), run.dataset),
            open_evaluations(run),
            executor=executor,
            n_retries=config.search.max_retries,
            on_evaluation=progress.count,
        )


def _show(name: Experiment, rows: Sequence[CurveRow], options: argparse.Namespace) -> int:
    if options.json:
        print_json([asdict(row) for row in rows])
        return 0
    columns = ("network", "line", "depth", "width", "pixels", "MACs", "ratio", "accuracy")
    table = [
        (
            row.family,
            row.line,
            f"{row.depth:.3g}",
            f"{row.width:.3g}",
            row.resolution,
            format_count(row.macs),
            f"{row.measured_ratio:.2f}",
            _format_accuracy(row),
        )
        for row in rows
    ]
    print_table(_TITLES[name], columns, table)
    return 0


def _format_accuracy(row: CurveRow) -> str:
    if row.accuracy is None:
        return row.reason
    if row.accuracy_low is None or row.accuracy_high is None:
        return f"{100 * row.accuracy:.2f} %"
    low, high = 100 * row.accuracy_low, 100 * row.accuracy_high
    return f"{100 * row.accuracy:.2f} % ({low:.2f} to {high:.2f})"
