"""``mbscale scale --experiment``: the paper's scaling experiments, trained or listed."""

import argparse
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict

from mbscale.cli.console import print_json, print_table
from mbscale.cli.open_run import open_run_of, peek, read_config, reopen_run
from mbscale.config import RunConfig
from mbscale.search.scaling.experiments import CurveRow, describe_experiment
from mbscale.space.cost import format_count
from mbscale.space.network import Network
from mbscale.space.published import load_network
from mbscale.space.scaling_curves import EXISTING, Experiment
from mbscale.steps.experiment import TITLES, plan_experiment, train_experiment
from mbscale.steps.run import Run


def experiment(options: argparse.Namespace) -> int:
    """Train and draw the experiment that ``--experiment`` names, or list it with ``--dry-run``."""
    name: Experiment = options.experiment
    if options.dry_run:
        config, baselines = _peek(options)
        points = [point for one in baselines for point in plan_experiment(name, one, config)]
        return _show(name, describe_experiment(points), options)
    with _open(options) as run:
        rows = train_experiment(run, name, _list_baselines(options, run))
    return _show(name, rows, options)


def _peek(options: argparse.Namespace) -> tuple[RunConfig, list[Network]]:
    if _is_table_3(options):
        return read_config(options), [load_network(name) for name in EXISTING]
    config, baseline = peek(options)
    return config, [baseline]


def _open(options: argparse.Namespace) -> AbstractContextManager[Run]:
    if _is_table_3(options):
        return open_run_of(options, None)
    if options.architecture is None:
        return reopen_run(options)
    return open_run_of(options, load_network(options.architecture))


def _list_baselines(options: argparse.Namespace, run: Run) -> list[Network]:
    if _is_table_3(options):
        return [load_network(name) for name in EXISTING]
    return [load_network(options.architecture or str(run.folder.baseline))]


def _is_table_3(options: argparse.Namespace) -> bool:
    return options.experiment == "existing" and options.architecture is None


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
    print_table(TITLES[name], columns, table)
    return 0


def _format_accuracy(row: CurveRow) -> str:
    if row.accuracy is None:
        return row.reason
    if row.accuracy_low is None or row.accuracy_high is None:
        return f"{100 * row.accuracy:.2f} %"
    low, high = 100 * row.accuracy_low, 100 * row.accuracy_high
    return f"{100 * row.accuracy:.2f} % ({low:.2f} to {high:.2f})"
